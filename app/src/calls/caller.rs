//! Who calls, and the console they call. The server provides both as contexts of every render and call.

use leptos::prelude::use_context;
use lighthouse_core::access::Right;
use lighthouse_core::{Console, Grant, Target, Viewer, authorize};
use lighthouse_model::Problem;

use crate::failure::Failure;

/// The console and the viewer behind this call.
pub(crate) struct Caller {
    pub(crate) console: Console,
    pub(crate) viewer: Viewer,
}

/// Finds out who calls; a stranger gets [`Problem::SignInNeeded`].
pub(crate) fn caller() -> Result<Caller, Failure> {
    let console = use_context::<Console>().ok_or(Problem::ShuttingDown)?;
    let viewer = use_context::<Viewer>().ok_or(Problem::SignInNeeded)?;
    Ok(Caller { console, viewer })
}

impl Caller {
    /// Asks the gate for the whole installation.
    pub(crate) fn may<R: Right>(&self) -> Result<Grant<R>, Failure> {
        self.may_to(Target::Installation)
    }

    /// Asks the gate for one object.
    pub(crate) fn may_to<R: Right>(&self, target: Target) -> Result<Grant<R>, Failure> {
        Ok(authorize::<R>(&self.viewer, target)?)
    }

    /// Says what the call is about, for the record of a refusal: the gate is asked before names are looked up.
    pub(crate) fn about(&self, what: impl Into<String>) {
        self.viewer.refusals.are_about(what);
    }

    /// Asks the gate for an application that a person named.
    pub(crate) async fn may_to_application<R: Right>(&self, name: &str) -> Result<Grant<R>, Failure> {
        self.about(format!("application {name}"));
        // First the right in general: a stranger to applications learns nothing from names.
        self.may::<R>()?;
        let target = self.console.application_target(name).await?;
        self.may_to(target)
    }
}

impl From<lighthouse_core::Error> for Failure {
    /// The one place where pages meet internal causes: they are logged here and go no further.
    fn from(error: lighthouse_core::Error) -> Self {
        if let Some(cause) = error.cause() {
            tracing::error!(code = error.problem().code(), %cause, "a call failed");
        }
        error.into_problem().into()
    }
}
