//! `/api/v1/me`: what is one's own.

use axum::extract::State;
use http::StatusCode;
use lighthouse_core::Secret;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::account::PasswordChange;
use super::input::Json;
use crate::guard::Asking;
use crate::problem::{ProblemBody, Refusal};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(change_password))
}

/// Change one's own password
///
/// The current one is asked for, and guessing is throttled as at the door. Every session ends but the one that asks.
#[utoipa::path(post, path = "/api/v1/me/password", tag = "users", security(("token" = [])), request_body = PasswordChange,
    responses((status = 204), (status = 422, body = ProblemBody), (status = "4XX", body = ProblemBody)))]
async fn change_password(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Json(change): Json<PasswordChange>,
) -> Result<StatusCode, Refusal> {
    let (current, new) = (Secret::new(change.current), Secret::new(change.new));
    state.console.change_own_password(&viewer, &current, &new).await?;
    Ok(StatusCode::NO_CONTENT)
}
