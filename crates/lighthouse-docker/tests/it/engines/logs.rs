//! Logs.

use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt};
use lighthouse_core::engine::{LogRequest, RawLogLine};
use lighthouse_model::container::ContainerState;
use lighthouse_model::log::Output;
use tokio::time::timeout;

use super::{everywhere, once_each, shell};

const WHOLE: LogRequest = LogRequest {
    tail: None,
    follow: false,
    since: None,
    tty: false,
};

fn texts(lines: &[RawLogLine]) -> Vec<(Output, String)> {
    lines
        .iter()
        .map(|line| (line.output, String::from_utf8_lossy(&line.text).into_owned()))
        .collect()
}

#[tokio::test]
async fn both_outputs_are_told_apart_with_their_times() {
    everywhere(async |place| {
        let engine = &place.engine;
        let spec = shell("echo one; echo two >&2; echo; printf 'no end'; exit 0");
        let id = place.run("log-two", &spec).await;
        place.until(&id, |c| c.state == ContainerState::Exited).await;
        let (_, clock) = engine.facts().await.unwrap();
        let lines: Vec<_> = engine
            .logs(&id, WHOLE)
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        let mut told = texts(&lines);
        told.sort_by_key(|line| line.0);
        assert_eq!(
            told,
            [
                (Output::Stdout, "one".to_owned()),
                (Output::Stdout, String::new()),
                (Output::Stdout, "no end".to_owned()),
                (Output::Stderr, "two".to_owned()),
            ]
        );
        assert!(lines.iter().all(|line| (clock - line.at).abs() < 60_000));

        let last = LogRequest {
            tail: Some(1),
            ..WHOLE
        };
        let lines: Vec<_> = engine.logs(&id, last).await.unwrap().try_collect().await.unwrap();
        assert_eq!(lines.len(), 1);
        let later = LogRequest {
            since: Some(clock + 60_000),
            ..WHOLE
        };
        let lines: Vec<_> = engine
            .logs(&id, later)
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert!(lines.is_empty());
        place.clear(&id).await;
    })
    .await;
}

#[tokio::test]
async fn a_terminal_has_one_output_and_its_bytes_are_text() {
    everywhere(async |place| {
        let mut spec = shell(
            r"printf '\001\000\000\000\000\000\000\005hello\n'; echo err >&2; printf '\033[31mred\033[0m\n'",
        );
        spec.tty = true;
        let id = place.run("log-tty", &spec).await;
        place.until(&id, |c| c.state == ContainerState::Exited).await;
        let request = LogRequest { tty: true, ..WHOLE };
        let lines: Vec<_> = place
            .engine
            .logs(&id, request)
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        assert!(
            lines
                .iter()
                .all(|line| line.output == Output::Stdout && line.at > 1_700_000_000_000)
        );
        let told: Vec<_> = texts(&lines).into_iter().map(|line| line.1).collect();
        assert_eq!(
            told,
            ["\u{1}\0\0\0\0\0\0\u{5}hello", "err", "\u{1b}[31mred\u{1b}[0m"]
        );
        place.clear(&id).await;
    })
    .await;
}

#[tokio::test]
async fn a_huge_line_is_cut_and_the_next_is_whole() {
    everywhere(async |place| {
        for tty in [false, true] {
            let mut spec = shell("head -c 200000 /dev/zero | tr '\\0' x; echo; echo after");
            spec.tty = tty;
            let id = place.run("log-huge", &spec).await;
            place.until(&id, |c| c.state == ContainerState::Exited).await;
            let request = LogRequest { tty, ..WHOLE };
            let lines: Vec<_> = place
                .engine
                .logs(&id, request)
                .await
                .unwrap()
                .try_collect()
                .await
                .unwrap();
            assert_eq!(lines.len(), 2, "tty: {tty}");
            assert_eq!((lines[0].text.len(), lines[0].truncated), (16 * 1024, true));
            assert!(lines[0].text.iter().all(|byte| *byte == b'x'));
            assert_eq!((&lines[1].text[..], lines[1].truncated), (&b"after"[..], false));
            place.clear(&id).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_followed_log_goes_on_and_ends_with_its_container() {
    everywhere(async |place| {
        let engine = &place.engine;
        let id = place
            .run(
                "log-follow",
                &shell("mkfifo /tmp/p; echo first; echo ready; cat /tmp/p"),
            )
            .await;
        let request = LogRequest {
            follow: true,
            ..WHOLE
        };
        let mut log = engine.logs(&id, request).await.unwrap();
        let mut next = async || {
            let line = timeout(Duration::from_secs(10), log.next()).await.unwrap()?;
            Some(String::from_utf8_lossy(&line.unwrap().text).into_owned())
        };
        while next().await.unwrap() != "ready" {}
        let exec = lighthouse_core::engine::ExecSpec {
            command: ["sh", "-c", "echo later >/tmp/p"].map(str::to_owned).to_vec(),
            tty: None,
            environment: Vec::new(),
        };
        let _session = engine.exec(&id, &exec).await.unwrap();
        assert_eq!(next().await.as_deref(), Some("later"));
        assert_eq!(next().await, None, "it ends with its container");
        place.clear(&id).await;
    })
    .await;
}

#[tokio::test]
async fn a_hundred_thousand_lines_come_whole_in_order_and_soon() {
    once_each(async |place| {
        let spec = shell("seq 1 100000");
        let id = place.run("log-many", &spec).await;
        place.until(&id, |c| c.state == ContainerState::Exited).await;
        let begun = Instant::now();
        let log = place.engine.logs(&id, WHOLE).await.unwrap();
        let mut expected = 1_u32;
        let count = log
            .map(|line| {
                let text = line.unwrap().text;
                assert_eq!(std::str::from_utf8(&text).unwrap(), expected.to_string());
                expected += 1;
            })
            .count()
            .await;
        assert_eq!(count, 100_000);
        let took = begun.elapsed();
        eprintln!("100,000 lines in {took:?}");
        assert!(took < Duration::from_secs(20), "{took:?}");
        place.clear(&id).await;
    })
    .await;
}
