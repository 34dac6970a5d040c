//! The pages, one each.

#[cfg(feature = "ssr")]
pub(crate) mod access;
pub(crate) mod application;
pub(crate) mod applications;
pub(crate) mod container;
pub(crate) mod containers;
pub(crate) mod deploy;
pub(crate) mod host;
pub(crate) mod hosts;
#[cfg(feature = "ssr")]
pub(crate) mod login;
pub(crate) mod logs;
pub(crate) mod missing;
pub(crate) mod operation;
pub(crate) mod operations;
pub(crate) mod overview;
#[cfg(feature = "ssr")]
pub(crate) mod settings;
#[cfg(feature = "ssr")]
pub(crate) mod setup;
