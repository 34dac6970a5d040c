//! `/api/v1/operations`.

use axum::Json as Answer;
use axum::extract::{Path, State};
use http::StatusCode;
use lighthouse_core::access::right;
use lighthouse_core::store::OperationFilter;
use lighthouse_core::{Target, authorize};
use lighthouse_model::{OperationId, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::operation::{Operation, OperationWhole};
use super::body::{Page, Paging};
use super::input::Query;
use crate::guard::Asking;
use crate::problem::{ProblemBody, Refusal};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one))
        .routes(routes!(cancel))
}

fn target(id: &str) -> Result<Target, Problem> {
    id.parse::<OperationId>()
        .map(Target::Operation)
        .map_err(|_| Problem::not_found("such operation"))
}

/// Operations, newest first
#[utoipa::path(get, path = "/api/v1/operations", tag = "operations", security(("token" = [])), params(Paging),
    responses((status = 200, body = Page<Operation>), (status = "4XX", body = ProblemBody)))]
async fn list(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Query(paging): Query<Paging>,
) -> Result<Answer<Page<Operation>>, Refusal> {
    let grant = authorize::<right::OperationView>(&viewer, Target::Installation)?;
    let limit = paging.limit();
    let before = paging
        .cursor
        .map(|cursor| {
            cursor
                .parse()
                .map_err(|_| Problem::invalid("cursor", "it is not one of ours"))
        })
        .transpose()?;
    let filter = OperationFilter {
        before,
        limit,
        ..OperationFilter::default()
    };
    let rows = state.console.operation_rows(&grant, &filter).await?;
    let full = rows.len() >= limit as usize;
    let next = rows.last().filter(|_| full).map(|row| row.id.to_string());
    Ok(Answer(Page {
        items: rows.into_iter().map(Into::into).collect(),
        next,
    }))
}

/// One operation with its steps
#[utoipa::path(get, path = "/api/v1/operations/{id}", tag = "operations", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 200, body = OperationWhole), (status = "4XX", body = ProblemBody)))]
async fn one(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(id): Path<String>,
) -> Result<Answer<OperationWhole>, Refusal> {
    let grant = authorize::<right::OperationView>(&viewer, target(&id)?)?;
    Ok(Answer(state.console.operation_view(&grant).await?.into()))
}

/// Stop an operation at its next step boundary; what is done stays done
#[utoipa::path(post, path = "/api/v1/operations/{id}/cancel", tag = "operations", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 202), (status = "4XX", body = ProblemBody)))]
async fn cancel(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let grant = authorize::<right::ApplicationOperate>(&viewer, target(&id)?)?;
    state.console.cancel_operation(&grant).await?;
    Ok(StatusCode::ACCEPTED)
}
