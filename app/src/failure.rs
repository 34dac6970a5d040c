//! What a server function answers when it cannot do what was asked.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use lighthouse_model::Problem;
use serde::{Deserialize, Serialize};

/// A problem told by the console, or a call that did not reach it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Failure {
    /// The console answered with a problem.
    #[error("{problem}")]
    Told {
        /// The problem.
        problem: Problem,
    },
    /// The console could not be reached.
    #[error("Lighthouse cannot be reached right now. What you see may be old; try again in a moment.")]
    Unreachable,
    /// The console answered with something this page cannot read.
    #[error("This page and the console do not understand each other. Reload the page.")]
    Garbled,
}

impl Failure {
    /// The problem inside, if the console told one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Told { problem } => Some(problem),
            Self::Unreachable | Self::Garbled => None,
        }
    }
}

impl From<Problem> for Failure {
    /// Also sets the status of the answer: a server function that fails would be a 500 otherwise.
    fn from(problem: Problem) -> Self {
        #[cfg(feature = "ssr")]
        if let Some(options) = leptos::prelude::use_context::<leptos_axum::ResponseOptions>()
            && let Ok(status) = http::StatusCode::from_u16(problem.status())
        {
            options.set_status(status);
        }
        Self::Told { problem }
    }
}

impl FromServerFnError for Failure {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::Unreachable,
            _ => Self::Garbled,
        }
    }
}
