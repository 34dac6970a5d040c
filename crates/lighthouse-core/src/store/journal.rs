//! Operations and their steps.

use std::collections::BTreeMap;

use async_trait::async_trait;
use lighthouse_model::operation::{OperationKind, OperationState, StepKind, StepStatus};
use lighthouse_model::{ApplicationId, HostId, Millis, OperationId};

use super::{ApplicationRecord, AuditRecord, ReleaseRecord, StoreResult};
use crate::access::GrantRecord;

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRecord {
    /// Which one.
    pub id: OperationId,
    /// What kind.
    pub kind: OperationKind,
    /// What it changes, in words.
    pub target: String,
    /// The application, when it is one.
    pub application: Option<ApplicationId>,
    /// Who started it.
    pub actor: String,
    /// The grant it was started with.
    pub grant: GrantRecord,
    /// The executor that may write its outcomes; a newer one takes over by raising it.
    pub epoch: i64,
    /// How far it is.
    pub state: OperationState,
    /// When it was accepted.
    pub created_at: Millis,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// What it needs to go on after a restart, as JSON; sealed.
    pub payload: String,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRecord {
    /// Of which operation.
    pub operation: OperationId,
    /// Its place in it, from 0.
    pub n: u32,
    /// The host it is on.
    pub host: HostId,
    /// What it is about, in words.
    pub subject: String,
    /// The instance it belongs to, such as `web-2`.
    pub instance: Option<String>,
    /// The generation it works for.
    pub generation: i64,
    /// What it does.
    pub kind: StepKind,
    /// When its intent was written.
    pub intent_at: Option<Millis>,
    /// When its outcome was written.
    pub outcome_at: Option<Millis>,
    /// How far it is.
    pub status: StepStatus,
    /// The stable code of what went wrong.
    pub code: Option<String>,
    /// One line for a person.
    pub message: Option<String>,
    /// The engine's own words.
    pub detail: Option<String>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepOutcome {
    /// How.
    pub status: StepStatus,
    /// The stable code of what went wrong.
    pub code: Option<String>,
    /// One line for a person.
    pub message: Option<String>,
    /// The engine's own words.
    pub detail: Option<String>,
}

/// What else is written in the transaction that accepts an operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acceptance {
    /// The application as it is to be: added when new. Refused with [`StoreError::Stale`] unless the stored
    /// generation is one less.
    pub application: Option<ApplicationRecord>,
    /// The release it makes.
    pub release: Option<ReleaseRecord>,
}

/// A page of the list of operations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperationFilter {
    /// Only of this application.
    pub application: Option<ApplicationId>,
    /// Only older than this one (ids sort by time).
    pub before: Option<OperationId>,
    /// Only these states; empty is all.
    pub states: Vec<OperationState>,
    /// At most so many.
    pub limit: u32,
}

/// The operations journal: intent before the act, outcome after it.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Accepts an operation with all its steps, and what goes with it, in one transaction.
    /// [`StoreError::Busy`] when another one is active for the application.
    async fn accept(
        &self,
        operation: &OperationRecord,
        steps: &[StepRecord],
        with: &Acceptance,
        audit: &AuditRecord,
    ) -> StoreResult<()>;
    /// Adds steps at the end of an active operation. [`StoreError::Stale`] when the epoch is over or it ended.
    async fn add_steps(&self, operation: OperationId, epoch: i64, steps: &[StepRecord]) -> StoreResult<()>;
    /// Writes a step's intent. [`StoreError::Stale`] when the epoch is over, or the step ended in any other way than
    /// *unknown*.
    async fn begin_step(&self, operation: OperationId, epoch: i64, n: u32, at: Millis) -> StoreResult<()>;
    /// Writes a step's outcome. [`StoreError::Stale`] as with [`begin_step`](Self::begin_step).
    async fn end_step(
        &self,
        operation: OperationId,
        epoch: i64,
        n: u32,
        at: Millis,
        outcome: &StepOutcome,
    ) -> StoreResult<()>;
    /// Writes how far an operation is. [`StoreError::Stale`] when the epoch is over, or it ended in any other way than
    /// *interrupted*; [`StoreError::Busy`] when an interrupted one would go on beside another.
    async fn set_state(
        &self,
        operation: OperationId,
        epoch: i64,
        state: OperationState,
        at: Millis,
    ) -> StoreResult<()>;
    /// Takes over an operation: raises its epoch and returns the new one.
    async fn take_over(&self, operation: OperationId) -> StoreResult<i64>;
    /// One operation with its steps.
    async fn operation(&self, id: OperationId) -> StoreResult<Option<(OperationRecord, Vec<StepRecord>)>>;
    /// A page of operations, newest first, without payloads.
    async fn operations(&self, filter: &OperationFilter) -> StoreResult<Vec<OperationRecord>>;
    /// Steps ended and in all, for each of these operations.
    async fn step_counts(&self, ids: &[OperationId]) -> StoreResult<BTreeMap<OperationId, (u32, u32)>>;
    /// Operations that have not ended, oldest first.
    async fn unfinished(&self) -> StoreResult<Vec<(OperationRecord, Vec<StepRecord>)>>;
}
