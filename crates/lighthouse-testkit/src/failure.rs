//! What can go wrong on the bench.

use std::{io, path::Path, process::ExitStatus};

/// Why the bench could not do something.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BenchError {
    /// A file, a socket or a process of this machine refused.
    #[error("cannot {doing}: {source}")]
    Io {
        /// What was tried, as words after "cannot".
        doing: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A program ended with a failure.
    #[error("`{command}` failed ({status}): {stderr}")]
    Program {
        /// The command line.
        command: String,
        /// How it ended.
        status: ExitStatus,
        /// What it wrote to standard error.
        stderr: String,
    },
    /// An engine did not come up.
    #[error("engine `{host}` did not answer within {seconds} s; the end of its log:\n{log}")]
    NotUp {
        /// Name on the bench, such as `h1`.
        host: String,
        /// How long was waited.
        seconds: u64,
        /// The last lines the engine wrote.
        log: String,
    },
    /// An engine or a registry refused a call of ours.
    #[error("{who} answered {status} to {request}: {body}")]
    Refused {
        /// Socket or address asked.
        who: String,
        /// Method and path.
        request: String,
        /// HTTP status.
        status: u16,
        /// The whole body.
        body: String,
    },
    /// No such engine on this bench.
    #[error("there is no engine `{0}` on this bench")]
    NoSuchEngine(String),
    /// Something this machine does not have.
    #[error("not possible on this machine: {0}")]
    NotPossible(String),
}

impl BenchError {
    /// Makes a mapper for `map_err` that says what was being done.
    pub(crate) fn io(doing: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let doing = doing.into();
        move |source| Self::Io { doing, source }
    }

    /// The same for work on a path.
    pub(crate) fn path(doing: &str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::io(format!("{doing} {}", path.display()))
    }
}
