//! `/api/v1/hosts`.

use axum::Json as Answer;
use axum::extract::{Path, State};
use http::StatusCode;
use lighthouse_core::access::right;
use lighthouse_core::hosts::OnHost;
use lighthouse_core::{Target, authorize};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Page;
use super::body::host::{Engine, Host, HostChange, HostTest, NewHost};
use super::input::{Json, Query};
use crate::guard::Asking;
use crate::problem::{ProblemBody, Refusal};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(test))
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

/// Try to reach an engine, and keep nothing
///
/// Answers with what the engine says of itself, or with what failed and why.
#[utoipa::path(post, path = "/api/v1/host-tests", tag = "hosts", security(("token" = [])), request_body = HostTest,
    responses((status = 200, body = Engine), (status = 422, body = ProblemBody), (status = "4XX", body = ProblemBody)))]
async fn test(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Json(test): Json<HostTest>,
) -> Result<Answer<Engine>, Refusal> {
    let grant = authorize::<right::HostManage>(&viewer, Target::Installation)?;
    let facts = state.console.test_host(&grant, &test.connection.into()).await?;
    Ok(Answer(facts.into()))
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

/// How a host is removed
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct HostRemoval {
    /// Forget the instances on it; only of a host that does not answer.
    #[serde(default)]
    forget: bool,
}

/// Remove a host
///
/// Nothing on the host is changed. Refused while instances of applications are on it. A host that is gone for ever is
/// removed with `forget=true`: its instances are forgotten, and should it come back, they are shown as not managed.
#[utoipa::path(delete, path = "/api/v1/hosts/{name}", tag = "hosts", security(("token" = [])), params(("name" = String, Path), HostRemoval),
    responses((status = 204), (status = "4XX", body = ProblemBody)))]
async fn remove(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
    Query(removal): Query<HostRemoval>,
) -> Result<StatusCode, Refusal> {
    authorize::<right::HostManage>(&viewer, Target::Installation)?;
    let grant = authorize::<right::HostManage>(&viewer, state.console.host_target(&name)?)?;
    let instances = if removal.forget {
        OnHost::Forgotten
    } else {
        OnHost::None
    };
    state.console.remove_host(&grant, instances).await?;
    Ok(StatusCode::NO_CONTENT)
}
