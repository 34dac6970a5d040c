//! Networks and volumes: what is asked of engines, and whose they are.

use lighthouse_core::Target;
use lighthouse_core::access::right;
use lighthouse_core::applications::Volumes;
use lighthouse_model::operation::OperationState;
use lighthouse_model::plan::PlanView;

use crate::fake::Bench;

const BLOG: &str = "
services: { web: { image: 'app:1', volumes: ['data:/data'] } }
volumes: { data: { name: everything } }
networks: { default: { name: lan } }
";

async fn plan(bench: &Bench, name: &str, compose: &str) -> PlanView {
    let input = bench.input(name, compose).await;
    let grant = Bench::grant::<right::ApplicationDeploy>(Target::Installation);
    bench.console.plan(&grant, input).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_application_does_not_take_over_a_volume_or_network_of_another() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.deployed("blog", BLOG).await;
    // Its own stay its own.
    assert!(plan(&bench, "blog", BLOG).await.obstacles.is_empty());
    let shop = plan(&bench, "shop", BLOG).await;
    assert_eq!(
        shop.obstacles,
        [
            "Line 4: the network `lan` belongs to the application `blog` on host `eu-1`. Give this one another `name`.",
            "Line 3: the volume `everything` belongs to the application `blog` on host `eu-1`. Give this one another \
             `name`.",
        ]
    );
    let input = bench.input("shop", BLOG).await;
    let grant = Bench::grant::<right::ApplicationDeploy>(Target::Installation);
    let refused = bench.console.deploy(&grant, input).await.unwrap_err();
    assert_eq!(refused.problem().code(), "not-placeable");
}

#[tokio::test(start_paused = true)]
async fn an_external_volume_of_another_application_is_refused_and_its_network_joined_with_a_word() {
    let bench = Bench::on(&["eu-1"]).await;
    bench.deployed("blog", BLOG).await;
    let volume = "
services: { web: { image: 'app:1', volumes: ['data:/data'] } }
volumes: { data: { name: everything, external: true } }
";
    let shop = plan(&bench, "shop", volume).await;
    assert!(
        shop.obstacles[0].contains("belongs to the application `blog`"),
        "{shop:#?}"
    );
    let network = "
services: { web: { image: 'app:1', networks: [blog] } }
networks: { blog: { name: lan, external: true } }
";
    let shop = plan(&bench, "shop", network).await;
    assert!(shop.obstacles.is_empty(), "{shop:#?}");
    assert!(shop.warnings[0].contains("can reach each other"), "{shop:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_volume_that_an_application_left_is_given_to_no_other_by_its_name_alone() {
    let bench = Bench::on(&["eu-1"]).await;
    let compose = BLOG.replace("networks", "x-networks");
    bench.deployed("blog", &compose).await;
    let target = bench.target("blog").await;
    let removed = bench
        .console
        .remove_application(&Bench::grant(target), Volumes::Keep)
        .await
        .unwrap();
    bench.ended(removed).await;
    let id = bench.deploy("shop", &compose).await;
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Failed);
    let words = &view.row.verdict.words;
    assert!(words.contains("was made for the application `blog`"), "{words}");
    assert!(bench.containers().is_empty());
    // It waits for its own, data and all.
    bench.deployed("blog", &compose).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_network_asks_for_and_no_engine_does_names_its_line() {
    let bench = Bench::on(&["eu-1"]).await;
    let compose = "
services: { web: { image: 'app:1', networks: [one, two] } }
networks:
  one: { enable_ipv4: false }
  two: { ipam: { config: [{ gateway: 172.28.0.1 }] } }
";
    let shop = plan(&bench, "shop", compose).await;
    assert!(shop.obstacles[0].starts_with("Line 4:"), "{shop:#?}");
    assert!(shop.obstacles[1].starts_with("Line 5:"), "{shop:#?}");
}
