//! Engines that do not answer, or only half.

use std::time::Duration;

use futures::{StreamExt, TryStreamExt};
use lighthouse_core::engine::{ContainerSpec, EngineError};
use lighthouse_model::ContainerId;
use tokio::time::Instant;

use super::{Reply, Scripted, chunk, head, json};

fn id() -> ContainerId {
    "a".repeat(64).parse().unwrap()
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_never_answers_costs_each_call_its_deadline_and_no_more() {
    let script = Scripted::new(|_| Reply::Hold(Vec::new()));
    let engine = script.engine().await;

    let begun = Instant::now();
    assert_eq!(
        engine.ping().await,
        Err(EngineError::TimedOut {
            what: "ping",
            seconds: 3
        })
    );
    assert_eq!(begun.elapsed(), Duration::from_secs(3));

    let begun = Instant::now();
    let error = engine.list().await.unwrap_err();
    assert_eq!(error.to_string(), "no answer within 10 s (listing containers)");
    assert_eq!(begun.elapsed(), Duration::from_secs(10));

    let begun = Instant::now();
    let error = engine.start(&id()).await.unwrap_err();
    assert_eq!(error.to_string(), "no answer within 30 s (starting a container)");
    assert_eq!(begun.elapsed(), Duration::from_secs(30));

    let begun = Instant::now();
    let error = engine.stop(&id(), Some(5)).await.unwrap_err();
    assert_eq!(error.to_string(), "no answer within 15 s (stopping a container)");
    assert_eq!(begun.elapsed(), Duration::from_secs(15));

    assert!(engine.events().await.is_err_and(|error| error.is_silence()));
    tokio::task::yield_now().await;
    assert_eq!(script.open(), 0, "connections that brought no answer are closed");
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_stops_in_the_middle_ends_at_the_deadline() {
    let script = Scripted::new(|_| Reply::Hold([head(), chunk(b"[{\"Id\":")].concat()));
    let engine = script.engine().await;
    let begun = Instant::now();
    assert!(matches!(engine.list().await, Err(EngineError::TimedOut { .. })));
    assert_eq!(begun.elapsed(), Duration::from_secs(10));

    // bollard's own timeout covers only the head of an answer.
    let begun = Instant::now();
    let created = engine
        .create(&"ab".parse().unwrap(), &ContainerSpec::default())
        .await;
    assert!(matches!(created, Err(EngineError::TimedOut { .. })));
    assert_eq!(begun.elapsed(), Duration::from_secs(30));
    tokio::task::yield_now().await;
    assert_eq!(script.open(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_pull_without_progress_ends_after_a_minute() {
    let message =
        b"{\"status\":\"Downloading\",\"id\":\"a\",\"progressDetail\":{\"current\":1,\"total\":9}}\r\n";
    let script = Scripted::new(|_| Reply::Hold([head(), chunk(message)].concat()));
    let engine = script.engine().await;
    let mut progress = engine.pull("shop/web:1", None).await.unwrap();
    let first = progress.next().await.unwrap().unwrap();
    assert_eq!((first.done, first.total), (1, 9));
    let begun = Instant::now();
    let error = progress.next().await.unwrap().unwrap_err();
    assert!(
        matches!(error, EngineError::TimedOut { seconds: 60, .. }),
        "{error}"
    );
    assert_eq!(begun.elapsed(), Duration::from_secs(60));
}

#[tokio::test(start_paused = true)]
async fn a_pull_that_trickles_ends_after_half_an_hour() {
    // Blank lines are bytes, but no progress is ever told.
    let script = Scripted::new(|_| Reply::Flood(head(), chunk(b"\n")));
    let engine = script.engine().await;
    let pull = engine.pull("shop/web:1", None).await.unwrap();
    let ended = tokio::time::timeout(
        Duration::from_secs(31 * 60),
        tokio::task::unconstrained(pull.try_collect::<Vec<_>>()),
    );
    // Nothing waits here, so the clock has to be moved by hand.
    let moved = async {
        for _ in 0..40 {
            tokio::time::advance(Duration::from_secs(60)).await;
            tokio::task::yield_now().await;
        }
    };
    let (ended, ()) = tokio::join!(ended, moved);
    let error = ended.unwrap().unwrap_err();
    assert!(
        matches!(error, EngineError::TimedOut { seconds: 1800, .. }),
        "{error}"
    );
}

#[tokio::test]
async fn what_is_no_http_is_told_so() {
    let script = Scripted::new(|_| Reply::Close(b"220 mail.example ESMTP ready\r\n".to_vec()));
    let engine = script.engine().await;
    assert!(matches!(engine.list().await, Err(EngineError::Garbled { .. })));
    assert!(matches!(
        engine.start(&id()).await,
        Err(EngineError::Garbled { .. })
    ));
}

#[tokio::test]
async fn an_engine_that_dies_in_the_middle_is_unreachable() {
    let script = Scripted::new(|request| {
        if request.contains("events") {
            Reply::Close([head(), chunk(b"{\"Type\":\"container\",\"Acti")].concat())
        } else if request.contains("start") {
            Reply::Close(Vec::new())
        } else {
            Reply::Close(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[{".to_vec())
        }
    });
    let engine = script.engine().await;
    for error in [
        engine.list().await.unwrap_err(),
        engine.start(&id()).await.unwrap_err(),
        engine.events().await.unwrap().next().await.unwrap().unwrap_err(),
    ] {
        assert!(matches!(error, EngineError::Unreachable { .. }), "{error}");
    }
}

#[tokio::test]
async fn a_refusal_keeps_the_engines_words() {
    let script = Scripted::new(|request| {
        if request.ends_with("/start") {
            json(500, r#"{"message":"driver failed: port is already allocated"}"#)
        } else if request.contains("images/create") {
            json(
                404,
                r#"{"message":"manifest for x:1 not found: manifest unknown"}"#,
            )
        } else {
            json(403, r#"{"message":"authorization denied by plugin"}"#)
        }
    });
    let engine = script.engine().await;
    assert_eq!(
        engine.start(&id()).await,
        Err(EngineError::Refused {
            status: 500,
            message: "driver failed: port is already allocated".to_owned()
        })
    );
    assert_eq!(
        engine.pull("x:1", None).await.err(),
        Some(EngineError::NotFound {
            message: "manifest for x:1 not found: manifest unknown".to_owned()
        })
    );
    assert!(matches!(
        engine.events().await.err(),
        Some(EngineError::Refused { status: 403, .. })
    ));
}
