//! Coming in, going out, and the first run.

use std::time::Duration;

use http::Method;
use lighthouse_core::access::right;
use lighthouse_core::accounts::UserChange;
use lighthouse_core::{Target, authorize};
use lighthouse_model::{Permission, PermissionSet, Role};
use serde_json::json;

use crate::console::{Bench, PASSWORD, Pass, TOKEN};

fn fields(name: &str, password: &str, next: &str) -> String {
    let next = next
        .replace('%', "%25")
        .replace('&', "%26")
        .replace('=', "%3D")
        .replace('?', "%3F");
    format!("name={name}&password={}&next={next}", password.replace(' ', "+"))
}

async fn change(bench: &Bench, name: &str, change: UserChange) {
    let boss = bench.person("administrator").await;
    let target = Target::User(bench.id_of(name).await);
    let grant = authorize::<right::UsersManage>(&boss, target).unwrap();
    bench.console.change_user(&grant, change).await.unwrap();
}

#[tokio::test]
async fn a_deep_link_comes_back_to_exactly_its_place() {
    let bench = Bench::new().await;
    for wanted in [
        "/hosts",
        "/containers?q=app:shop&sort=name",
        "/containers/h1/abc?tab=log",
        "/containers?q=name:two%20words",
        "/containers?q=label.a:x%2F%26y",
    ] {
        let answer = bench.get(&Pass::Nothing, wanted).await;
        assert_eq!(answer.status, 303);
        let login = answer.location().to_owned();
        assert!(login.starts_with("/login?next=/"), "{login}");
        let page = bench.get(&Pass::Nothing, &login).await;
        assert_eq!(page.status, 200);
        // What the hidden field of the form holds is what is sent.
        let kept = wanted.replace('&', "&amp;");
        assert!(
            page.body.contains(&format!("value=\"{kept}\"")),
            "{wanted}: {}",
            page.body
        );
        let answer = bench
            .form("/login", &fields("viewer", PASSWORD, wanted), None)
            .await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, wanted));
    }
}

#[tokio::test]
async fn nobody_is_led_to_another_site() {
    let bench = Bench::new().await;
    for bad in [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
    ] {
        let answer = bench.form("/login", &fields("viewer", PASSWORD, bad), None).await;
        assert_eq!((answer.status.as_u16(), answer.location()), (303, "/"), "{bad}");
    }
}

#[tokio::test]
async fn of_a_hundred_first_runs_exactly_one_succeeds() {
    let bench = Bench::bare().await;
    let attempts = (0..100).map(|n| {
        let fields = format!("token={TOKEN}&name=boss-{n}&password=correct+horse+battery");
        let bench = &bench;
        async move { bench.form("/setup", &fields, None).await.status.as_u16() }
    });
    let statuses = futures::future::join_all(attempts).await;
    assert_eq!(
        statuses.iter().filter(|status| **status == 303).count(),
        1,
        "{statuses:?}"
    );
    assert!(
        statuses
            .iter()
            .all(|status| [303, 409, 429, 503].contains(status)),
        "{statuses:?}"
    );
    let boss = lighthouse_core::store::AccountStore::users(&bench.store)
        .await
        .unwrap();
    assert_eq!(boss.len(), 1);
    assert_eq!(boss[0].role, Role::Administrator);
}

#[tokio::test]
async fn the_first_run_needs_the_token_of_the_link() {
    let bench = Bench::bare().await;
    let wrong = bench
        .form("/setup", "token=x&name=boss&password=correct+horse+battery", None)
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.cookie().is_none());
    assert!(!wrong.body.contains("correct horse"), "the password came back");
    let opened = bench.get(&Pass::Nothing, &format!("/setup?token={TOKEN}")).await;
    assert_eq!(opened.status, 200, "opening the link changes nothing");
    let right = format!("token={TOKEN}&name=boss&password=correct+horse+battery");
    let right = bench.form("/setup", &right, None).await;
    assert_eq!(right.status, 303);
    let boss = Pass::Cookie(right.cookie().unwrap());
    assert_eq!(bench.get(&boss, "/access").await.status, 200);
}

