//! First run, accounts, sessions, tokens.

use std::sync::Arc;

use lighthouse_core::Secret;
use lighthouse_core::identity::{NewId, digest};
use lighthouse_core::store::{SessionRecord, Store, StoreError, TokenRecord, UserRecord};
use lighthouse_model::{Permission, Role, SessionId, TokenId, UserId};

use super::{ok, refused, some, user};

pub(super) async fn first_run(store: impl Store + 'static) {
    let token = digest("the token");
    assert_eq!(ok(store.setup_digest().await), None);
    let early = user("early", Role::Administrator);
    assert!(!ok(store.add_first_user(token, &early).await));
    ok(store.set_setup_digest(digest("an older token")).await);
    ok(store.set_setup_digest(token).await);
    assert_eq!(ok(store.setup_digest().await), Some(token));
    assert!(!ok(store.add_first_user(digest("a guess"), &early).await));

    let store = Arc::new(store);
    let attempts: Vec<_> = (0..100)
        .map(|n| {
            let store = Arc::clone(&store);
            let user = user(&format!("racer-{n}"), Role::Administrator);
            tokio::spawn(async move { ok(store.add_first_user(token, &user).await) })
        })
        .collect();
    let mut winners = 0;
    for attempt in attempts {
        winners += i32::from(attempt.await.is_ok_and(|won| won));
    }
    assert_eq!(winners, 1);
    assert_eq!(ok(store.users().await).len(), 1);
    assert_eq!(ok(store.setup_digest().await), None);
    refused!(store.set_setup_digest(token).await, StoreError::Taken(_));
    assert!(!ok(store.add_first_user(token, &early).await));
}

pub(super) async fn accounts(store: &impl Store) {
    let mut ada = user("ada", Role::Administrator);
    let bob = user("bob", Role::Viewer);
    ok(store.add_user(&bob).await);
    ok(store.add_user(&ada).await);
    let second = user("bob", Role::Operator);
    refused!(store.add_user(&second).await, StoreError::Taken(_));
    assert_eq!(ok(store.users().await), [ada.clone(), bob.clone()]);
    assert_eq!(ok(store.user(bob.id).await), Some(bob.clone()));
    assert_eq!(ok(store.user(UserId::fresh()).await), None);
    assert_eq!(ok(store.user_by_name("bob").await), Some(bob.clone()));
    assert_eq!(ok(store.user_by_name("Bob").await), None);

    ok(store.note_sign_in(ada.id, 77).await);
    ada.last_sign_in = Some(77);
    let newer = Secret::new("newer hash".to_owned());
    let other = Secret::new("other hash".to_owned());
    let old = Some(&ada.password_hash);
    ok(store.set_password(ada.id, &newer, old).await);
    refused!(store.set_password(ada.id, &other, old).await, StoreError::Stale);
    let nobody = UserId::fresh();
    refused!(
        store.set_password(nobody, &other, None).await,
        StoreError::Missing
    );
    refused!(store.set_role(nobody, Role::Viewer).await, StoreError::Missing);
    refused!(store.set_enabled(nobody, false).await, StoreError::Missing);
    refused!(store.note_sign_in(nobody, 1).await, StoreError::Missing);
    ada.password_hash = newer;
    assert_eq!(ok(store.user(ada.id).await), Some(ada.clone()));
    ok(store.set_role(bob.id, Role::Operator).await);
    ok(store.set_enabled(bob.id, false).await);
    let bob = UserRecord {
        role: Role::Operator,
        enabled: false,
        ..bob
    };
    assert_eq!(ok(store.user(bob.id).await), Some(bob));
}

pub(super) async fn an_administrator_stays(store: &impl Store) {
    let ada = user("ada", Role::Administrator);
    let eve = user("eve", Role::Administrator);
    ok(store.add_user(&ada).await);
    ok(store.add_user(&eve).await);
    ok(store.set_enabled(eve.id, false).await);
    refused!(store.set_enabled(ada.id, false).await, StoreError::Stale);
    refused!(store.set_role(ada.id, Role::Operator).await, StoreError::Stale);
    refused!(store.remove_user(ada.id).await, StoreError::Stale);
    assert_eq!(ok(store.user(ada.id).await), Some(ada.clone()));
    ok(store.set_enabled(eve.id, true).await);
    ok(store.remove_user(ada.id).await);
    refused!(store.remove_user(ada.id).await, StoreError::Missing);
    assert_eq!(ok(store.users().await).len(), 1);
}

