//! Hosts that are gone for ever: what was on them is let go of, honestly.

use std::time::Duration;

use lighthouse_core::Target;
use lighthouse_core::access::right;
use lighthouse_core::applications::Volumes;
use lighthouse_core::hosts::OnHost;
use lighthouse_core::store::{ApplicationStore, AuditLog};
use lighthouse_model::container::Management;
use lighthouse_model::live::ContainerWindow;
use lighthouse_model::operation::{OperationState, StepStatus};
use lighthouse_model::{Problem, Tone};

use crate::fake::Bench;

/// One instance on each host, told apart by a fixed port.
const SPREAD: &str = "
services:
  web: { image: 'app:1', ports: ['80:80'], deploy: { replicas: 2 }, x-lighthouse: { placement: spread } }
";

async fn spread() -> Bench {
    let bench = Bench::on(&["eu-1", "eu-2"]).await;
    bench.deployed("shop", SPREAD).await;
    for host in ["eu-1", "eu-2"] {
        assert_eq!(bench.host(host).world().containers.len(), 1, "one on {host}");
    }
    bench
}

async fn silence(bench: &Bench) {
    bench.host("eu-2").world().silent = true;
    tokio::time::sleep(Duration::from_secs(40)).await;
}

async fn back(bench: &Bench) {
    bench.host("eu-2").world().silent = false;
    tokio::time::sleep(Duration::from_secs(60)).await;
}

/// What the containers of a host are to Lighthouse.
fn management(bench: &Bench, host: &str) -> Vec<Management> {
    let seen = Bench::grant::<right::ContainerView>(Target::Installation);
    let window = ContainerWindow {
        query: format!("host:{host}"),
        limit: 10,
        ..ContainerWindow::default()
    };
    let (_, page) = bench.console.container_page(&seen, &window);
    page.rows.iter().map(|row| row.management).collect()
}

#[tokio::test(start_paused = true)]
async fn an_application_is_removed_though_a_host_of_it_is_gone_for_ever() {
    let bench = spread().await;
    silence(&bench).await;
    let target = bench.target("shop").await;
    let id = bench
        .console
        .remove_application(&Bench::grant(target), Volumes::Remove)
        .await
        .unwrap();
    let view = bench.ended(id).await;
    assert_eq!(view.row.state, OperationState::Succeeded, "{view:#?}");
    assert_eq!(view.row.verdict.tone, Tone::Warning);
    let words = &view.row.verdict.words;
    assert!(
        words.starts_with("1 of 2 instances are removed; `web-"),
        "{words}"
    );
    assert!(words.contains("on host `eu-2`, which does not answer"), "{words}");
    for step in &view.steps {
        let there = step.host == bench.ids["eu-2"];
        let expected = if there {
            StepStatus::Warning
        } else {
            StepStatus::Succeeded
        };
        assert_eq!(step.status, expected, "{step:#?}");
    }
    // Nothing of it is kept, and its name is free.
    assert!(bench.store.applications().await.unwrap().is_empty());
    assert!(bench.instances().await.is_empty());
    assert!(bench.host("eu-1").world().containers.is_empty());
    // What was left is still there when the host comes back, belongs to nobody, and is not touched.
    back(&bench).await;
    assert_eq!(bench.running().len(), 1);
    let [Management::Unmanaged] = management(&bench, "eu-2")[..] else {
        panic!("{:?}", management(&bench, "eu-2"));
    };
}

#[tokio::test(start_paused = true)]
async fn a_host_that_comes_back_soon_is_waited_for() {
    let bench = spread().await;
    let target = bench.target("shop").await;
    bench.host("eu-2").world().silent = true;
    let id = bench
        .console
        .remove_application(&Bench::grant(target), Volumes::Keep)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(30)).await;
    let waiting = bench.view(id).await;
    assert!(!waiting.row.state.is_ended(), "{waiting:#?}");
    assert!(
        waiting
            .steps
            .iter()
            .any(|step| step.status == StepStatus::Unknown)
    );
    bench.host("eu-2").world().silent = false;
    let view = bench.ended(id).await;
    assert_eq!(view.row.verdict.words, "All 2 instances are removed.");
    assert!(bench.containers().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_gone_for_ever_is_removed_with_its_instances_once_that_is_said() {
    let bench = spread().await;
    let host = Bench::grant::<right::HostManage>(Target::Host(bench.ids["eu-2"]));
    let refused = bench
        .console
        .remove_host(&host, OnHost::Forgotten)
        .await
        .unwrap_err();
    assert!(
        matches!(refused.problem(), Problem::Conflict { .. }),
        "it answers: {refused}"
    );
    silence(&bench).await;
    let refused = bench.console.remove_host(&host, OnHost::None).await.unwrap_err();
    assert!(refused.to_string().contains("gone for ever"), "{refused}");
    bench.console.remove_host(&host, OnHost::Forgotten).await.unwrap();
    let row = bench.store.audit(None, 1).await.unwrap().remove(0).1;
    assert_eq!(
        (&*row.action, &*row.detail),
        ("remove-host", "forgot 1 of `shop`")
    );
    let left = bench.instances().await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].host, bench.ids["eu-1"]);
    // The application says what is missing, and can be removed without a word about the host.
    let target = bench.target("shop").await;
    let seen = Bench::grant::<right::ApplicationView>(target.clone());
    let view = bench.console.application_view(&seen).await.unwrap();
    assert!(
        view.row.verdict.words.starts_with("1 of 2 run"),
        "{:?}",
        view.row.verdict
    );
    let id = bench
        .console
        .remove_application(&Bench::grant(target), Volumes::Keep)
        .await
        .unwrap();
    let view = bench.ended(id).await;
    assert_eq!(view.row.verdict.words, "The instance is removed.");
}

#[tokio::test(start_paused = true)]
async fn removing_a_host_lets_go_of_the_removal_that_waits_for_it() {
    let bench = spread().await;
    let target = bench.target("shop").await;
    bench.host("eu-2").world().silent = true;
    let id = bench
        .console
        .remove_application(&Bench::grant(target), Volumes::Keep)
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let host = Bench::grant::<right::HostManage>(Target::Host(bench.ids["eu-2"]));
    bench.console.remove_host(&host, OnHost::Forgotten).await.unwrap();
    let view = bench.ended(id).await;
    let words = &view.row.verdict.words;
    assert!(
        words.contains("on a host that was removed from Lighthouse"),
        "{words}"
    );
    assert!(bench.store.applications().await.unwrap().is_empty());
}
