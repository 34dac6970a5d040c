//! Updates: start-first, stop-first, and what a failed one leaves behind.

use lighthouse_core::Target;
use lighthouse_core::access::right;
use lighthouse_core::engine::EngineError;
use lighthouse_model::operation::{OperationState, StepKind};
use lighthouse_model::plan::Change;

use crate::fake::Bench;

fn web(image: &str, replicas: u32) -> String {
    format!("services: {{ web: {{ image: '{image}', deploy: {{ replicas: {replicas} }} }} }}")
}

fn with_port(image: &str) -> String {
    format!("services: {{ web: {{ image: '{image}', ports: ['80:80'] }} }}")
}

#[tokio::test(start_paused = true)]
async fn the_new_one_is_well_before_the_old_one_stops() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.deployed("shop", &web("app:1", 2)).await;
    bench.host("eu-1").world().calls.clear();
    let view = bench.deployed("shop", &web("app:2", 2)).await;
    assert_eq!(view.row.verdict.words, "All 2 instances run release 2.");
    let calls = bench.host("eu-1").world().calls.clone();
    let at = |call: &str| {
        calls
            .iter()
            .position(|c| c == call)
            .unwrap_or_else(|| panic!("{call} in {calls:#?}"))
    };
    assert!(at("start shop-web-1-g2") < at("stop shop-web-1"));
    assert!(at("stop shop-web-1") < at("start shop-web-2-g2"), "one at a time");
    assert!(
        at("stop shop-web-2") < at("remove shop-web-1"),
        "nothing is removed before all are well"
    );
    assert_eq!(
        bench.running(),
        [
            ("shop-web-1".to_owned(), "app:2".to_owned()),
            ("shop-web-2".to_owned(), "app:2".to_owned())
        ]
    );
    assert_eq!(bench.containers().len(), 2);
    bench.assert_sound().await;
}

#[tokio::test(start_paused = true)]
async fn a_fixed_port_makes_the_old_one_stop_first_and_the_plan_says_so() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.deployed("shop", &with_port("app:1")).await;
    let input = bench.input("shop", &with_port("app:2")).await;
    let plan = bench
        .console
        .plan(&Bench::grant(Target::Installation), input)
        .await
        .unwrap();
    assert_eq!(plan.instances[0].change, Change::Replace);
    assert!(
        plan.warnings.iter().any(|w| w.contains("away for a moment")),
        "{plan:#?}"
    );
    bench.host("eu-1").world().calls.clear();
    bench.deployed("shop", &with_port("app:2")).await;
    let calls = bench.host("eu-1").world().calls.clone();
    let at = |call: &str| calls.iter().position(|c| c == call).unwrap();
    assert!(at("create shop-web-1-g2") < at("stop shop-web-1"));
    assert!(at("stop shop-web-1") < at("start shop-web-1-g2"));
    bench.assert_sound().await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_stop_first_update_starts_the_old_one_again() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.host("eu-1").world().images.insert("crash:2".into());
    bench.deployed("shop", &with_port("app:1")).await;
    let id = bench.deploy("shop", &with_port("crash:2")).await;
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Failed);
    assert_eq!(
        bench.running(),
        [("shop-web-1".to_owned(), "app:1".to_owned())],
        "{view:#?}"
    );
    assert_eq!(bench.containers().len(), 1);
    assert!(
        view.row
            .verdict
            .words
            .starts_with("0 of 1 instance runs release 2; `web-1` on `eu-1` was started"),
        "{}",
        view.row.verdict.words
    );
    assert!(
        view.row.verdict.words.contains("1 runs release 1 as before"),
        "{}",
        view.row.verdict.words
    );
    bench.assert_sound().await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_rollout_ends_with_the_old_version_running_everywhere() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.deployed("shop", &web("app:1", 3)).await;
    // The first new instance goes well, the second one does not.
    bench.host("eu-1").fail(
        "start shop-web-2-g2",
        EngineError::Refused {
            status: 500,
            message: "no space left on device".into(),
        },
    );
    let id = bench.deploy("shop", &web("app:2", 3)).await;
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Failed);
    let old = |n: u32| (format!("shop-web-{n}"), "app:1".to_owned());
    assert_eq!(bench.running(), [old(1), old(2), old(3)], "{view:#?}");
    assert_eq!(bench.containers().len(), 3, "nothing is left behind");
    assert!(view.row.verdict.words.contains("no space left on device"));
    assert!(
        view.row.verdict.words.contains("3 run release 1 as before"),
        "{}",
        view.row.verdict.words
    );
    bench.assert_sound().await;

    // Scaling afterwards goes by the release that runs, not by the one that failed.
    let target = bench.target("shop").await;
    let id = bench
        .console
        .scale(&Bench::grant(target), "web", 4)
        .await
        .unwrap();
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Succeeded);
    assert_eq!(bench.running(), [old(1), old(2), old(3), old(4)]);
}

