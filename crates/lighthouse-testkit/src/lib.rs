//! The test bench: real engines, a real registry, images, a store in memory, and the faults that happen to them.
//!
//! Development only; nothing that ships depends on it. Of the project it depends on the core only, so that every
//! adapter can use it in its tests.
//!
//! * [`engines`]: Docker engines side by side on this machine, each a host of its own.
//! * [`fake`]: an engine that is only pretended, for what a real one cannot be made to do.
//! * [`images`]: images made here, without a registry: `busybox` and the sample application.
//! * [`oracle`]: what is really there, asked from the engines.
//! * [`proxy`]: bad weather on a TCP connection.
//! * [`registry`]: Debian's registry, open or guarded by a password.
//! * [`memory`]: the console's store in memory, with faults on demand.
//! * [`contract`]: what every store promises, as scenarios for both.
//! * [`clock`]: a clock that stands still until it is told to move.
//! * [`programs`]: how tests start programs of this machine.
//! * [`skip`](mod@skip): how a test says loudly that it could not run.
//!
//! Real engines need root on Linux with Debian's `docker.io`, `iproute2`, `iptables`, `util-linux` and
//! `busybox-static`. A test that needs them starts like this:
//!
//! ```no_run
//! # fn test() -> Result<(), lighthouse_testkit::BenchError> {
//! use lighthouse_testkit::engines::Engines;
//!
//! let Some(engines) = Engines::builder(3).start_or_skip()? else { return Ok(()) };
//! engines.get("h2")?.pause()?;
//! # Ok(()) }
//! ```

pub mod clock;
pub mod contract;
pub mod engines;
mod failure;
pub mod fake;
pub mod images;
pub mod memory;
pub mod oracle;
pub mod plain_http;
pub mod programs;
pub mod proxy;
pub mod registry;
pub mod skip;
mod slot;

pub use clock::ManualClock;
pub use failure::BenchError;
pub use memory::MemoryStore;
pub use skip::skip;
pub use slot::sweep;
