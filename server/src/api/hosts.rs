//! `/api/v1/hosts`.

use axum::Json as Answer;
use axum::extract::{Path, State};
use http::StatusCode;
use lighthouse_core::access::right;
use lighthouse_core::{Target, authorize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Page;
use super::body::host::{Host, HostChange, NewHost};
use super::input::Json;
use crate::guard::Asking;
use crate::problem::{ProblemBody, Refusal};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(one, change, remove))
}

/// All hosts
#[utoipa::path(get, path = "/api/v1/hosts", tag = "hosts", security(("token" = [])),
    responses((status = 200, body = Page<Host>), (status = "4XX", body = ProblemBody)))]
async fn list(State(state): State<AppState>, Asking(viewer): Asking) -> Result<Answer<Page<Host>>, Refusal> {
    let grant = authorize::<right::HostView>(&viewer, Target::Installation)?;
    let (_, hosts) = state.console.hosts(&grant);
    Ok(Answer(Page {
        items: hosts.into_iter().map(Into::into).collect(),
        next: None,
    }))
}

/// Add a host
///
/// The engine is tried first; one that cannot be reached is refused with the reason.
#[utoipa::path(post, path = "/api/v1/hosts", tag = "hosts", security(("token" = [])), request_body = NewHost,
    responses((status = 201, body = Host), (status = "4XX", body = ProblemBody), (status = "5XX", body = ProblemBody)))]
async fn add(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Json(host): Json<NewHost>,
) -> Result<(StatusCode, Answer<Host>), Refusal> {
    let grant = authorize::<right::HostManage>(&viewer, Target::Installation)?;
    let row = state.console.add_host(&grant, host.into()).await?;
    Ok((StatusCode::CREATED, Answer(row.into())))
}

/// One host
#[utoipa::path(get, path = "/api/v1/hosts/{name}", tag = "hosts", security(("token" = [])), params(("name" = String, Path)),
    responses((status = 200, body = Host), (status = "4XX", body = ProblemBody)))]
async fn one(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
) -> Result<Answer<Host>, Refusal> {
    authorize::<right::HostView>(&viewer, Target::Installation)?;
    let grant = authorize::<right::HostView>(&viewer, state.console.host_target(&name)?)?;
    Ok(Answer(state.console.host(&grant)?.into()))
}

/// Change a host's labels
#[utoipa::path(patch, path = "/api/v1/hosts/{name}", tag = "hosts", security(("token" = [])), params(("name" = String, Path)),
    request_body = HostChange,
    responses((status = 200, body = Host), (status = 412, body = ProblemBody), (status = "4XX", body = ProblemBody)))]
async fn change(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
    Json(change): Json<HostChange>,
) -> Result<Answer<Host>, Refusal> {
    authorize::<right::HostManage>(&viewer, Target::Installation)?;
    let grant = authorize::<right::HostManage>(&viewer, state.console.host_target(&name)?)?;
    Ok(Answer(
        state
            .console
            .label_host(&grant, change.version, change.labels)
            .await?
            .into(),
    ))
}

/// Remove a host
///
/// Nothing on the host is changed. Refused while instances of applications are on it.
#[utoipa::path(delete, path = "/api/v1/hosts/{name}", tag = "hosts", security(("token" = [])), params(("name" = String, Path)),
    responses((status = 204), (status = "4XX", body = ProblemBody)))]
async fn remove(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
) -> Result<StatusCode, Refusal> {
    authorize::<right::HostManage>(&viewer, Target::Installation)?;
    let grant = authorize::<right::HostManage>(&viewer, state.console.host_target(&name)?)?;
    state.console.remove_host(&grant).await?;
    Ok(StatusCode::NO_CONTENT)
}
