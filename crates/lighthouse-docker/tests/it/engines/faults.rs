//! What happens to a handle when its engine hangs, dies and comes back. These engines are their own.

use std::time::{Duration, Instant};

use futures::StreamExt;
use lighthouse_core::Secret;
use lighthouse_core::dial::HostConnection;
use lighthouse_core::engine::{EngineError, Engines as _};
use lighthouse_docker::DockerEngines;
use lighthouse_testkit::engines::{Engines, Listener};
use tokio::time::timeout;

use super::{bench, connection};

#[tokio::test]
async fn a_handle_outlives_an_engine_that_hangs_dies_and_comes_back() {
    let start = || {
        Engines::builder(1)
            .listener(1, Listener::MutualTls)
            .start_or_skip()
    };
    let Some(bench) = tokio::task::spawn_blocking(start).await.unwrap().unwrap() else {
        return;
    };
    let host = bench.get("h1").unwrap();
    for tcp in [false, true] {
        let engine = DockerEngines
            .connect(&connection(&bench, host, tcp))
            .await
            .unwrap();
        let mut events = engine.events().await.unwrap();

        host.pause().unwrap();
        let begun = Instant::now();
        let error = engine.ping().await.unwrap_err();
        assert!(error.is_silence(), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        host.resume().unwrap();
        engine.ping().await.unwrap();
        engine.list().await.unwrap();

        host.kill().unwrap();
        let ended = timeout(Duration::from_secs(5), events.next()).await.unwrap();
        assert!(
            ended.is_none_or(|event| event.is_err()),
            "the stream ends with the engine"
        );
        let error = engine.ping().await.unwrap_err();
        assert!(matches!(error, EngineError::Unreachable { .. }), "{error}");
        host.restart().unwrap();
        engine.list().await.unwrap();
    }

    // A host that vanished answers nothing at all.
    let engine = DockerEngines
        .connect(&connection(&bench, host, true))
        .await
        .unwrap();
    host.cut().unwrap();
    let begun = Instant::now();
    assert!(engine.ping().await.unwrap_err().is_silence());
    assert!(engine.ping().await.unwrap_err().is_silence());
    assert!(begun.elapsed() < Duration::from_secs(9), "{:?}", begun.elapsed());
    host.heal().unwrap();
    let back = async { while engine.ping().await.is_err() {} };
    timeout(Duration::from_secs(20), back).await.unwrap();
}

#[tokio::test]
async fn a_real_engine_refuses_a_stranger_in_words() {
    let Some(bench) = bench().await else { return };
    let host = bench.get("h1").unwrap();
    let certificates = bench.certificates().unwrap();
    let tls = |ca: &str, certificate: &str, key: &str| HostConnection::Tls {
        address: host.tcp(),
        ca: ca.to_owned(),
        certificate: certificate.to_owned(),
        key: Secret::new(key.to_owned()),
    };
    let stranger = tls(
        &certificates.authority,
        &certificates.stranger,
        &certificates.stranger_key,
    );
    let error = DockerEngines.connect(&stranger).await.err().unwrap();
    assert!(
        error
            .to_string()
            .starts_with("the engine refused our client certificate"),
        "{error}"
    );
    let wrong = tls(
        &certificates.stranger,
        &certificates.client,
        &certificates.client_key,
    );
    let error = DockerEngines.connect(&wrong).await.err().unwrap();
    assert_eq!(
        error.to_string(),
        "the engine's certificate is not signed by the given authority (CA)"
    );
    let plain = HostConnection::Plain {
        address: host.tcp(),
        insecure: true,
    };
    let error = DockerEngines.connect(&plain).await.err().unwrap();
    assert!(error.to_string().contains("HTTPS"), "{error}");
}
