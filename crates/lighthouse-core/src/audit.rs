//! The record of who did what: written by every use case that changes something or refuses somebody, read by who
//! may. Append-only, and never with a secret in it.

use lighthouse_model::Problem;
use lighthouse_model::account::AuditRow;

use crate::access::{Grant, right};
use crate::store::AuditRecord;
use crate::{Console, Result, Viewer};

/// Rows on one page at most.
const PAGE: u32 = 200;

/// The longest text kept in a column, in characters.
const LONGEST: usize = 2_000;

/// Who did it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Who<'a> {
    /// The account's name; empty when nobody was signed in.
    pub(crate) actor: &'a str,
    /// From where.
    pub(crate) address: &'a str,
}

impl<'a> Who<'a> {
    /// Nobody was signed in.
    pub(crate) fn stranger(address: &'a str) -> Self {
        Self { actor: "", address }
    }
}

impl<'a> From<&'a Viewer> for Who<'a> {
    fn from(viewer: &'a Viewer) -> Self {
        Self {
            actor: viewer.name.as_str(),
            address: &viewer.address,
        }
    }
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It was done.
    Done,
    /// It was not allowed.
    Refused,
}

impl Outcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
        }
    }
}

impl Console {
    /// A page of the record, newest first; `before` is the place of the last row of the page before.
    pub async fn audit(
        &self,
        _grant: &Grant<right::AuditView>,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<AuditRow>> {
        let rows = self.store().audit(before, limit.clamp(1, PAGE)).await?;
        Ok(rows
            .into_iter()
            .map(|(n, row)| AuditRow {
                n,
                at: row.at,
                actor: row.actor,
                address: row.address,
                action: row.action,
                target: row.target,
                outcome: row.outcome,
                operation: row.operation,
                detail: row.detail,
            })
            .collect())
    }

    /// Writes down that a viewer asked for what they may not do. Called where a request ends with
    /// [`Problem::Forbidden`]; anything else is not a refusal.
    pub async fn note_refusal(&self, viewer: &Viewer, asked: &str, problem: &Problem) {
        let Problem::Forbidden { permission } = problem else {
            return;
        };
        let detail = format!("needs {permission}");
        let noted = self.record(
            viewer.into(),
            "refused",
            asked.to_owned(),
            Outcome::Refused,
            detail,
        );
        if let Err(error) = noted.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a refusal could not be noted"
            );
        }
    }

    /// Adds a row.
    pub(crate) async fn record(
        &self,
        who: Who<'_>,
        action: &str,
        target: String,
        outcome: Outcome,
        detail: String,
    ) -> Result<()> {
        let record = AuditRecord {
            at: self.clock().now(),
            actor: who.actor.to_owned(),
            address: who.address.to_owned(),
            action: action.to_owned(),
            target: bounded(target),
            outcome: outcome.as_str().to_owned(),
            operation: None,
            detail: bounded(detail),
        };
        Ok(self.store().append(&record).await?)
    }
}

fn bounded(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}
