//! Against real engines; skipped loudly where they cannot run.

use std::{
    net::TcpStream,
    path::Path,
    time::{Duration, Instant},
};

use lighthouse_testkit::{
    engines::{Engine, Engines, Listener, Version},
    images::Image,
    registry::Registry,
};
use serde_json::json;

fn start(engine: &Engine, name: &str, image: &str, command: &[&str]) {
    let body = json!({ "Image": image, "Cmd": command });
    engine
        .http()
        .post(&format!("/containers/create?name={name}"), &body)
        .unwrap();
    engine
        .http()
        .post(&format!("/containers/{name}/start"), &json!(null))
        .unwrap();
}

fn state(engine: &Engine, name: &str) -> String {
    let container = engine.http().get(&format!("/containers/{name}/json")).unwrap();
    container["State"]["Status"].as_str().unwrap().to_owned()
}

fn reachable(engine: &Engine) -> bool {
    TcpStream::connect_timeout(&engine.tcp().parse().unwrap(), Duration::from_millis(300)).is_ok()
}

/// The kernel notices a link that is up again within a second or two.
fn becomes_reachable(engine: &Engine) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(10) {
        if reachable(engine) {
            return true;
        }
    }
    false
}

#[test]
fn engines_of_two_versions_run_apart_and_leave_nothing() {
    let Some(engines) = Engines::builder(2).start_or_skip().unwrap() else {
        return;
    };
    let [first, second] = engines.all() else {
        panic!("two engines")
    };
    assert!(first.version().starts_with("20.10"), "{}", first.version());
    assert_eq!(first.api_version(), "1.41");
    assert!(second.version().starts_with("26.1") || second.version() == first.version());
    let id = |engine: &Engine| engine.http().get("/info").unwrap()["ID"].clone();
    assert_ne!(id(first), id(second));

    let sample = Image::sample(1).unwrap();
    sample.import(first).unwrap();
    start(first, "web", "sample:1", &["web"]);
    assert_eq!(state(first, "web"), "running");
    assert_eq!(second.http().get("/containers/json?all=true").unwrap(), json!([]));

    let left = [
        format!("/run/netns/{}", first.netns()),
        format!("/run/netns/{}", second.netns()),
    ];
    let data = first.socket().parent().unwrap().to_owned();
    let daemon = first.pid().unwrap();
    assert!(left.iter().all(|path| Path::new(path).exists()));
    drop(engines);
    for path in left.iter().map(Path::new).chain([data.as_path()]) {
        assert!(!path.exists(), "{} is still there", path.display());
    }
    assert!(!Path::new(&format!("/proc/{daemon}")).exists());
}

#[test]
fn an_engine_hangs_dies_and_comes_back_with_its_containers() {
    let Some(engines) = Engines::builder(1)
        .version(Version::Installed)
        .start_or_skip()
        .unwrap()
    else {
        return;
    };
    let engine = engines.get("h1").unwrap();
    Image::busybox().unwrap().import(engine).unwrap();
    start(
        engine,
        "ticker",
        "busybox",
        &["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 0.1; done"],
    );

    engine.pause().unwrap();
    let hurried = engine.http().clone().patience(Duration::from_millis(200));
    assert!(hurried.call("GET", "/_ping", None).is_err());
    engine.resume().unwrap();
    assert_eq!(engine.http().call("GET", "/_ping", None).unwrap().status, 200);

    engine.cut().unwrap();
    assert!(!reachable(engine));
    engine.heal().unwrap();
    assert!(becomes_reachable(engine));
    engine.swallow().unwrap();
    assert!(!reachable(engine));
    engine.heal().unwrap();
    assert!(becomes_reachable(engine));

    engine.kill().unwrap();
    assert!(engine.http().call("GET", "/_ping", None).is_err());
    engine.restart().unwrap();
    assert_eq!(state(engine, "ticker"), "exited");
    engine
        .http()
        .post("/containers/ticker/start", &json!(null))
        .unwrap();
    assert_eq!(state(engine, "ticker"), "running");
}

#[test]
fn an_engine_with_mutual_tls_makes_certificates() {
    let builder = Engines::builder(1)
        .version(Version::Installed)
        .listener(1, Listener::MutualTls);
    let Some(engines) = builder.start_or_skip().unwrap() else {
        return;
    };
    let engine = engines.get("h1").unwrap();
    assert!(engine.tcp().ends_with(":2376"));
    assert!(reachable(engine));
    let certificates = engines.certificates().unwrap();
    assert!(certificates.client.contains("BEGIN CERTIFICATE"));
    assert!(certificates.folder.join("key.pem").exists());
}

#[test]
fn engines_pull_from_an_open_registry_and_from_a_guarded_one() {
    let Some(engines) = Engines::builder(2).start_or_skip().unwrap() else {
        return;
    };
    let [first, second] = engines.all() else {
        panic!("two engines")
    };
    let image = Image::sample(1).unwrap();
    image.import(first).unwrap();

    let open = Registry::open(&engines).unwrap();
    let reference = open.push(first, &image).unwrap();
    let pull = |reference: &str, credential: &str| {
        let path = format!("/images/create?fromImage={reference}");
        let header = format!("X-Registry-Auth: {credential}\r\n");
        second
            .http()
            .expect("POST", &path, &header, None)
            .map(|answer| answer.text())
    };
    assert!(!pull(&reference, "").unwrap().contains("error"));
    start(second, "web", &reference, &["web"]);

    let guarded = Registry::guarded(&engines).unwrap();
    let reference = guarded.push(first, &image).unwrap();
    let stranger = pull(&reference, "");
    assert!(stranger.is_err() || stranger.unwrap().contains("no basic auth credentials"));
    assert!(!pull(&reference, &guarded.credential()).unwrap().contains("error"));
}
