//! Processes inside a container.

use std::time::Duration;

use futures::StreamExt;
use lighthouse_core::engine::{EngineError, ExecSession, ExecSpec};
use lighthouse_model::ContainerId;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::{Place, everywhere, shell};

fn spec(command: &[&str], tty: Option<(u16, u16)>) -> ExecSpec {
    ExecSpec {
        command: command.iter().map(|&word| word.to_owned()).collect(),
        tty,
        environment: vec!["GREETING=hallo".to_owned()],
    }
}

async fn open(place: &Place, id: &ContainerId, spec: &ExecSpec) -> ExecSession {
    place.engine.exec(id, spec).await.unwrap()
}

/// Reads until the text appears.
async fn until(session: &mut ExecSession, text: &str) -> String {
    let mut all = String::new();
    let read = async {
        while !all.contains(text) {
            let bytes = session.output.next().await.unwrap().unwrap();
            all.push_str(&String::from_utf8_lossy(&bytes));
        }
    };
    assert!(
        timeout(Duration::from_secs(10), read).await.is_ok(),
        "only {all:?} came, not {text:?}"
    );
    all
}

/// Reads to the end.
async fn rest(session: &mut ExecSession) -> String {
    let mut all = Vec::new();
    let read = async {
        while let Some(bytes) = session.output.next().await {
            all.extend_from_slice(&bytes.unwrap());
        }
    };
    timeout(Duration::from_secs(10), read).await.unwrap();
    String::from_utf8_lossy(&all).into_owned()
}

#[tokio::test]
async fn a_terminal_echoes_takes_sizes_and_tells_how_it_ended() {
    everywhere(async |place| {
        let id = place.run("exec-tty", &shell("sleep 1000")).await;
        let mut session = open(place, &id, &spec(&["sh"], Some((100, 40)))).await;
        session.input.write_all(b"stty size\n").await.unwrap();
        until(&mut session, "40 100").await;
        session.control.resize(77, 33).await.unwrap();
        session
            .input
            .write_all(b"stty size; echo $GREETING-$((6*7))\n")
            .await
            .unwrap();
        let told = until(&mut session, "hallo-42").await;
        assert!(told.contains("33 77"), "{told}");
        assert_eq!(session.control.exit_code().await.unwrap(), None);
        session.input.write_all(b"exit 42\n").await.unwrap();
        rest(&mut session).await;
        assert_eq!(session.control.exit_code().await.unwrap(), Some(42));
        place.clear(&id).await;
    })
    .await;
}

#[tokio::test]
async fn without_a_terminal_both_outputs_come_plain() {
    everywhere(async |place| {
        let id = place.run("exec-plain", &shell("sleep 1000")).await;
        let script = "echo out; echo err >&2; exit 3";
        let mut session = open(place, &id, &spec(&["sh", "-c", script], None)).await;
        let mut lines: Vec<_> = rest(&mut session).await.lines().map(str::to_owned).collect();
        lines.sort();
        assert_eq!(lines, ["err", "out"]);
        assert_eq!(session.control.exit_code().await.unwrap(), Some(3));

        // The end of the input reaches the process, and its output still comes.
        let mut session = open(place, &id, &spec(&["sh", "-c", "cat; echo done"], None)).await;
        session.input.write_all(b"some text\n").await.unwrap();
        session.input.shutdown().await.unwrap();
        assert_eq!(rest(&mut session).await, "some text\ndone\n");
        assert_eq!(session.control.exit_code().await.unwrap(), Some(0));

        // More than any buffer between.
        let mut session = open(
            place,
            &id,
            &spec(&["sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x"], None),
        )
        .await;
        assert_eq!(rest(&mut session).await.len(), 3_000_000);
        place.clear(&id).await;
    })
    .await;
}

#[tokio::test]
async fn what_cannot_run_is_told() {
    everywhere(async |place| {
        let id = place.run("exec-not", &shell("sleep 1000")).await;
        let mut session = open(place, &id, &spec(&["/no/such/program"], Some((80, 24)))).await;
        let told = rest(&mut session).await;
        assert!(told.contains("no such file"), "{told}");
        let code = session.control.exit_code().await.unwrap();
        assert!(matches!(code, Some(126 | 127)), "{code:?}");

        place.engine.stop(&id, Some(0)).await.unwrap();
        let refused = place.engine.exec(&id, &spec(&["sh"], None)).await.unwrap_err();
        assert!(matches!(refused, EngineError::Conflict { .. }), "{refused}");
        place.clear(&id).await;
        let gone = place.engine.exec(&id, &spec(&["sh"], None)).await.unwrap_err();
        assert!(matches!(gone, EngineError::NotFound { .. }), "{gone}");
    })
    .await;
}

#[tokio::test]
async fn a_terminal_nobody_looks_at_any_more_takes_its_processes_with_it() {
    everywhere(async |place| {
        let id = place.run("exec-left", &shell("sleep 1000")).await;
        let mut session = open(place, &id, &spec(&["sh"], Some((80, 24)))).await;
        session
            .input
            .write_all(b"echo $((40+2)); sleep 2345\n")
            .await
            .unwrap();
        until(&mut session, "42").await;
        drop(session);
        let gone = "while ps | grep -q '[2]345'; do sleep 0.1; done; ps";
        let mut session = open(place, &id, &spec(&["sh", "-c", gone], None)).await;
        let left = rest(&mut session).await;
        let shells = left
            .lines()
            .filter(|line| line.trim_end().ends_with(" sh"))
            .count();
        assert_eq!(shells, 0, "{left}");
        place.clear(&id).await;
    })
    .await;
}
