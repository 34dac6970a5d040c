//! The fake engine, asked over its socket as any engine.

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    time::Duration,
};

use lighthouse_testkit::{fake::FakeEngine, oracle::Oracle, plain_http::Socket};
use serde_json::{Value, json};
use tempfile::TempDir;

struct Scene {
    engine: FakeEngine,
    http: Socket,
    _folder: TempDir,
}

async fn scene() -> Scene {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("engine.sock");
    let engine = FakeEngine::on_socket(&path).await.unwrap();
    let http = Socket::new(path).patience(Duration::from_millis(300));
    Scene {
        engine,
        http,
        _folder: folder,
    }
}

/// Reads the events of an engine line by line.
fn follow(http: &Socket) -> impl Iterator<Item = Value> {
    let mut stream = UnixStream::connect(http.path()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    stream
        .write_all(b"GET /v1.41/events HTTP/1.1\r\nHost: engine\r\n\r\n")
        .unwrap();
    let mut lines = BufReader::new(stream).lines().map(Result::unwrap);
    assert!(lines.by_ref().any(|line| line.is_empty()), "no head");
    lines
        .filter_map(|line| serde_json::from_str::<Value>(&line).ok())
        .filter(Value::is_object)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_goes_through_its_life_and_events_tell_of_it() {
    let scene = scene().await;
    scene.engine.add_image("sample:1");
    let mut events = follow(&scene.http);
    let body = json!({ "Image": "sample:1", "Cmd": ["web"], "Labels": { "io.lighthouse.app": "shop" } });
    let made = scene
        .http
        .post("/v1.41/containers/create?name=shop-web-1", &body)
        .unwrap();
    let id = made["Id"].as_str().unwrap().to_owned();
    scene
        .http
        .post(&format!("/containers/{id}/start"), &Value::Null)
        .unwrap();
    assert_eq!(
        scene.http.get("/containers/shop-web-1/json").unwrap()["State"]["Status"],
        "running"
    );
    assert_eq!(
        scene
            .http
            .call("POST", "/containers/shop-web-1/start", None)
            .unwrap()
            .status,
        304
    );
    assert_eq!(
        scene
            .http
            .call("DELETE", "/containers/shop-web-1", None)
            .unwrap()
            .status,
        409
    );
    scene
        .http
        .post("/containers/shop-web-1/stop?t=1", &Value::Null)
        .unwrap();
    scene.http.delete("/containers/shop-web-1").unwrap();
    let told: Vec<_> = events
        .by_ref()
        .take(6)
        .map(|event| event["Action"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told, ["create", "start", "kill", "die", "stop", "destroy"]);
    assert_eq!(scene.engine.calls()[1], "POST /containers/create?name=shop-web-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_makes_one_call_wrong_and_only_so_often() {
    let scene = scene().await;
    scene
        .engine
        .run("web", json!({ "Image": "sample:1", "Cmd": ["web"] }))
        .unwrap();
    let list = || scene.http.call("GET", "/containers/json", None);

    scene.engine.on("GET", "/containers/json").times(1).hang();
    assert!(list().is_err());
    assert_eq!(list().unwrap().status, 200);

    scene
        .engine
        .on("GET", "/containers/json")
        .times(1)
        .answer(500, r#"{"message":"out of luck"}"#);
    assert_eq!(list().unwrap().status, 500);

    scene.engine.on("GET", "/containers/json").times(1).garbage();
    assert!(scene.http.get("/containers/json").is_err());

    scene.engine.on("GET", "/containers/json").times(1).cut_after(10);
    assert!(list().is_err());

    scene.engine.on("GET", "/containers/json").times(1).close();
    assert!(list().is_err());

    scene
        .engine
        .on("GET", "/containers/json")
        .edit(|list| list[0]["State"] = "hibernating".into());
    assert_eq!(
        scene.http.get("/containers/json").unwrap()[0]["State"],
        "hibernating"
    );
    scene.engine.forget_rules();

    scene.engine.on("POST", "/containers/*/stop").do_and_close();
    assert!(scene.http.call("POST", "/containers/web/stop", None).is_err());
    assert_eq!(
        scene.http.get("/containers/web/json").unwrap()["State"]["Status"],
        "exited"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_engine_answers_when_thawed_and_a_dead_one_when_it_is_back() {
    let scene = scene().await;
    scene.engine.freeze();
    assert!(scene.http.call("GET", "/_ping", None).is_err());
    scene.engine.thaw();
    assert_eq!(scene.http.call("GET", "/_ping", None).unwrap().text(), "OK");
    scene.engine.go_down();
    assert!(scene.http.call("GET", "/_ping", None).is_err());
    scene.engine.come_up().await.unwrap();
    assert_eq!(scene.http.call("GET", "/_ping", None).unwrap().text(), "OK");
    scene.engine.speak_garbage(Some(b"SSH-2.0-OpenSSH_9.2\r\n"));
    assert!(scene.http.call("GET", "/_ping", None).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_loses_events_for_a_follower_who_does_not_keep_up() {
    let scene = scene().await;
    let events = follow(&scene.http);
    scene.engine.storm(20_000);
    scene
        .engine
        .emit(json!({ "Type": "daemon", "Action": "reload", "Actor": { "ID": "", "Attributes": {} } }));
    let seen = events.take_while(|event| event["Type"] == "container").count();
    assert!(seen < 20_000, "{seen} events arrived");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_comes_in_frames_with_its_tail() {
    let scene = scene().await;
    scene.engine.run("web", json!({ "Image": "sample:1" })).unwrap();
    for line in ["one", "two", "three"] {
        scene.engine.write_log("web", line, line == "three");
    }
    let answer = scene
        .http
        .call("GET", "/containers/web/logs?stdout=1&stderr=1&tail=2", None)
        .unwrap();
    assert_eq!(
        answer.body,
        b"\x01\0\0\0\0\0\0\x04two\n\x02\0\0\0\0\0\0\x06three\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_oracle_finds_what_runs_twice() {
    let (first, second) = (scene().await, scene().await);
    let body = |instance: &str, generation: &str| {
        json!({ "Image": "sample:1", "Cmd": ["web"], "Labels": {
            "io.lighthouse.app": "shop", "io.lighthouse.service": "web", "io.lighthouse.instance": instance,
            "io.lighthouse.generation": generation,
        } })
    };
    first.engine.run("shop-web-1", body("1", "1")).unwrap();
    second.engine.run("shop-web-2", body("2", "1")).unwrap();
    first
        .engine
        .run("unmanaged", json!({ "Image": "sample:1" }))
        .unwrap();
    let hosts =
        [("h1", &first.http), ("h2", &second.http)].map(|(name, http)| (name.to_owned(), http.clone()));
    let oracle = Oracle::new(hosts);
    assert_eq!(oracle.application("shop").unwrap().len(), 2);
    assert!(oracle.running_twice().unwrap().is_empty());
    second.engine.run("shop-web-1", body("1", "2")).unwrap();
    let twice = oracle.running_twice().unwrap();
    assert_eq!(twice.len(), 1);
    assert_eq!(
        twice[0].iter().map(|one| one.host.as_str()).collect::<Vec<_>>(),
        ["h1", "h2"]
    );
    assert!(oracle.made_twice().unwrap().is_empty());
}
