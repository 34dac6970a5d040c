//! First deploys.

use lighthouse_core::Target;
use lighthouse_core::access::right;
use lighthouse_core::engine::EngineError;
use lighthouse_model::container::ContainerState;
use lighthouse_model::operation::{OperationState, StepKind, StepStatus};
use lighthouse_model::plan::Change;

use crate::fake::Bench;

const SHOP: &str = "
services:
  web:
    image: app:1
    depends_on: [db]
    networks: [front]
    deploy: { replicas: 3 }
    x-lighthouse: { placement: spread }
  db:
    image: fit:1
    networks: [back]
    volumes: ['data:/var/lib']
networks: { front: {}, back: {} }
volumes: { data: {} }
";

#[tokio::test(start_paused = true)]
async fn an_application_is_laid_over_three_hosts() {
    let bench = Bench::on(&["eu-1", "eu-2", "eu-3"]).await;
    let grant = Bench::grant(Target::Installation);
    let input = bench.input("shop", SHOP).await;
    let plan = bench.console.plan(&grant, input).await.unwrap();
    assert!(plan.is_applicable(), "{plan:#?}");
    assert_eq!(plan.instances.len(), 4);
    assert!(
        plan.instances
            .iter()
            .all(|i| i.change == Change::Create && !i.why.is_empty())
    );
    assert!(bench.containers().is_empty(), "a plan changes nothing");

    let view = bench.deployed("shop", SHOP).await;
    assert_eq!(view.row.verdict.words, "All 4 instances run release 1.");
    assert_eq!(bench.running().len(), 4);
    let mut names: Vec<String> = bench.running().into_iter().map(|(name, _)| name).collect();
    names.sort();
    assert_eq!(names, ["shop-db-1", "shop-web-1", "shop-web-2", "shop-web-3"]);
    bench.assert_sound().await;

    let hosts: std::collections::BTreeSet<_> = bench.instances().await.iter().map(|i| i.host).collect();
    assert_eq!(hosts.len(), 3);
    let world = bench.host("eu-1").world();
    let (_, one) = world.containers.iter().next().unwrap();
    for key in [
        "io.lighthouse.app",
        "io.lighthouse.service",
        "io.lighthouse.instance",
        "io.lighthouse.release",
        "io.lighthouse.operation",
        "io.lighthouse.nonce",
        "io.lighthouse.generation",
        "io.lighthouse.installation",
        "com.docker.compose.project",
        "com.docker.compose.service",
        "com.docker.compose.container-number",
        "com.docker.compose.oneoff",
        "com.docker.compose.config-hash",
    ] {
        assert!(one.spec.labels.contains_key(key), "{key}");
    }
    assert_eq!(
        one.spec.networks[0].aliases[0],
        one.spec.labels["io.lighthouse.service"]
    );
}

#[tokio::test(start_paused = true)]
async fn what_others_depend_on_is_well_before_they_start() {
    let bench = Bench::on(&["eu-1"]).await;
    let compose = "
services:
  web: { image: 'app:1', depends_on: { db: { condition: service_healthy }, init: { condition: service_completed_successfully } } }
  db: { image: 'fit:1' }
  init: { image: 'job:1' }
";
    bench.deployed("shop", compose).await;
    let calls = bench.host("eu-1").world().calls.clone();
    let at = |call: &str| calls.iter().position(|c| c == call).unwrap();
    assert!(at("start shop-db-1-g1") < at("start shop-web-1-g1"));
    assert!(at("start shop-init-1-g1") < at("start shop-web-1-g1"));
    let job = bench
        .containers()
        .into_iter()
        .find(|c| c.1 == "shop-init-1")
        .unwrap();
    assert_eq!(job.2, ContainerState::Exited);
}

#[tokio::test(start_paused = true)]
async fn a_refused_pull_on_one_host_leaves_every_host_untouched() {
    let bench = Bench::on(&["eu-1", "eu-2"]).await;
    bench.host("eu-2").world().images.remove("app:1");
    bench.host("eu-2").fail(
        "pull",
        EngineError::Refused {
            status: 500,
            message: "Head \"https://reg/v2/app/manifests/1\": unauthorized".into(),
        },
    );
    let compose = "services: { web: { image: 'app:1', deploy: { replicas: 2 }, networks: [n], x-lighthouse: { placement: spread } } }\nnetworks: { n: {} }\n";
    let id = bench.deploy("shop", compose).await;
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Failed);
    assert!(
        view.row
            .verdict
            .words
            .starts_with("0 of 2 instances run release 1; Host `eu-2` could not pull `app:1`: Head"),
        "{}",
        view.row.verdict.words
    );
    assert!(
        view.row.verdict.words.ends_with("2 were not begun."),
        "{}",
        view.row.verdict.words
    );
    assert!(bench.containers().is_empty());
    let pull = view
        .steps
        .iter()
        .find(|s| s.kind == StepKind::Pull && s.status == StepStatus::Failed)
        .unwrap();
    assert_eq!(pull.code.as_deref(), Some("pull-failed"));
    assert!(pull.message.as_deref().unwrap().contains("credentials"));

    // A retry needs no cleaning by hand.
    let again = bench.deployed("shop", compose).await;
    assert_eq!(again.row.verdict.words, "All 2 instances run release 2.");
    bench.assert_sound().await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_does_not_stay_up_is_never_called_deployed() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.host("eu-1").world().images.insert("crash:1".into());
    let compose = "services: { web: { image: 'app:1' }, bad: { image: 'crash:1' } }";
    let id = bench.deploy("shop", compose).await;
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Failed);
    assert_eq!(
        view.row.verdict.words,
        "1 of 2 instances run release 1; `bad-1` on `eu-1` was started and did not stay up: it ended with exit code \
         1. Look at its log."
    );
    let wait = view
        .steps
        .iter()
        .find(|s| s.status == StepStatus::Failed)
        .unwrap();
    assert_eq!(wait.code.as_deref(), Some("did-not-stay-up"));
    assert_eq!(wait.detail.as_deref(), Some("no database\n"));

    // The next deploy replaces what failed and leaves the rest alone.
    let better = "services: { web: { image: 'app:1' }, bad: { image: 'app:2' } }";
    bench.deployed("shop", better).await;
    assert_eq!(
        bench.running(),
        [
            ("shop-bad-1".to_owned(), "app:2".to_owned()),
            ("shop-web-1".to_owned(), "app:1".to_owned())
        ]
    );
    assert_eq!(bench.containers().len(), 2);
    bench.assert_sound().await;
}

