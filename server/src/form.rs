//! Forms of the pages that the server writes: read, handed to the server function they name, answered.
//!
//! A script asks for `text/plain` and is told in a sentence. Without a script the browser is sent back to the page,
//! or shown it again with what was wrong.

use axum::RequestExt;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Form, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use lighthouse_app::{Failure, Visit, form};
use lighthouse_model::Problem;

use crate::page;
use crate::problem::Refusal;
use crate::router::BODY_LIMIT;
use crate::state::AppState;

/// A form that was sent to the page it stands on.
pub async fn call(State(state): State<AppState>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let fields = match request.extract::<Form<Vec<(String, String)>>, _>().await {
        Ok(Form(fields)) => fields,
        Err(why) => return why.into_response(),
    };
    let named = fields.iter().rev().find(|(name, _)| name == "call");
    let Some((call, done)) = named.and_then(|(_, call)| Some((call.as_str(), form::done(call)?))) else {
        return Refusal::from(Problem::not_found("such call")).into_response();
    };
    let (status, answer) = match function(&state, &parts, call, &fields).await {
        Ok(answer) => answer,
        Err(refusal) => return refusal.into_response(),
    };
    if !status.is_success() {
        return refused(&state, parts, status, &answer).await;
    }
    let told = form::told(call, &answer);
    match form::secret(call, &answer) {
        _ if wants_words(&parts.headers) && told.is_some() => {
            (StatusCode::ACCEPTED, told.unwrap_or_default()).into_response()
        }
        _ if wants_words(&parts.headers) => done.into_response(),
        None => Redirect::to(&state.path(&format!("{}?said={call}", parts.uri.path()))).into_response(),
        secret => {
            let visit = Visit {
                secret,
                ..Visit::default()
            };
            page::render(&state, parts, visit).await
        }
    }
}

fn wants_words(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|accept| accept == "text/plain")
}

/// Calls a server function as a page with a script would.
async fn function(
    state: &AppState,
    parts: &Parts,
    call: &str,
    fields: &[(String, String)],
) -> Result<(StatusCode, Bytes), Refusal> {
    let body = form::body(fields).to_string();
    let mut inner = parts.clone();
    inner.method = Method::POST;
    inner.uri = Uri::try_from(format!("/api/ui/{call}")).map_err(|_| Problem::not_found("such call"))?;
    inner.headers.remove(CONTENT_LENGTH);
    for name in [ACCEPT, CONTENT_TYPE] {
        inner
            .headers
            .insert(name, HeaderValue::from_static("application/json"));
    }
    let request = Request::from_parts(inner, Body::from(body));
    let response = page::server_function(State(state.clone()), request).await;
    let status = response.status();
    let answer = to_bytes(response.into_body(), BODY_LIMIT)
        .await
        .unwrap_or_default();
    Ok((status, answer))
}

/// What was wrong: in a sentence for scripts, else on the page.
async fn refused(state: &AppState, parts: Parts, status: StatusCode, answer: &[u8]) -> Response {
    let failure = serde_json::from_slice::<Failure>(answer).unwrap_or(Failure::Garbled);
    let mut response = if wants_words(&parts.headers) {
        failure.to_string().into_response()
    } else {
        let visit = Visit {
            problem: Some(failure.problem().cloned().unwrap_or_else(|| Problem::Conflict {
                why: failure.to_string(),
            })),
            ..Visit::default()
        };
        page::render(state, parts, visit).await
    };
    *response.status_mut() = status;
    response
}
