//! Every server function, as the pages call them.

use std::collections::BTreeMap;

use http::Method;
use leptos::server_fn::axum::server_fn_paths;
use lighthouse_model::Permission as P;
use serde_json::{Value, json};

use super::{Fate, judge, people, report};
use crate::console::Bench;

const NOBODY: &str = "00000000-0000-7000-8000-00000000dead";

/// Each function with what it takes and what it needs.
fn table(container: &str) -> BTreeMap<&'static str, (Value, Option<P>)> {
    let input = json!({
        "name": "Not A Name", "pool": "", "reason": "", "base_generation": null,
        "blueprint": {"compose": "services: {web: {image: sample}}", "variables": ""},
    });
    let socket = json!({"kind": "unix", "path": "/nowhere.sock"});
    [
        (
            "applications/act",
            json!({"name": "shop", "action": "stop"}),
            Some(P::ApplicationOperate),
        ),
        (
            "applications/blueprint",
            json!({"name": "shop", "release": null}),
            Some(P::ApplicationDeploy),
        ),
        (
            "applications/deploy",
            json!({"input": input}),
            Some(P::ApplicationDeploy),
        ),
        (
            "applications/plan",
            json!({"input": input}),
            Some(P::ApplicationDeploy),
        ),
        (
            "applications/remove",
            json!({"name": "shop", "with_volumes": false}),
            Some(P::ApplicationDeploy),
        ),
        (
            "applications/scale",
            json!({"name": "shop", "service": "web", "replicas": 2}),
            Some(P::ApplicationOperate),
        ),
        ("audit/list", json!({"before": null}), Some(P::AuditView)),
        (
            "containers/act",
            json!({"keys": [], "action": "stop"}),
            Some(P::ContainerOperate),
        ),
        (
            "containers/look",
            json!({"host": "h1", "id": container}),
            Some(P::ContainerView),
        ),
        ("credentials/list", json!({}), Some(P::RegistryManage)),
        (
            "credentials/remove",
            json!({"credential": NOBODY}),
            Some(P::RegistryManage),
        ),
        (
            "credentials/save",
            json!({"registry": "two words", "username": "x", "secret": "y"}),
            Some(P::RegistryManage),
        ),
        (
            "hosts/add",
            json!({"input": {"name": "Not A Name", "connection": socket, "labels": {}}}),
            Some(P::HostManage),
        ),
        (
            "hosts/label",
            json!({"host": NOBODY, "version": 1, "labels": {}}),
            Some(P::HostManage),
        ),
        (
            "hosts/remove",
            json!({"host": NOBODY, "forget": false}),
            Some(P::HostManage),
        ),
        ("hosts/test", json!({"connection": socket}), Some(P::HostManage)),
        ("look", json!({"topic": {"topic": "hosts"}}), Some(P::HostView)),
        (
            "operations/cancel",
            json!({"id": NOBODY}),
            Some(P::ApplicationOperate),
        ),
        ("password", json!({"current": "x", "new": "y"}), None),
        (
            "pools/add",
            json!({"name": "Not A Name", "query": ""}),
            Some(P::HostManage),
        ),
        ("pools/list", json!({}), Some(P::HostView)),
        ("pools/remove", json!({"pool": NOBODY}), Some(P::HostManage)),
        ("sessions/all", json!({}), Some(P::UsersManage)),
        ("sessions/mine", json!({}), None),
        ("sessions/end", json!({"session": NOBODY}), None),
        (
            "sessions/revoke",
            json!({"session": NOBODY}),
            Some(P::UsersManage),
        ),
        ("tokens/add", json!({"name": "", "scope": [], "days": 1}), None),
        ("tokens/mine", json!({}), None),
        ("tokens/revoke", json!({"token": NOBODY}), None),
        (
            "users/add",
            json!({"name": "Not A Name", "password": "x", "role": "viewer"}),
            Some(P::UsersManage),
        ),
        (
            "users/change",
            json!({"user": NOBODY, "role": "viewer", "enabled": true}),
            Some(P::UsersManage),
        ),
        ("users/list", json!({}), Some(P::UsersManage)),
        (
            "users/password",
            json!({"user": NOBODY, "password": "x"}),
            Some(P::UsersManage),
        ),
    ]
    .into_iter()
    .map(|(path, body, needs)| (path, (body, needs)))
    .collect()
}

#[test]
fn the_table_has_every_server_function_and_no_other() {
    let mut served: Vec<_> = server_fn_paths()
        .map(|(path, method)| {
            assert_eq!(method, Method::POST, "{path} could be called by a link");
            path.strip_prefix("/api/ui/")
                .unwrap_or_else(|| panic!("{path} is not below /api/ui"))
        })
        .collect();
    served.sort_unstable();
    assert_eq!(table("").into_keys().collect::<Vec<_>>(), served);
}

#[tokio::test]
async fn each_person_may_call_what_their_role_may() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    for asker in people(&bench).await {
        for (path, (body, needs)) in table(&bench.container) {
            let path = format!("/api/ui/{path}");
            let expected = asker.expected(needs);
            wrong.extend(judge(&bench, &asker, (Method::POST, &path), Some(body), expected).await);
        }
    }
    report(&wrong);
}

#[tokio::test]
async fn every_topic_asks_for_its_own_right() {
    let bench = Bench::new().await;
    let host = bench
        .get(&bench.token("administrator", None).await, "/api/v1/hosts/h1")
        .await;
    let key = json!({"host": host.json()["id"], "id": bench.container});
    let topics = [
        (json!({"topic": "hosts"}), Some(P::HostView)),
        (
            json!({"topic": "containers", "query": "", "limit": 10}),
            Some(P::ContainerView),
        ),
        (json!({"topic": "container", "key": key}), Some(P::ContainerView)),
        (json!({"topic": "applications"}), Some(P::ApplicationView)),
        (
            json!({"topic": "application", "name": "shop"}),
            Some(P::ApplicationView),
        ),
        (json!({"topic": "operations"}), Some(P::OperationView)),
        (
            json!({"topic": "operation", "operation": NOBODY}),
            Some(P::OperationView),
        ),
    ];
    let mut wrong = Vec::new();
    for asker in people(&bench).await {
        for (topic, needs) in topics.clone() {
            let body = json!({"topic": topic});
            let expected = asker.expected(needs);
            wrong.extend(
                judge(
                    &bench,
                    &asker,
                    (Method::POST, "/api/ui/look"),
                    Some(body),
                    expected,
                )
                .await,
            );
        }
    }
    report(&wrong);
}

#[tokio::test]
async fn a_token_calls_the_interface_for_programs_only() {
    let bench = Bench::new().await;
    let pass = bench.token("administrator", None).await;
    for (path, (body, _)) in table(&bench.container) {
        let path = format!("/api/ui/{path}");
        let answer = bench.ask(&pass, Method::POST, &path, Some(body)).await;
        assert_eq!(Fate::of(&answer), Fate::SignIn, "{path}");
    }
}
