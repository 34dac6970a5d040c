//! Engines that answer more than anyone can hold.

use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use lighthouse_core::engine::{ContainerSpec, EngineError, LogRequest};
use lighthouse_model::ContainerId;

use super::{Reply, Scripted, chunk, head, json};

fn id() -> ContainerId {
    "a".repeat(64).parse().unwrap()
}

#[tokio::test]
async fn no_answer_is_read_beyond_32_mib() {
    let script = Scripted::new(|_| Reply::Flood(head(), chunk(&vec![b' '; 60_000])));
    let engine = script.engine().await;
    for error in [
        engine.list().await.unwrap_err(),
        engine.inspect(&id()).await.unwrap_err(),
        // bollard collects the whole answer; the connection beneath it ends.
        engine
            .create(&"ab".parse().unwrap(), &ContainerSpec::default())
            .await
            .unwrap_err(),
    ] {
        assert_eq!(
            error.to_string(),
            "the answer makes no sense (the answer has more than 32 MiB)"
        );
    }
    assert!(script.written() < 3 * 34 * 1024 * 1024);
}

#[tokio::test]
async fn a_stream_may_be_longer_than_any_answer() {
    let padding = "x".repeat(8000);
    let event = format!("{{\"Type\":\"daemon\",\"Action\":\"reload\",\"padding\":\"{padding}\"}}\n");
    let line = event.repeat(4).into_bytes();
    let script = Scripted::new(move |_| Reply::Flood(head(), chunk(&line)));
    let engine = script.engine().await;
    let events = engine.events().await.unwrap();
    let counted = events
        .take(5_000)
        .filter(|event| std::future::ready(event.is_ok()));
    assert_eq!(counted.count().await, 5_000);
    assert!(script.written() > 32 * 1024 * 1024);
}

#[tokio::test]
async fn a_slow_reader_slows_the_engine() {
    let line = chunk(b"2024-02-29T12:34:56.789123456Z hello\r\n");
    let script = Scripted::new(move |_| Reply::Flood(head(), line.clone()));
    let engine = script.engine().await;
    let request = LogRequest {
        tail: None,
        follow: true,
        since: None,
        tty: true,
    };
    let mut log = engine.logs(&id(), request).await.unwrap();
    log.next().await.unwrap().unwrap();
    // Whatever may flow on by itself does.
    for _ in 0..10_000 {
        tokio::task::yield_now().await;
    }
    assert!(script.written() < 1024 * 1024, "{} bytes ahead", script.written());
}

#[tokio::test]
async fn no_line_of_a_log_is_longer_than_16_kib() {
    let script = Scripted::new(|_| Reply::Flood(head(), chunk(&vec![b'x'; 50_000])));
    let engine = script.engine().await;
    let request = LogRequest {
        tail: None,
        follow: true,
        since: None,
        tty: true,
    };
    let mut log = engine.logs(&id(), request).await.unwrap();
    assert!(
        log.next().now_or_never().is_none(),
        "a line without end never comes"
    );
    let unframed = LogRequest {
        tty: false,
        ..request
    };
    let error = engine.logs(&id(), unframed).await.unwrap().next().await;
    assert!(matches!(error, Some(Err(EngineError::Garbled { .. }))));
}

#[tokio::test(start_paused = true)]
async fn four_reads_are_under_way_and_a_ping_passes_them() {
    let script = Scripted::new(|request| {
        if request.contains("_ping") {
            json(200, "OK")
        } else {
            Reply::Hold(Vec::new())
        }
    });
    let engine = script.engine().await;
    let lists: Vec<_> = (0..20)
        .map(|_| {
            let engine = Arc::clone(&engine);
            tokio::spawn(async move { engine.list().await })
        })
        .collect();
    tokio::time::advance(Duration::from_secs(1)).await;
    engine.ping().await.unwrap();
    let asked = script.seen().iter().filter(|r| r.contains("/json")).count();
    assert_eq!(asked, 4);
    for list in lists {
        assert!(matches!(list.await.unwrap(), Err(EngineError::TimedOut { .. })));
    }
    assert!(script.dialled() <= 20, "{} connections", script.dialled());
}
