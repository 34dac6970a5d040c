//! A console that is killed in the middle of its writes loses nothing it has answered for.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;

use lighthouse_core::store::{AuditLog, AuditRecord};
use lighthouse_store::SqliteStore;
use lighthouse_testkit::programs;

const DATA: &str = "LIGHTHOUSE_TEST_DATA";

fn row(action: String) -> AuditRecord {
    AuditRecord {
        at: 1,
        actor: String::new(),
        address: String::new(),
        action,
        target: String::new(),
        outcome: "done".to_owned(),
        operation: None,
        detail: "x".repeat(500),
    }
}

/// What the killed console does.
async fn write_until_killed(data: &Path) {
    let store = Arc::new(SqliteStore::open(data).await.unwrap());
    let writers: Vec<_> = (0..8)
        .map(|writer| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                for n in 0.. {
                    let action = format!("answered-{writer}-{n}");
                    store.append(&row(action.clone())).await.unwrap();
                    // Past the capture of the test harness.
                    writeln!(std::io::stderr(), "{action}").unwrap();
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_answered_survives_a_kill() {
    // The test starts itself as the console to be killed.
    if let Some(data) = std::env::var_os(DATA) {
        return write_until_killed(Path::new(&data)).await;
    }
    for round in 0..3 {
        let data = tempfile::tempdir().unwrap();
        // Only another process can be killed without a goodbye.
        let mut console = programs::program(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "killed::what_was_answered_survives_a_kill",
                "--nocapture",
            ])
            .env(DATA, data.path())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(console.stderr.take().unwrap()).lines();
        let mut answered: Vec<String> = Vec::new();
        while answered.len() < 100 + round * 37 {
            answered.extend(
                lines
                    .next()
                    .unwrap()
                    .into_iter()
                    .filter(|l| l.starts_with("answered-")),
            );
        }
        console.kill().unwrap();
        console.wait().unwrap();
        answered.extend(lines.map_while(Result::ok).filter(|l| l.starts_with("answered-")));

        let store = SqliteStore::open(data.path()).await.unwrap();
        let kept = store.audit(None, 100_000).await.unwrap();
        let kept: std::collections::HashSet<_> = kept.into_iter().map(|(_, row)| row.action).collect();
        // The last line may have been cut off by the kill.
        answered.pop();
        for one in &answered {
            assert!(kept.contains(one), "{one} was answered and is lost");
        }
        store.append(&row("after".to_owned())).await.unwrap();
    }
}
