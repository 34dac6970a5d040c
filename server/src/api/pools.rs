//! `/api/v1/pools`.

use axum::Json as Answer;
use axum::extract::{Path, State};
use http::StatusCode;
use lighthouse_core::access::right;
use lighthouse_core::{Target, authorize};
use lighthouse_model::{PoolId, Problem};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Page;
use super::body::host::{NewPool, Pool};
use super::input::Json;
use crate::guard::Asking;
use crate::problem::{ProblemBody, Refusal};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(remove))
}

/// The pool that was made.
#[derive(Debug, Serialize, ToSchema)]
struct PoolMade {
    /// Its id.
    id: String,
}

/// All pools, the built-in one first
#[utoipa::path(get, path = "/api/v1/pools", tag = "pools", security(("token" = [])),
    responses((status = 200, body = Page<Pool>), (status = "4XX", body = ProblemBody)))]
async fn list(State(state): State<AppState>, Asking(viewer): Asking) -> Result<Answer<Page<Pool>>, Refusal> {
    let grant = authorize::<right::HostView>(&viewer, Target::Installation)?;
    let pools = state.console.pools(&grant).await?;
    Ok(Answer(Page {
        items: pools.into_iter().map(Into::into).collect(),
        next: None,
    }))
}

/// Make a pool
#[utoipa::path(post, path = "/api/v1/pools", tag = "pools", security(("token" = [])), request_body = NewPool,
    responses((status = 201, body = PoolMade), (status = "4XX", body = ProblemBody)))]
async fn add(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Json(pool): Json<NewPool>,
) -> Result<(StatusCode, Answer<PoolMade>), Refusal> {
    let grant = authorize::<right::HostManage>(&viewer, Target::Installation)?;
    let id = state.console.add_pool(&grant, &pool.name, &pool.query).await?;
    Ok((StatusCode::CREATED, Answer(PoolMade { id: id.to_string() })))
}

/// Remove a pool
#[utoipa::path(delete, path = "/api/v1/pools/{id}", tag = "pools", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ProblemBody)))]
async fn remove(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let grant = authorize::<right::HostManage>(&viewer, Target::Installation)?;
    let id: PoolId = id.parse().map_err(|_| Problem::not_found("such pool"))?;
    state.console.remove_pool(&grant, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
