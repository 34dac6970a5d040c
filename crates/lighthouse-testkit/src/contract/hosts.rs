//! Hosts, pools, credentials, settings.

use lighthouse_core::Secret;
use lighthouse_core::dial::HostConnection;
use lighthouse_core::identity::NewId;
use lighthouse_core::store::{CredentialRecord, HostRecord, PoolRecord, Store, StoreError};
use lighthouse_model::{CredentialId, HostId, PoolId};

use super::{name, ok, refused};

fn host(text: &str) -> HostRecord {
    HostRecord {
        id: HostId::fresh(),
        name: name(text),
        labels: [("zone".to_owned(), "eu".to_owned())].into(),
        connection: HostConnection::Tls {
            address: "10.0.0.2:2376".to_owned(),
            ca: "ca".to_owned(),
            certificate: "certificate".to_owned(),
            key: Secret::new("private key".to_owned()),
        },
        engine_id: None,
        created_at: 3,
        version: 1,
    }
}

pub(super) async fn hosts_and_pools(store: &impl Store) {
    let (mut one, two) = (host("eu-2"), host("eu-1"));
    ok(store.add_host(&one).await);
    ok(store.add_host(&two).await);
    refused!(store.add_host(&host("eu-1")).await, StoreError::Taken(_));
    assert_eq!(ok(store.hosts().await), [two.clone(), one.clone()]);

    one.version = 2;
    one.labels.clear();
    one.connection = HostConnection::Unix {
        path: "/run/docker.sock".to_owned(),
    };
    ok(store.update_host(&one).await);
    refused!(store.update_host(&one).await, StoreError::Stale);
    let renamed = HostRecord {
        name: two.name.clone(),
        version: 3,
        ..one.clone()
    };
    refused!(store.update_host(&renamed).await, StoreError::Taken(_));
    refused!(store.update_host(&host("eu-9")).await, StoreError::Missing);
    ok(store.set_engine_id(one.id, "ABCD").await);
    one.engine_id = Some("ABCD".to_owned());
    assert_eq!(ok(store.hosts().await), [two.clone(), one.clone()]);

    ok(store.remove_host(two.id).await);
    refused!(store.remove_host(two.id).await, StoreError::Missing);
    refused!(store.set_engine_id(two.id, "x").await, StoreError::Missing);
    assert_eq!(ok(store.hosts().await), [one]);

    let pool = PoolRecord {
        id: PoolId::fresh(),
        name: name("europe"),
        query: "zone:eu".to_owned(),
    };
    ok(store.add_pool(&pool).await);
    let again = PoolRecord {
        id: PoolId::fresh(),
        ..pool.clone()
    };
    refused!(store.add_pool(&again).await, StoreError::Taken(_));
    assert_eq!(ok(store.pools().await), std::slice::from_ref(&pool));
    ok(store.remove_pool(pool.id).await);
    refused!(store.remove_pool(pool.id).await, StoreError::Missing);
}

pub(super) async fn credentials(store: &impl Store) {
    let mut one = CredentialRecord {
        id: CredentialId::fresh(),
        registry: "registry.example:5000".to_owned(),
        username: "robot".to_owned(),
        secret: Secret::new("registry secret".to_owned()),
        changed_at: 1,
    };
    ok(store.save_credential(&one).await);
    one.secret = Secret::new("a newer registry secret".to_owned());
    one.id = CredentialId::fresh();
    ok(store.save_credential(&one).await);
    assert_eq!(ok(store.credentials().await), [one.clone()]);
    ok(store.remove_credential(one.id).await);
    refused!(store.remove_credential(one.id).await, StoreError::Missing);
    assert_eq!(ok(store.credentials().await), []);
}

pub(super) async fn settings(store: &impl Store) {
    assert!(!store.installation_id().is_empty());
    ok(store.ready().await);
    assert_eq!(ok(store.setting("theme").await), None);
    ok(store.set_setting("theme", "dark").await);
    ok(store.set_setting("theme", "light").await);
    assert_eq!(ok(store.setting("theme").await).as_deref(), Some("light"));
}
