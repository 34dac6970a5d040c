//! Pages: rendered by the server with real rows, for exactly the one who asks.

use axum::body::Body;
use axum::extract::{OriginalUri, Query, Request, State};
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::{provide_context, use_context};
use leptos_axum::ResponseOptions;
use lighthouse_app::Visit;
use lighthouse_core::Viewer;
use serde::Deserialize;

use crate::guard::Asking;
use crate::state::AppState;

/// Everything below the base path that is neither a file of the site nor another route.
pub async fn page(State(state): State<AppState>, request: Request) -> Response {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let (mut parts, _) = request.into_parts();
    parts.method = Method::GET;
    // Read here, once: the pages' own router decodes a query twice, and the way back would be another one.
    let asked = Query::<Asked>::try_from_uri(&parts.uri).map_or_else(|_| Asked::default(), |query| query.0);
    let visit = Visit {
        next: asked.next,
        said: asked.said,
        ..Visit::default()
    };
    render(&state, parts, visit).await
}

/// What the query tells the server.
#[derive(Default, Deserialize)]
struct Asked {
    /// Where a sign-in leads back to.
    #[serde(default)]
    next: String,
    /// The call that a form made.
    #[serde(default)]
    said: String,
}

/// Renders the page of a request. What `visit` does not say is filled in.
pub async fn render(state: &AppState, mut parts: Parts, visit: Visit) -> Response {
    // Below a base path the router has cut it off; the pages' own router wants it whole.
    if let Some(OriginalUri(whole)) = parts.extensions.get::<OriginalUri>().cloned() {
        parts.uri = whole;
    }
    // A form that comes back is shown as the page that a GET of its address shows.
    parts.method = Method::GET;
    let viewer = parts
        .extensions
        .get::<Asking>()
        .map(|Asking(viewer)| viewer.clone());
    let visit = Visit {
        viewer: viewer.as_ref().map(Viewer::view),
        now: state.console.clock().now(),
        pulse: viewer
            .as_ref()
            .map(|viewer| state.console.pulse(viewer))
            .unwrap_or_default(),
        ..visit
    };
    let context = {
        let state = state.clone();
        move || {
            contexts(&state, viewer.as_ref());
            provide_context(visit.clone());
            security_headers();
        }
    };
    let options = LeptosOptions::builder().output_name("lighthouse").build();
    let handler =
        leptos_axum::render_app_async_with_context(context, move || lighthouse_app::shell(options.clone()));
    handler(Request::from_parts(parts, Body::empty()))
        .await
        .into_response()
}

/// Calls of server functions.
pub async fn server_function(State(state): State<AppState>, request: Request) -> Response {
    let viewer = request
        .extensions()
        .get::<Asking>()
        .map(|Asking(viewer)| viewer.clone());
    let context = move || contexts(&state, viewer.as_ref());
    leptos_axum::handle_server_fns_with_context(context, request)
        .await
        .into_response()
}

/// What server functions and pages find in their context.
fn contexts(state: &AppState, viewer: Option<&Viewer>) {
    provide_context(state.console.clone());
    provide_context(state.context.clone());
    if let Some(viewer) = viewer {
        provide_context(viewer.clone());
    }
}

/// The policy of every page; compared exactly in a test.
pub fn content_security_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' \
         'nonce-{nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn security_headers() {
    let (Some(options), Some(nonce)) = (use_context::<ResponseOptions>(), use_nonce()) else {
        return;
    };
    if let Ok(policy) = HeaderValue::from_str(&content_security_policy(&nonce)) {
        options.insert_header(CONTENT_SECURITY_POLICY, policy);
    }
    options.insert_header(CACHE_CONTROL, HeaderValue::from_static("no-store"));
}
