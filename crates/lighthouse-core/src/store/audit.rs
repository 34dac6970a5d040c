//! The record of who did what.

use async_trait::async_trait;
use lighthouse_model::{Millis, OperationId};

use super::StoreResult;

/// A row of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// When.
    pub at: Millis,
    /// Who; empty when nobody was signed in.
    pub actor: String,
    /// From which address.
    pub address: String,
    /// What they did, a stable kebab-case word.
    pub action: String,
    /// On what, in words.
    pub target: String,
    /// `done`, `accepted`, `refused` or `failed`.
    pub outcome: String,
    /// The operation it started.
    pub operation: Option<OperationId>,
    /// Anything else, without secrets.
    pub detail: String,
}

/// The append-only record of who did what.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Adds a row.
    async fn append(&self, record: &AuditRecord) -> StoreResult<()>;
    /// Rows, newest first; `before` is the place returned with the last row of the page before.
    async fn audit(&self, before: Option<i64>, limit: u32) -> StoreResult<Vec<(i64, AuditRecord)>>;
}
