//! The pages, one each.

pub(crate) mod containers;
pub(crate) mod hosts;
pub(crate) mod login;
pub(crate) mod missing;
pub(crate) mod overview;
pub(crate) mod setup;
