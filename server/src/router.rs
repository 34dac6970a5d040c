//! The routes, and the layers that every request passes.

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get, post};
use http::Method;
use lighthouse_model::Problem;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::csrf::CsrfLayer;

use crate::problem::Refusal;
use crate::state::AppState;
use crate::{api, form, guard, health, page, session, sign_in, socket};

/// The largest body of any request but a blueprint: 1 MiB of YAML, its variables and JSON's escapes.
pub(crate) const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// The largest body of a sign-in form.
const FORM_LIMIT: usize = 16 * 1024;

/// Everything the console serves.
pub fn router(state: AppState) -> Router {
    // Rendering spawns; told a second time, it only says that it knows.
    any_spawner::Executor::init_tokio().ok();
    let base = state.context.base_path.clone();
    let forms = Router::new()
        .route("/login", get(page::page).post(sign_in::sign_in))
        .route("/setup", get(page::page).post(sign_in::set_up))
        .route("/logout", post(sign_in::sign_out))
        .layer(DefaultBodyLimit::max(FORM_LIMIT));
    let sockets = Router::new()
        .route("/ws/live", get(socket::live::open))
        .route("/ws/logs", get(socket::logs::open))
        .route("/ws/terminal", get(socket::terminal::open));
    let known = Router::new()
        .merge(forms)
        .merge(sockets)
        .route("/access", get(page::page).post(form::call))
        .route("/hosts", get(page::page).post(form::call))
        .route("/settings", get(page::page).post(form::call))
        .merge(api::routes(&base))
        .route("/api/ui/{*function}", post(page::server_function))
        .route("/api/{*rest}", any(nothing))
        .route("/ws/{*rest}", any(nothing))
        .fallback(page::page)
        .layer(from_fn_with_state(state.clone(), guard::know_the_viewer))
        .layer(session::layer(&state.console, &state.cookie, &base, state.secure));
    let mut csrf = CsrfLayer::new();
    if let Some(public) = &state.public_url {
        csrf = match csrf.clone().add_trusted_origin(public.origin()) {
            Ok(csrf) => csrf,
            Err(why) => {
                tracing::warn!(%why, "the public URL's origin is not trusted for posts");
                csrf
            }
        };
    }
    let inside = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback_service(known.with_state(state.clone()))
        .layer(from_fn_with_state(state.clone(), site_first))
        .layer(from_fn_with_state(state.clone(), guard::no_blind_writes))
        .layer(csrf)
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Refusal::from(Problem::Internal {
                reference: "panic".to_owned(),
            })
            .into_response()
        }))
        .layer(from_fn_with_state(state.clone(), guard::every_request))
        .with_state(state);
    if base.is_empty() {
        inside
    } else {
        // `/lighthouse` and `/lighthouse/` are one page.
        Router::new()
            .nest_service(&base, inside)
            .layer(from_fn(whole_path))
    }
}

/// Where programs call, they are answered as programs.
async fn nothing() -> Refusal {
    Problem::not_found("such call").into()
}

/// Files of the site need no viewer and no session.
async fn site_first(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    if matches!(*request.method(), Method::GET | Method::HEAD) && state.site.has(path) {
        return state.site.serve(path, request.headers());
    }
    next.run(request).await
}

/// Keeps the whole URI for the pages' own router, which `nest_service` cuts.
async fn whole_path(mut request: Request, next: Next) -> Response {
    let whole = axum::extract::OriginalUri(request.uri().clone());
    request.extensions_mut().insert(whole);
    next.run(request).await
}
