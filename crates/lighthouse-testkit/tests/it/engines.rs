//! Against real engines; skipped loudly where they cannot run.

use std::{
    io::ErrorKind,
    net::TcpStream,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use lighthouse_testkit::{
    engines::{Engine, Engines, Listener, Version},
    fake::FakeEngine,
    images::Image,
    plain_http::{Answer, Socket},
    registry::Registry,
};
use serde_json::{Value, json};

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

    engine.reset().unwrap();
    let refused = TcpStream::connect_timeout(&engine.tcp().parse().unwrap(), Duration::from_secs(2));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ConnectionRefused);
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

/// The same calls to a real engine and to the fake one; where they differ the fake one is wrong.
#[tokio::test(flavor = "multi_thread")]
async fn the_fake_engine_agrees_with_a_real_one() {
    let builder = Engines::builder(1).version(Version::Installed);
    let Some(engines) = builder.start_or_skip().unwrap() else {
        return;
    };
    let real = engines.get("h1").unwrap();
    Image::sample(1).unwrap().import(real).unwrap();
    let folder = tempfile::TempDir::new().unwrap();
    let fake = FakeEngine::on_socket(folder.path().join("engine.sock"))
        .await
        .unwrap();
    fake.add_image("sample:1");
    let (real, fake) = (real.http().clone(), Socket::new(fake.socket()));

    let label = "%7B%22label%22%3A%5B%22io.lighthouse.app%3Dshop%22%5D%7D";
    let web = json!({
        "Image": "sample:1", "Cmd": ["web"], "Labels": { "io.lighthouse.app": "shop" },
        "Healthcheck": { "Test": ["CMD", "/sample", "check"], "Interval": 1_000_000_000 },
        "HostConfig": { "PortBindings": { "8080/tcp": [{ "HostPort": "8080" }] }, "NetworkMode": "shop_default" },
        "NetworkingConfig": { "EndpointsConfig": { "shop_default": { "Aliases": ["web"] } } },
    });
    let plain = json!({ "Image": "sample:1", "Cmd": ["clock"] });
    let steps: Vec<(&str, String, Value)> = vec![
        ("GET", "/_ping".into(), Value::Null),
        ("GET", "/version".into(), Value::Null),
        ("GET", "/info".into(), Value::Null),
        (
            "POST",
            "/networks/create".into(),
            json!({ "Name": "shop_default", "Labels": { "a": "b" } }),
        ),
        ("GET", "/networks/shop_default".into(), Value::Null),
        ("POST", "/volumes/create".into(), json!({ "Name": "shop_data" })),
        ("GET", "/volumes".into(), Value::Null),
        ("POST", "/containers/create?name=web".into(), web.clone()),
        ("POST", "/containers/create?name=web".into(), web),
        (
            "POST",
            "/containers/create?name=x".into(),
            json!({ "Image": "nosuch:1" }),
        ),
        ("POST", "/containers/web/start".into(), Value::Null),
        ("POST", "/containers/web/start".into(), Value::Null),
        ("GET", "/containers/web/json".into(), Value::Null),
        ("GET", "/containers/json".into(), Value::Null),
        (
            "GET",
            format!("/containers/json?all=true&filters={label}"),
            Value::Null,
        ),
        ("POST", "/containers/create?name=other".into(), plain),
        (
            "POST",
            "/networks/shop_default/connect".into(),
            json!({ "Container": "other" }),
        ),
        ("GET", "/containers/json?all=1".into(), Value::Null),
        ("POST", "/containers/other/kill".into(), Value::Null),
        ("POST", "/containers/web/pause".into(), Value::Null),
        ("POST", "/containers/web/pause".into(), Value::Null),
        ("POST", "/containers/web/unpause".into(), Value::Null),
        (
            "POST",
            "/containers/web/rename?name=shop-web-1".into(),
            Value::Null,
        ),
        ("DELETE", "/networks/shop_default".into(), Value::Null),
        ("DELETE", "/containers/shop-web-1".into(), Value::Null),
        ("POST", "/containers/shop-web-1/stop?t=5".into(), Value::Null),
        ("POST", "/containers/shop-web-1/stop?t=5".into(), Value::Null),
        ("GET", "/containers/shop-web-1/json".into(), Value::Null),
        ("DELETE", "/containers/shop-web-1".into(), Value::Null),
        ("DELETE", "/containers/shop-web-1".into(), Value::Null),
        ("GET", "/containers/shop-web-1/json".into(), Value::Null),
        ("DELETE", "/containers/other?force=true".into(), Value::Null),
        ("DELETE", "/networks/shop_default".into(), Value::Null),
        ("GET", "/networks/shop_default".into(), Value::Null),
        ("DELETE", "/volumes/shop_data".into(), Value::Null),
        ("GET", "/images/nosuch:1/json".into(), Value::Null),
        ("GET", "/images/sample:1/json".into(), Value::Null),
        ("GET", "/nothing".into(), Value::Null),
    ];
    let mut differences = Vec::new();
    for (number, (method, path, body)) in steps.iter().enumerate() {
        let bytes = body.to_string();
        let body = (!body.is_null()).then_some(("application/json", bytes.as_bytes()));
        let ask = |engine: &Socket| engine.call(method, path, body).unwrap();
        let (real, fake) = (ask(&real), ask(&fake));
        let step = format!("{number} {method} {path}");
        if real.status != fake.status {
            differences.push(format!(
                "{step}: {} but fake {}: {}",
                real.status,
                fake.status,
                real.text()
            ));
        }
        let parsed = |answer: &Answer| serde_json::from_slice::<Value>(&answer.body).unwrap_or_default();
        compare(&step, &parsed(&real), &parsed(&fake), &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// Everything the fake engine says, the real one says in the same type.
fn compare(place: &str, real: &Value, fake: &Value, differences: &mut Vec<String>) {
    match (real, fake) {
        (Value::Object(real), Value::Object(fake)) => {
            for (key, value) in fake {
                match real.get(key) {
                    Some(other) => compare(&format!("{place} {key}"), other, value, differences),
                    None => differences.push(format!("{place}: only the fake one has `{key}`")),
                }
            }
        }
        (Value::Array(real), Value::Array(fake)) => {
            for (real, fake) in real.iter().zip(fake) {
                compare(place, real, fake, differences);
            }
        }
        // Engines write nothing as null, as an empty list or as an empty object.
        (Value::Null, Value::Array(_) | Value::Object(_)) | (_, Value::Null) => {}
        (real, fake) => {
            if std::mem::discriminant(real) != std::mem::discriminant(fake) {
                differences.push(format!("{place}: {real} but fake {fake}"));
            }
        }
    }
}

#[test]
fn an_engine_with_a_small_disk_runs_out_of_it() {
    let builder = Engines::builder(1).version(Version::Installed).disk(32);
    let Some(engines) = builder.start_or_skip().unwrap() else {
        return;
    };
    let engine = engines.get("h1").unwrap();
    Image::busybox().unwrap().import(engine).unwrap();
    let huge = Image::of("huge:1", vec![0x55; 64 << 20], &[]);
    assert!(huge.import(engine).is_err());
    start(
        engine,
        "filler",
        "busybox",
        &["sh", "-c", "dd if=/dev/zero of=/fill bs=1M count=64"],
    );
    let ended = engine
        .http()
        .post("/containers/filler/wait", &json!(null))
        .unwrap();
    assert_eq!(ended["StatusCode"], 1);
}

#[test]
fn engines_are_shared_within_a_test_program() {
    let Some(first) = Engines::shared(1).unwrap() else {
        return;
    };
    let again = Engines::shared(1).unwrap().unwrap();
    assert!(Arc::ptr_eq(&first, &again));
}
