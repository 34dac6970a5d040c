//! A service: one image and its settings.

mod read;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

pub use lighthouse_model::constraint::PlacementMode;

use crate::dependency::Dependency;
use crate::device::Device;
use crate::health::Healthcheck;
use crate::mount::{Mount, MountSource, Tmpfs};
use crate::namespace::{IpcMode, NetworkMode, PidMode};
use crate::network::Attachment;
use crate::port::{Exposed, Port, Published};
use crate::resources::Deploy;

pub(crate) use read::{Draft, read};

/// One service, resolved: variables filled in, environment files merged, short forms written out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a key of Compose, and they are independent"
)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The line where it begins.
    pub line: u32,
    /// The image reference as it was written, variables filled in.
    pub image: String,
    /// Replaces the image's command; `Some` and empty clears it.
    pub command: Option<Vec<String>>,
    /// Replaces the image's entry point; `Some` and empty clears it.
    pub entrypoint: Option<Vec<String>>,
    /// The environment; `None` takes a variable of the image away.
    pub environment: BTreeMap<String, Option<String>>,
    /// Published ports, ranges written out.
    pub ports: Vec<Port>,
    /// Exposed ports.
    pub expose: Vec<Exposed>,
    /// Volumes, binds and memory mounts.
    pub mounts: Vec<Mount>,
    /// Entries of `tmpfs`.
    pub tmpfs: Vec<Tmpfs>,
    /// The networks it joins, the implicit `default` included; empty with a `network_mode`.
    pub networks: Vec<Attachment>,
    /// A network mode instead of networks.
    pub network_mode: Option<NetworkMode>,
    /// What it waits for, shared namespaces included.
    pub depends_on: Vec<Dependency>,
    /// How it shows that it is well.
    pub healthcheck: Option<Healthcheck>,
    /// What the engine does when it ends.
    pub restart: Option<Restart>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// User and group.
    pub user: Option<String>,
    /// The working directory.
    pub working_dir: Option<String>,
    /// The host name inside.
    pub hostname: Option<String>,
    /// Whether an init process reaps the dead; the engine's choice when absent.
    pub init: Option<bool>,
    /// Whether it has a terminal.
    pub tty: bool,
    /// Whether its standard input stays open.
    pub stdin_open: bool,
    /// Whether its root file system is read-only.
    pub read_only: bool,
    /// Capabilities beyond the engine's own set.
    pub cap_add: Vec<String>,
    /// Capabilities less than that.
    pub cap_drop: Vec<String>,
    /// Whether it may do everything on its host.
    pub privileged: bool,
    /// Devices of the host.
    pub devices: Vec<Device>,
    /// Whose processes it sees.
    pub pid: Option<PidMode>,
    /// Whose shared memory it sees.
    pub ipc: Option<IpcMode>,
    /// Security options.
    pub security_opt: Vec<String>,
    /// Limits of the kernel on its processes.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Kernel parameters.
    pub sysctls: BTreeMap<String, String>,
    /// The size of `/dev/shm` in bytes.
    pub shm_size: Option<u64>,
    /// More names for `/etc/hosts`.
    pub extra_hosts: Vec<ExtraHost>,
    /// Name servers.
    pub dns: Vec<IpAddr>,
    /// The signal that stops it.
    pub stop_signal: Option<String>,
    /// How long it may take to stop; 10 s when absent.
    pub stop_grace_period: Option<Duration>,
    /// Replicas, resources, constraints; `None` when there is no `deploy`.
    pub deploy: Option<Deploy>,
    /// The profiles it belongs to.
    pub profiles: Vec<String>,
    /// What Compose has no key for.
    pub lighthouse: Options,
    /// The line of each key of the service, for messages.
    pub lines: BTreeMap<String, u32>,
}

/// `x-lighthouse` of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// How its instances are laid over hosts; the default rule when absent.
    pub placement: Option<PlacementMode>,
}

/// `restart`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Never.
    No,
    /// Whenever it ends.
    Always,
    /// Whenever it ends, unless a person stopped it.
    UnlessStopped,
    /// When it fails, so often at most.
    OnFailure(Option<u32>),
}

impl Restart {
    /// The text that Compose uses.
    pub fn as_text(self) -> String {
        match self {
            Self::No => "no".into(),
            Self::Always => "always".into(),
            Self::UnlessStopped => "unless-stopped".into(),
            Self::OnFailure(None) => "on-failure".into(),
            Self::OnFailure(Some(times)) => format!("on-failure:{times}"),
        }
    }
}

/// A limit of the kernel; -1 is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ulimit {
    /// Where the process is held.
    pub soft: i64,
    /// How far the process may raise that itself.
    pub hard: i64,
}

/// A line of `/etc/hosts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraHost {
    /// The name.
    pub name: String,
    /// An address, or `host-gateway` for the host itself.
    pub address: String,
}

impl Service {
    /// How many instances it has.
    pub fn replicas(&self) -> u32 {
        self.deploy
            .as_ref()
            .and_then(|deploy| deploy.replicas)
            .unwrap_or(1)
    }

    /// Memory that is kept free for each instance, in bytes: the reservation, else nothing.
    pub fn reserved_memory(&self) -> u64 {
        self.deploy
            .as_ref()
            .and_then(|deploy| deploy.reservations.as_ref())
            .and_then(|resources| resources.memory)
            .unwrap_or(0)
    }

    /// Processors that are kept free for each instance, in thousand-millionths.
    pub fn reserved_nano_cpus(&self) -> u64 {
        self.deploy
            .as_ref()
            .and_then(|deploy| deploy.reservations.as_ref())
            .and_then(|resources| resources.nano_cpus)
            .unwrap_or(0)
    }

    /// Published ports that are exactly given: only one instance per host can have each.
    pub fn fixed_ports(&self) -> impl Iterator<Item = (&Port, u16)> {
        self.ports.iter().filter_map(|port| match port.published {
            Published::Fixed(number) => Some((port, number)),
            Published::Any | Published::Range(..) => None,
        })
    }

    /// Whether an instance keeps the next one from running beside it: it has a fixed port of the host, or writes
    /// to a named volume or a path of the host.
    pub fn must_stop_first(&self) -> bool {
        self.fixed_ports().next().is_some()
            || self.network_mode == Some(NetworkMode::Host)
            || self.mounts.iter().any(|mount| {
                !mount.read_only
                    && matches!(mount.source, MountSource::Named { .. } | MountSource::Bind { .. })
            })
    }

    /// The services whose namespaces it shares; they have to be on the same host.
    pub fn shares_with(&self) -> Vec<&str> {
        let mut names = Vec::new();
        if let Some(NetworkMode::Service(name)) = &self.network_mode {
            names.push(name.as_str());
        }
        if let Some(PidMode::Service(name)) = &self.pid {
            names.push(name.as_str());
        }
        if let Some(IpcMode::Service(name)) = &self.ipc {
            names.push(name.as_str());
        }
        names.sort_unstable();
        names.dedup();
        names
    }
}
