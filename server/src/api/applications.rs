//! `/api/v1/applications`.

use axum::Json as Answer;
use axum::extract::{Path, State};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use lighthouse_core::access::right;
use lighthouse_core::applications::Volumes;
use lighthouse_core::logs::LogFilter;
use lighthouse_core::{Target, authorize};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::application::{Application, ApplicationWhole, Blueprint, Deploy, Plan, Release, Scale};
use super::body::{Page, Started};
use super::input::{Json, Query};
use crate::guard::Asking;
use crate::problem::{ProblemBody, Refusal};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(one, deploy, remove))
        .routes(routes!(plan))
        .routes(routes!(scale))
        .routes(routes!(act))
        .routes(routes!(releases))
        .routes(routes!(blueprint))
        .routes(routes!(log))
}

/// All applications, trouble first
#[utoipa::path(get, path = "/api/v1/applications", tag = "applications", security(("token" = [])),
    responses((status = 200, body = Page<Application>), (status = "4XX", body = ProblemBody)))]
async fn list(
    State(state): State<AppState>,
    Asking(viewer): Asking,
) -> Result<Answer<Page<Application>>, Refusal> {
    let grant = authorize::<right::ApplicationView>(&viewer, Target::Installation)?;
    let rows = state.console.application_rows(&grant).await?;
    Ok(Answer(Page {
        items: rows.into_iter().map(Into::into).collect(),
        next: None,
    }))
}

/// One application with its services and instances
#[utoipa::path(get, path = "/api/v1/applications/{name}", tag = "applications", security(("token" = [])), params(("name" = String, Path)),
    responses((status = 200, body = ApplicationWhole), (status = "4XX", body = ProblemBody)))]
async fn one(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
) -> Result<Answer<ApplicationWhole>, Refusal> {
    authorize::<right::ApplicationView>(&viewer, Target::Installation)?;
    let target = state.console.application_target(&name).await?;
    let grant = authorize::<right::ApplicationView>(&viewer, target)?;
    Ok(Answer(state.console.application_view(&grant).await?.into()))
}

/// What a deploy would do; changes nothing
#[utoipa::path(post, path = "/api/v1/applications/{name}/plan", tag = "applications", security(("token" = [])), params(("name" = String, Path)),
    request_body = Deploy,
    responses((status = 200, body = Plan), (status = "4XX", body = ProblemBody)))]
async fn plan(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
    Json(deploy): Json<Deploy>,
) -> Result<Answer<Plan>, Refusal> {
    let grant = authorize::<right::ApplicationDeploy>(&viewer, Target::Installation)?;
    Ok(Answer(
        state.console.plan(&grant, deploy.input(name)).await?.into(),
    ))
}

/// Deploy an application, new or not
#[utoipa::path(put, path = "/api/v1/applications/{name}", tag = "applications", security(("token" = [])), params(("name" = String, Path)),
    request_body = Deploy,
    responses((status = 202, body = Started), (status = 409, body = ProblemBody), (status = 412, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = "4XX", body = ProblemBody)))]
async fn deploy(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
    Json(deploy): Json<Deploy>,
) -> Result<(StatusCode, Answer<Started>), Refusal> {
    let grant = authorize::<right::ApplicationDeploy>(&viewer, Target::Installation)?;
    let operation = state.console.deploy(&grant, deploy.input(name)).await?;
    Ok((StatusCode::ACCEPTED, Answer(operation.into())))
}

/// What goes with an application.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Removal {
    /// Take its volumes away too, with everything in them.
    #[serde(default)]
    volumes: bool,
}

/// Remove an application: its instances and networks, and its volumes if asked
#[utoipa::path(delete, path = "/api/v1/applications/{name}", tag = "applications", security(("token" = [])), params(("name" = String, Path), Removal),
    responses((status = 202, body = Started), (status = "4XX", body = ProblemBody)))]
async fn remove(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
    Query(removal): Query<Removal>,
) -> Result<(StatusCode, Answer<Started>), Refusal> {
    authorize::<right::ApplicationDeploy>(&viewer, Target::Installation)?;
    let target = state.console.application_target(&name).await?;
    let grant = authorize::<right::ApplicationDeploy>(&viewer, target)?;
    let volumes = if removal.volumes {
        Volumes::Remove
    } else {
        Volumes::Keep
    };
    let operation = state.console.remove_application(&grant, volumes).await?;
    Ok((StatusCode::ACCEPTED, Answer(operation.into())))
}

