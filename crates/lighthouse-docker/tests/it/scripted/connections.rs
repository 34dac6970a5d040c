//! How connections are used.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use lighthouse_core::engine::{ContainerSpec, Find};
use lighthouse_model::ContainerId;

use super::{Reply, Scripted, chunk, head, json};

fn id() -> ContainerId {
    "a".repeat(64).parse().unwrap()
}

#[tokio::test]
async fn calls_one_after_the_other_share_a_connection() {
    let script = Scripted::new(|_| json(200, "[]"));
    let engine = script.engine().await;
    for _ in 0..50 {
        engine.list().await.unwrap();
    }
    assert_eq!(script.dialled(), 1);
}

#[tokio::test]
async fn a_connection_that_was_closed_meanwhile_is_replaced_unnoticed() {
    let closing = Arc::new(AtomicBool::new(true));
    let script = Scripted::new({
        let closing = Arc::clone(&closing);
        move |_| match (json(200, "[]"), closing.load(Ordering::SeqCst)) {
            (Reply::Bytes(bytes), true) => Reply::Close(bytes),
            (reply, _) => reply,
        }
    });
    let engine = script.engine().await;
    for _ in 0..10 {
        engine.list().await.unwrap();
    }
    closing.store(false, Ordering::SeqCst);
    engine.list().await.unwrap();
    assert_eq!(script.seen().len(), 11, "and nothing was asked twice");
}

#[tokio::test]
async fn every_call_names_the_agreed_version() {
    let script = Scripted::new(|request| {
        if request.contains("create") {
            json(201, &format!(r#"{{"Id":"{}","Warnings":null}}"#, "a".repeat(64)))
        } else if request.contains("json") {
            json(200, "[]")
        } else {
            json(204, "")
        }
    });
    let engine = script.engine().await;
    let name = "shop-web-1".parse().unwrap();
    engine.list().await.unwrap();
    engine.create(&name, &ContainerSpec::default()).await.unwrap();
    engine.start(&id()).await.unwrap();
    engine.stop(&id(), Some(7)).await.unwrap();
    engine.restart(&id(), Some(7)).await.unwrap();
    engine.rename(&id(), &name).await.unwrap();
    engine.remove(&id(), true).await.unwrap();
    engine.remove_network(&name).await.unwrap();
    engine.remove_volume(&name).await.unwrap();
    let it = "a".repeat(64);
    assert_eq!(
        script.seen(),
        [
            "GET /v1.41/containers/json?all=1".to_owned(),
            "POST /v1.41/containers/create?name=shop-web-1&platform=".to_owned(),
            format!("POST /v1.41/containers/{it}/start"),
            format!("POST /v1.41/containers/{it}/stop?t=7"),
            format!("POST /v1.41/containers/{it}/restart?t=7"),
            format!("POST /v1.41/containers/{it}/rename?name=shop-web-1"),
            format!("DELETE /v1.41/containers/{it}?v=true&force=true&link=false"),
            "DELETE /v1.41/networks/shop-web-1".to_owned(),
            "DELETE /v1.41/volumes/shop-web-1".to_owned(),
        ]
    );
}

#[tokio::test]
async fn dropping_a_stream_closes_its_connection() {
    let script = Scripted::new(|_| Reply::Hold([head(), chunk(b"\n")].concat()));
    let engine = script.engine().await;
    let before = script.open();
    let events = engine.events().await.unwrap();
    assert_eq!(script.open(), before + 1);
    drop(events);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(script.open(), before);
}

#[tokio::test]
async fn what_already_is_as_asked_is_fine() {
    let script = Scripted::new(|request| {
        if request.starts_with("DELETE") {
            json(404, r#"{"message":"No such object"}"#)
        } else {
            json(304, "")
        }
    });
    let engine = script.engine().await;
    let name = "shop".parse().unwrap();
    engine.start(&id()).await.unwrap();
    engine.stop(&id(), Some(1)).await.unwrap();
    engine.remove(&id(), false).await.unwrap();
    engine.remove_network(&name).await.unwrap();
    engine.remove_volume(&name).await.unwrap();
}

#[tokio::test]
async fn a_state_nobody_knows_and_a_field_too_many_spoil_nothing() {
    let body = format!(
        r#"[{{"Id":"{}","Names":["/x"],"State":"hibernating","Status":"Hibernating","HostConfig":{{"NetworkMode":7}},
            "Mounts":[{{"Type":"teleport"}}],"Health":{{"Status":"splendid"}}}}]"#,
        "b".repeat(64)
    );
    let script = Scripted::new(move |_| json(200, &body));
    let engine = script.engine().await;
    let list = engine.list().await.unwrap();
    assert_eq!(list.len(), 1);
    let found = engine.find(&Find::Name("xx".parse().unwrap())).await.unwrap();
    assert!(found.is_empty(), "a name is compared exactly");
}

#[tokio::test]
async fn events_that_make_no_sense_are_left_out_until_it_is_no_json() {
    let text = format!(
        "{{\"Type\":\"container\",\"Action\":\"start\",\"Actor\":{{\"ID\":\"{}\"}},\"timeNano\":5000000}}\n[1,2]\n{{\"Type\":7}}\n\u{0}\u{1}\n",
        "c".repeat(64)
    );
    let script = Scripted::new(move |_| Reply::Hold([head(), chunk(text.as_bytes())].concat()));
    let engine = script.engine().await;
    let events: Vec<_> = engine.events().await.unwrap().collect().await;
    assert!(events.last().unwrap().is_err());
}
