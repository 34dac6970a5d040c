//! Docker engines, over any stream.
//!
//! [`DockerEngines`] turns a [`HostConnection`](lighthouse_core::dial::HostConnection) into the
//! [`Engine`](lighthouse_core::engine::Engine) port of the core: it dials ([`dial`]), agrees on an API version
//! ([`version`]) and hands out a handle that bounds everything: its connections and the bytes of an answer
//! (`wire`), the calls under way (`permits`), the time of each (`failure::within`), the length of a log line
//! (`logs`).
//!
//! Changes are bollard's typed calls, sent through its custom transport over our own connections. Answers that
//! carry more than an id are read by our own lenient types: one word unknown to bollard would fail a whole list,
//! and its stream decoders know no bounds.
//!
//! bollard writes bodies, secrets among them, to the `log` crate at `debug`. The `log` features in `Cargo.toml`
//! compile these records away.

mod command;
mod creation;
pub mod dial;
mod engine;
mod engines;
mod events;
mod exec;
mod failure;
mod frames;
mod hang_up;
mod image;
mod inspection;
mod json_lines;
mod lenient;
mod logs;
mod moment;
mod network;
mod permits;
mod pull;
mod query;
mod stats;
mod stream;
mod summary;
pub mod version;
mod volume;
mod wire;

pub use engines::DockerEngines;
