//! How a step ends, and what is written of it.

use lighthouse_model::Problem;
use lighthouse_model::operation::StepStatus;

use crate::store::StepOutcome;

/// It did what it should.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Done {
    /// Something to know.
    pub(super) message: Option<String>,
    /// Is that a warning?
    pub(super) warning: bool,
    /// The stable code of what is to be known.
    pub(super) code: Option<&'static str>,
}

impl Done {
    /// Nothing more to say.
    pub(super) const fn plainly() -> Self {
        Self {
            message: None,
            warning: false,
            code: None,
        }
    }

    /// With something to know.
    pub(super) fn noting(message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            warning: false,
            code: None,
        }
    }

    /// With something to look after.
    pub(super) fn warning(message: impl Into<String>) -> Self {
        Self {
            message: Some(message.into()),
            warning: true,
            code: None,
        }
    }
}

/// It did not, or nobody can tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// In words for a person.
    pub(super) problem: Problem,
    /// The engine's own words, or the last lines of a log.
    pub(super) detail: Option<String>,
    /// Can nobody tell what happened on the host?
    pub(super) silent: bool,
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        Self {
            problem,
            detail: None,
            silent: false,
        }
    }
}

/// How a step ended.
pub(super) type Acted = Result<Done, Fault>;

/// What the journal is told of it.
pub(super) fn outcome(acted: Acted) -> StepOutcome {
    match acted {
        Ok(done) => StepOutcome {
            status: if done.warning {
                StepStatus::Warning
            } else {
                StepStatus::Succeeded
            },
            code: done.code.map(str::to_owned),
            message: done.message,
            detail: None,
        },
        Err(fault) => StepOutcome {
            status: if fault.silent {
                StepStatus::Unknown
            } else {
                StepStatus::Failed
            },
            code: Some(fault.problem.code().to_owned()),
            message: Some(fault.problem.to_string()),
            detail: fault.detail,
        },
    }
}

/// A step that was not begun.
pub(super) fn not_begun(status: StepStatus, message: &str) -> StepOutcome {
    StepOutcome {
        status,
        code: None,
        message: Some(message.to_owned()),
        detail: None,
    }
}
