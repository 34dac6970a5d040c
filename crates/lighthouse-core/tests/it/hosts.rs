//! Adding, labelling and removing hosts; pools; the first engine.

use std::collections::BTreeMap;
use std::time::Duration;

use lighthouse_core::access::{Grant, Right, Target, authorize, right};
use lighthouse_core::dial::HostConnection;
use lighthouse_core::hosts::{Candidate, OnHost};
use lighthouse_core::store::AuditLog;
use lighthouse_model::host::{ConnectionInput, HostInput};
use lighthouse_model::live::{Topic, TopicData};
use lighthouse_model::{Problem, Role};
use tokio::time::sleep;

use crate::world::{Bench, World, application, viewer};

fn grant<R: Right>(target: Target) -> Grant<R> {
    authorize(&viewer(Role::Administrator), target).unwrap()
}

fn manage() -> Grant<right::HostManage> {
    grant(Target::Installation)
}

fn input(name: &str, path: &str) -> HostInput {
    HostInput {
        name: name.to_owned(),
        connection: ConnectionInput::Unix {
            path: path.to_owned(),
        },
        labels: BTreeMap::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_is_added_once_it_answers_and_watched_from_then_on() {
    let bench = Bench::new(1).await;
    let refused = bench
        .console
        .add_host(&manage(), input("eu-1", "/run/none.sock"))
        .await;
    let Problem::Invalid { field, why } = refused.unwrap_err().into_problem() else {
        panic!("another problem");
    };
    assert_eq!(field, "connection");
    assert!(
        why.contains("no such socket") && why.contains("nothing was added"),
        "{why}"
    );

    let world = World::new("new");
    world.run(1);
    bench.listen("/run/eu-1.sock", &world);
    let row = bench
        .console
        .add_host(&manage(), input("eu-1", "/run/eu-1.sock"))
        .await
        .unwrap();
    sleep(Duration::from_millis(10)).await;
    let seen: Grant<right::HostView> = grant(Target::Host(row.id));
    assert_eq!(bench.console.host(&seen).unwrap().containers.total, 1);
    let taken = bench
        .console
        .add_host(&manage(), input("eu-1", "/run/eu-1.sock"))
        .await;
    assert_eq!(taken.unwrap_err().problem().code(), "name-taken");
    let rows = bench.store.audit(None, 10).await.unwrap();
    assert_eq!(rows[0].1.action, "add-host");
}

#[tokio::test(start_paused = true)]
async fn a_stale_edit_of_labels_is_refused() {
    let bench = Bench::new(1).await;
    let host: Grant<right::HostManage> = grant(Target::Host(bench.hosts[0]));
    let labels = BTreeMap::from([("zone".to_owned(), "eu".to_owned())]);
    let row = bench.console.label_host(&host, 1, labels.clone()).await.unwrap();
    assert_eq!((row.version, &row.labels), (2, &labels));
    let stale = bench.console.label_host(&host, 1, BTreeMap::new()).await;
    assert_eq!(stale.unwrap_err().problem().status(), 412);
    let bad = BTreeMap::from([("a b".to_owned(), String::new())]);
    assert_eq!(
        bench
            .console
            .label_host(&host, 2, bad)
            .await
            .unwrap_err()
            .problem()
            .status(),
        422
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_with_instances_is_not_removed() {
    let bench = Bench::new(2).await;
    application(&bench.store, &bench.hosts, "shop", &[(0, 1)]).await;
    let busy: Grant<right::HostManage> = grant(Target::Host(bench.hosts[0]));
    let refused = bench
        .console
        .remove_host(&busy, OnHost::Forgotten)
        .await
        .unwrap_err();
    assert!(
        refused.to_string().contains("has instances of applications"),
        "{refused}"
    );
    let free: Grant<right::HostManage> = grant(Target::Host(bench.hosts[1]));
    bench.worlds[1].run(1);
    bench.settle().await;
    bench.console.remove_host(&free, OnHost::None).await.unwrap();
    let all: Grant<right::HostView> = grant(Target::Installation);
    assert_eq!(bench.console.hosts(&all).1.len(), 1);
    assert!(bench.console.host_target("h1").is_err());
}

#[tokio::test(start_paused = true)]
async fn pools_are_label_queries() {
    let bench = Bench::new(2).await;
    let host: Grant<right::HostManage> = grant(Target::Host(bench.hosts[1]));
    let labels = BTreeMap::from([("zone".to_owned(), "eu".to_owned())]);
    bench.console.label_host(&host, 1, labels).await.unwrap();
    let id = bench
        .console
        .add_pool(&manage(), "europe", "label.zone:e*")
        .await
        .unwrap();
    for (name, query) in [
        ("europe", "name:x"),
        ("all-hosts", "name:x"),
        ("Bad", "x"),
        ("b", ""),
        ("c", "x:y:z"),
    ] {
        assert!(
            bench.console.add_pool(&manage(), name, query).await.is_err(),
            "{name} {query}"
        );
    }
    let pools = bench.console.pools(&grant(Target::Installation)).await.unwrap();
    let members: Vec<_> = pools
        .iter()
        .map(|p| {
            (
                p.name.as_str(),
                p.hosts
                    .iter()
                    .map(lighthouse_model::Name::as_str)
                    .collect::<Vec<_>>(),
            )
        })
        .collect();
    assert_eq!(members, [("all-hosts", vec!["h0", "h1"]), ("europe", vec!["h1"])]);
    bench.console.remove_pool(&manage(), id).await.unwrap();
    assert_eq!(
        bench
            .console
            .remove_pool(&manage(), id)
            .await
            .unwrap_err()
            .problem()
            .status(),
        404
    );
}

#[tokio::test(start_paused = true)]
async fn the_first_engine_is_found_and_what_was_tried_is_told() {
    let bench = Bench::new(0).await;
    let candidate = |path: &str| Candidate {
        place: path.to_owned(),
        connection: Ok(HostConnection::Unix {
            path: path.to_owned(),
        }),
    };
    bench
        .console
        .discover(vec![candidate("/run/a.sock"), candidate("/run/b.sock")])
        .await
        .unwrap();
    let administrator = viewer(Role::Administrator);
    let (_, data) = bench
        .console
        .topic(&administrator, &Topic::Overview)
        .await
        .unwrap();
    let TopicData::Overview(overview) = data else {
        panic!("another topic");
    };
    assert_eq!(overview.tried.len(), 2);
    assert_eq!(
        overview.tried[0],
        ("/run/a.sock".to_owned(), "no such socket".to_owned())
    );

    bench.listen("/run/b.sock", &World::new("b"));
    bench
        .console
        .discover(vec![candidate("/run/a.sock"), candidate("/run/b.sock")])
        .await
        .unwrap();
    sleep(Duration::from_millis(10)).await;
    let (_, rows) = bench.console.hosts(&grant(Target::Installation));
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].name.as_str(), "local");
    assert!(rows[0].liveness.is_up());
    // Once a host is known nothing is looked for.
    bench.listen("/run/a.sock", &World::new("a"));
    bench
        .console
        .discover(vec![candidate("/run/a.sock")])
        .await
        .unwrap();
    assert_eq!(bench.console.hosts(&grant(Target::Installation)).1.len(), 1);
}
