//! What is secret is never on the disk in the clear, and opens only where it was sealed.

use std::fs;
use std::path::Path;

use lighthouse_core::Secret;
use lighthouse_core::access::{GrantRecord, Target};
use lighthouse_core::dial::HostConnection;
use lighthouse_core::identity::NewId;
use lighthouse_core::store::{
    Acceptance, ApplicationRecord, ApplicationStore, AuditRecord, CredentialRecord, CredentialStore,
    HostRecord, HostStore, Journal, OperationRecord, ReleaseRecord,
};
use lighthouse_model::application::BlueprintText;
use lighthouse_model::operation::{OperationKind, OperationState};
use lighthouse_model::{ApplicationId, CredentialId, HostId, OperationId, Permission, UserId};
use lighthouse_store::{OpenError, SqliteStore};
use sqlx::Connection;

const MARK: &str = "zebra-crossing";

async fn filled(data: &Path) -> (SqliteStore, OperationId) {
    let store = SqliteStore::open(data).await.unwrap();
    let host = HostRecord {
        id: HostId::fresh(),
        name: "eu-1".parse().unwrap(),
        labels: std::collections::BTreeMap::new(),
        connection: HostConnection::Tls {
            address: format!("{MARK}-address:2376"),
            ca: format!("{MARK}-ca"),
            certificate: format!("{MARK}-certificate"),
            key: Secret::new(format!("{MARK}-key")),
        },
        engine_id: None,
        created_at: 1,
        version: 1,
    };
    store.add_host(&host).await.unwrap();
    let credential = CredentialRecord {
        id: CredentialId::fresh(),
        registry: "registry.example".to_owned(),
        username: "robot".to_owned(),
        secret: Secret::new(format!("{MARK}-secret")),
        changed_at: 1,
    };
    store.save_credential(&credential).await.unwrap();
    let application = ApplicationRecord {
        id: ApplicationId::fresh(),
        name: "shop".parse().unwrap(),
        generation: 1,
        pool: None,
        release: Some(1),
        scale: std::collections::BTreeMap::new(),
        running: true,
        created_at: 1,
    };
    let operation = OperationRecord {
        id: OperationId::fresh(),
        kind: OperationKind::Deploy,
        target: "shop".to_owned(),
        application: Some(application.id),
        actor: "ada".to_owned(),
        grant: GrantRecord {
            user: UserId::fresh(),
            permission: Permission::ApplicationDeploy,
            target: Target::Application(application.id),
        },
        epoch: 1,
        state: OperationState::Pending,
        created_at: 1,
        ended_at: None,
        payload: format!("{MARK}-payload"),
    };
    let release = ReleaseRecord {
        application: application.id,
        number: 1,
        blueprint: BlueprintText {
            compose: format!("# {MARK}-compose"),
            variables: format!("A={MARK}-variable"),
            env_files: vec![(format!("{MARK}.env"), format!("B={MARK}-file"))],
            profiles: vec![format!("{MARK}-profile")],
        },
        images: Vec::new(),
        author: "ada".to_owned(),
        reason: String::new(),
        operation: operation.id,
        at: 1,
    };
    let with = Acceptance {
        application: Some(application),
        release: Some(release),
    };
    let audit = AuditRecord {
        at: 1,
        actor: "ada".to_owned(),
        address: String::new(),
        action: "deploy".to_owned(),
        target: "shop".to_owned(),
        outcome: "accepted".to_owned(),
        operation: Some(operation.id),
        detail: String::new(),
    };
    store.accept(&operation, &[], &with, &audit).await.unwrap();
    (store, operation.id)
}

fn search(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(search(&path));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        if bytes.windows(MARK.len()).any(|window| window == MARK.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[tokio::test]
async fn no_file_holds_a_secret_in_the_clear() {
    let data = tempfile::tempdir().unwrap();
    let (store, _) = filled(data.path()).await;
    assert!(data.path().join("lighthouse.db-wal").exists());
    assert_eq!(search(data.path()), Vec::<String>::new());
    store.close().await;
    assert_eq!(search(data.path()), Vec::<String>::new());
    drop(store);
    let store = SqliteStore::open(data.path()).await.unwrap();
    let connection = store.hosts().await.unwrap().remove(0).connection;
    let HostConnection::Tls { key, .. } = connection else {
        panic!("another connection");
    };
    assert_eq!(key.expose(), "zebra-crossing-key");
}

async fn change(data: &Path, statement: &'static str) {
    let path = data.join("lighthouse.db");
    let mut outside = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display()))
        .await
        .unwrap();
    let done = sqlx::query(statement).execute(&mut outside).await.unwrap();
    assert_ne!(done.rows_affected(), 0, "{statement}");
    outside.close().await.unwrap();
}

#[tokio::test]
async fn a_sealed_value_that_was_changed_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let (store, operation) = filled(data.path()).await;
    for (statement, what) in [
        (
            "UPDATE host SET connection = CAST(substr(connection, 1, length(connection) - 1) || x'00' AS BLOB)",
            "host.connection",
        ),
        (
            "UPDATE credential SET secret = (SELECT payload FROM operation)",
            "credential.secret",
        ),
        (
            "UPDATE operation SET payload = (SELECT variables FROM release)",
            "operation.payload",
        ),
        ("UPDATE release SET number = 2", "release.blueprint"),
    ] {
        change(data.path(), statement).await;
        let refusal = match what {
            "host.connection" => store.hosts().await.unwrap_err(),
            "credential.secret" => store.credentials().await.unwrap_err(),
            "operation.payload" => store.operation(operation).await.unwrap_err(),
            _ => {
                let shop = store
                    .application(&"shop".parse().unwrap())
                    .await
                    .unwrap()
                    .unwrap();
                store.releases(shop.id, 1).await.unwrap_err()
            }
        };
        let cause = std::error::Error::source(&refusal).unwrap().to_string();
        assert!(cause.contains(what), "{cause}");
        assert!(!format!("{refusal:?}").contains(MARK));
    }
}

#[tokio::test]
async fn another_installations_key_is_refused_in_words() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    filled(one.path()).await.0.close().await;
    filled(two.path()).await.0.close().await;
    let key = one.path().join("installation.key");
    fs::copy(two.path().join("installation.key"), &key).unwrap();
    let refusal = SqliteStore::open(one.path()).await.unwrap_err();
    assert!(matches!(refusal, OpenError::KeyWrong { .. }), "{refusal}");
    assert!(refusal.to_string().contains("does not belong to this store"));

    fs::write(&key, "not a key").unwrap();
    let refusal = SqliteStore::open(one.path()).await.unwrap_err();
    assert!(matches!(refusal, OpenError::KeyGarbled { .. }), "{refusal}");

    // A missing key is never replaced by a new one: that would lose what the old one sealed.
    fs::remove_file(&key).unwrap();
    let refusal = SqliteStore::open(one.path()).await.unwrap_err();
    assert!(matches!(refusal, OpenError::KeyMissing { .. }), "{refusal}");
    assert!(!key.exists());
}
