//! The first run, signing in, one's own password.

use std::time::{Duration, Instant};

use lighthouse_core::change::Change;
use lighthouse_core::identity::NewId;
use lighthouse_core::store::{AccountStore, SessionStore, UserRecord};
use lighthouse_core::{Clock, accounts};
use lighthouse_model::{Problem, Role, UserId};

use crate::people::{Bench, PASSWORD, secret};

#[tokio::test]
async fn of_a_hundred_who_hold_the_link_exactly_one_becomes_administrator() {
    let bench = Bench::start().await;
    assert!(!bench.console.is_set_up().await.unwrap());
    let token = bench.console.setup_token(None).await.unwrap().unwrap();
    assert_eq!(token.expose().len(), 32);
    let attempts: Vec<_> = (0..100)
        .map(|n| {
            let (console, token) = (bench.console.clone(), token.clone());
            tokio::spawn(async move {
                let name = format!("racer-{n}");
                console.set_up(&token, &name, &secret(PASSWORD), "10.0.0.1").await
            })
        })
        .collect();
    let mut winners = Vec::new();
    for attempt in attempts {
        match attempt.await.unwrap() {
            Ok(user) => winners.push(user),
            Err(error) => assert!(matches!(error.problem(), Problem::Conflict { .. }), "{error}"),
        }
    }
    assert_eq!(winners.len(), 1);
    let users = bench.store.users().await.unwrap();
    assert_eq!(
        (users.len(), users[0].id, users[0].role),
        (1, winners[0], Role::Administrator)
    );
    assert!(bench.console.is_set_up().await.unwrap());
    assert_eq!(bench.console.setup_token(None).await.unwrap(), None);
    let late = bench.console.set_up(&token, "late", &secret(PASSWORD), "").await;
    assert!(matches!(late.unwrap_err().problem(), Problem::Conflict { .. }));
}

#[tokio::test]
async fn the_first_run_takes_the_newest_link_a_good_name_and_a_good_password() {
    let bench = Bench::start().await;
    let short = bench
        .console
        .setup_token(Some(secret("short")))
        .await
        .unwrap_err();
    assert!(matches!(short.problem(), Problem::Invalid { field, .. } if field == "setup-token"));
    let older = bench.console.setup_token(None).await.unwrap().unwrap();
    let given = secret("a long token from the environment");
    let token = bench.console.setup_token(Some(given)).await.unwrap().unwrap();
    for (token, name, password, expected) in [
        (&older, "ada", PASSWORD, "token"),
        (&token, "Ada Lovelace", PASSWORD, "name"),
        (&token, "ada", "short", "password"),
    ] {
        let refused = bench
            .console
            .set_up(token, name, &secret(password), "10.0.0.1")
            .await;
        let error = refused.unwrap_err();
        assert!(
            matches!(error.problem(), Problem::Invalid { field, .. } if field == expected),
            "{error}"
        );
    }
    bench
        .console
        .set_up(&token, "ada", &secret(PASSWORD), "10.0.0.1")
        .await
        .unwrap();
    assert_eq!(bench.newest().await, "ada set-up done the installation");
}

#[tokio::test]
async fn unknown_wrong_and_disabled_are_one_answer_that_takes_as_long() {
    let (bench, ada) = Bench::with_administrator().await;
    let eve = bench.person(&ada, "eve", Role::Viewer).await;
    bench.store.set_enabled(eve.user, false).await.unwrap();
    let mut times = Vec::new();
    for (name, password) in [
        ("ada", "a wrong password"),
        ("nobody", PASSWORD),
        ("eve", PASSWORD),
    ] {
        let begun = Instant::now();
        let error = bench
            .console
            .sign_in(name, &secret(password), "10.0.0.2")
            .await
            .unwrap_err();
        times.push(begun.elapsed());
        assert_eq!(error.problem(), &Problem::SignInFailed, "{name}");
        assert!(error.cause().is_none());
    }
    // The hash is nearly all of it: without one, an answer would come a thousand times as fast.
    let (least, most) = (times.iter().min().unwrap(), times.iter().max().unwrap());
    assert!(
        *least > Duration::from_millis(5) && *most < *least * 10,
        "{times:?}"
    );

    let targets: Vec<_> = bench
        .record()
        .await
        .into_iter()
        .take(3)
        .map(|row| row.target)
        .collect();
    assert_eq!(targets, ["account eve", "an unknown account", "account ada"]);
    let user = bench
        .console
        .sign_in(" Ada ", &secret(PASSWORD), "10.0.0.2")
        .await
        .unwrap();
    assert_eq!(user, ada.user);
    assert_eq!(bench.newest().await, "ada sign-in done account ada");
    let seen = bench.store.user(ada.user).await.unwrap().unwrap().last_sign_in;
    assert_eq!(seen, Some(bench.clock.now()));
}

