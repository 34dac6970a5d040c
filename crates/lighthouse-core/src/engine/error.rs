//! What an engine answers when it does not do what was asked.

/// What can go wrong between the console and an engine. Mapped to a `Problem` with the host's name where the
/// call was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No connection could be made, or it broke.
    #[error("{why}")]
    Unreachable {
        /// Why, in words: `connection refused`, `certificate expired`, `no such socket`.
        why: String,
    },
    /// No answer within the deadline.
    #[error("no answer within {seconds} s ({what})")]
    TimedOut {
        /// What was asked.
        what: &'static str,
        /// The deadline in seconds.
        seconds: u32,
    },
    /// 404.
    #[error("{message}")]
    NotFound {
        /// The engine's words.
        message: String,
    },
    /// 409.
    #[error("{message}")]
    Conflict {
        /// The engine's words.
        message: String,
    },
    /// Any other refusal.
    #[error("{message}")]
    Refused {
        /// The HTTP status; 0 for an error inside a stream.
        status: u16,
        /// The engine's words.
        message: String,
    },
    /// The answer makes no sense.
    #[error("the answer makes no sense ({what})")]
    Garbled {
        /// What was asked, and what was wrong.
        what: String,
    },
    /// This engine is too old for what was asked.
    #[error("{what} needs API version {needs}; this engine has {has}")]
    TooOld {
        /// What was asked.
        what: String,
        /// The version needed.
        needs: String,
        /// The version it has.
        has: String,
    },
}

impl EngineError {
    /// Does it say that nobody can tell what happened on the host?
    pub const fn is_silence(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TimedOut { .. })
    }
}
