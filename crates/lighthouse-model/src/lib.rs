//! Plain data shared by the console and the browser.
//!
//! What lives here: ids and checked names, the views that screens and the HTTP API show, permissions and
//! actions, the frames of the live channels, problems and their sentences, the container query.
//! What does not: anything that does I/O, reads a clock or a random number, or needs a runtime. Everything
//! compiles for the browser.

pub mod account;
pub mod action;
pub mod application;
pub mod constraint;
pub mod container;
pub mod diagnostic;
pub mod host;
pub mod id;
pub mod live;
pub mod log;
pub mod name;
pub mod operation;
pub mod permission;
pub mod plan;
pub mod problem;
pub mod query;
pub mod tone;
pub mod viewer;

pub use action::{Action, Actions};
pub use diagnostic::Diagnostic;
pub use id::{
    ApplicationId, ContainerId, ContainerKey, CredentialId, HostId, OperationId, PoolId, SessionId, TokenId,
    UserId,
};
pub use name::Name;
pub use permission::{Permission, PermissionSet, Role};
pub use problem::Problem;
pub use tone::{Tone, Verdict};
pub use viewer::ViewerView;

/// Milliseconds since the Unix epoch, UTC, by the console's clock.
pub type Millis = i64;
