//! Server functions: each authorizes, calls one use case, and answers with a view.

#[cfg(feature = "ssr")]
pub(crate) mod access;
pub(crate) mod application;
#[cfg(feature = "ssr")]
pub(crate) mod caller;
pub(crate) mod container;
pub(crate) mod host;
pub(crate) mod look;
pub(crate) mod operation;

pub(crate) use container::act_on_containers;
pub(crate) use look::{Looked, look};

/// An action that this kind of object does not know: only a made-up request asks for it.
#[cfg(feature = "ssr")]
fn not_an_action() -> crate::Failure {
    lighthouse_model::Problem::Invalid {
        field: "action".to_owned(),
        why: "it cannot be done to this".to_owned(),
    }
    .into()
}
