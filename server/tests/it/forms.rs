//! The forms of administration, sent as a browser without a script sends them.

use lighthouse_model::Role;

use crate::console::{Bench, Pass};

fn cookie_of(pass: &Pass) -> Option<&str> {
    match pass {
        Pass::Cookie(cookie) => Some(cookie),
        _ => None,
    }
}

#[tokio::test]
async fn a_form_leads_back_to_its_page_which_says_what_was_done() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("administrator").await;
    let fields = "call=pools%2Fadd&name=eu&query=name%3Ah*";
    let answer = bench.form("/hosts", fields, cookie_of(&pass)).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.location(), "/hosts?said=pools/add");
    let page = bench.get(&pass, answer.location()).await;
    assert!(page.body.contains("Pool made."), "{}", page.body);
    assert!(page.body.contains("Remove pool eu"), "{}", page.body);
}

#[tokio::test]
async fn a_form_that_is_refused_comes_back_with_the_reason() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("administrator").await;
    let fields = "call=users%2Fadd&name=ada&password%3Asecret=short&role=viewer";
    let answer = bench.form("/access", fields, cookie_of(&pass)).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(answer.body.contains("role=\"alert\""), "{}", answer.body);
    assert!(answer.body.contains("at least 10 characters"), "{}", answer.body);
    assert!(!answer.body.contains("value=\"short\""), "{}", answer.body);
}

#[tokio::test]
async fn a_new_token_is_shown_once() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("viewer").await;
    let fields = "call=tokens%2Fadd&name=script&scope%3Ajson=%5B%22container%3Aview%22%5D&days%3Anumber=7";
    let answer = bench.form("/settings", fields, cookie_of(&pass)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("Copy it now"), "{}", answer.body);
    let page = bench.get(&pass, "/settings").await;
    assert!(page.body.contains("Revoke token script"), "{}", page.body);
    assert!(!page.body.contains("Copy it now"), "{}", page.body);
}

#[tokio::test]
async fn forms_ask_for_the_same_rights_as_the_calls_behind_them() {
    let bench = Bench::new().await;
    for role in [Role::Viewer, Role::Operator] {
        let pass = bench.signed_in(role.as_str()).await;
        for (page, fields) in [
            (
                "/access",
                "call=users%2Fadd&name=ada&password%3Asecret=long+enough+here&role=viewer",
            ),
            ("/hosts", "call=pools%2Fadd&name=eu&query="),
            (
                "/settings",
                "call=credentials%2Fsave&registry=r&username=u&secret%3Asecret=s",
            ),
        ] {
            let answer = bench.form(page, fields, cookie_of(&pass)).await;
            assert!(
                [403, 404].contains(&answer.status.as_u16()),
                "{role} {page}: {}",
                answer.status
            );
        }
    }
    let stranger = bench.form("/access", "call=users%2Flist", None).await;
    assert_eq!(stranger.status, 303);
    assert!(
        stranger.location().starts_with("/login"),
        "{}",
        stranger.location()
    );
}

#[tokio::test]
async fn only_calls_that_forms_make_can_be_made_by_forms() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("administrator").await;
    for fields in ["call=users%2Flist", "call=..%2Fv1%2Fhosts", "name=x"] {
        let answer = bench.form("/access", fields, cookie_of(&pass)).await;
        assert_eq!(answer.status, 404, "{fields}");
    }
}
