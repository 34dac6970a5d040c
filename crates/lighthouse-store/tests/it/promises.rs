//! The promises of every store.

use std::sync::Arc;

use lighthouse_core::store::{AuditLog, AuditRecord, Installation};
use lighthouse_store::SqliteStore;
use lighthouse_testkit::contract;
use sqlx::Connection;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_store_keeps_every_promise() {
    // Kept until the end: a store loses nothing while its directory is there.
    let mut directories = Vec::new();
    contract::run(|| {
        directories.push(tempfile::tempdir().unwrap());
        let path = directories.last().unwrap().path().to_owned();
        async move { SqliteStore::open(&path).await.unwrap() }
    })
    .await;
}

fn row(action: String) -> AuditRecord {
    AuditRecord {
        at: 1,
        actor: "ada".to_owned(),
        address: String::new(),
        action,
        target: String::new(),
        outcome: "done".to_owned(),
        operation: None,
        detail: String::new(),
    }
}

#[tokio::test]
async fn the_audit_can_be_neither_changed_nor_shortened() {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    store.append(&row("sign-in".to_owned())).await.unwrap();
    let path = data.path().join("lighthouse.db");
    let mut outside = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    for attempt in [
        "UPDATE audit SET actor = 'eve'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT id, at, 'eve', address, action, target, outcome, operation, detail \
         FROM audit",
    ] {
        let refusal = sqlx::query(attempt).execute(&mut outside).await.unwrap_err();
        assert!(
            refusal.to_string().contains("append-only"),
            "{attempt}: {refusal}"
        );
    }
    assert_eq!(
        store.audit(None, 9).await.unwrap(),
        [(1, row("sign-in".to_owned()))]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_writers_and_readers_all_get_their_answer() {
    let data = tempfile::tempdir().unwrap();
    let store = Arc::new(SqliteStore::open(data.path()).await.unwrap());
    let work: Vec<_> = (0..100)
        .map(|n| {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                store.append(&row(format!("action-{n}"))).await.unwrap();
                // Whoever was answered sees what was written.
                let seen = store.audit(None, 1_000).await.unwrap();
                assert!(seen.iter().any(|(_, one)| one.action == format!("action-{n}")));
            })
        })
        .collect();
    for one in work {
        one.await.unwrap();
    }
    assert_eq!(store.audit(None, 1_000).await.unwrap().len(), 100);
}

#[tokio::test]
async fn what_was_kept_is_there_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    let id = store.installation_id().to_owned();
    store.set_setting("theme", "dark").await.unwrap();
    store.close().await;
    assert!(store.setting("theme").await.is_err());
    assert!(store.set_setting("theme", "light").await.is_err());
    drop(store);
    let store = SqliteStore::open(data.path()).await.unwrap();
    assert_eq!(store.installation_id(), id);
    assert_eq!(store.setting("theme").await.unwrap().as_deref(), Some("dark"));
}

#[tokio::test]
async fn a_locked_store_answers_within_its_deadline_and_recovers() {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    let path = data.path().join("lighthouse.db");
    let mut outside = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    sqlx::query("BEGIN IMMEDIATE")
        .execute(&mut outside)
        .await
        .unwrap();
    let begun = std::time::Instant::now();
    assert!(store.set_setting("theme", "dark").await.is_err());
    assert!(begun.elapsed() < std::time::Duration::from_secs(3));
    // Reading goes on meanwhile, and writing when the lock is gone; what was given up is not written later.
    assert_eq!(store.setting("theme").await.unwrap(), None);
    sqlx::query("ROLLBACK").execute(&mut outside).await.unwrap();
    store.set_setting("colour", "blue").await.unwrap();
}
