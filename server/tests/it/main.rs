//! The whole server in one process: its router on a store in memory and a pretended engine.

// So that clippy knows them for tests, their helping functions too.
#[cfg(test)]
mod base_path;
#[cfg(test)]
mod console;
#[cfg(test)]
mod forms;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod sign_in;
#[cfg(test)]
mod walk;
