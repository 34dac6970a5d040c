//! The blueprint loader, tested from outside.

#[cfg(test)]
mod compose_tool;
#[cfg(test)]
mod diagnostics;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod judge;
#[cfg(test)]
mod model;
#[cfg(test)]
mod samples;
