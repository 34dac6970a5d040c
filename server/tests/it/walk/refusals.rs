//! What somebody may not do leaves a row in the record, whichever way they asked.

use http::Method;
use lighthouse_core::store::AuditLog;
use lighthouse_model::Permission as P;
use serde_json::{Value, json};

use crate::console::{Bench, Pass};

/// The newest row, as the record shows it.
async fn newest(bench: &Bench) -> [String; 5] {
    let (_, row) = bench.store.audit(None, 1).await.unwrap().remove(0);
    [row.actor, row.action, row.target, row.outcome, row.detail]
}

async fn rows(bench: &Bench) -> usize {
    bench.store.audit(None, 1_000).await.unwrap().len()
}

async fn ask(bench: &Bench, pass: &Pass, method: Method, path: &str, body: Value) -> u16 {
    bench.ask(pass, method, path, Some(body)).await.status.as_u16()
}

#[tokio::test]
async fn a_forbidden_call_of_the_interface_leaves_who_what_and_on_what() {
    let bench = Bench::new().await;
    let viewer = bench.signed_in("viewer").await;
    let status = ask(&bench, &viewer, Method::DELETE, "/api/v1/hosts/h1", json!({})).await;
    assert_eq!(status, 403);
    let asked = "DELETE /api/v1/hosts/h1";
    let detail = format!("asked by {asked}");
    assert_eq!(
        newest(&bench).await,
        ["viewer", "host:manage", asked, "refused", &detail]
    );
}

#[tokio::test]
async fn a_forbidden_server_function_leaves_who_what_and_on_what() {
    let bench = Bench::new().await;
    let viewer = bench.signed_in("viewer").await;
    let boss = bench.token("administrator", None).await;
    let host = bench.get(&boss, "/api/v1/hosts/h1").await.json()["id"].clone();
    for (call, body, permission, target) in [
        (
            "hosts/remove",
            json!({"host": host, "forget": false}),
            "host:manage",
            "host h1",
        ),
        (
            "applications/remove",
            json!({"name": "shop", "with_volumes": false}),
            "application:deploy",
            "application shop",
        ),
        (
            "containers/act",
            json!({"keys": [{"host": host, "id": bench.container}], "action": "stop"}),
            "container:operate",
            &*format!("containers {}", bench.container),
        ),
    ] {
        let path = format!("/api/ui/{call}");
        assert_eq!(
            ask(&bench, &viewer, Method::POST, &path, body).await,
            403,
            "{call}"
        );
        let detail = format!("asked by POST {path}");
        assert_eq!(
            newest(&bench).await,
            ["viewer", permission, target, "refused", &detail]
        );
    }
}

#[tokio::test]
async fn what_may_not_even_be_seen_is_noted_as_well() {
    let bench = Bench::new().await;
    let viewer = bench.signed_in("viewer").await;
    let id = bench.id_of("operator").await;
    let path = format!("/api/v1/users/{id}");
    assert_eq!(ask(&bench, &viewer, Method::DELETE, &path, json!({})).await, 404);
    let row = newest(&bench).await;
    assert_eq!(
        row[..4],
        ["viewer", "users:manage", "account operator", "refused"]
    );
    assert_eq!(
        ask(&bench, &viewer, Method::POST, "/api/ui/users/list", json!({})).await,
        404
    );
    let row = newest(&bench).await;
    assert_eq!(
        row[..4],
        ["viewer", "users:manage", "POST /api/ui/users/list", "refused"]
    );
    // A page that is not for them is the same question.
    assert_eq!(bench.get(&viewer, "/api/v1/registries").await.status, 404);
    assert_eq!(newest(&bench).await[1], "registry:manage");
}

#[tokio::test]
async fn options_that_hand_out_the_host_are_noted_when_refused() {
    let bench = Bench::new().await;
    let operator = bench.signed_in("operator").await;
    let compose = "services: {web: {image: sample, privileged: true}}";
    let body = json!({"blueprint": {"compose": compose}});
    let path = "/api/v1/applications/shop";
    assert_eq!(ask(&bench, &operator, Method::PUT, path, body).await, 403);
    assert_eq!(newest(&bench).await[1], P::ApplicationReserved.as_str());
}

#[tokio::test]
async fn a_right_that_a_token_may_not_hand_on_is_noted() {
    let bench = Bench::new().await;
    let viewer = bench.signed_in("viewer").await;
    let body = json!({"name": "mine", "scope": ["host:manage"]});
    assert_eq!(
        ask(&bench, &viewer, Method::POST, "/api/v1/tokens", body).await,
        403
    );
    assert_eq!(newest(&bench).await[1], "host:manage");
}

#[tokio::test]
async fn what_is_not_there_or_shown_in_part_is_no_refusal() {
    let bench = Bench::new().await;
    let boss = bench.signed_in("administrator").await;
    let before = rows(&bench).await;
    assert_eq!(bench.get(&boss, "/api/v1/hosts/none").await.status, 404);
    assert_eq!(rows(&bench).await, before);
    let viewer = bench.signed_in("viewer").await;
    let before = rows(&bench).await;
    assert_eq!(bench.get(&viewer, "/").await.status, 200);
    assert_eq!(bench.get(&viewer, "/hosts").await.status, 200);
    assert_eq!(rows(&bench).await, before);
}
