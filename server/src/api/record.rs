//! `/api/v1/record`: who did what.

use axum::Json as Answer;
use axum::extract::State;
use lighthouse_core::access::right;
use lighthouse_core::{Target, authorize};
use lighthouse_model::Problem;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::account::RecordLine;
use super::body::{Page, Paging};
use super::input::Query;
use crate::guard::Asking;
use crate::problem::{ProblemBody, Refusal};
use crate::state::AppState;

/// Lines the core gives at once.
const MOST: u32 = 200;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// The record of who did what, newest first, at most 200 lines at once
#[utoipa::path(get, path = "/api/v1/record", tag = "record", security(("token" = [])), params(Paging),
    responses((status = 200, body = Page<RecordLine>), (status = "4XX", body = ProblemBody)))]
async fn list(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Query(paging): Query<Paging>,
) -> Result<Answer<Page<RecordLine>>, Refusal> {
    let grant = authorize::<right::AuditView>(&viewer, Target::Installation)?;
    let limit = paging.limit().min(MOST);
    let before = paging
        .cursor
        .map(|cursor| cursor.parse::<i64>())
        .transpose()
        .map_err(|_| Problem::invalid("cursor", "it is not one of ours"))?;
    let rows = state.console.audit(&grant, before, limit).await?;
    let full = rows.len() >= limit as usize;
    let next = rows.last().filter(|_| full).map(|row| row.n.to_string());
    Ok(Answer(Page {
        items: rows.into_iter().map(Into::into).collect(),
        next,
    }))
}
