//! The HTML of each page for each role: it shows what there is, and no control that the role may not use.

use http::{Method, StatusCode};
use lighthouse_model::Role;
use lighthouse_testkit::fake::FakeEngine;
use serde_json::json;

use crate::console::{Bench, Pass};

/// Controls by their accessible name with the least role that may use them.
const CONTROLS: &[(&str, Role)] = &[
    ("Add host", Role::Administrator),
    ("Edit labels", Role::Administrator),
    ("Remove host", Role::Administrator),
    ("New pool", Role::Administrator),
    ("Terminal", Role::Administrator),
    ("Access", Role::Administrator),
    ("New person", Role::Administrator),
    ("New application", Role::Operator),
    ("Deploy your first application", Role::Operator),
    ("Deploy", Role::Operator),
    ("Roll back", Role::Operator),
    ("Scale", Role::Operator),
    ("Start", Role::Operator),
    ("Stop", Role::Operator),
    ("Restart", Role::Operator),
    ("Remove", Role::Operator),
    ("Cancel operation", Role::Operator),
];

fn pages(bench: &Bench) -> Vec<String> {
    let container = format!("/containers/h1/{}", bench.container);
    [
        "/",
        "/applications",
        "/applications/new",
        "/containers",
        &container,
        "/hosts",
        "/hosts/h1",
        "/operations",
        "/logs",
        "/access",
        "/settings",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// The accessible names of buttons and links: their text, or their label.
fn names(html: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (open, close) in [
        ("<button", "</button>"),
        ("<a ", "</a>"),
        ("<summary", "</summary>"),
    ] {
        for rest in html.split(open).skip(1) {
            let element = rest.split(close).next().unwrap_or_default();
            let (attributes, content) = element.split_once('>').unwrap_or((element, ""));
            if let Some(label) = attributes.split("aria-label=\"").nth(1) {
                names.push(label.split('"').next().unwrap_or_default().to_owned());
            }
            names.push(text(content));
        }
    }
    names
}

/// What is between tags.
fn text(html: &str) -> String {
    let mut depth = 0_usize;
    let mut text = String::new();
    for c in html.chars() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            c if depth == 0 => text.push(c),
            _ => {}
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `Stop`, and `Stop web` or `Remove h1` too.
fn is_for(name: &str, control: &str) -> bool {
    name == control
        || name
            .strip_prefix(control)
            .is_some_and(|rest| rest.starts_with(' '))
}

#[tokio::test]
async fn no_page_holds_a_control_that_its_viewer_may_not_use() {
    let bench = Bench::new().await;
    let mut wrong = Vec::new();
    for role in Role::ALL {
        let pass = bench.signed_in(role.as_str()).await;
        for page in pages(&bench) {
            let answer = bench.get(&pass, &page).await;
            for name in names(&answer.body) {
                for (control, least) in CONTROLS {
                    if is_for(&name, control) && role < least {
                        wrong.push(format!("{role} on {page}: `{name}`"));
                    }
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[tokio::test]
async fn an_administrator_finds_the_controls() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("administrator").await;
    let container = format!("/containers/h1/{}", bench.container);
    for (page, control) in [
        ("/hosts", "Add host"),
        ("/applications", "New application"),
        ("/hosts/h1", "Remove host"),
        (&*container, "Terminal"),
        (&*container, "Stop"),
        ("/", "Access"),
    ] {
        let answer = bench.get(&pass, page).await;
        let names = names(&answer.body);
        assert!(
            names.iter().any(|name| is_for(name, control)),
            "{page}: {control}: {names:?}"
        );
    }
}

#[tokio::test]
async fn pages_come_with_real_rows() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("viewer").await;
    for (page, words) in [
        ("/hosts", &["h1"][..]),
        ("/containers", &["web", "sample:1", "h1"][..]),
        ("/containers?q=name:web", &["sample:1"][..]),
        ("/hosts/h1", &["h1", "web"][..]),
    ] {
        let answer = bench.get(&pass, page).await;
        let text = text(&answer.body);
        for word in words {
            assert!(text.contains(word), "{page}: {word}");
        }
    }
    let none = bench.get(&pass, "/containers?q=name:none").await;
    assert!(!none.body.contains("sample:1"));
}

#[tokio::test]
async fn the_environment_is_for_those_with_the_right() {
    let bench = Bench::new().await;
    let page = format!("/containers/h1/{}", bench.container);
    for role in Role::ALL {
        let pass = bench.signed_in(role.as_str()).await;
        let seen = bench.get(&pass, &page).await.body.contains("xyzzy");
        let told = bench
            .get(&pass, &format!("/api/v1{page}"))
            .await
            .body
            .contains("xyzzy");
        let may = *role == Role::Administrator;
        assert_eq!(told, may, "{role}");
        assert!(!seen || may, "{role}");
    }
}

#[tokio::test]
async fn who_is_looking_stands_on_the_page() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("operator").await;
    let page = bench.get(&pass, "/").await;
    assert!(text(&page.body).contains("operator"));
    let stranger = bench.get(&Pass::Nothing, "/login").await;
    assert!(names(&stranger.body).iter().any(|name| name == "Sign in"));
}

#[tokio::test]
async fn a_host_without_tls_is_marked_on_every_page() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("administrator").await;
    let marked = |page: &str| text(page).contains("1 insecure host");
    let before = bench.get(&pass, "/operations").await;
    assert!(!marked(&before.body));
    // This machine, by an address that is none of the loopback's.
    let engine = FakeEngine::on_tcp().await.unwrap();
    let now = |info: &mut serde_json::Value| info["SystemTime"] = "2026-01-01T00:00:00Z".into();
    engine.on("GET", "/info").edit(now);
    let address = engine.tcp().replace("127.0.0.1", "0.0.0.0");
    let host = json!({
        "name": "open",
        "connection": {"kind": "plain", "address": address, "insecure": true},
    });
    let added = bench.ask(&pass, Method::POST, "/api/v1/hosts", Some(host)).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
    for page in pages(&bench) {
        assert!(marked(&bench.get(&pass, &page).await.body), "{page}");
    }
}
