//! Scaling, starting, stopping, removing, and actions on containers.

use std::collections::BTreeMap;

use lighthouse_core::Target;
use lighthouse_core::access::right;
use lighthouse_core::applications::Volumes;
use lighthouse_core::operations::ContainerAction;
use lighthouse_core::store::ApplicationStore;
use lighthouse_model::ContainerKey;
use lighthouse_model::container::ContainerState;
use lighthouse_model::operation::{OperationState, StepStatus};

use crate::fake::Bench;

const SHOP: &str = "
services:
  web: { image: 'app:1', deploy: { replicas: 2 }, depends_on: [db] }
  db: { image: 'app:2', volumes: ['data:/data'] }
volumes: { data: {} }
";

#[tokio::test(start_paused = true)]
async fn scaling_up_and_down_touches_only_what_it_must() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.deployed("shop", SHOP).await;
    let before = bench.instances().await;
    let target = bench.target("shop").await;
    let id = bench
        .console
        .scale(&Bench::grant(target.clone()), "web", 5)
        .await
        .unwrap();
    let view = bench.ended(id).await;
    assert_eq!(view.row.verdict.words, "All 6 instances run release 1.");
    assert_eq!(bench.running().len(), 6);
    let after = bench.instances().await;
    assert!(
        before.iter().all(|row| after.contains(row)),
        "what was there stays"
    );
    let id = bench
        .console
        .scale(&Bench::grant(target), "web", 1)
        .await
        .unwrap();
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Succeeded, "{view:#?}");
    assert_eq!(bench.running().len(), 2);
    assert_eq!(bench.containers().len(), 2);
    bench.assert_sound().await;
    // A deploy of the same blueprint keeps what a person chose.
    let view = bench.deployed("shop", SHOP).await;
    assert_eq!(view.row.verdict.words, "All 2 instances run release 2.");
}

#[tokio::test(start_paused = true)]
async fn stop_and_start_go_through_the_journal() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.deployed("shop", SHOP).await;
    let target = bench.target("shop").await;
    let id = bench
        .console
        .stop_application(&Bench::grant(target.clone()))
        .await
        .unwrap();
    assert_eq!(
        bench.ended(id).await.row.verdict.words,
        "All 3 instances are stopped."
    );
    assert!(bench.running().is_empty());
    let rows = bench
        .console
        .application_rows(&Bench::grant::<right::ApplicationView>(Target::Installation))
        .await
        .unwrap();
    assert_eq!(rows[0].verdict.words, "stopped");
    let id = bench
        .console
        .start_application(&Bench::grant(target.clone()))
        .await
        .unwrap();
    assert_eq!(bench.ended(id).await.row.verdict.words, "All 3 instances run.");
    assert_eq!(bench.running().len(), 3);
    let id = bench
        .console
        .restart_application(&Bench::grant(target))
        .await
        .unwrap();
    assert_eq!(
        bench.ended(id).await.row.verdict.words,
        "All 3 instances were restarted."
    );
    bench.assert_sound().await;
}

#[tokio::test(start_paused = true)]
async fn removing_takes_what_is_ours_and_volumes_only_when_asked() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.host("eu-1").foreign("theirs");
    bench
        .host("eu-1")
        .world()
        .networks
        .insert("theirs".into(), BTreeMap::default());
    bench.deployed("shop", SHOP).await;
    let target = bench.target("shop").await;
    let id = bench
        .console
        .remove_application(&Bench::grant(target), Volumes::Keep)
        .await
        .unwrap();
    let view = bench.ended(id).await;
    assert_eq!(
        view.row.verdict.words, "All 3 instances are removed.",
        "{view:#?}"
    );
    {
        let world = bench.host("eu-1").world();
        assert_eq!(world.containers.len(), 1);
        assert_eq!(world.networks.keys().collect::<Vec<_>>(), ["theirs"]);
        assert_eq!(world.volumes.keys().collect::<Vec<_>>(), ["shop_data"]);
    }
    assert!(
        bench
            .store
            .application(&"shop".parse().unwrap())
            .await
            .unwrap()
            .is_none()
    );

    // The name is free again; the volume with its data is found and said.
    bench.deployed("shop", SHOP).await;
    let target = bench.target("shop").await;
    let id = bench
        .console
        .remove_application(&Bench::grant(target), Volumes::Remove)
        .await
        .unwrap();
    bench.ended(id).await;
    assert!(
        bench.host("eu-1").world().volumes.contains_key("shop_data"),
        "made for another one before"
    );
}

#[tokio::test(start_paused = true)]
async fn bulk_actions_reach_containers_on_every_host() {
    let bench = Bench::on(&["eu-1", "eu-2"]).await;
    let mut keys = Vec::new();
    for (name, engine) in &bench.hosts {
        for n in 0..3 {
            keys.push(ContainerKey {
                host: bench.ids[name],
                id: engine.foreign(&format!("old-{n}")),
            });
        }
    }
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let grant = Bench::grant::<right::ContainerOperate>(Target::Installation);
    let id = bench
        .console
        .act_on_containers(&grant, ContainerAction::Stop, &keys)
        .await
        .unwrap();
    let view = bench.ended(id).await;
    assert_eq!(view.row.verdict.words, "All 6 containers are stopped.");
    assert!(bench.containers().iter().all(|c| c.2 == ContainerState::Exited));
    let id = bench
        .console
        .act_on_containers(&grant, ContainerAction::Remove, &keys[..1])
        .await
        .unwrap();
    let view = bench.ended(id).await;
    assert_eq!(view.row.target, "old-0");
    assert_eq!(view.row.verdict.words, "The container is removed.");
    assert_eq!(bench.containers().len(), 5);
    let missing = bench
        .console
        .act_on_containers(&grant, ContainerAction::Start, &keys[..1])
        .await;
    assert_eq!(missing.unwrap_err().problem().code(), "not-found");
}

#[tokio::test(start_paused = true)]
async fn one_bad_container_does_not_hold_up_the_others() {
    let bench = Bench::on(&["eu-1"]).await;
    let engine = bench.host("eu-1");
    let keys: Vec<ContainerKey> = (0..3)
        .map(|n| ContainerKey {
            host: bench.ids["eu-1"],
            id: engine.foreign(&format!("old-{n}")),
        })
        .collect();
    engine.fail(
        "stop old-1",
        lighthouse_core::engine::EngineError::Refused {
            status: 500,
            message: "cannot kill".into(),
        },
    );
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let id = bench
        .console
        .act_on_containers(&Bench::grant(Target::Installation), ContainerAction::Stop, &keys)
        .await
        .unwrap();
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Failed);
    assert_eq!(
        view.row.verdict.words,
        "2 of 3 containers are stopped; Host `eu-1` refused to stop `old-1`: cannot kill."
    );
    let good = view
        .steps
        .iter()
        .filter(|s| s.status == StepStatus::Succeeded)
        .count();
    assert_eq!(good, 2);
}
