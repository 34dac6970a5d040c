//! Opening: what is refused, in which words, and backups.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use lighthouse_core::store::Installation;
use lighthouse_store::{OpenError, SqliteStore, back_up, restore};
use sqlx::Connection;

async fn refusal(data: &Path) -> OpenError {
    SqliteStore::open(data).await.unwrap_err()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn only_the_owner_can_read_what_is_kept() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("deep/data");
    let store = SqliteStore::open(&data).await.unwrap();
    store.set_setting("theme", "dark").await.unwrap();
    assert_eq!(mode(&data), 0o700);
    for entry in fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn a_directory_with_other_things_in_it_keeps_its_mode() {
    let place = tempfile::tempdir().unwrap();
    fs::set_permissions(place.path(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(place.path().join("something"), "else").unwrap();
    SqliteStore::open(place.path()).await.unwrap();
    assert_eq!(mode(place.path()), 0o755);
}

#[tokio::test]
async fn a_second_console_is_refused_and_told_who_is_there() {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    let refusal = refusal(data.path()).await;
    assert!(matches!(refusal, OpenError::InUse { .. }));
    let words = refusal.to_string();
    assert!(
        words.contains(&format!("process {}", std::process::id())),
        "{words}"
    );
    assert!(words.contains("--data"), "{words}");
    drop(store);
    SqliteStore::open(data.path()).await.unwrap();
}

#[tokio::test]
async fn a_damaged_store_is_refused_with_the_command_that_restores_it() {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    store.set_setting("theme", "dark").await.unwrap();
    let backup = data.path().join("backups/monday");
    back_up(data.path(), &backup).await.unwrap();
    store.close().await;
    drop(store);

    let database = data.path().join("lighthouse.db");
    let whole = fs::read(&database).unwrap();
    let mut torn = whole.clone();
    // Past the header and the table of tables: what only a check finds.
    for byte in &mut torn[8_192..20_000] {
        *byte = 0x5a;
    }
    for damaged in [torn.as_slice(), b"this is no database at all, it is a text"] {
        fs::write(&database, damaged).unwrap();
        let words = refusal(data.path()).await.to_string();
        let command = format!(
            "lighthouse backup --data {} restore {}",
            data.path().display(),
            backup.display()
        );
        assert!(words.contains("is damaged"), "{words}");
        assert!(words.contains(&command), "{words}");
        assert_eq!(fs::read(&database).unwrap(), damaged);
    }

    restore(data.path(), &backup).unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    assert_eq!(store.setting("theme").await.unwrap().as_deref(), Some("dark"));
}

#[tokio::test]
async fn a_newer_schema_and_a_strangers_database_are_refused() {
    let data = tempfile::tempdir().unwrap();
    SqliteStore::open(data.path()).await.unwrap().close().await;
    let path = data.path().join("lighthouse.db");
    let url = format!("sqlite://{}", path.display());
    let mut outside = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("PRAGMA user_version = 99")
        .execute(&mut outside)
        .await
        .unwrap();
    outside.close().await.unwrap();
    let refused = refusal(data.path()).await;
    assert!(matches!(refused, OpenError::Newer { found: 99, .. }), "{refused}");
    assert!(refused.to_string().contains("newer Lighthouse"));

    let place = tempfile::tempdir().unwrap();
    let url = format!(
        "sqlite://{}?mode=rwc",
        place.path().join("lighthouse.db").display()
    );
    let mut outside = sqlx::SqliteConnection::connect(&url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE recipes (name)")
        .execute(&mut outside)
        .await
        .unwrap();
    outside.close().await.unwrap();
    fs::copy(
        data.path().join("installation.key"),
        place.path().join("installation.key"),
    )
    .unwrap();
    let refused = refusal(place.path()).await;
    assert!(matches!(refused, OpenError::Foreign { .. }), "{refused}");
}

#[tokio::test]
async fn a_backup_is_whole_private_and_never_overwrites() {
    let data = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(data.path()).await.unwrap();
    store.set_setting("theme", "dark").await.unwrap();
    let place = tempfile::tempdir().unwrap();
    let backup = place.path().join("backup");
    back_up(data.path(), &backup).await.unwrap();
    store.set_setting("theme", "light").await.unwrap();
    assert_eq!(mode(&backup), 0o700);
    assert_eq!(mode(&backup.join("lighthouse.db")), 0o600);
    assert_eq!(mode(&backup.join("installation.key")), 0o600);
    let again = back_up(data.path(), &backup).await.unwrap_err();
    assert!(matches!(again, OpenError::Exists { .. }), "{again}");
    let nothing = back_up(place.path(), &place.path().join("x")).await.unwrap_err();
    assert!(matches!(nothing, OpenError::NoBackup { .. }), "{nothing}");

    // Not while a console runs; and what was there is kept.
    let refused = restore(data.path(), &backup).unwrap_err();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused}");
    store.close().await;
    drop(store);
    restore(data.path(), &backup).unwrap();
    let kept = fs::read_dir(data.path()).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().contains("before-restore")
    });
    assert_eq!(kept.count(), 2);
    let store = SqliteStore::open(data.path()).await.unwrap();
    assert_eq!(store.setting("theme").await.unwrap().as_deref(), Some("dark"));
    store.close().await;
    drop(store);

    // Whoever keeps the key apart from the copies restores beside the key that is there.
    fs::remove_file(backup.join("installation.key")).unwrap();
    restore(data.path(), &backup).unwrap();
    SqliteStore::open(data.path()).await.unwrap();
    let keyless = restore(&place.path().join("elsewhere"), &backup).unwrap_err();
    assert!(matches!(keyless, OpenError::NoBackup { .. }), "{keyless}");
    let empty = restore(place.path(), data.path().parent().unwrap()).unwrap_err();
    assert!(matches!(empty, OpenError::NoBackup { .. }), "{empty}");
}
