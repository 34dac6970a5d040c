//! `/healthz`: the process lives. `/readyz`: it takes requests, and its store answers.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::state::AppState;

/// The process lives.
pub async fn alive() -> &'static str {
    "ok\n"
}

/// It takes requests, and its store answers.
pub async fn ready(State(state): State<AppState>) -> Response {
    if !state.is_ready() {
        return (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response();
    }
    match state.console.check_store().await {
        Ok(()) => "ok\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response(),
    }
}
