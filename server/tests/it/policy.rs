//! What every answer carries, and what no request gets away with.

use std::time::{Duration, Instant};

use axum::body::Body;
use http::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE};
use http::{Method, Request};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_util::sync::CancellationToken;

use crate::console::{AUTHORITY, Answer, Bench, OWN, PASSWORD, Pass, SESSION, answer};

/// The policy of a page and its nonce.
fn policy(answer: &Answer) -> (String, String) {
    let policy = answer.headers["content-security-policy"].to_str().unwrap();
    let nonce = policy
        .split("'nonce-")
        .nth(1)
        .unwrap()
        .split('\'')
        .next()
        .unwrap();
    (policy.replace(nonce, "R"), nonce.to_owned())
}

fn cookie_of(pass: &Pass) -> &str {
    match pass {
        Pass::Cookie(cookie) => cookie,
        _ => panic!("a session"),
    }
}

#[tokio::test]
async fn every_page_has_exactly_this_policy_and_a_nonce_of_its_own() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("administrator").await;
    let container = format!("/containers/h1/{}", bench.container);
    let mut nonces = std::collections::HashSet::new();
    for (pass, page) in [
        (&Pass::Nothing, "/login"),
        (&Pass::Nothing, "/setup?token=x"),
        (&pass, "/"),
        (&pass, "/hosts"),
        (&pass, "/containers"),
        (&pass, &*container),
        (&pass, "/access"),
        (&pass, "/no-such-page"),
    ] {
        let answer = bench.get(pass, page).await;
        let (policy, nonce) = policy(&answer);
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'nonce-R' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' \
             'nonce-R'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
            "{page}"
        );
        assert!(nonce.len() >= 16, "{page}: {nonce}");
        assert!(nonces.insert(nonce.clone()), "{page}: a nonce came twice");
        // Every script of the page is one of ours, and no element brings its own style.
        let scripts = answer.body.matches("<script").count();
        let ours = answer.body.matches(&format!("nonce=\"{nonce}\"")).count();
        assert!(ours >= scripts, "{page}: {scripts} scripts, {ours} nonces");
        assert!(!answer.body.contains(" style=\""), "{page}");
        assert!(!answer.body.contains(" onclick="), "{page}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_headers_and_stays_out_of_caches() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("viewer").await;
    for (pass, path) in [
        (&Pass::Nothing, "/login"),
        (&Pass::Nothing, "/hosts"),
        (&Pass::Nothing, "/api/v1/hosts"),
        (&Pass::Nothing, "/healthz"),
        (&pass, "/hosts"),
        (&pass, "/api/v1/hosts"),
        (&pass, "/api/v1/nothing"),
    ] {
        let answer = bench.get(pass, path).await;
        assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(answer.headers["referrer-policy"], "same-origin", "{path}");
        assert_eq!(
            answer.headers["cross-origin-opener-policy"], "same-origin",
            "{path}"
        );
        assert_eq!(answer.headers["cache-control"], "no-store", "{path}");
        // Without TLS a promise of TLS would lock people out.
        assert!(
            !answer.headers.contains_key("strict-transport-security"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_post_with_a_session_says_which_page_it_comes_from() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("administrator").await;
    let post = |headers: &[(&str, &str)]| {
        let mut request = Request::post("/api/v1/pools")
            .header(HOST, AUTHORITY)
            .header(CONTENT_TYPE, "application/json")
            .header(COOKIE, cookie_of(&pass));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request
            .body(Body::from(json!({"name": "Not A Name", "query": ""}).to_string()))
            .unwrap()
    };
    // Taken, and then refused for its content.
    for own in [&[("origin", OWN)][..], &[("sec-fetch-site", "same-origin")]] {
        assert_eq!(bench.send(post(own)).await.status, 422, "{own:?}");
    }
    let blind = bench.send(post(&[])).await;
    assert_eq!(blind.status, 409);
    assert!(blind.body.contains("does not say which page"), "{}", blind.body);
    for foreign in [
        &[("origin", "http://evil.example")][..],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[
            ("sec-fetch-site", "cross-site"),
            ("origin", "http://evil.example"),
        ],
    ] {
        assert_eq!(bench.send(post(foreign)).await.status, 403, "{foreign:?}");
    }
}

#[tokio::test]
async fn a_form_on_another_site_signs_nobody_in_or_out() {
    let bench = Bench::new().await;
    let pass = bench.signed_in("viewer").await;
    for path in ["/login", "/logout", "/setup"] {
        let request = Request::post(path)
            .header(HOST, AUTHORITY)
            .header(ORIGIN, "http://evil.example")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(COOKIE, cookie_of(&pass))
            .body(Body::from("name=viewer&password=x&token=x"))
            .unwrap();
        assert_eq!(bench.send(request).await.status, 403, "{path}");
    }
    assert_eq!(bench.get(&pass, "/hosts").await.status, 200);
}

#[tokio::test]
async fn the_cookie_is_for_this_site_and_for_no_script() {
    let bench = Bench::new().await;
    let fields = format!("name=viewer&password={}", PASSWORD.replace(' ', "+"));
    let answer = bench.form("/login", &fields, None).await;
    let cookie = answer.headers[SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with(&format!("{SESSION}=")), "{cookie}");
    for attribute in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1209600"] {
        assert!(cookie.contains(attribute), "{attribute}: {cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
}

#[tokio::test]
async fn strangers_get_no_cookie() {
    let bench = Bench::new().await;
    for path in ["/login", "/hosts", "/setup", "/api/v1/hosts"] {
        let answer = bench.get(&Pass::Nothing, path).await;
        assert!(!answer.headers.contains_key(SET_COOKIE), "{path}");
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused() {
    let bench = Bench::new().await;
    let pass = bench.token("administrator", None).await;
    let compose = "#".repeat(5 * 1024 * 1024);
    let body = json!({"blueprint": {"compose": compose}});
    let answer = bench
        .ask(&pass, Method::PUT, "/api/v1/applications/shop", Some(body))
        .await;
    assert_eq!(answer.status, 413, "{}", answer.body);
    assert_eq!(answer.json()["title"], "too-large");

    let form = bench
        .form("/login", &format!("name={}", "x".repeat(20_000)), None)
        .await;
    assert_eq!(form.status, 413);
}

#[tokio::test]
async fn unknown_fields_are_refused_by_name() {
    let bench = Bench::new().await;
    let pass = bench.token("administrator", None).await;
    let body = json!({"name": "x", "query": "", "privileged": true});
    let answer = bench.ask(&pass, Method::POST, "/api/v1/pools", Some(body)).await;
    assert_eq!(answer.status, 422);
    assert!(
        answer.json()["detail"].as_str().unwrap().contains("`privileged`"),
        "{}",
        answer.body
    );

    let answer = bench.get(&pass, "/api/v1/containers?all=1").await;
    assert_eq!(answer.status, 422);
    assert!(answer.body.contains("`all`"), "{}", answer.body);

    let body = json!({"name": "x", "connection": {"kind": "unix", "path": "/x", "tls": false}});
    let answer = bench.ask(&pass, Method::POST, "/api/v1/hosts", Some(body)).await;
    assert!(answer.body.contains("`tls`"), "{}", answer.body);
}

#[tokio::test]
async fn errors_are_problems_with_a_code_and_a_sentence() {
    let bench = Bench::new().await;
    let pass = bench.token("viewer", None).await;
    for (pass, path, status, code) in [
        (&pass, "/api/v1/hosts/none", 404_u16, "not-found"),
        (&pass, "/api/v1/users", 404, "not-found"),
        (&pass, "/api/v1/operations?cursor=x", 422, "invalid"),
        (&Pass::Nothing, "/api/v1/hosts", 401, "sign-in-needed"),
        (
            &Pass::Bearer("nonsense".to_owned()),
            "/api/v1/hosts",
            401,
            "sign-in-needed",
        ),
    ] {
        let answer = bench.get(pass, path).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(
            answer.headers["content-type"], "application/problem+json",
            "{path}"
        );
        let problem = answer.json();
        assert_eq!(
            (&problem["title"], &problem["status"]),
            (&json!(code), &json!(status))
        );
        assert!(problem["detail"].as_str().unwrap().len() > 10, "{problem}");
        assert_eq!(answer.headers.contains_key("www-authenticate"), status == 401);
    }
}

#[tokio::test]
async fn somebody_who_asks_too_often_waits_and_nobody_else_does() {
    let bench = Bench::new().await;
    let (one, other) = (
        bench.token("viewer", None).await,
        bench.token("viewer", None).await,
    );
    let router = bench.router();
    let ask = |pass: &Pass| {
        let Pass::Bearer(token) = pass else {
            panic!("a token");
        };
        let request = Request::get("/api/v1/pools")
            .header(HOST, AUTHORITY)
            .header("authorization", format!("Bearer {token}"));
        answer(router.clone(), request.body(Body::empty()).unwrap())
    };
    let began = Instant::now();
    let mut refused = None;
    for asked in 1..=2_000 {
        let answer = ask(&one).await;
        if answer.status == 429 {
            refused = Some((asked, answer));
            break;
        }
    }
    let (asked, answer) = refused.expect("a limit");
    let gained = began.elapsed().as_secs_f64() * 20.0;
    assert!(asked > 60, "{asked}");
    assert!(f64::from(asked) <= 62.0 + gained, "{asked} after {gained}");
    assert_eq!(answer.headers["retry-after"], "1");
    assert_eq!(answer.json()["title"], "too-many-requests");
    assert_eq!(ask(&other).await.status, 200);
}

#[tokio::test]
async fn a_client_that_never_ends_its_head_is_cut() {
    let bench = Bench::bare().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = tokio::spawn(lighthouse_server::listener::serve(
        listener,
        None,
        bench.router(),
        stop.clone(),
    ));
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        .await
        .unwrap();
    let began = Instant::now();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "the connection is still open");
    assert!(began.elapsed() >= Duration::from_secs(9), "{:?}", began.elapsed());
    stop.cancel();
    serving.await.unwrap();
}
