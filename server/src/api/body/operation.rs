//! Operations.

use lighthouse_model::operation::{OperationRow, OperationView, StepView};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Timestamp, Verdict, actions};

/// A change, in progress or past.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Operation {
    /// Its id.
    pub id: String,
    /// `deploy`, `scale`, `start`, `stop`, `restart` or `remove`.
    pub kind: String,
    /// What it changes, in words.
    pub target: String,
    /// Who started it.
    pub actor: String,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// `pending`, `running`, `succeeded`, `failed`, `cancelled` or `interrupted`.
    pub state: String,
    /// The truth in one sentence.
    pub status: Verdict,
    /// Steps that ended.
    pub steps_done: u32,
    /// Steps in all.
    pub steps_total: u32,
    /// What the asker may do with it.
    pub allowed: Vec<String>,
}

impl From<OperationRow> for Operation {
    fn from(row: OperationRow) -> Self {
        Self {
            id: row.id.to_string(),
            kind: row.kind.to_string(),
            target: row.target,
            actor: row.actor,
            created_at: row.created_at.into(),
            ended_at: row.ended_at.map(Into::into),
            state: row.state.to_string(),
            status: row.verdict.into(),
            steps_done: row.steps_done,
            steps_total: row.steps_total,
            allowed: actions(row.allowed),
        }
    }
}

/// An operation with its steps.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct OperationWhole {
    /// What the list tells too.
    #[serde(flatten)]
    pub operation: Operation,
    /// Its steps in order.
    pub steps: Vec<Step>,
}

impl From<OperationView> for OperationWhole {
    fn from(view: OperationView) -> Self {
        Self {
            operation: view.row.into(),
            steps: view.steps.into_iter().map(Into::into).collect(),
        }
    }
}

/// One step of an operation.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Step {
    /// Its place, from 0.
    pub n: u32,
    /// The host's name.
    pub host: String,
    /// What it is about.
    pub subject: String,
    /// The instance it belongs to.
    pub instance: Option<String>,
    /// What it does.
    pub kind: String,
    /// `pending`, `running`, `succeeded`, `warning`, `failed`, `skipped`, `cancelled` or `unknown`.
    pub status: String,
    /// When its intent was written.
    pub intent_at: Option<Timestamp>,
    /// When its outcome was written.
    pub outcome_at: Option<Timestamp>,
    /// Bytes done so far, while it counts any.
    pub bytes_done: Option<u64>,
    /// Bytes in all, as far as known.
    pub bytes_total: Option<u64>,
    /// The stable code of what went wrong.
    pub code: Option<String>,
    /// One line: cause, and what to do.
    pub message: Option<String>,
    /// The engine's own words.
    pub detail: Option<String>,
}

impl From<StepView> for Step {
    fn from(step: StepView) -> Self {
        Self {
            n: step.n,
            host: step.host_name.to_string(),
            subject: step.subject,
            instance: step.instance,
            kind: step.kind.to_string(),
            status: step.status.to_string(),
            intent_at: step.intent_at.map(Into::into),
            outcome_at: step.outcome_at.map(Into::into),
            bytes_done: step.progress.map(|p| p.done),
            bytes_total: step.progress.map(|p| p.total),
            code: step.code,
            message: step.message,
            detail: step.detail,
        }
    }
}