#[tokio::test]
async fn an_unknown_name_and_a_wrong_password_are_one_answer() {
    let bench = Bench::new().await;
    let unknown = bench
        .form("/login", &fields("nobody", "wrong password", "/"), None)
        .await;
    let wrong = bench
        .form("/login", &fields("viewer", "wrong password", "/"), None)
        .await;
    assert_eq!((unknown.status.as_u16(), wrong.status.as_u16()), (401, 401));
    assert!(unknown.cookie().is_none() && wrong.cookie().is_none());
    // The name that was typed, and what is made anew for every page, aside.
    let plain = |body: &str, name: &str| {
        let body = body.split("<main").nth(1).unwrap_or(body);
        let body = body.split("</main").next().unwrap_or(body);
        body.replace(name, "NAME")
    };
    assert_eq!(plain(&unknown.body, "nobody"), plain(&wrong.body, "viewer"));
    assert!(!wrong.body.contains("wrong password\""), "the password came back");
}

#[tokio::test]
async fn an_account_is_tried_ten_times_and_then_later() {
    let bench = Bench::new().await;
    for _ in 0..10 {
        let answer = bench
            .form("/login", &fields("viewer", "wrong password", "/"), None)
            .await;
        assert_eq!(answer.status, 401);
    }
    let answer = bench.form("/login", &fields("viewer", PASSWORD, "/"), None).await;
    assert_eq!(answer.status, 429);
    assert!(answer.headers.contains_key("retry-after"));
    // Others are not held up, and nothing is locked for good.
    bench.signed_in("operator").await;
    bench.clock.advance(Duration::from_secs(15 * 60 + 1));
    bench.signed_in("viewer").await;
}

#[tokio::test]
async fn signing_out_ends_the_session_here_and_elsewhere_not() {
    let bench = Bench::new().await;
    let (one, other) = (bench.signed_in("viewer").await, bench.signed_in("viewer").await);
    let Pass::Cookie(cookie) = &one else {
        panic!("a session");
    };
    let answer = bench.form("/logout", "", Some(cookie)).await;
    assert_eq!((answer.status.as_u16(), answer.location()), (303, "/login"));
    // The browser forgets it, and a copy of it is worth nothing.
    let removal = answer.headers["set-cookie"].to_str().unwrap();
    assert!(removal.contains("Max-Age=0"), "{removal}");
    assert_eq!(bench.get(&one, "/hosts").await.status, 303);
    assert_eq!(bench.get(&one, "/api/v1/hosts").await.status, 401);
    assert_eq!(bench.get(&other, "/hosts").await.status, 200);
}

#[tokio::test]
async fn signing_in_gives_a_new_session_and_ends_the_one_before() {
    let bench = Bench::new().await;
    let Pass::Cookie(before) = bench.signed_in("viewer").await else {
        panic!("a session");
    };
    let answer = bench
        .form("/login", &fields("operator", PASSWORD, "/"), Some(&before))
        .await;
    let after = answer.cookie().unwrap();
    assert_ne!(before, after);
    assert_eq!(bench.get(&Pass::Cookie(before), "/hosts").await.status, 303);
    assert_eq!(bench.get(&Pass::Cookie(after), "/hosts").await.status, 200);
}

#[tokio::test]
async fn a_session_nobody_made_is_nobody() {
    let bench = Bench::new().await;
    for cookie in [
        "lighthouse_test=x",
        "lighthouse_test=AAAAAAAAAAAAAAAAAAAAAA",
        "lighthouse_test=",
    ] {
        let pass = Pass::Cookie(cookie.to_owned());
        assert_eq!(bench.get(&pass, "/hosts").await.status, 303, "{cookie}");
    }
}

#[tokio::test]
async fn a_revoked_session_is_over_at_once() {
    let bench = Bench::new().await;
    let (boss, one) = (
        bench.signed_in("administrator").await,
        bench.signed_in("viewer").await,
    );
    let listed = bench.get(&boss, "/api/v1/sessions?all=true").await.json();
    let session = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["user"] == "viewer");
    let path = format!("/api/v1/sessions/{}", session.unwrap()["id"].as_str().unwrap());
    // Another person's is not there for those who manage nobody.
    let other = bench.signed_in("operator").await;
    assert_eq!(bench.ask(&other, Method::DELETE, &path, None).await.status, 404);
    assert_eq!(bench.ask(&boss, Method::DELETE, &path, None).await.status, 204);
    assert_eq!(bench.get(&one, "/hosts").await.status, 303);
    assert_eq!(bench.get(&one, "/api/v1/hosts").await.status, 401);
}

