//! The error of every use case: a [`Problem`] for the person, and a cause for the log.
//!
//! The cause is logged once, at the boundary that answers; it never reaches a person.

use std::error::Error as StdError;
use std::fmt;

use lighthouse_model::Problem;

/// A use case's result.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What a use case answers when it cannot do what was asked.
#[derive(Debug)]
pub struct Error {
    problem: Problem,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A problem with the cause behind it.
    pub fn with_cause(problem: Problem, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self {
            problem,
            cause: Some(cause.into()),
        }
    }

    /// Something is wrong with the console itself, `doing` something.
    pub fn internal(doing: &str, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let reference = format!("{doing}-{:08x}", fastrand::u32(..)).replace(' ', "-");
        Self::with_cause(Problem::Internal { reference }, cause)
    }

    /// What a person may know.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// The cause, for the log.
    pub fn cause(&self) -> Option<&(dyn StdError + Send + Sync)> {
        self.cause.as_deref()
    }

    /// What a person may know, taken out.
    pub fn into_problem(self) -> Problem {
        self.problem
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self { problem, cause: None }
    }
}

impl From<crate::store::StoreError> for Error {
    fn from(cause: crate::store::StoreError) -> Self {
        use crate::store::StoreError;
        let problem = match &cause {
            StoreError::Missing => Problem::not_found("such object"),
            StoreError::Stale => Problem::Stale {
                what: "it".to_owned(),
            },
            StoreError::Taken(what) => Problem::Conflict {
                why: format!("That {what} is taken already."),
            },
            StoreError::Busy { operation, actor } => Problem::Busy {
                application: "this application".to_owned(),
                actor: actor.clone(),
                operation: *operation,
            },
            StoreError::Full(_) | StoreError::Failed(_) => Problem::StoreUnavailable,
        };
        Self::with_cause(problem, cause)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.problem, f)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause
            .as_deref()
            .map(|cause| cause as &(dyn StdError + 'static))
    }
}
