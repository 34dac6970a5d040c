//! `/api/v1/users`.

use std::str::FromStr;

use axum::Json as Answer;
use axum::extract::{Path, State};
use http::StatusCode;
use lighthouse_core::access::right;
use lighthouse_core::accounts;
use lighthouse_core::{Secret, Target, authorize};
use lighthouse_model::{Problem, Role, UserId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::Page;
use super::body::account::{NewUser, User, UserChange};
use super::input::Json;
use crate::guard::Asking;
use crate::problem::{ProblemBody, Refusal};
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(change, remove))
}

/// A text that is no id is nobody's account.
fn target(id: &str) -> Result<Target, Problem> {
    UserId::from_str(id)
        .map(Target::User)
        .map_err(|_| Problem::not_found("such account"))
}

fn role(text: &str) -> Result<Role, Problem> {
    text.parse()
        .map_err(|_| Problem::invalid("role", "a role is `viewer`, `operator` or `administrator`"))
}

/// Everybody with an account
#[utoipa::path(get, path = "/api/v1/users", tag = "users", security(("token" = [])),
    responses((status = 200, body = Page<User>), (status = "4XX", body = ProblemBody)))]
async fn list(State(state): State<AppState>, Asking(viewer): Asking) -> Result<Answer<Page<User>>, Refusal> {
    let grant = authorize::<right::UsersManage>(&viewer, Target::Installation)?;
    let users = state.console.users(&grant).await?;
    Ok(Answer(Page {
        items: users.into_iter().map(Into::into).collect(),
        next: None,
    }))
}

/// Make an account
///
/// Nobody gives more than they may themselves.
#[utoipa::path(post, path = "/api/v1/users", tag = "users", security(("token" = [])), request_body = NewUser,
    responses((status = 201, body = User), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = "4XX", body = ProblemBody)))]
async fn add(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Json(user): Json<NewUser>,
) -> Result<(StatusCode, Answer<User>), Refusal> {
    let grant = authorize::<right::UsersManage>(&viewer, Target::Installation)?;
    let password = Secret::new(user.password);
    let row = state
        .console
        .add_user(&grant, &user.name, &password, role(&user.role)?)
        .await?;
    Ok((StatusCode::CREATED, Answer(row.into())))
}

/// Change a person's role or password, or whether they may sign in
///
/// A new password and a locked account end the person's sessions. The last administrator stays one.
#[utoipa::path(patch, path = "/api/v1/users/{id}", tag = "users", security(("token" = [])), params(("id" = String, Path)),
    request_body = UserChange,
    responses((status = 200, body = User), (status = 409, body = ProblemBody), (status = "4XX", body = ProblemBody)))]
async fn change(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(id): Path<String>,
    Json(change): Json<UserChange>,
) -> Result<Answer<User>, Refusal> {
    let grant = authorize::<right::UsersManage>(&viewer, target(&id)?)?;
    let change = accounts::UserChange {
        role: change.role.as_deref().map(role).transpose()?,
        enabled: change.enabled,
        password: change.password.map(Secret::new),
    };
    Ok(Answer(state.console.change_user(&grant, change).await?.into()))
}

/// Remove an account with its sessions and tokens
#[utoipa::path(delete, path = "/api/v1/users/{id}", tag = "users", security(("token" = [])), params(("id" = String, Path)),
    responses((status = 204), (status = 409, body = ProblemBody), (status = "4XX", body = ProblemBody)))]
async fn remove(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let grant = authorize::<right::UsersManage>(&viewer, target(&id)?)?;
    state.console.remove_user(&grant).await?;
    Ok(StatusCode::NO_CONTENT)
}
