//! Compose files to blueprints: reading, checking, interpolating.
//!
//! [`load`] turns a Compose file, its `.env` text and the texts of its environment files into a typed
//! [`Blueprint`], or says at which line and column it cannot. It does no I/O and never panics; its cost is
//! bounded by [`limits`]. What it means by each key is what the Compose Specification says and the reference
//! implementation does; a key it does not carry out is an error, never dropped.
//!
//! [`canonical`] writes a blueprint back as the JSON of `docker-compose config --format json`, for comparison.
//! [`reserved`] lists the options that hand out the host, for which the administrator role is asked.
//!
//! ```
//! let loaded = lighthouse_blueprint::load(&lighthouse_blueprint::Source::of(
//!     "services:\n  web:\n    image: nginx\n    ports: ['8080:80']\n",
//! ));
//! assert!(loaded.is_ok_and(|loaded| loaded.blueprint.services[0].ports[0].target == 80));
//! ```

pub mod blueprint;
pub mod canonical;
mod cursor;
pub mod dependency;
pub mod device;
mod document;
mod dotenv;
mod findings;
pub mod health;
mod image;
mod interpolation;
mod keys;
pub mod limits;
pub mod mount;
mod name;
pub mod namespace;
pub mod network;
mod order;
mod pairs;
pub mod port;
mod quantity;
pub mod reserved;
pub mod resources;
mod scalar;
pub mod service;
mod shell;
mod tree;
pub mod volume;

pub use blueprint::{Blueprint, Broken, Loaded, Source};
pub use dependency::{Condition, Dependency};
pub use device::Device;
pub use health::{HealthTest, Healthcheck};
pub use mount::{Mount, MountSource, Tmpfs};
pub use namespace::{IpcMode, NetworkMode, PidMode};
pub use network::{Attachment, Ipam, IpamPool, Network};
pub use port::{Exposed, Port, PortMode, Protocol, Published};
pub use reserved::ReservedOption;
pub use resources::{Deploy, Resources};
pub use service::{ExtraHost, Options, PlacementMode, Restart, Service, Ulimit};
pub use volume::Volume;

/// Reads a blueprint.
pub fn load(source: &Source<'_>) -> Result<Loaded, Broken> {
    document::load(source)
}
