//! Problems as HTTP: the one place that maps them, and the one place that logs their cause.

use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use lighthouse_core::Error;
use lighthouse_model::Problem;
use serde::Serialize;
use utoipa::ToSchema;

/// An answer to a request that could not be carried out: `application/problem+json` (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemBody {
    /// The HTTP status.
    status: u16,
    /// The stable code.
    title: &'static str,
    /// One sentence for a person: what failed, where, why, and what to do.
    detail: String,
    /// The code with its parameters, for programs.
    problem: serde_json::Value,
}

/// What a handler answers when it cannot do what was asked.
#[derive(Debug)]
pub struct Refusal(Problem);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        log(&error);
        Self(error.into_problem())
    }
}

/// Logs the cause of an error, once.
pub fn log(error: &Error) {
    match (error.cause(), error.problem()) {
        (Some(cause), Problem::Internal { reference }) => {
            tracing::error!(reference, cause = %chain(cause), "internal error");
        }
        (Some(cause), problem) => tracing::debug!(code = problem.code(), cause = %chain(cause), "refused"),
        (None, _) => {}
    }
}

fn chain(cause: &(dyn std::error::Error + Send + Sync)) -> String {
    let mut text = cause.to_string();
    let mut source = cause.source();
    while let Some(next) = source {
        text.push_str(": ");
        text.push_str(&next.to_string());
        source = next.source();
    }
    text
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self(problem) = self;
        let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = ProblemBody {
            status: status.as_u16(),
            title: problem.code(),
            detail: problem.to_string(),
            problem: serde_json::to_value(&problem).unwrap_or_default(),
        };
        let mut response = (status, serde_json::to_string(&body).unwrap_or_default()).into_response();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match &problem {
            Problem::TooMany { retry_after } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(*retry_after));
            }
            Problem::SignInNeeded => {
                headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            _ => {}
        }
        response
    }
}
