//! Signing in and the first run: plain forms that work without scripts.

use lighthouse_app::Visit;
use lighthouse_model::Problem;

use crate::page::render;

#[tokio::test]
async fn the_sign_in_form_is_plain_and_leads_back() {
    let html = render(
        "/lighthouse",
        "/login?next=%2Flighthouse%2Fhosts",
        Visit::default(),
    );
    assert!(html.contains("action=\"/lighthouse/login\""), "{html}");
    assert!(html.contains("method=\"post\""), "{html}");
    assert!(html.contains("value=\"/lighthouse/hosts\""), "{html}");
    assert!(html.contains("Sign in"), "{html}");
    assert!(!html.contains("<nav"), "a stranger sees no navigation: {html}");
}

#[tokio::test]
async fn a_form_that_comes_back_keeps_the_name_and_says_what_was_wrong() {
    let visit = Visit {
        problem: Some(Problem::SignInFailed),
        name: "ada\"><script>".to_owned(),
        next: "/containers?q=a".to_owned(),
        ..Visit::default()
    };
    let html = render("", "/login", visit);
    assert!(html.contains("role=\"alert\""), "{html}");
    assert!(!html.contains("ada\"><script>"), "{html}");
    assert!(html.contains("ada"), "{html}");
    assert!(html.contains("/containers?q=a"), "{html}");
}

#[tokio::test]
async fn the_first_run_form_carries_its_token() {
    let html = render("", "/setup?token=abc123", Visit::default());
    assert!(html.contains("value=\"abc123\""), "{html}");
    assert!(html.contains("action=\"/setup\""), "{html}");
}
