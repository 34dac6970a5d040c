//! Reading requests: what axum's own extractors refuse becomes a problem in words.

use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use http::request::Parts;
use lighthouse_model::Problem;
use serde::de::DeserializeOwned;

use crate::problem::Refusal;

/// A JSON body; unknown fields are refused by name.
pub(super) struct Json<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(JsonRejection::BytesRejection(why))
                if why.status() == http::StatusCode::PAYLOAD_TOO_LARGE =>
            {
                Err(Problem::TooLarge {
                    limit: crate::router::BODY_LIMIT as u64,
                }
                .into())
            }
            Err(JsonRejection::MissingJsonContentType(_)) => {
                Err(Problem::invalid("Content-Type", "the body must be `application/json`").into())
            }
            Err(why) => Err(Problem::invalid("body", source_words(&why)).into()),
        }
    }
}

/// A query string; unknown fields are refused by name.
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        axum::extract::Query::<T>::from_request_parts(parts, state)
            .await
            .map(|axum::extract::Query(value)| Self(value))
            .map_err(|why: QueryRejection| Problem::invalid("query", source_words(&why)).into())
    }
}

/// The innermost reason, without a full stop: it names the field.
fn source_words(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(next) = innermost.source() {
        innermost = next;
    }
    innermost.to_string().trim_end_matches('.').to_owned()
}
