//! Plain data shared by the console and the browser.

pub mod constraint;
pub mod diagnostic;

pub use diagnostic::Diagnostic;