#[tokio::test(start_paused = true)]
async fn an_unhealthy_replacement_never_takes_over() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.host("eu-1").world().images.insert("sick:1".into());
    bench.deployed("shop", &web("app:1", 1)).await;
    let id = bench.deploy("shop", &web("sick:1", 1)).await;
    let view = bench.ended(id).await;
    let wait = view.steps.iter().find(|s| s.kind == StepKind::Wait).unwrap();
    assert_eq!(wait.code.as_deref(), Some("not-healthy"));
    assert!(wait.message.as_deref().unwrap().contains("connection refused"));
    assert_eq!(bench.running(), [("shop-web-1".to_owned(), "app:1".to_owned())]);
    let calls = bench.host("eu-1").world().calls.clone();
    assert!(
        !calls.contains(&"stop shop-web-1".to_owned()),
        "the old one was never touched"
    );
}

#[tokio::test(start_paused = true)]
async fn what_did_not_change_is_kept() {
    let bench = Bench::on(&["eu-1"]).await;
    let two = |image: &str| format!("services: {{ web: {{ image: '{image}' }}, db: {{ image: 'app:1' }} }}");
    bench.deployed("shop", &two("app:1")).await;
    let before = bench.instances().await;
    let input = bench.input("shop", &two("app:1")).await;
    let plan = bench
        .console
        .plan(&Bench::grant(Target::Installation), input)
        .await
        .unwrap();
    assert!(plan.is_unchanged(), "{plan:#?}");
    bench.deployed("shop", &two("app:2")).await;
    let after = bench.instances().await;
    let of = |rows: &[lighthouse_core::store::InstanceRecord], service: &str| {
        rows.iter().find(|r| r.service == service).cloned().unwrap()
    };
    assert_eq!(of(&before, "db"), of(&after, "db"));
    assert_ne!(of(&before, "web").container, of(&after, "web").container);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_leaves_the_blueprint_goes_when_the_rest_is_well() {
    let bench = Bench::on(&["eu-1"]).await;
    let old = "services: { web: { image: 'app:1', ports: ['80:80'] } }";
    let new = "services: { front: { image: 'app:1', ports: ['80:80'] } }";
    bench.deployed("shop", old).await;
    bench.deployed("shop", new).await;
    assert_eq!(bench.running(), [("shop-front-1".to_owned(), "app:1".to_owned())]);
    assert_eq!(bench.containers().len(), 1);
    bench.assert_sound().await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_rollout_puts_back_what_ran() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.deployed("shop", &web("app:1", 3)).await;
    let id = bench.deploy("shop", &web("app:2", 3)).await;
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;
    bench
        .console
        .cancel_operation(&Bench::grant::<right::ApplicationOperate>(Target::Operation(id)))
        .await
        .unwrap();
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Cancelled, "{view:#?}");
    let old = |n: u32| (format!("shop-web-{n}"), "app:1".to_owned());
    assert_eq!(bench.running(), [old(1), old(2), old(3)], "{view:#?}");
    bench.assert_sound().await;
}
