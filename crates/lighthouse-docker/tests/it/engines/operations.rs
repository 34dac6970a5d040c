//! Operations of the core on real engines, over a store in memory: what a scripted engine cannot vouch for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lighthouse_core::access::{Proof, Right};
use lighthouse_core::applications::Volumes;
use lighthouse_core::console::Ports;
use lighthouse_core::dial::HostConnection;
use lighthouse_core::identity::NewId;
use lighthouse_core::store::{ApplicationStore, HostRecord, HostStore};
use lighthouse_core::{Console, Grant, SystemClock, Target, Viewer, authorize};
use lighthouse_docker::DockerEngines;
use lighthouse_model::application::{BlueprintText, DeployInput};
use lighthouse_model::operation::{OperationState, OperationView, StepStatus};
use lighthouse_model::{HostId, OperationId, Role, SessionId, UserId};
use lighthouse_testkit::MemoryStore;
use lighthouse_testkit::engines::Engines;
use lighthouse_testkit::images::Image;
use tokio::time::sleep;

struct Bench {
    engines: Engines,
    store: MemoryStore,
    console: Console,
}

fn grant<R: Right>(target: Target) -> Grant<R> {
    let viewer = Viewer {
        user: UserId::fresh(),
        name: "ada".parse().unwrap(),
        permissions: Role::Administrator.permissions(),
        proof: Proof::Session(SessionId::fresh()),
        address: String::new(),
        refusals: lighthouse_core::access::Refusals::default(),
    };
    authorize(&viewer, target).unwrap()
}

async fn console(store: &MemoryStore) -> Console {
    Console::start(Ports {
        clock: Arc::new(SystemClock),
        store: Arc::new(store.clone()),
        engines: Arc::new(DockerEngines),
        installation: "test".into(),
    })
    .await
    .unwrap()
}

impl Bench {
    async fn on(count: usize) -> Option<Self> {
        let start = move || {
            let engines = Engines::builder(count).start_or_skip().unwrap()?;
            let images = [
                Image::busybox().unwrap(),
                Image::sample(1).unwrap(),
                Image::sample(2).unwrap(),
            ];
            engines.import(&images).unwrap();
            Some(engines)
        };
        let engines = tokio::task::spawn_blocking(start).await.unwrap()?;
        let store = MemoryStore::default();
        for engine in engines.all() {
            let record = HostRecord {
                id: HostId::fresh(),
                name: engine.name().parse().unwrap(),
                labels: BTreeMap::new(),
                connection: HostConnection::Unix {
                    path: engine.socket().display().to_string(),
                },
                engine_id: None,
                created_at: 0,
                version: 1,
            };
            store.add_host(&record).await.unwrap();
        }
        let console = console(&store).await;
        let bench = Self {
            engines,
            store,
            console,
        };
        bench.all_up().await;
        Some(bench)
    }

    async fn all_up(&self) {
        let count = self.engines.all().len();
        for _ in 0..200 {
            let (_, rows) = self.console.hosts(&grant(Target::Installation));
            if rows.iter().filter(|r| r.liveness.is_up()).count() == count {
                return;
            }
            sleep(Duration::from_millis(100)).await;
        }
        panic!("the hosts do not come up");
    }

    async fn deploy(&self, compose: &str) -> OperationId {
        let there = self.store.application(&"shop".parse().unwrap()).await.unwrap();
        let input = DeployInput {
            name: "shop".into(),
            blueprint: BlueprintText {
                compose: compose.into(),
                ..BlueprintText::default()
            },
            pool: String::new(),
            reason: String::new(),
            base_generation: there.map(|a| a.generation),
        };
        let accepted = self.console.deploy(&grant(Target::Installation), input).await;
        accepted.unwrap_or_else(|e| panic!("{e}"))
    }

    async fn view(&self, id: OperationId) -> OperationView {
        self.console
            .operation_view(&grant(Target::Operation(id)))
            .await
            .unwrap()
    }