#[tokio::test(start_paused = true)]
async fn a_port_in_use_is_told_with_its_host() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.host("eu-1").fail(
        "start",
        EngineError::Refused {
            status: 500,
            message: "driver failed: Bind for 0.0.0.0:80 failed: port is already allocated".into(),
        },
    );
    let id = bench
        .deploy("shop", "services: { web: { image: 'app:1', ports: ['80:80'] } }")
        .await;
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Failed);
    let start = view.steps.iter().find(|s| s.kind == StepKind::Start).unwrap();
    assert_eq!(start.code.as_deref(), Some("port-in-use"));
    assert!(
        view.row
            .verdict
            .words
            .contains("Port 80/tcp is in use on host `eu-1`")
    );
}

#[tokio::test(start_paused = true)]
async fn a_name_that_somebody_else_took_is_told_as_such() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.host("eu-1").foreign("shop-web-1");
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let input = bench.input("shop", "services: { web: { image: 'app:1' } }").await;
    let plan = bench
        .console
        .plan(&Bench::grant(Target::Installation), input.clone())
        .await
        .unwrap();
    assert!(
        plan.obstacles[0].contains("`shop-web-1` that Lighthouse did not make"),
        "{plan:#?}"
    );
    let refused = bench
        .console
        .deploy(&Bench::grant(Target::Installation), input)
        .await;
    assert_eq!(refused.unwrap_err().problem().code(), "not-placeable");

    // One that appears under the name of the generation is found when it is too late for the plan.
    bench.host("eu-1").foreign("blog-web-1-g1");
    let id = bench
        .deploy("blog", "services: { web: { image: 'app:1' } }")
        .await;
    let view = bench.ended(id).await;
    let create = view.steps.iter().find(|s| s.kind == StepKind::Create).unwrap();
    assert_eq!(create.code.as_deref(), Some("container-name-taken"));
    assert_eq!(bench.containers().len(), 2, "theirs stay");
}

#[tokio::test(start_paused = true)]
async fn a_host_that_falls_silent_leaves_its_step_unknown_until_it_answers() {
    let bench = Bench::on(&["eu-1", "eu-2"]).await;
    let compose = "services: { web: { image: 'app:1', deploy: { replicas: 2 }, networks: [n], x-lighthouse: { placement: spread } } }\nnetworks: { n: {} }\n";
    bench.host("eu-2").fail(
        "start",
        EngineError::Unreachable {
            why: "connection reset".into(),
        },
    );
    bench.host("eu-2").world().silent = false;
    let id = bench.deploy("shop", compose).await;
    let mut unknown = false;
    for _ in 0..200 {
        let view = bench.view(id).await;
        unknown |= view.steps.iter().any(|s| s.status == StepStatus::Unknown);
        assert!(
            !(unknown && view.row.state == OperationState::Succeeded)
                || view.steps.iter().all(|s| s.status != StepStatus::Unknown)
        );
        if view.row.state.is_ended() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert!(unknown, "nobody could tell for a while, and it was said");
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Succeeded, "{view:#?}");
    assert_eq!(bench.running().len(), 2);
    bench.assert_sound().await;
}

#[tokio::test(start_paused = true)]
async fn a_container_that_comes_after_nobody_waited_for_it_is_taken_for_what_it_is() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.host("eu-1").world().late = true;
    let view = bench
        .deployed("shop", "services: { web: { image: 'app:1' } }")
        .await;
    assert_eq!(view.row.verdict.words, "The instance runs release 1.");
    assert_eq!(bench.containers().len(), 1, "one, not two");
    bench.assert_sound().await;
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_dies_before_the_end_is_noticed() {
    let bench = Bench::on(&["eu-1"]).await;
    let compose = "services: { web: { image: 'fit:1' }, slow: { image: 'app:2', depends_on: { web: { condition: service_healthy } } } }";
    let id = bench.deploy("shop", compose).await;
    // The first one is well and named before the second one is.
    for _ in 0..400 {
        let named = bench.containers().iter().any(|c| c.1 == "shop-web-1");
        if named {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    bench.host("eu-1").die("shop-web-1", 1);
    let view = bench.ended(id).await;
    let all_run = bench.running().len() == 2;
    assert!(
        all_run || view.row.state != OperationState::Succeeded,
        "never succeeded while an instance is not running: {view:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn forty_instances_start_side_by_side() {
    let bench = Bench::on(&["eu-1"]).await;
    let compose = "services: { web: { image: 'app:1', deploy: { replicas: 40 } } }";
    let begun = tokio::time::Instant::now();
    bench.deployed("shop", compose).await;
    assert_eq!(bench.running().len(), 40);
    assert!(begun.elapsed().as_secs() < 4, "{:?}", begun.elapsed());
    let rows = bench
        .console
        .application_rows(&Bench::grant::<right::ApplicationView>(Target::Installation))
        .await
        .unwrap();
    assert_eq!((rows[0].good, rows[0].desired), (40, 40));
    assert_eq!(rows[0].verdict.words, "all 40 run");
}
