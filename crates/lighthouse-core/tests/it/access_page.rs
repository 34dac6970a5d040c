//! Accounts, sessions, tokens and credentials as people manage them.

use std::time::Duration;

use lighthouse_core::access::{Proof, Target, authorize, right};
use lighthouse_core::accounts::{TokenRequest, UserChange};
use lighthouse_core::change::Change;
use lighthouse_core::{Clock, Viewer};
use lighthouse_model::{Action, Permission, PermissionSet, Problem, Role};

use crate::people::{Bench, PASSWORD, grant, secret};

fn on(viewer: &Viewer, person: &Viewer) -> lighthouse_core::Grant<right::UsersManage> {
    grant(viewer, Target::User(person.user))
}

fn role(role: Role) -> UserChange {
    UserChange {
        role: Some(role),
        ..UserChange::default()
    }
}

fn enabled(enabled: bool) -> UserChange {
    UserChange {
        enabled: Some(enabled),
        ..UserChange::default()
    }
}

#[tokio::test]
async fn an_administrator_makes_changes_and_removes_accounts() {
    let (bench, ada) = Bench::with_administrator().await;
    let console = &bench.console;
    let bob = bench.person(&ada, "bob", Role::Viewer).await;
    assert_eq!(bench.newest().await, "ada add-user done account bob");
    let everyone = grant(&ada, Target::Installation);
    let taken = console
        .add_user(&everyone, "bob", &secret(PASSWORD), Role::Viewer)
        .await;
    assert!(matches!(taken.unwrap_err().problem(), Problem::NameTaken { .. }));
    for (name, password, expected) in [("Bob", PASSWORD, "name"), ("eve", "short", "password")] {
        let bad = console
            .add_user(&everyone, name, &secret(password), Role::Viewer)
            .await;
        let error = bad.unwrap_err();
        assert!(
            matches!(error.problem(), Problem::Invalid { field, .. } if field == expected),
            "{error}"
        );
    }
    let rows = console.users(&everyone).await.unwrap();
    let names: Vec<_> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["ada", "bob"]);
    assert!(rows[1].allowed.contains(Action::Remove));

    let mut changes = console.changes().follow();
    let row = console
        .change_user(&on(&ada, &bob), role(Role::Operator))
        .await
        .unwrap();
    assert_eq!(row.role, Role::Operator);
    assert_eq!(changes.recv().await.unwrap().change, Change::Rights(bob.user));
    let now = console.viewer(bob.user, bob.proof, "").await.unwrap().unwrap();
    assert!(now.may(Permission::ApplicationDeploy));

    let row = console
        .change_user(&on(&ada, &bob), enabled(false))
        .await
        .unwrap();
    assert!(!row.enabled);
    assert_eq!(changes.recv().await.unwrap().change, Change::Rights(bob.user));
    assert_eq!(console.viewer(bob.user, bob.proof, "").await.unwrap(), None);
    assert!(console.own_sessions(&bob).await.unwrap().is_empty());

    let newer = UserChange {
        enabled: Some(true),
        password: Some(secret("a much newer password")),
        ..UserChange::default()
    };
    console.change_user(&on(&ada, &bob), newer).await.unwrap();
    console
        .sign_in("bob", &secret("a much newer password"), "")
        .await
        .unwrap();

    console.remove_user(&on(&ada, &bob)).await.unwrap();
    let gone = console.remove_user(&on(&ada, &bob)).await.unwrap_err();
    assert!(matches!(gone.problem(), Problem::NotFound { .. }));
    let words: Vec<_> = bench.record().await.into_iter().map(|row| row.action).collect();
    for action in [
        "add-user",
        "change-role",
        "disable-user",
        "reset-password",
        "enable-user",
        "remove-user",
    ] {
        assert!(words.iter().any(|word| word == action), "{action}");
    }
}

#[tokio::test]
async fn somebody_who_may_let_others_in_always_stays() {
    let (bench, ada) = Bench::with_administrator().await;
    let console = &bench.console;
    for refused in [
        console
            .change_user(&on(&ada, &ada), role(Role::Viewer))
            .await
            .map(drop),
        console
            .change_user(&on(&ada, &ada), enabled(false))
            .await
            .map(drop),
        console.remove_user(&on(&ada, &ada)).await,
    ] {
        let error = refused.unwrap_err();
        assert!(error.to_string().contains("last administrator"), "{error}");
    }
    let eve = bench.person(&ada, "eve", Role::Administrator).await;
    console.remove_user(&on(&eve, &ada)).await.unwrap();
    assert_eq!(console.viewer(ada.user, ada.proof, "").await.unwrap(), None);
}

