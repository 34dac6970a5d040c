//! A console that dies at any journal write or engine call, and the next one that goes on.

use std::time::Duration;

use lighthouse_core::applications::Volumes;
use lighthouse_core::store::{Journal, OperationFilter};
use lighthouse_model::OperationId;
use lighthouse_model::operation::OperationState;

use crate::fake::Bench;

const SHOP: &str = "
services:
  web: { image: 'app:1', deploy: { replicas: 2 }, depends_on: [db] }
  db: { image: 'fit:1', volumes: ['data:/data'] }
volumes: { data: {} }
";

const BETTER: &str = "
services:
  web: { image: 'app:2', deploy: { replicas: 3 }, depends_on: [db] }
  db: { image: 'fit:1', volumes: ['data:/data'] }
volumes: { data: {} }
";

/// The operations to be interrupted.
#[derive(Debug, Clone, Copy)]
enum What {
    Deploy,
    Update,
    Scale,
    Remove,
}

impl What {
    async fn prepared(self) -> Bench {
        let bench = Bench::on(&["eu-1", "eu-2"]).await;
        if !matches!(self, Self::Deploy) {
            bench.deployed("shop", SHOP).await;
        }
        bench
    }

    async fn begin(self, bench: &Bench) -> Option<OperationId> {
        let console = &bench.console;
        let id = match self {
            Self::Deploy => {
                let input = bench.input("shop", SHOP).await;
                console
                    .deploy(&Bench::grant(lighthouse_core::Target::Installation), input)
                    .await
            }
            Self::Update => {
                let input = bench.input("shop", BETTER).await;
                console
                    .deploy(&Bench::grant(lighthouse_core::Target::Installation), input)
                    .await
            }
            Self::Scale => {
                let target = bench.target("shop").await;
                console.scale(&Bench::grant(target), "web", 4).await
            }
            Self::Remove => {
                let target = bench.target("shop").await;
                console
                    .remove_application(&Bench::grant(target), Volumes::Remove)
                    .await
            }
        };
        id.ok()
    }

    fn assert_done(self, bench: &Bench) {
        let running = bench.running();
        let count = match self {
            Self::Deploy => 3,
            Self::Update => 4,
            Self::Scale => 5,
            Self::Remove => 0,
        };
        assert_eq!(running.len(), count, "{self:?}: {running:#?}");
        assert_eq!(
            bench.containers().len(),
            count,
            "{self:?}: {:#?}",
            bench.containers()
        );
        if matches!(self, Self::Update) {
            assert_eq!(running.iter().filter(|(_, image)| image == "app:2").count(), 3);
        }
        for (name, _) in &running {
            assert!(!name.contains("-g"), "{name} has its final name");
        }
    }
}

/// How many writes or calls a clean run takes.
async fn clean(what: What) -> (u64, usize) {
    let bench = what.prepared().await;
    let writes = bench.store.writes();
    let calls = bench.trap.lock().unwrap().calls;
    let id = what.begin(&bench).await.unwrap();
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Succeeded, "{view:#?}");
    what.assert_done(&bench);
    let calls = bench.trap.lock().unwrap().calls - calls;
    (bench.store.writes() - writes, calls)
}

async fn goes_on(what: What, bench: &mut Bench, id: Option<OperationId>, at: &str) {
    bench.console.stop().await;
    bench.store.limit_writes(None);
    bench.trap.lock().unwrap().at = None;
    bench.restart().await;
    let Some(id) = id else {
        // It was never accepted, and nothing of it is there.
        let all = OperationFilter {
            limit: 10,
            ..OperationFilter::default()
        };
        let kinds = bench.store.operations(&all).await.unwrap();
        assert!(kinds.len() <= 1, "{at}");
        return;
    };
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Succeeded, "{at}: {view:#?}");
    what.assert_done(bench);
    bench.assert_sound().await;
}

async fn sweep_writes(what: What) {
    let (writes, _) = clean(what).await;
    for at in 0..writes {
        let mut bench = what.prepared().await;
        bench.store.limit_writes(Some(at));
        let id = what.begin(&bench).await;
        tokio::time::sleep(Duration::from_secs(8)).await;
        goes_on(
            what,
            &mut bench,
            id,
            &format!("{what:?} killed at write {at} of {writes}"),
        )
        .await;
    }
}

async fn sweep_calls(what: What) {
    let (_, calls) = clean(what).await;
    for at in 1..=calls {
        for effect in [false, true] {
            let mut bench = what.prepared().await;
            {
                let mut trap = bench.trap.lock().unwrap();
                trap.at = Some((trap.calls + at, effect));
            }
            let id = what.begin(&bench).await;
            tokio::time::sleep(Duration::from_secs(8)).await;
            let how = if effect { "after" } else { "before" };
            goes_on(
                what,
                &mut bench,
                id,
                &format!("{what:?} killed {how} call {at} of {calls}"),
            )
            .await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deploy_goes_on_after_a_kill_at_every_journal_write() {
    sweep_writes(What::Deploy).await;
}

#[tokio::test(start_paused = true)]
async fn a_deploy_goes_on_after_a_kill_at_every_engine_call() {
    sweep_calls(What::Deploy).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_goes_on_after_a_kill_at_every_journal_write() {
    sweep_writes(What::Update).await;
}

#[tokio::test(start_paused = true)]
async fn an_update_goes_on_after_a_kill_at_every_engine_call() {
    sweep_calls(What::Update).await;
}

#[tokio::test(start_paused = true)]
async fn scaling_goes_on_after_a_kill_at_every_journal_write() {
    sweep_writes(What::Scale).await;
}

#[tokio::test(start_paused = true)]
async fn a_removal_goes_on_after_a_kill_at_every_journal_write() {
    sweep_writes(What::Remove).await;
}

#[tokio::test(start_paused = true)]
async fn a_removal_goes_on_after_a_kill_at_every_engine_call() {
    sweep_calls(What::Remove).await;
}