/// Change the number of instances of a service
#[utoipa::path(post, path = "/api/v1/applications/{name}/scale", tag = "applications", security(("token" = [])), params(("name" = String, Path)),
    request_body = Scale,
    responses((status = 202, body = Started), (status = "4XX", body = ProblemBody)))]
async fn scale(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
    Json(scale): Json<Scale>,
) -> Result<(StatusCode, Answer<Started>), Refusal> {
    authorize::<right::ApplicationOperate>(&viewer, Target::Installation)?;
    let target = state.console.application_target(&name).await?;
    let grant = authorize::<right::ApplicationOperate>(&viewer, target)?;
    let operation = state
        .console
        .scale(&grant, &scale.service, scale.replicas)
        .await?;
    Ok((StatusCode::ACCEPTED, Answer(operation.into())))
}

/// What to do with every instance.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Verb {
    /// Start them.
    Start,
    /// Stop them.
    Stop,
    /// Stop and start them.
    Restart,
}

/// A change of every instance.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ApplicationAction {
    /// What to do.
    action: Verb,
}

/// Start, stop or restart every instance
#[utoipa::path(post, path = "/api/v1/applications/{name}/actions", tag = "applications", security(("token" = [])), params(("name" = String, Path)),
    request_body = ApplicationAction,
    responses((status = 202, body = Started), (status = "4XX", body = ProblemBody)))]
async fn act(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
    Json(wanted): Json<ApplicationAction>,
) -> Result<(StatusCode, Answer<Started>), Refusal> {
    authorize::<right::ApplicationOperate>(&viewer, Target::Installation)?;
    let target = state.console.application_target(&name).await?;
    let grant = authorize::<right::ApplicationOperate>(&viewer, target)?;
    let operation = match wanted.action {
        Verb::Start => state.console.start_application(&grant).await?,
        Verb::Stop => state.console.stop_application(&grant).await?,
        Verb::Restart => state.console.restart_application(&grant).await?,
    };
    Ok((StatusCode::ACCEPTED, Answer(operation.into())))
}

/// Its releases, newest first, at most 50
#[utoipa::path(get, path = "/api/v1/applications/{name}/releases", tag = "applications", security(("token" = [])), params(("name" = String, Path)),
    responses((status = 200, body = Page<Release>), (status = "4XX", body = ProblemBody)))]
async fn releases(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
) -> Result<Answer<Page<Release>>, Refusal> {
    authorize::<right::ApplicationView>(&viewer, Target::Installation)?;
    let target = state.console.application_target(&name).await?;
    let grant = authorize::<right::ApplicationView>(&viewer, target)?;
    let rows = state.console.releases(&grant, 50).await?;
    Ok(Answer(Page {
        items: rows.into_iter().map(Into::into).collect(),
        next: None,
    }))
}

/// Which release.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Which {
    /// Its number; absent is the newest.
    release: Option<i64>,
}

/// The blueprint of a release, byte for byte as it was given
#[utoipa::path(get, path = "/api/v1/applications/{name}/blueprint", tag = "applications", security(("token" = [])), params(("name" = String, Path), Which),
    responses((status = 200, body = Blueprint), (status = "4XX", body = ProblemBody)))]
async fn blueprint(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
    Query(which): Query<Which>,
) -> Result<Answer<Blueprint>, Refusal> {
    authorize::<right::ApplicationDeploy>(&viewer, Target::Installation)?;
    let target = state.console.application_target(&name).await?;
    let grant = authorize::<right::ApplicationDeploy>(&viewer, target)?;
    Ok(Answer(
        state.console.blueprint(&grant, which.release).await?.into(),
    ))
}

/// How much of a log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Tail {
    /// Lines of each instance from the end, 1 to 10,000.
    #[param(minimum = 1, maximum = 10000, default = 1000)]
    tail: Option<u32>,
}

/// The end of the merged log of all instances, as text
#[utoipa::path(get, path = "/api/v1/applications/{name}/log", tag = "logs", security(("token" = [])), params(("name" = String, Path), Tail),
    responses((status = 200, body = String, content_type = "text/plain"), (status = "4XX", body = ProblemBody)))]
async fn log(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(name): Path<String>,
    Query(wanted): Query<Tail>,
) -> Result<impl axum::response::IntoResponse, Refusal> {
    authorize::<right::ApplicationView>(&viewer, Target::Installation)?;
    let target = state.console.application_target(&name).await?;
    let grant = authorize::<right::ApplicationView>(&viewer, target)?;
    let text = state
        .console
        .application_log_text(
            &grant,
            wanted.tail.unwrap_or(1000).clamp(1, 10_000),
            &LogFilter::default(),
        )
        .await?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text))
}
