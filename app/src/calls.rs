//! Server functions: each authorizes, calls one use case, and answers with a view.

pub(crate) mod container;
pub(crate) mod host;
pub(crate) mod look;

pub(crate) use container::act_on_containers;
pub(crate) use look::{Looked, look};
