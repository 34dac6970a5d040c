//! The document of the HTTP API: it is served, it is whole, and it is true.

use std::collections::BTreeSet;

use http::Method;
use serde_json::Value;

use crate::console::{Bench, PASSWORD, Pass};

#[tokio::test]
async fn the_document_is_served_to_everybody() {
    let bench = Bench::bare().await;
    let answer = bench.get(&Pass::Nothing, "/api/v1/openapi.json").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["content-type"], "application/json");
    let document = answer.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3."));
    assert_eq!(document["servers"][0]["url"], "/");
}

#[tokio::test]
async fn every_call_is_described_with_its_answers_and_its_token() {
    let bench = Bench::bare().await;
    let document = bench.get(&Pass::Nothing, "/api/v1/openapi.json").await.json();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(
                call["summary"].as_str().is_some_and(|words| words.len() > 5),
                "{name}"
            );
            assert_eq!(call["security"][0]["token"], serde_json::json!([]), "{name}");
            assert!(call["tags"][0].is_string(), "{name}");
            let answers = call["responses"].as_object().unwrap();
            assert!(answers.keys().any(|status| status.starts_with('2')), "{name}");
            assert!(answers.contains_key("4XX"), "{name}");
            // Every part of the path is a described parameter.
            let described: BTreeSet<_> = call["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter(|parameter| parameter["in"] == "path")
                .map(|parameter| parameter["name"].as_str().unwrap())
                .collect();
            let written: BTreeSet<_> = path
                .split('/')
                .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
                .collect();
            assert_eq!(described, written, "{name}");
        }
    }
}

#[tokio::test]
async fn every_reference_leads_somewhere() {
    fn references<'a>(value: &'a Value, into: &mut BTreeSet<&'a str>) {
        match value {
            Value::Object(fields) => {
                into.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|one| references(one, into));
            }
            Value::Array(items) => items.iter().for_each(|one| references(one, into)),
            _ => {}
        }
    }
    let bench = Bench::bare().await;
    let document = bench.get(&Pass::Nothing, "/api/v1/openapi.json").await.json();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 10);
    for reference in found {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn what_is_answered_has_the_described_fields() {
    let bench = Bench::new().await;
    let pass = bench.token("administrator", None).await;
    let document = bench.get(&pass, "/api/v1/openapi.json").await.json();
    for (path, schema) in [
        ("/api/v1/hosts", "Host"),
        ("/api/v1/containers", "Container"),
        ("/api/v1/users", "User"),
        ("/api/v1/tokens", "Token"),
        ("/api/v1/pools", "Pool"),
        ("/api/v1/record", "RecordLine"),
    ] {
        let described = document["components"]["schemas"][schema]["properties"]
            .as_object()
            .unwrap();
        let described: BTreeSet<_> = described.keys().collect();
        let answer = bench.get(&pass, path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        let answer = answer.json();
        let item = answer["items"][0].as_object().unwrap();
        assert_eq!(item.keys().collect::<BTreeSet<_>>(), described, "{path}");
    }
}

#[tokio::test]
async fn a_host_is_tried_without_being_added() {
    let bench = Bench::new().await;
    let pass = bench.token("administrator", None).await;
    let socket = |path: &str| serde_json::json!({"connection": {"kind": "unix", "path": path}});
    let there = socket(&bench.engine.socket().display().to_string());
    let answer = bench
        .ask(&pass, Method::POST, "/api/v1/host-tests", Some(there))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let version = answer.json()["version"].as_str().unwrap().to_owned();
    assert!(version.contains('.'), "{version}");
    let nowhere = socket("/nowhere.sock");
    let answer = bench
        .ask(&pass, Method::POST, "/api/v1/host-tests", Some(nowhere))
        .await;
    assert_eq!(answer.status, 422);
    let why = answer.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        why.contains("cannot be reached") && why.contains("nothing was added"),
        "{why}"
    );
    let hosts = bench.get(&pass, "/api/v1/hosts").await.json();
    assert_eq!(hosts["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn one_s_own_password_is_changed_with_the_old_one_and_ends_the_other_sessions() {
    let bench = Bench::new().await;
    let (this, other) = (bench.signed_in("viewer").await, bench.signed_in("viewer").await);
    let change = |current: &str| Some(serde_json::json!({"current": current, "new": "a longer password"}));
    let path = "/api/v1/me/password";
    let wrong = bench
        .ask(&this, Method::POST, path, change("not mine at all"))
        .await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    assert_eq!(bench.get(&other, "/api/v1/hosts").await.status, 200);
    let done = bench.ask(&this, Method::POST, path, change(PASSWORD)).await;
    assert_eq!(done.status, 204, "{}", done.body);
    assert_eq!(bench.get(&this, "/api/v1/hosts").await.status, 200);
    assert_eq!(bench.get(&other, "/api/v1/hosts").await.status, 401);
    // A program does it too, and no session stays then.
    let token = bench.token("viewer", None).await;
    let again = serde_json::json!({"current": "a longer password", "new": PASSWORD});
    let done = bench.ask(&token, Method::POST, path, Some(again)).await;
    assert_eq!(done.status, 204, "{}", done.body);
    assert_eq!(bench.get(&this, "/api/v1/hosts").await.status, 401);
    bench.signed_in("viewer").await;
}

#[tokio::test]
async fn pages_of_a_list_follow_each_other_without_gap_or_double() {
    let bench = Bench::new().await;
    let pass = bench.token("administrator", None).await;
    for _ in 0..7 {
        bench.token("viewer", None).await;
    }
    let whole = bench.get(&pass, "/api/v1/record?limit=200").await.json();
    let whole: Vec<i64> = numbers(&whole);
    let mut pieces = Vec::new();
    let mut path = "/api/v1/record?limit=3".to_owned();
    loop {
        let page = bench.get(&pass, &path).await.json();
        pieces.extend(numbers(&page));
        match page["next"].as_str() {
            Some(next) => path = format!("/api/v1/record?limit=3&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(pieces, whole);
    assert!(whole.len() >= 9, "{whole:?}");
}

fn numbers(page: &Value) -> Vec<i64> {
    let items = page["items"].as_array().unwrap().iter();
    items.map(|line| line["n"].as_i64().unwrap()).collect()
}
