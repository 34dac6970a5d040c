//! `/api/v1/tokens`: one's own tokens. Nobody sees another person's.

use axum::Json as Answer;
use axum::extract::{Path, State};
use http::StatusCode;
use lighthouse_core::accounts;
use lighthouse_model::{Permission, PermissionSet, Problem, TokenId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Page;
use super::body::account::{Token, TokenMade, TokenRequest};
use super::input::Json;
use crate::guard::Asking;
use crate::problem::{ProblemBody, Refusal};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(revoke))
}

fn scope(words: &[String]) -> Result<PermissionSet, Problem> {
    words
        .iter()
        .map(|word| {
            word.parse::<Permission>()
                .map_err(|_| Problem::invalid("scope", format!("there is no permission `{word}`")))
        })
        .collect()
}

/// Your own tokens, newest first
#[utoipa::path(get, path = "/api/v1/tokens", tag = "tokens", security(("token" = [])),
    responses((status = 200, body = Page<Token>), (status = "4XX", body = ProblemBody)))]
async fn list(State(state): State<AppState>, Asking(viewer): Asking) -> Result<Answer<Page<Token>>, Refusal> {
    let rows = state.console.tokens(&viewer).await?;
    Ok(Answer(Page {
        items: rows.into_iter().map(Into::into).collect(),
        next: None,
    }))
}

/// Make a token of your own
///
/// The secret is in this answer and nowhere else. A token may not do more than its owner, and one that is made
/// with a token may not do more, nor live longer, than that one.
#[utoipa::path(post, path = "/api/v1/tokens", tag = "tokens", security(("token" = [])), request_body = TokenRequest,
    responses((status = 201, body = TokenMade), (status = 422, body = ProblemBody), (status = "4XX", body = ProblemBody)))]
async fn add(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Json(wanted): Json<TokenRequest>,
) -> Result<(StatusCode, Answer<TokenMade>), Refusal> {
    let request = accounts::TokenRequest {
        name: wanted.name,
        scope: wanted.scope.as_deref().map(scope).transpose()?,
        days: wanted.days,
    };
    let made = state.console.add_token(&viewer, request).await?;
    Ok((StatusCode::CREATED, Answer(made.into())))
}

/// End a token of your own
#[utoipa::path(delete, path = "/api/v1/tokens/{id}", tag = "tokens", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 204), (status = "4XX", body = ProblemBody)))]
async fn revoke(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let id: TokenId = id.parse().map_err(|_| Problem::not_found("such token"))?;
    state.console.revoke_token(&viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
