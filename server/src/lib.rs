//! The `lighthouse` binary as a library: configuration, router, sessions, sockets, HTTP API, command line.
//!
//! Everything here is thin: an entry point reads what was sent, finds out who is asking, calls `authorize` and one
//! use case of `lighthouse-core`, and puts the answer into words.

pub mod api;
pub mod command;
pub mod configuration;
pub mod form;
pub mod guard;
pub mod health;
pub mod listener;
pub mod origin;
pub mod page;
pub mod problem;
pub mod rate;
pub mod router;
pub mod session;
pub mod sign_in;
pub mod site;
pub mod socket;
pub mod state;
pub mod telemetry;

pub use command::main;
