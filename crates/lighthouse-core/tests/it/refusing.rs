//! What is not accepted, and why.

use lighthouse_core::Target;
use lighthouse_core::access::right;
use lighthouse_model::{Action, Problem, Role};

use crate::fake::Bench;

const WEB: &str = "services: { web: { image: 'app:1' } }";

#[tokio::test(start_paused = true)]
async fn a_second_change_is_told_who_and_what() {
    let bench = Bench::on(&["eu-1"]).await;
    let first = bench.deploy("shop", WEB).await;
    let input = bench.input("shop", WEB).await;
    let refused = bench
        .console
        .deploy(&Bench::grant(Target::Installation), input)
        .await;
    match refused.unwrap_err().problem() {
        Problem::Busy {
            application,
            actor,
            operation,
        } => {
            assert_eq!((application.as_str(), actor.as_str()), ("shop", "ada"));
            assert_eq!(*operation, first);
        }
        other => panic!("{other:?}"),
    }
    let target = bench.target("shop").await;
    let view = bench
        .console
        .application_view(&Bench::grant(target.clone()))
        .await
        .unwrap();
    assert_eq!(view.row.operation, Some(first));
    assert!(!view.row.allowed.contains(Action::Stop));
    bench.ended(first).await;
    let view = bench
        .console
        .application_view(&Bench::grant(target))
        .await
        .unwrap();
    assert!(view.row.allowed.contains(Action::Stop));
    assert_eq!(view.row.operation, None);
}

#[tokio::test(start_paused = true)]
async fn a_stale_edit_is_refused() {
    let bench = Bench::on(&["eu-1"]).await;
    let input = bench.input("shop", WEB).await;
    bench.deployed("shop", WEB).await;
    let again = bench
        .console
        .deploy(&Bench::grant(Target::Installation), input.clone())
        .await;
    assert_eq!(again.unwrap_err().problem().code(), "name-taken");
    let mut stale = input;
    stale.base_generation = Some(7);
    let again = bench
        .console
        .deploy(&Bench::grant(Target::Installation), stale)
        .await;
    assert_eq!(again.unwrap_err().problem().code(), "stale");
}

#[tokio::test(start_paused = true)]
async fn options_that_hand_out_the_host_need_an_administrator_on_every_way_in() {
    let bench = Bench::on(&["eu-1"]).await;
    let compose = "services:\n  web:\n    image: app:1\n    privileged: true\n    volumes: ['/etc:/host']\n";
    let operator = || Bench::grant_as::<right::ApplicationDeploy>(Role::Operator, Target::Installation);
    let input = bench.input("shop", compose).await;
    let plan = bench.console.plan(&operator(), input.clone()).await.unwrap();
    assert!(plan.obstacles[0].contains("line 4"), "{plan:#?}");
    assert!(plan.obstacles[0].contains("line 5"), "{plan:#?}");
    let refused = bench.console.deploy(&operator(), input).await;
    match refused.unwrap_err().problem() {
        Problem::Reserved { options } => assert_eq!(options.len(), 2),
        other => panic!("{other:?}"),
    }
    bench.deployed("shop", compose).await;
    let target = bench.target("shop").await;
    let grant = Bench::grant_as::<right::ApplicationOperate>(Role::Operator, target.clone());
    let refused = bench.console.scale(&grant, "web", 2).await;
    assert_eq!(refused.unwrap_err().problem().code(), "reserved-options");
    let update = bench.input("shop", compose).await;
    let grant = Bench::grant_as::<right::ApplicationDeploy>(Role::Operator, target);
    let refused = bench.console.deploy(&grant, update).await;
    assert_eq!(refused.unwrap_err().problem().code(), "reserved-options");
}

#[tokio::test(start_paused = true)]
async fn a_broken_blueprint_is_not_saved_over_a_good_one() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.deployed("shop", WEB).await;
    let broken = "services:\n  web:\n    image: app:1\n    imgae: x\n";
    let input = bench.input("shop", broken).await;
    let plan = bench
        .console
        .plan(&Bench::grant(Target::Installation), input.clone())
        .await
        .unwrap();
    assert_eq!(plan.diagnostics[0].line, 4);
    assert!(!plan.is_applicable());
    let refused = bench
        .console
        .deploy(&Bench::grant(Target::Installation), input)
        .await;
    assert_eq!(refused.unwrap_err().problem().code(), "blueprint-invalid");
    let target = bench.target("shop").await;
    let text = bench
        .console
        .blueprint(&Bench::grant(target), None)
        .await
        .unwrap();
    assert_eq!(text.compose, WEB, "byte for byte");
}

#[tokio::test(start_paused = true)]
async fn what_a_viewer_may_do_is_on_every_row() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.deployed("shop", WEB).await;
    let rows = |role| {
        let grant = Bench::grant_as::<right::ApplicationView>(role, Target::Installation);
        let console = bench.console.clone();
        async move { console.application_rows(&grant).await.unwrap() }
    };
    let viewer = rows(Role::Viewer).await;
    assert!(!viewer[0].allowed.contains(Action::Stop));
    assert!(!viewer[0].allowed.contains(Action::Deploy));
    let operator = rows(Role::Operator).await;
    for action in [
        Action::Stop,
        Action::Restart,
        Action::Scale,
        Action::Deploy,
        Action::Remove,
    ] {
        assert!(operator[0].allowed.contains(action), "{action:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn processors_that_another_application_reserved_are_not_given_away() {
    let reserving = |cpus: u32| {
        format!(
            "services: {{ web: {{ image: 'app:1', deploy: {{ resources: {{ reservations: {{ cpus: '{cpus}' }} }} }} }} }}"
        )
    };
    // The fake engines have four.
    let mut bench = Bench::on(&["eu-1"]).await;
    bench.deployed("shop", &reserving(3)).await;
    for _ in 0..2 {
        let grant = || Bench::grant::<right::ApplicationDeploy>(Target::Installation);
        let blog = bench.input("blog", &reserving(2)).await;
        let plan = bench.console.plan(&grant(), blog.clone()).await.unwrap();
        let words = &plan.instances[0].refused[0].why;
        assert!(
            words.contains("needs 2 processors; 1 of 4 are not reserved"),
            "{words}"
        );
        let refused = bench.console.deploy(&grant(), blog).await.unwrap_err();
        assert_eq!(refused.problem().code(), "not-placeable");
        // What it has itself is no obstacle to an application.
        let shop = bench.input("shop", &reserving(4)).await;
        let plan = bench.console.plan(&grant(), shop).await.unwrap();
        assert!(plan.obstacles.is_empty(), "{plan:#?}");
        // The next console knows it from the store.
        bench.restart().await;
    }
}
