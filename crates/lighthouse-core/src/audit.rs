//! The record of who did what: written by every use case that changes something or refuses somebody, read by who
//! may. Append-only, and never with a secret in it.

use lighthouse_model::OperationId;
use lighthouse_model::account::AuditRow;

use crate::access::{Grant, Refused, right};
use crate::store::AuditRecord;
use crate::{Clock, Console, Result, Target, Viewer};

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
    /// It was tried, and did not work.
    Failed,
    /// An operation does it.
    Accepted(OperationId),
    /// It was not allowed.
    Refused,
}

impl Outcome {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Accepted(_) => "accepted",
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

    /// Writes down what was refused to a viewer since the last time. `asked` is the request, without its query.
    ///
    /// Called where a request ends with 403, or with 404 because the viewer may not even see what it asks for.
    pub async fn note_refusals(&self, viewer: &Viewer, asked: &str) {
        let (named, refused) = viewer.refusals.take();
        for Refused { permission, target } in refused {
            let target = match (&named, target) {
                (Some(named), _) => named.clone(),
                // The request names the object, if any, as its asker did.
                (None, Target::Installation) => asked.to_owned(),
                (None, target) => self.words_for(&target).await,
            };
            let noted = self.record(
                viewer.into(),
                permission.as_str(),
                target,
                Outcome::Refused,
                format!("asked by {asked}"),
            );
            if let Err(error) = noted.await {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a refusal could not be noted"
                );
            }
        }
    }

    /// A target as the record names it; by its id when it is gone.
    async fn words_for(&self, target: &Target) -> String {
        let store = self.store();
        match target {
            Target::Installation => "the installation".to_owned(),
            Target::Host(id) => match self.fleet().host(*id) {
                Some(host) => format!("host {}", host.name),
                None => format!("host {id}"),
            },
            Target::Container(key) => match self.fleet().host(key.host) {
                Some(host) => format!("container {} on host {}", key.id, host.name),
                None => format!("container {}", key.id),
            },
            Target::Application(id) => match store.application_by_id(*id).await {
                Ok(Some(application)) => format!("application {}", application.name),
                _ => format!("application {id}"),
            },
            Target::Operation(id) => format!("operation {id}"),
            Target::User(id) => match store.user(*id).await {
                Ok(Some(user)) => format!("account {}", user.name),
                _ => format!("account {id}"),
            },
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
        let line = self.line(who, action, target, outcome, detail);
        Ok(self.store().append(&line).await?)
    }

    /// A row, for those who write it together with what it tells of.
    pub(crate) fn line(
        &self,
        who: Who<'_>,
        action: &str,
        target: String,
        outcome: Outcome,
        detail: String,
    ) -> AuditRecord {
        line(self.clock(), who, action, target, outcome, detail)
    }
}

/// A row of the record: the one place that makes them.
pub(crate) fn line(
    clock: &dyn Clock,
    who: Who<'_>,
    action: &str,
    target: String,
    outcome: Outcome,
    detail: String,
) -> AuditRecord {
    AuditRecord {
        at: clock.now(),
        actor: who.actor.to_owned(),
        address: who.address.to_owned(),
        action: action.to_owned(),
        target: bounded(target),
        outcome: outcome.as_str().to_owned(),
        operation: match outcome {
            Outcome::Accepted(operation) => Some(operation),
            Outcome::Done | Outcome::Failed | Outcome::Refused => None,
        },
        detail: bounded(detail),
    }
}

fn bounded(text: String) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text[..end].to_owned(),
        None => text,
    }
}
