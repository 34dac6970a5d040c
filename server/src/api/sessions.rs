//! `/api/v1/sessions`: signed-in browsers.

use axum::Json as Answer;
use axum::extract::{Path, State};
use http::StatusCode;
use lighthouse_core::access::right;
use lighthouse_core::{Target, authorize};
use lighthouse_model::{Permission, Problem, SessionId};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Page;
use super::body::account::Session;
use super::input::Query;
use crate::guard::Asking;
use crate::problem::{ProblemBody, Refusal};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(revoke))
}

/// Whose sessions.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Whose {
    /// Everybody's, for those who manage users; else one's own.
    #[serde(default)]
    all: bool,
}

/// Signed-in browsers, newest first
#[utoipa::path(get, path = "/api/v1/sessions", tag = "users", security(("token" = [])), params(Whose),
    responses((status = 200, body = Page<Session>), (status = "4XX", body = ProblemBody)))]
async fn list(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Query(whose): Query<Whose>,
) -> Result<Answer<Page<Session>>, Refusal> {
    let rows = if whose.all {
        let grant = authorize::<right::UsersManage>(&viewer, Target::Installation)?;
        state.console.all_sessions(&grant).await?
    } else {
        state.console.own_sessions(&viewer).await?
    };
    Ok(Answer(Page {
        items: rows.into_iter().map(Into::into).collect(),
        next: None,
    }))
}

/// End a session: one's own, or anybody's for those who manage users
#[utoipa::path(delete, path = "/api/v1/sessions/{id}", tag = "users", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ProblemBody)))]
async fn revoke(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let id: SessionId = id.parse().map_err(|_| Problem::not_found("such session"))?;
    if viewer.may(Permission::UsersManage) {
        let grant = authorize::<right::UsersManage>(&viewer, Target::Installation)?;
        state.console.end_session(&grant, id).await?;
    } else {
        state.console.end_own_session(&viewer, id).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}