#[tokio::test]
async fn after_ten_attempts_one_waits_and_never_for_good() {
    let (bench, _) = Bench::with_administrator().await;
    for n in 0..10 {
        let address = format!("10.0.1.{n}");
        let error = bench
            .console
            .sign_in("ada", &secret("a wrong guess"), &address)
            .await
            .unwrap_err();
        assert_eq!(error.problem(), &Problem::SignInFailed);
    }
    let rows = bench.record().await.len();
    let error = bench
        .console
        .sign_in("ada", &secret(PASSWORD), "10.0.2.1")
        .await
        .unwrap_err();
    assert!(
        matches!(error.problem(), Problem::TooMany { retry_after: 901 }),
        "{error}"
    );
    assert_eq!(
        bench.record().await.len(),
        rows,
        "a flood does not fill the record"
    );
    bench.clock.advance(Duration::from_secs(15 * 60));
    bench
        .console
        .sign_in("ada", &secret(PASSWORD), "10.0.2.1")
        .await
        .unwrap();
}

#[tokio::test]
async fn a_hash_of_an_older_cost_is_made_again_at_the_next_sign_in() {
    let (bench, _) = Bench::with_administrator().await;
    let old = UserRecord {
        id: UserId::fresh(),
        name: "old".parse().unwrap(),
        password_hash: secret(&cheap_hash("an older password")),
        role: Role::Viewer,
        enabled: true,
        created_at: 1,
        last_sign_in: None,
    };
    bench.store.add_user(&old).await.unwrap();
    bench
        .console
        .sign_in("old", &secret("an older password"), "")
        .await
        .unwrap();
    let hash = bench.store.user(old.id).await.unwrap().unwrap().password_hash;
    assert!(hash.expose().contains("m=47104,t=2,p=1"));
    bench
        .console
        .sign_in("old", &secret("an older password"), "")
        .await
        .unwrap();
}

fn cheap_hash(password: &str) -> String {
    use argon2::password_hash::PasswordHasher;
    use argon2::password_hash::phc::PasswordHash;
    let params = argon2::Params::new(1_024, 1, 1, None).unwrap();
    let hasher = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, params);
    let hash: PasswordHash = hasher
        .hash_password_with_salt(password.as_bytes(), b"sixteen bytes ok")
        .unwrap();
    hash.to_string()
}

#[tokio::test]
async fn ones_own_password_needs_the_current_one_and_ends_the_other_sessions() {
    let (bench, ada) = Bench::with_administrator().await;
    let other = bench.session_of(ada.user).await;
    let new = secret("a much newer password");
    let wrong = bench
        .console
        .change_own_password(&ada, &secret("a wrong guess"), &new)
        .await;
    assert!(matches!(wrong.unwrap_err().problem(), Problem::Invalid { field, .. } if field == "current"));
    assert_eq!(bench.newest().await, "ada change-password refused account ada");
    let short = bench
        .console
        .change_own_password(&ada, &secret(PASSWORD), &secret("short"))
        .await;
    assert!(matches!(short.unwrap_err().problem(), Problem::Invalid { field, .. } if field == "password"));

    let mut changes = bench.console.changes().follow();
    bench
        .console
        .change_own_password(&ada, &secret(PASSWORD), &new)
        .await
        .unwrap();
    assert_eq!(changes.recv().await.unwrap().change, Change::Rights(ada.user));
    let left = bench.console.own_sessions(&ada).await.unwrap();
    assert_eq!(left.len(), 1);
    assert!(left[0].current);
    assert_ne!(lighthouse_core::access::Proof::Session(left[0].id), other.proof);
    assert!(bench.console.sign_in("ada", &secret(PASSWORD), "").await.is_err());
    bench.console.sign_in("ada", &new, "").await.unwrap();
}

#[tokio::test]
async fn at_the_machine_itself_a_password_can_be_given_to_anybody() {
    let (bench, ada) = Bench::with_administrator().await;
    let eve = bench.person(&ada, "eve", Role::Viewer).await;
    bench.store.set_enabled(eve.user, false).await.unwrap();
    let new = secret("a much newer password");
    let reset =
        async |name: &str| accounts::local::reset_password(&bench.store, &*bench.clock, name, &new).await;
    reset("eve").await.unwrap();
    let missing = reset("nobody").await.unwrap_err();
    assert!(matches!(missing.problem(), Problem::NotFound { .. }));
    assert_eq!(bench.console.sign_in("eve", &new, "").await.unwrap(), eve.user);
    let left = bench
        .store
        .sessions(Some(eve.user), bench.clock.now())
        .await
        .unwrap();
    assert!(left.is_empty());
}
