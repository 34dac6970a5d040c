//! The use cases of the console and the ports they need.
//!
//! What lives here: who may do what ([`access`]), what the fleet looks like now ([`fleet`]), changes and their
//! journal ([`operations`]), and small traits (ports) for everything outside: engines ([`engine`]), ways to reach
//! them ([`dial`]), the store ([`store`]) and the clock ([`clock`]).
//! What does not: HTTP, SQL, Docker's wire format, pages. Adapters implement the ports; the server joins them.
//!
//! [`Console`] is the one object that entry points hold; each domain's file adds its use cases to it.

pub mod access;
pub mod accounts;
pub mod applications;
pub mod audit;
pub mod change;
pub mod clock;
pub mod console;
pub mod containers;
pub mod dial;
pub mod engine;
pub mod error;
pub mod fleet;
pub mod hosts;
pub mod identity;
pub mod live;
pub mod logs;
pub mod operations;
pub mod secret;
pub mod sessions;
pub mod store;

pub use access::{Grant, Target, Viewer, authorize};
pub use clock::{Clock, SystemClock};
pub use console::Console;
pub use error::{Error, Result};
pub use secret::Secret;
