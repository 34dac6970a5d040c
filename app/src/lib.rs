//! The pages of the console and the server functions behind them.
//!
//! What lives here: the document around a page ([`shell`]), the router ([`App`]), pages, components, the
//! server functions that pages call, and the tab's live connection. What does not: decisions. Server functions
//! authorize and call a use case; pages show views and ask `allowed` what may be done.

// Views are nested types: the default depth is not enough for a whole page.
#![recursion_limit = "512"]
#![expect(clippy::needless_pass_by_value, reason = "components own their properties")]
#![expect(clippy::too_many_lines, reason = "a view is one tree: its length is markup")]
#![expect(
    unreachable_pub,
    reason = "the component macro makes properties public wherever it stands"
)]

mod app;
mod browser;
mod calls;
mod clock;
mod component;
mod failure;
#[cfg(feature = "ssr")]
pub mod form;
mod live;
mod markup;
mod notice;
mod page;
mod rows;
mod shell;
mod site;
mod text;

pub use app::App;
pub use failure::Failure;
pub use shell::shell;
pub use site::{Scheme, SiteContext, Visit};