fn session(user: UserId, secret: &str, created_at: i64) -> SessionRecord {
    SessionRecord {
        id: SessionId::fresh(),
        digest: digest(secret),
        user,
        data: "{}".to_owned(),
        agent: "Firefox".to_owned(),
        address: "10.0.0.1".to_owned(),
        created_at,
        last_seen: created_at,
        expires_at: 1_000,
    }
}

pub(super) async fn sessions(store: &impl Store) {
    let ada = user("ada", Role::Administrator);
    let bob = user("bob", Role::Administrator);
    ok(store.add_user(&ada).await);
    ok(store.add_user(&bob).await);
    let mut first = session(ada.id, "first", 1);
    let second = session(ada.id, "second", 2);
    let other = session(bob.id, "other", 3);
    for one in [&first, &second, &other] {
        ok(store.save_session(one).await);
    }
    let stranger = session(UserId::fresh(), "stranger", 1);
    refused!(store.save_session(&stranger).await, StoreError::Missing);

    assert_eq!(ok(store.session(first.digest, 999).await), Some(first.clone()));
    assert_eq!(ok(store.session(first.digest, 1_000).await), None);
    assert_eq!(ok(store.session(digest("a guess"), 0).await), None);

    // Rotation: the same session with another secret.
    let old = first.digest;
    first.digest = digest("rotated");
    ok(store.save_session(&first).await);
    assert_eq!(ok(store.session(old, 0).await), None);

    ok(store.touch_session(first.id, "10.0.0.9", 50).await);
    ok(store.touch_session(SessionId::fresh(), "10.0.0.9", 50).await);
    ok(store.renew_session(first.digest, r#"{"a":1}"#, 2_000).await);
    (first.last_seen, first.expires_at) = (50, 2_000);
    "10.0.0.9".clone_into(&mut first.address);
    r#"{"a":1}"#.clone_into(&mut first.data);
    let all = ok(store.sessions(None, 5).await);
    assert_eq!(all, [other.clone(), second.clone(), first.clone()]);
    let adas = ok(store.sessions(Some(ada.id), 5).await);
    assert_eq!(adas, [second.clone(), first.clone()]);

    ok(store.remove_session(second.id).await);
    refused!(store.remove_session(second.id).await, StoreError::Missing);
    let back = store.renew_session(second.digest, "{}", 9_000).await;
    refused!(back, StoreError::Missing);
    ok(store.save_session(&second).await);
    ok(store.remove_sessions_of(ada.id, Some(first.id)).await);
    assert_eq!(ok(store.sessions(Some(ada.id), 5).await), [first.clone()]);
    ok(store.purge_sessions(1_500).await);
    assert_eq!(ok(store.sessions(None, 0).await), [first]);
    ok(store.remove_sessions_of(ada.id, None).await);
    assert_eq!(ok(store.sessions(None, 0).await), []);
    ok(store.save_session(&other).await);
    ok(store.remove_user(bob.id).await);
    assert_eq!(ok(store.session(other.digest, 0).await), None);
}

pub(super) async fn tokens(store: &impl Store) {
    let ada = user("ada", Role::Administrator);
    let bob = user("bob", Role::Administrator);
    ok(store.add_user(&ada).await);
    ok(store.add_user(&bob).await);
    let mut token = TokenRecord {
        id: TokenId::fresh(),
        user: ada.id,
        name: "a script".to_owned(),
        digest: digest("lh_secret"),
        scope: [Permission::ContainerView, Permission::HostView]
            .into_iter()
            .collect(),
        created_at: 1,
        expires_at: 100,
        last_used: None,
    };
    ok(store.add_token(&token).await);
    let stranger = TokenRecord {
        id: TokenId::fresh(),
        user: UserId::fresh(),
        digest: digest("another"),
        ..token.clone()
    };
    refused!(store.add_token(&stranger).await, StoreError::Missing);
    ok(store.touch_token(token.id, 60).await);
    ok(store.touch_token(TokenId::fresh(), 60).await);
    token.last_used = Some(60);
    assert_eq!(some(ok(store.token(token.digest, 99).await)), token);
    assert_eq!(ok(store.token(token.digest, 100).await), None);
    assert_eq!(ok(store.tokens(ada.id).await), [token.clone()]);
    assert_eq!(ok(store.tokens(bob.id).await), []);
    let not_his = store.remove_token(bob.id, token.id).await;
    refused!(not_his, StoreError::Missing);
    ok(store.remove_token(ada.id, token.id).await);
    assert_eq!(ok(store.token(token.digest, 0).await), None);
    ok(store.add_token(&token).await);
    ok(store.remove_user(ada.id).await);
    assert_eq!(ok(store.token(token.digest, 0).await), None);
}
