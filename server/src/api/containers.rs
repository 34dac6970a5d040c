//! `/api/v1/containers`.

use axum::Json as Answer;
use axum::extract::{Path, State};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use lighthouse_core::access::right;
use lighthouse_core::logs::LogFilter;
use lighthouse_core::{Target, authorize};
use lighthouse_model::live::{ContainerSort, ContainerWindow};
use lighthouse_model::{ContainerKey, Problem};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::container::{Container, ContainerAction, ContainerWhole};
use super::body::{Page, Paging, Started};
use super::input::{Json, Query};
use crate::guard::Asking;
use crate::problem::{ProblemBody, Refusal};
use crate::state::AppState;

/// Containers in one operation at most.
const MOST: usize = 1000;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(act))
        .routes(routes!(one))
        .routes(routes!(log))
}

/// Which containers, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Wanted {
    /// A query such as `app:shop state:running host:eu-* image~nginx -label.tier:db`.
    #[serde(default)]
    q: String,
    /// The order.
    #[param(inline)]
    sort: Option<Sort>,
    /// Turned round?
    #[serde(default)]
    descending: bool,
    /// The `next` of the page before.
    cursor: Option<String>,
    /// Items at most, 1 to 500.
    limit: Option<u32>,
}

/// An order of containers.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum Sort {
    /// Trouble first, then by name.
    State,
    /// By name.
    Name,
    /// By host, then name.
    Host,
    /// By image, then name.
    Image,
    /// Newest first.
    Created,
}

impl From<Sort> for ContainerSort {
    fn from(sort: Sort) -> Self {
        match sort {
            Sort::State => Self::State,
            Sort::Name => Self::Name,
            Sort::Host => Self::Host,
            Sort::Image => Self::Image,
            Sort::Created => Self::Created,
        }
    }
}

/// Containers of all hosts
#[utoipa::path(get, path = "/api/v1/containers", tag = "containers", security(("token" = [])), params(Wanted),
    responses((status = 200, body = Page<Container>), (status = "4XX", body = ProblemBody)))]
async fn list(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Query(wanted): Query<Wanted>,
) -> Result<Answer<Page<Container>>, Refusal> {
    let grant = authorize::<right::ContainerView>(&viewer, Target::Installation)?;
    let limit = Paging {
        cursor: None,
        limit: wanted.limit,
    }
    .limit();
    let offset = match wanted.cursor {
        None => 0,
        Some(cursor) => cursor
            .parse()
            .map_err(|_| Problem::invalid("cursor", "it is not one of ours"))?,
    };
    let window = ContainerWindow {
        query: wanted.q,
        sort: wanted.sort.map_or_else(ContainerSort::default, Into::into),
        descending: wanted.descending,
        offset,
        limit,
    };
    let (_, page) = state.console.container_page(&grant, &window);
    if let Some(why) = page.query_problem {
        return Err(Problem::invalid("q", why).into());
    }
    let end = offset.saturating_add(u32::try_from(page.rows.len()).unwrap_or(limit));
    let next = (end < page.total && !page.rows.is_empty()).then(|| end.to_string());
    Ok(Answer(Page {
        items: page.rows.into_iter().map(Into::into).collect(),
        next,
    }))
}

/// Start, stop, restart or remove containers, as one operation
#[utoipa::path(post, path = "/api/v1/containers/actions", tag = "containers", security(("token" = [])),
    request_body = ContainerAction,
    responses((status = 202, body = Started), (status = "4XX", body = ProblemBody)))]
async fn act(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Json(wanted): Json<ContainerAction>,
) -> Result<(StatusCode, Answer<Started>), Refusal> {
    let grant = authorize::<right::ContainerOperate>(&viewer, Target::Installation)?;
    if wanted.containers.is_empty() || wanted.containers.len() > MOST {
        return Err(Problem::invalid("containers", format!("give 1 to {MOST}")).into());
    }
    let keys = wanted
        .containers
        .iter()
        .map(|one| match state.console.container_target(&one.host, &one.id)? {
            Target::Container(key) => Ok(key),
            _ => Err(Problem::not_found("such container").into()),
        })
        .collect::<Result<Vec<ContainerKey>, Refusal>>()?;
    let operation = state
        .console
        .act_on_containers(&grant, wanted.action.into(), &keys)
        .await?;
    Ok((StatusCode::ACCEPTED, Answer(operation.into())))
}

/// Everything about one container
#[utoipa::path(get, path = "/api/v1/containers/{host}/{id}", tag = "containers", security(("token" = [])),
    params(("host" = String, Path), ("id" = String, Path)),
    responses((status = 200, body = ContainerWhole), (status = "4XX", body = ProblemBody)))]
async fn one(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path((host, id)): Path<(String, String)>,
) -> Result<Answer<ContainerWhole>, Refusal> {
    authorize::<right::ContainerView>(&viewer, Target::Installation)?;
    let grant = authorize::<right::ContainerView>(&viewer, state.console.container_target(&host, &id)?)?;
    Ok(Answer(state.console.container_detail(&grant).await?.into()))
}

/// How much of a log.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct Tail {
    /// Lines from the end, 1 to 10,000.
    #[param(minimum = 1, maximum = 10000, default = 1000)]
    tail: Option<u32>,
}

/// The end of a container's log, as text
#[utoipa::path(get, path = "/api/v1/containers/{host}/{id}/log", tag = "logs", security(("token" = [])),
    params(("host" = String, Path), ("id" = String, Path), Tail),
    responses((status = 200, body = String, content_type = "text/plain"), (status = "4XX", body = ProblemBody)))]
async fn log(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path((host, id)): Path<(String, String)>,
    Query(wanted): Query<Tail>,
) -> Result<impl axum::response::IntoResponse, Refusal> {
    authorize::<right::ContainerView>(&viewer, Target::Installation)?;
    let grant = authorize::<right::ContainerView>(&viewer, state.console.container_target(&host, &id)?)?;
    let text = state
        .console
        .container_log_text(
            &grant,
            wanted.tail.unwrap_or(1000).clamp(1, 10_000),
            &LogFilter::default(),
        )
        .await?;
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], text))
}