    async fn ended(&self, id: OperationId) -> OperationView {
        for _ in 0..2400 {
            let view = self.view(id).await;
            if view.row.state.is_ended() {
                return view;
            }
            sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not end: {:#?}", self.view(id).await);
    }

    async fn deployed(&self, compose: &str) -> OperationView {
        let id = self.deploy(compose).await;
        let view = self.ended(id).await;
        assert_eq!(
            view.row.state,
            OperationState::Succeeded,
            "{}: {:#?}",
            view.row.verdict.words,
            view.steps
        );
        view
    }

    /// What the engines say runs: host, name, image.
    fn running(&self) -> Vec<(String, String, String)> {
        let mut all = Vec::new();
        for engine in self.engines.all() {
            let answer = engine.http().expect("GET", "/containers/json", "", None).unwrap();
            let list: serde_json::Value = serde_json::from_slice(answer.body.as_ref()).unwrap();
            for one in list.as_array().unwrap() {
                let name = one["Names"][0]
                    .as_str()
                    .unwrap()
                    .trim_start_matches('/')
                    .to_owned();
                all.push((
                    engine.name().to_owned(),
                    name,
                    one["Image"].as_str().unwrap().to_owned(),
                ));
            }
        }
        all.sort();
        all
    }
}

fn web(version: u32, replicas: u32) -> String {
    format!(
        "services:\n  web:\n    image: sample:{version}\n    networks: [front]\n    volumes: ['data:/data:ro']\n    \
         stop_signal: SIGKILL\n    deploy: {{ replicas: {replicas} }}\n    x-lighthouse: {{ placement: spread }}\n\
         networks: {{ front: {{}} }}\nvolumes: {{ data: {{}} }}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn an_application_lives_its_life_on_three_engines() {
    let Some(bench) = Bench::on(3).await else { return };
    let view = bench.deployed(&web(1, 3)).await;
    assert_eq!(view.row.verdict.words, "All 3 instances run release 1.");
    let running = bench.running();
    let hosts: Vec<&str> = running.iter().map(|(host, ..)| host.as_str()).collect();
    assert_eq!(hosts, ["h1", "h2", "h3"], "{running:?}");
    let mut names: Vec<&str> = running.iter().map(|(_, name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["shop-web-1", "shop-web-2", "shop-web-3"]);

    let view = bench.deployed(&web(2, 3)).await;
    assert_eq!(view.row.verdict.words, "All 3 instances run release 2.");
    assert!(bench.running().iter().all(|(_, _, image)| image == "sample:2"));

    let target = bench.console.application_target("shop").await.unwrap();
    let id = bench
        .console
        .scale(&grant(target.clone()), "web", 5)
        .await
        .unwrap();
    assert_eq!(
        bench.ended(id).await.row.verdict.words,
        "All 5 instances run release 2."
    );

    // A version that ends at once: the old one runs again everywhere.
    let crashing = web(1, 3).replace("image: sample:1", "image: sample:1\n    command: [crash]");
    let id = bench.deploy(&crashing).await;
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Failed, "{:#?}", view.row);
    let running = bench.running();
    assert_eq!(running.len(), 5, "{running:?}: {}", view.row.verdict.words);
    assert!(
        running.iter().all(|(_, _, image)| image == "sample:2"),
        "{running:?}"
    );

    let id = bench
        .console
        .remove_application(&grant(target), Volumes::Remove)
        .await
        .unwrap();
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Succeeded, "{:#?}", view.steps);
    assert!(bench.running().is_empty());
    for engine in bench.engines.all() {
        let left = engine.http().expect("GET", "/networks", "", None).unwrap();
        assert!(!String::from_utf8_lossy(left.body.as_ref()).contains("shop_front"));
        let left = engine.http().expect("GET", "/volumes", "", None).unwrap();
        assert!(!String::from_utf8_lossy(left.body.as_ref()).contains("shop_data"));
    }
    bench.console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_cut_off_in_the_middle_is_unknown_and_then_gone_on_with() {
    let Some(bench) = Bench::on(3).await else { return };
    bench.deployed(&web(1, 3)).await;
    let id = bench.deploy(&web(2, 3)).await;
    sleep(Duration::from_millis(700)).await;
    bench.engines.get("h2").unwrap().pause().unwrap();
    let mut unknown = false;
    for _ in 0..450 {
        let view = bench.view(id).await;
        unknown = view.steps.iter().any(|s| s.status == StepStatus::Unknown);
        if unknown {
            assert!(!view.row.state.is_ended());
            assert!(
                view.row.verdict.words.contains("unknown"),
                "{}",
                view.row.verdict.words
            );
            break;
        }
        sleep(Duration::from_millis(100)).await;
    }
    bench.engines.get("h2").unwrap().resume().unwrap();
    assert!(unknown, "{:#?}", bench.view(id).await);
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Succeeded, "{:#?}", view.steps);
    let running = bench.running();
    assert_eq!(running.len(), 3, "{running:?}");
    assert!(running.iter().all(|(_, _, image)| image == "sample:2"));
    bench.console.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forty_instances_are_up_soon() {
    let Some(bench) = Bench::on(1).await else { return };
    let compose = "services: { web: { image: 'busybox:latest', command: [sleep, '3600'], stop_signal: SIGKILL, \
                   deploy: { replicas: 40 } } }";
    let begun = Instant::now();
    let id = bench.deploy(compose).await;
    let view = bench.ended(id).await;
    eprintln!(
        "40 instances in {:?}: {}",
        begun.elapsed(),
        view.row.verdict.words
    );
    assert_eq!(view.row.state, OperationState::Succeeded, "{:#?}", view.steps);
    assert_eq!(bench.running().len(), 40);
    bench.console.stop().await;
}
