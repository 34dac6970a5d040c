//! `/api/v1/registries`: credentials for registries. Secrets go in and never come out.

use axum::Json as Answer;
use axum::extract::{Path, State};
use http::StatusCode;
use lighthouse_core::access::right;
use lighthouse_core::{Secret, Target, authorize};
use lighthouse_model::{CredentialId, Problem};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Page;
use super::body::account::{Credential, NewCredential};
use super::input::Json;
use crate::guard::Asking;
use crate::problem::{ProblemBody, Refusal};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, save))
        .routes(routes!(remove))
}

/// Registries with a credential, without its secret
#[utoipa::path(get, path = "/api/v1/registries", tag = "registries", security(("token" = [])),
    responses((status = 200, body = Page<Credential>), (status = "4XX", body = ProblemBody)))]
async fn list(
    State(state): State<AppState>,
    Asking(viewer): Asking,
) -> Result<Answer<Page<Credential>>, Refusal> {
    let grant = authorize::<right::RegistryManage>(&viewer, Target::Installation)?;
    let rows = state.console.credentials(&grant).await?;
    Ok(Answer(Page {
        items: rows.into_iter().map(Into::into).collect(),
        next: None,
    }))
}

/// Keep a credential, in place of the one for the same registry
#[utoipa::path(post, path = "/api/v1/registries", tag = "registries", security(("token" = [])), request_body = NewCredential,
    responses((status = 200, body = Credential), (status = 422, body = ProblemBody), (status = "4XX", body = ProblemBody)))]
async fn save(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Json(given): Json<NewCredential>,
) -> Result<Answer<Credential>, Refusal> {
    let grant = authorize::<right::RegistryManage>(&viewer, Target::Installation)?;
    let row = state
        .console
        .save_credential(
            &grant,
            &given.registry,
            &given.username,
            Secret::new(given.secret),
        )
        .await?;
    Ok(Answer(row.into()))
}

/// Forget a credential
#[utoipa::path(delete, path = "/api/v1/registries/{id}", tag = "registries", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ProblemBody)))]
async fn remove(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let grant = authorize::<right::RegistryManage>(&viewer, Target::Installation)?;
    let id: CredentialId = id.parse().map_err(|_| Problem::not_found("such credential"))?;
    state.console.remove_credential(&grant, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
