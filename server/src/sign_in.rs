//! Signing in, signing out, first run: plain forms that answer 303, so they work without a script and set cookies
//! before any body.

use axum::Form;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Extension, RequestExt};
use http::header::USER_AGENT;
use http::{HeaderMap, StatusCode};
use lighthouse_app::Visit;
use lighthouse_core::identity::NewId;
use lighthouse_core::{Error, Secret};
use lighthouse_model::{Problem, SessionId, UserId};
use serde::Deserialize;
use tower_sessions::Session;

use crate::guard::{Asking, ClientAddress};
use crate::problem;
use crate::session::{self, SignedIn};
use crate::state::AppState;
use crate::{page, telemetry};

/// What the sign-in form sends.
#[derive(Deserialize)]
pub struct SignInForm {
    name: String,
    password: String,
    #[serde(default)]
    next: String,
}

/// What the first-run form sends.
#[derive(Deserialize)]
pub struct SetupForm {
    token: String,
    name: String,
    password: String,
}

/// `POST /login`.
pub async fn sign_in(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let (parts, form) = match form::<SignInForm>(request).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let password = Secret::new(form.password);
    match state
        .console
        .sign_in(&form.name, &password, &address.to_string())
        .await
    {
        Ok(user) => {
            let next = state.path(session::safe_next(&form.next));
            signed_in(&state, &session, user, &headers, &address.to_string(), &next).await
        }
        Err(error) => {
            let visit = Visit {
                name: form.name,
                next: form.next,
                ..Visit::default()
            };
            again(&state, parts, error, visit).await
        }
    }
}

/// `POST /setup`.
pub async fn set_up(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
    Extension(ClientAddress(address)): Extension<ClientAddress>,
    request: Request,
) -> Response {
    let headers = request.headers().clone();
    let (parts, form) = match form::<SetupForm>(request).await {
        Ok(form) => form,
        Err(response) => return response,
    };
    let (token, password) = (Secret::new(form.token.clone()), Secret::new(form.password));
    match state
        .console
        .set_up(&token, &form.name, &password, &address.to_string())
        .await
    {
        Ok(user) => {
            let next = state.path("/");
            signed_in(&state, &session, user, &headers, &address.to_string(), &next).await
        }
        Err(error) => {
            let visit = Visit {
                name: form.name,
                token: form.token,
                ..Visit::default()
            };
            again(&state, parts, error, visit).await
        }
    }
}

/// `POST /logout`.
pub async fn sign_out(
    State(state): State<AppState>,
    Extension(session): Extension<Session>,
    asking: Option<Extension<Asking>>,
) -> Response {
    if let Some(Extension(Asking(viewer))) = asking {
        state.console.signed_out(&viewer).await;
    }
    match session::end(&session).await {
        Ok(()) => Redirect::to(&state.path("/login")).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

async fn form<T: serde::de::DeserializeOwned + 'static>(
    request: Request,
) -> Result<(http::request::Parts, T), Response> {
    let (parts, body) = request.into_parts();
    let kept = parts.clone();
    let request = Request::from_parts(parts, body);
    match request.extract::<Form<T>, _>().await {
        Ok(Form(form)) => Ok((kept, form)),
        Err(why) => Err(why.into_response()),
    }
}

async fn signed_in(
    state: &AppState,
    session: &Session,
    user: UserId,
    headers: &HeaderMap,
    address: &str,
    next: &str,
) -> Response {
    let agent = headers
        .get(USER_AGENT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let now = state.console.clock().now();
    let kept = SignedIn {
        session: SessionId::fresh(),
        user,
        agent: telemetry::printable(agent).chars().take(200).collect(),
        address: address.to_owned(),
        at: now,
        renewed: now,
    };
    match session::begin(session, &kept).await {
        Ok(()) => Redirect::to(next).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// The form again, with what was wrong; the password is never given back.
async fn again(state: &AppState, parts: http::request::Parts, error: Error, visit: Visit) -> Response {
    problem::log(&error);
    let problem = error.into_problem();
    let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
    let retry_after = match &problem {
        Problem::TooMany { retry_after } => Some(*retry_after),
        _ => None,
    };
    let visit = Visit {
        problem: Some(problem),
        ..visit
    };
    let mut response = page::render(state, parts, visit).await;
    *response.status_mut() = status;
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(http::header::RETRY_AFTER, seconds.into());
    }
    response
}
