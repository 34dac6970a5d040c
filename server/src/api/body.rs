//! What `/api/v1` sends and takes: typed bodies with their OpenAPI descriptions.
//!
//! Times are RFC 3339. Unknown fields in requests are refused by name.

pub mod account;
pub mod application;
pub mod container;
pub mod host;
pub mod operation;

use lighthouse_model::Millis;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use utoipa::{IntoParams, ToSchema};

/// A time as RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(value_type = String, format = DateTime)]
#[serde(transparent)]
pub struct Timestamp(String);

impl From<Millis> for Timestamp {
    fn from(millis: Millis) -> Self {
        let text = OffsetDateTime::from_unix_timestamp_nanos(i128::from(millis) * 1_000_000)
            .ok()
            .and_then(|time| time.format(&Rfc3339).ok())
            .unwrap_or_default();
        Self(text)
    }
}

/// How many, and from where.
#[derive(Debug, Clone, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Paging {
    /// The `next` of the page before.
    pub cursor: Option<String>,
    /// Items at most, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 100)]
    pub limit: Option<u32>,
}

impl Paging {
    /// The limit within its bounds.
    pub fn limit(&self) -> u32 {
        self.limit.unwrap_or(100).clamp(1, 500)
    }
}

/// A page of a list.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Page<T> {
    /// The items.
    pub items: Vec<T>,
    /// The cursor of the next page; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// The operation that was started. Follow it at `/api/v1/operations/{id}`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Started {
    /// Its id.
    pub operation: String,
}

impl From<lighthouse_model::OperationId> for Started {
    fn from(id: lighthouse_model::OperationId) -> Self {
        Self {
            operation: id.to_string(),
        }
    }
}

/// A word for how something is, with the words a person reads.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Verdict {
    /// `good`, `done`, `idle`, `busy`, `warning`, `failed` or `unknown`.
    pub tone: String,
    /// A few words.
    pub words: String,
}

impl From<lighthouse_model::Verdict> for Verdict {
    fn from(verdict: lighthouse_model::Verdict) -> Self {
        Self {
            tone: word(&verdict.tone),
            words: verdict.words,
        }
    }
}

/// The stable text form of an enum that serialises as a string.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// What the asker may do, as words.
fn actions(allowed: lighthouse_model::Actions) -> Vec<String> {
    allowed.iter().map(|action| word(&action)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(Timestamp::from(0).0, "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp::from(1_700_000_000_123).0, "2023-11-14T22:13:20.123Z");
    }
}
