//! The blueprint loader, tested from outside.

mod compose_tool;
mod diagnostics;
mod fuzz;
mod judge;
mod model;
mod samples;
