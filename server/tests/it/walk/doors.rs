//! Pages and forms: who comes in, and where strangers are sent.

use http::Method;
use lighthouse_model::Role;

use crate::console::{Bench, Pass};

/// Every page for people who are signed in.
fn pages(container: &str) -> Vec<String> {
    let container = format!("/containers/h1/{container}");
    [
        "/",
        "/applications",
        "/applications/new",
        "/applications/shop",
        "/containers",
        "/containers?q=state:running",
        &container,
        "/hosts",
        "/hosts/h1",
        "/operations",
        "/operations/00000000-0000-7000-8000-00000000dead",
        "/logs",
        "/access",
        "/settings",
        "/no-such-page",
    ]
    .map(str::to_owned)
    .to_vec()
}

#[tokio::test]
async fn a_stranger_is_sent_to_sign_in_from_every_page() {
    let bench = Bench::new().await;
    for page in pages(&bench.container) {
        let answer = bench.get(&Pass::Nothing, &page).await;
        assert_eq!(answer.status, 303, "{page}");
        assert!(answer.location().starts_with("/login"), "{page}");
        assert!(answer.body.is_empty(), "{page} tells a stranger something");
    }
}

#[tokio::test]
async fn everybody_with_an_account_gets_an_answer_on_every_page() {
    let bench = Bench::new().await;
    for role in Role::ALL {
        let pass = bench.signed_in(role.as_str()).await;
        for page in pages(&bench.container) {
            let answer = bench.get(&pass, &page).await;
            let missing = ["/no-such-page", "/applications/shop"].contains(&page.as_str())
                || page.starts_with("/operations/")
                || (page == "/access" && *role != Role::Administrator)
                || (page == "/applications/new" && *role == Role::Viewer);
            let right = if missing {
                answer.status == 404 || answer.status == 403
            } else {
                answer.status == 200
            };
            assert!(right, "{role} {page}: {}", answer.status);
            assert!(answer.body.contains("<html"), "{role} {page}");
        }
    }
}

#[tokio::test]
async fn nothing_but_reading_can_be_done_to_a_page() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("administrator").await;
    for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
        let answer = bench.ask(&pass, method.clone(), "/containers", None).await;
        assert_eq!(answer.status, 405, "{method}");
    }
}

#[tokio::test]
async fn health_is_told_to_everybody() {
    let bench = Bench::bare().await;
    for path in ["/healthz", "/readyz"] {
        let answer = bench.get(&Pass::Nothing, path).await;
        assert_eq!(
            (answer.status.as_u16(), answer.body.as_str()),
            (200, "ok\n"),
            "{path}"
        );
    }
}
