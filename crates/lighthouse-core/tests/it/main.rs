//! The core's use cases against scripted engines, a store in memory, and a clock that obeys.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "in tests, what must not happen ends them"
)]

mod access_page;
mod bench;
mod crash;
mod deploying;
mod fake;
mod fleet;
mod hosts;
mod live;
mod logs;
mod lost;
mod operating;
mod people;
mod refusing;
mod shared_objects;
mod signing_in;
mod terminal;
mod updating;
mod world;