#[tokio::test]
async fn a_session_in_use_lasts_and_an_idle_one_ends() {
    let bench = Bench::new().await;
    let (used, idle) = (bench.signed_in("viewer").await, bench.signed_in("viewer").await);
    for _ in 0..4 {
        bench.clock.advance(Duration::from_secs(5 * 24 * 60 * 60));
        let answer = bench.get(&used, "/hosts").await;
        assert_eq!(answer.status, 200);
        assert!(answer.cookie().is_some(), "the browser is told the new end");
    }
    assert_eq!(bench.get(&idle, "/hosts").await.status, 303);
    // Once a day is enough.
    assert!(bench.get(&used, "/hosts").await.cookie().is_none());
}

#[tokio::test]
async fn a_disabled_account_is_out_at_once_and_so_are_its_tokens() {
    let bench = Bench::new().await;
    let (session, token) = (
        bench.signed_in("operator").await,
        bench.token("operator", None).await,
    );
    assert_eq!(bench.get(&token, "/api/v1/hosts").await.status, 200);
    let disabled = UserChange {
        enabled: Some(false),
        ..UserChange::default()
    };
    change(&bench, "operator", disabled).await;
    assert_eq!(bench.get(&session, "/hosts").await.status, 303);
    assert_eq!(bench.get(&token, "/api/v1/hosts").await.status, 401);
    let answer = bench
        .form("/login", &fields("operator", PASSWORD, "/"), None)
        .await;
    assert_eq!(answer.status, 401);
}

#[tokio::test]
async fn a_role_taken_away_is_gone_at_the_next_request() {
    let bench = Bench::new().await;
    let (session, token) = (
        bench.signed_in("operator").await,
        bench.token("operator", None).await,
    );
    let lowered = UserChange {
        role: Some(Role::Viewer),
        ..UserChange::default()
    };
    change(&bench, "operator", lowered).await;
    for pass in [&session, &token] {
        let body = json!({"action": "stop", "containers": []});
        let answer = bench
            .ask(pass, Method::POST, "/api/v1/containers/actions", Some(body))
            .await;
        assert_eq!(answer.status, 403);
    }
}

#[tokio::test]
async fn a_token_may_what_it_was_made_for_and_makes_none_that_may_more() {
    let bench = Bench::new().await;
    let scope: PermissionSet = [Permission::HostView].into_iter().collect();
    let token = bench.token("administrator", Some(scope)).await;
    assert_eq!(bench.get(&token, "/api/v1/hosts").await.status, 200);
    assert_eq!(bench.get(&token, "/api/v1/users").await.status, 404);
    let wider = json!({"name": "wider", "scope": ["users:manage"]});
    let answer = bench
        .ask(&token, Method::POST, "/api/v1/tokens", Some(wider))
        .await;
    assert_eq!(answer.status, 403);
    let same = json!({"name": "same", "days": 30});
    let made = bench
        .ask(&token, Method::POST, "/api/v1/tokens", Some(same))
        .await;
    assert_eq!(made.status, 201, "{}", made.body);
    let made = made.json();
    assert_eq!(made["scope"], json!(["host:view"]));
    let child = Pass::Bearer(made["secret"].as_str().unwrap().to_owned());
    assert_eq!(bench.get(&child, "/api/v1/hosts").await.status, 200);
    // The secret is nowhere else.
    let listed = bench.get(&token, "/api/v1/tokens").await;
    assert!(!listed.body.contains(made["secret"].as_str().unwrap()));
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
    assert_eq!(bench.ask(&token, Method::DELETE, &path, None).await.status, 204);
    assert_eq!(bench.get(&child, "/api/v1/hosts").await.status, 401);
}

#[tokio::test]
async fn a_token_is_no_session_and_opens_no_page() {
    let bench = Bench::new().await;
    let token = bench.token("administrator", None).await;
    assert_eq!(bench.get(&token, "/hosts").await.status, 401);
}