#[tokio::test]
async fn a_token_for_managing_users_makes_no_administrator() {
    let (bench, ada) = Bench::with_administrator().await;
    let console = &bench.console;
    let request = TokenRequest {
        name: "user robot".to_owned(),
        scope: Some(Role::Viewer.permissions().with(Permission::UsersManage)),
        days: None,
    };
    let token = console.add_token(&ada, request).await.unwrap();
    let robot = console
        .viewer_of_token(&secret(&token.secret), "10.0.0.9")
        .await
        .unwrap()
        .unwrap();
    let everyone = grant(&robot, Target::Installation);
    console
        .add_user(&everyone, "eve", &secret(PASSWORD), Role::Viewer)
        .await
        .unwrap();
    let more = console
        .add_user(&everyone, "mallory", &secret(PASSWORD), Role::Administrator)
        .await;
    assert!(matches!(more.unwrap_err().problem(), Problem::Forbidden { .. }));
    let takeover = UserChange {
        password: Some(secret("a much newer password")),
        ..UserChange::default()
    };
    let over = console.change_user(&on(&robot, &ada), takeover).await;
    assert!(matches!(over.unwrap_err().problem(), Problem::Forbidden { .. }));
    // With a token alone nobody takes an account over: the password is asked for.
    let own = console
        .change_own_password(&robot, &secret("a wrong guess"), &secret("another password"))
        .await;
    assert!(matches!(own.unwrap_err().problem(), Problem::Invalid { .. }));
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_owner_or_an_administrator() {
    let (bench, ada) = Bench::with_administrator().await;
    let console = &bench.console;
    let bob = bench.person(&ada, "bob", Role::Viewer).await;
    bench.clock.advance(Duration::from_secs(1));
    let phone = bench.session_of(bob.user).await;
    let Proof::Session(bobs) = bob.proof else { panic!() };
    let Proof::Session(adas) = ada.proof else { panic!() };

    let own = console.own_sessions(&bob).await.unwrap();
    assert_eq!(
        own.iter().map(|one| one.current).collect::<Vec<_>>(),
        [false, true]
    );
    assert!(own.iter().all(|one| one.user_name == "bob"));
    let not_his = console.end_own_session(&bob, adas).await.unwrap_err();
    assert!(matches!(not_his.problem(), Problem::NotFound { .. }));

    console.end_other_sessions(&bob).await.unwrap();
    assert_eq!(console.own_sessions(&phone).await.unwrap().len(), 1);
    let all = console
        .all_sessions(&grant(&ada, Target::Installation))
        .await
        .unwrap();
    assert_eq!(all.len(), 2);
    let mut changes = console.changes().follow();
    console
        .end_session(&grant(&ada, Target::Installation), bobs)
        .await
        .unwrap();
    assert_eq!(changes.recv().await.unwrap().change, Change::Rights(bob.user));
    assert_eq!(
        bench.newest().await,
        "ada end-session done a session of account bob"
    );
    assert!(!console.session_lives(bob.user, bobs).await.unwrap());
    console.end_own_session(&ada, adas).await.unwrap();
    assert!(authorize::<right::UsersManage>(&bob, Target::Installation).is_err());
}

#[tokio::test]
async fn a_token_has_the_rights_that_both_it_and_its_owner_have_now() {
    let (bench, ada) = Bench::with_administrator().await;
    let console = &bench.console;
    let bob = bench.person(&ada, "bob", Role::Operator).await;
    let scope: PermissionSet = [Permission::ContainerView, Permission::ContainerOperate]
        .into_iter()
        .collect();
    let request = TokenRequest {
        name: " a script ".to_owned(),
        scope: Some(scope),
        days: None,
    };
    let made = console.add_token(&bob, request.clone()).await.unwrap();
    assert_eq!(made.row.name, "a script");
    assert!(made.secret.starts_with("lh_") && made.secret.len() >= 35);
    assert_eq!(made.row.expires_at - bench.clock.now(), 90 * 86_400_000);
    let token = secret(&made.secret);
    let viewer = console
        .viewer_of_token(&token, "10.0.0.7")
        .await
        .unwrap()
        .unwrap();
    assert_eq!((viewer.user, viewer.permissions), (bob.user, scope));
    assert_eq!(viewer.address, "10.0.0.7");
    assert_eq!(
        console.tokens(&bob).await.unwrap()[0].last_used,
        Some(bench.clock.now())
    );
    assert!(console.tokens(&ada).await.unwrap().is_empty());

    // The use is kept to the minute: a second one in it writes nothing.
    let writes = bench.store.writes();
    console.viewer_of_token(&token, "10.0.0.7").await.unwrap();
    assert_eq!(bench.store.writes(), writes);
    // And a store that cannot write still lets readers in.
    bench.clock.advance(Duration::from_secs(61));
    bench.store.limit_writes(Some(0));
    assert!(
        console
            .viewer_of_token(&token, "10.0.0.7")
            .await
            .unwrap()
            .is_some()
    );
    bench.store.limit_writes(None);

    console
        .change_user(&on(&ada, &bob), role(Role::Viewer))
        .await
        .unwrap();
    let viewer = console.viewer_of_token(&token, "").await.unwrap().unwrap();
    assert_eq!(
        viewer.permissions,
        [Permission::ContainerView].into_iter().collect()
    );
    console
        .change_user(&on(&ada, &bob), enabled(false))
        .await
        .unwrap();
    assert_eq!(console.viewer_of_token(&token, "").await.unwrap(), None);
    console.change_user(&on(&ada, &bob), enabled(true)).await.unwrap();
    bench.clock.advance(Duration::from_secs(90 * 86_400));
    assert_eq!(console.viewer_of_token(&token, "").await.unwrap(), None);
    for stranger in ["lh_0000", "", "another", &made.secret[1..]] {
        assert_eq!(
            console.viewer_of_token(&secret(stranger), "").await.unwrap(),
            None
        );
    }
    let all = format!("{:?}", bench.record().await);
    assert!(!all.contains(&made.secret) && !all.contains(PASSWORD));
}

#[tokio::test]
async fn a_token_is_never_wider_or_longer_than_its_maker() {
    let (bench, ada) = Bench::with_administrator().await;
    let console = &bench.console;
    let bob = bench.person(&ada, "bob", Role::Viewer).await;
    let ask = |scope: Option<PermissionSet>, days| TokenRequest {
        name: "a script".to_owned(),
        scope,
        days,
    };
    let wide = console
        .add_token(&bob, ask(Some(Role::Operator.permissions()), None))
        .await;
    assert!(matches!(wide.unwrap_err().problem(), Problem::Forbidden { .. }));
    for (request, expected) in [
        (ask(Some(PermissionSet::EMPTY), None), "scope"),
        (ask(None, Some(0)), "days"),
        (ask(None, Some(366)), "days"),
        (TokenRequest::default(), "name"),
    ] {
        let error = console.add_token(&bob, request).await.unwrap_err();
        assert!(
            matches!(error.problem(), Problem::Invalid { field, .. } if field == expected),
            "{error}"
        );
    }
    let short = console.add_token(&bob, ask(None, Some(1))).await.unwrap();
    assert_eq!(short.row.scope, Role::Viewer.permissions());
    let robot = console
        .viewer_of_token(&secret(&short.secret), "")
        .await
        .unwrap()
        .unwrap();
    let child = console.add_token(&robot, ask(None, Some(365))).await.unwrap();
    assert_eq!(child.row.expires_at, short.row.expires_at);

    let not_his = console.revoke_token(&ada, short.row.id).await.unwrap_err();
    assert!(matches!(not_his.problem(), Problem::NotFound { .. }));
    let mut changes = console.changes().follow();
    console.revoke_token(&bob, short.row.id).await.unwrap();
    assert_eq!(changes.recv().await.unwrap().change, Change::Rights(bob.user));
    assert_eq!(
        console.viewer_of_token(&secret(&short.secret), "").await.unwrap(),
        None
    );
}

#[tokio::test]
async fn registry_credentials_are_write_only() {
    let (bench, ada) = Bench::with_administrator().await;
    let console = &bench.console;
    let right = grant::<right::RegistryManage>(&ada, Target::Installation);
    let save = async |registry: &str, username: &str, text: &str| {
        console
            .save_credential(&right, registry, username, secret(text))
            .await
    };
    let row = save("https://Registry.Example:5000/v2/", "robot", "hunter2")
        .await
        .unwrap();
    assert_eq!(row.registry, "registry.example:5000");
    let newer = save("registry.example:5000", "robot", "hunter3").await.unwrap();
    assert_eq!(
        console.credentials(&right).await.unwrap(),
        std::slice::from_ref(&newer)
    );
    for (registry, username, text, expected) in [
        ("two words", "robot", "x", "registry"),
        ("registry.example", "", "x", "username"),
        ("registry.example", "robot", "", "secret"),
    ] {
        let error = save(registry, username, text).await.unwrap_err();
        assert!(
            matches!(error.problem(), Problem::Invalid { field, .. } if field == expected),
            "{error}"
        );
    }
    console.remove_credential(&right, newer.id).await.unwrap();
    assert!(console.remove_credential(&right, newer.id).await.is_err());
    let all = format!("{:?}", bench.record().await);
    assert!(all.contains("save-credential") && all.contains("remove-credential"));
    assert!(!all.contains("hunter"));
}

#[tokio::test]
async fn the_record_is_read_in_pages_and_notes_refusals() {
    let (bench, ada) = Bench::with_administrator().await;
    let console = &bench.console;
    let bob = bench.person(&ada, "bob", Role::Viewer).await;
    authorize::<right::ContainerOperate>(&bob, Target::Installation).unwrap_err();
    console.note_refusals(&bob, "stop containers").await;
    // Written down once.
    console.note_refusals(&bob, "look").await;
    let right = grant::<right::AuditView>(&ada, Target::Installation);
    let page = console.audit(&right, None, 1).await.unwrap();
    assert_eq!(page.len(), 1);
    assert_eq!(page[0].actor, "bob");
    assert_eq!(page[0].action, "container:operate");
    assert_eq!(page[0].detail, "asked by stop containers");
    let rest = console.audit(&right, Some(page[0].n), 100).await.unwrap();
    let words: Vec<_> = rest.iter().map(|row| row.action.as_str()).collect();
    assert_eq!(words, ["add-user", "set-up"]);
    assert!(authorize::<right::AuditView>(&bob, Target::Installation).is_err());
}
