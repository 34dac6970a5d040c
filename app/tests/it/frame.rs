//! What stands around a page, by who looks at it.

use lighthouse_app::Visit;
use lighthouse_model::Role;

use crate::page::{render, viewer};

fn frame(base: &str, role: Role) -> String {
    let visit = Visit {
        viewer: Some(viewer(role)),
        ..Visit::default()
    };
    // No page lives here: the frame alone is rendered.
    render(base, "/nowhere", visit)
}

#[tokio::test]
async fn the_navigation_has_what_the_role_may_see() {
    let html = frame("", Role::Viewer);
    assert!(html.contains("href=\"/containers\""), "{html}");
    assert!(!html.contains("href=\"/access\""), "{html}");
    assert!(frame("", Role::Administrator).contains("href=\"/access\""));
}

#[tokio::test]
async fn every_link_stays_below_the_base_path() {
    let html = frame("/lighthouse", Role::Administrator);
    for (at, _) in html.match_indices("href=\"/") {
        assert!(
            html[at..].starts_with("href=\"/lighthouse/"),
            "{}",
            &html[at..at + 60]
        );
    }
    for (at, _) in html.match_indices("action=\"/") {
        assert!(
            html[at..].starts_with("action=\"/lighthouse/"),
            "{}",
            &html[at..at + 60]
        );
    }
}

#[tokio::test]
async fn no_element_has_a_style_attribute_or_an_inline_handler() {
    let html = frame("", Role::Administrator);
    assert!(!html.contains(" style="), "{html}");
    assert!(!html.contains(" onclick="), "{html}");
}
