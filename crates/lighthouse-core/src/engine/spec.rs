//! What engines are asked to make.

use std::collections::BTreeMap;

use lighthouse_model::container::PublishedPort;
use serde::{Deserialize, Serialize};

use super::ObjectName;

/// A container to make. Adapters put it into the engine's words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContainerSpec {
    /// The image reference or id.
    pub image: String,
    /// Replaces the image's command.
    pub command: Option<Vec<String>>,
    /// Replaces the image's entry point.
    pub entrypoint: Option<Vec<String>>,
    /// `NAME=value`, or `NAME` to unset.
    pub environment: Vec<String>,
    /// Labels, ours among them.
    pub labels: BTreeMap<String, String>,
    /// The user inside.
    pub user: Option<String>,
    /// Where it starts.
    pub working_dir: Option<String>,
    /// Its host name.
    pub hostname: Option<String>,
    /// Run an init process?
    pub init: Option<bool>,
    /// Give it a terminal?
    pub tty: bool,
    /// Keep standard input open?
    pub stdin_open: bool,
    /// Is its own file system read-only?
    pub read_only: bool,
    /// Capabilities to add.
    pub cap_add: Vec<String>,
    /// Capabilities to drop.
    pub cap_drop: Vec<String>,
    /// Hand out the whole host?
    pub privileged: bool,
    /// Devices: host path, path inside, cgroup permissions.
    pub devices: Vec<(String, String, String)>,
    /// `host`, `none`, or unset for the networks below.
    pub network_mode: Option<String>,
    /// `host`.
    pub pid_mode: Option<String>,
    /// `host`, `private`, `shareable`, `none`.
    pub ipc_mode: Option<String>,
    /// Security options.
    pub security_opt: Vec<String>,
    /// Name, soft, hard.
    pub ulimits: Vec<(String, i64, i64)>,
    /// Kernel settings.
    pub sysctls: BTreeMap<String, String>,
    /// Bytes of `/dev/shm`.
    pub shm_size: Option<u64>,
    /// `name:address`.
    pub extra_hosts: Vec<String>,
    /// Name servers.
    pub dns: Vec<String>,
    /// The signal that stops it.
    pub stop_signal: Option<String>,
    /// Seconds between that signal and SIGKILL.
    pub stop_timeout: Option<u32>,
    /// Ports to expose without publishing, as `80/tcp`.
    pub expose: Vec<String>,
    /// Ports to publish.
    pub ports: Vec<PublishedPort>,
    /// What to mount.
    pub mounts: Vec<MountSpec>,
    /// Networks to join, the first at create, the others before the start.
    pub networks: Vec<NetworkAttachment>,
    /// The engine's restart policy.
    pub restart: RestartPolicy,
    /// The health check; `None` keeps the image's.
    pub healthcheck: Option<HealthcheckSpec>,
    /// Bytes of memory it may use.
    pub memory_limit: Option<u64>,
    /// Bytes of memory kept for it.
    pub memory_reservation: Option<u64>,
    /// Billionths of a CPU it may use.
    pub nano_cpus: Option<u64>,
    /// Processes it may have.
    pub pids_limit: Option<i64>,
}

/// Something to mount.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum MountSpec {
    /// A volume by name; `None` makes an anonymous one.
    Volume {
        /// The volume.
        name: Option<ObjectName>,
        /// The path inside.
        target: String,
        /// Read-only?
        read_only: bool,
        /// Do not copy the image's content into a new volume?
        no_copy: bool,
    },
    /// A path of the host.
    Bind {
        /// The host's path.
        source: String,
        /// The path inside.
        target: String,
        /// Read-only?
        read_only: bool,
        /// Make the host's path when it does not exist?
        create_source: bool,
    },
    /// Memory.
    Tmpfs {
        /// The path inside.
        target: String,
        /// Bytes at most.
        size: Option<u64>,
        /// Octal mode bits.
        mode: Option<u32>,
    },
}

/// A network to join.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkAttachment {
    /// The network.
    pub network: ObjectName,
    /// Names it is found by there.
    pub aliases: Vec<String>,
    /// A fixed address.
    pub ipv4: Option<String>,
    /// A fixed address.
    pub ipv6: Option<String>,
}

/// When an engine starts a container again by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum RestartPolicy {
    /// Never.
    #[default]
    No,
    /// Always.
    Always,
    /// Unless somebody stopped it.
    UnlessStopped,
    /// After a failure, at most so often.
    OnFailure(Option<u32>),
}

/// How an engine finds out whether a container is well. Durations in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HealthcheckSpec {
    /// `["CMD", …]`, `["CMD-SHELL", …]` or `["NONE"]`; empty keeps the image's.
    pub test: Vec<String>,
    /// Between two checks.
    pub interval: Option<u64>,
    /// For one check.
    pub timeout: Option<u64>,
    /// Failures in a row until unhealthy.
    pub retries: Option<u32>,
    /// During which failures do not count.
    pub start_period: Option<u64>,
    /// Between two checks in the start period (API 1.44).
    pub start_interval: Option<u64>,
}

/// A network to make.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// `bridge` when empty.
    pub driver: String,
    /// Driver options.
    pub options: BTreeMap<String, String>,
    /// No way out?
    pub internal: bool,
    /// May containers join it that were not made with it?
    #[serde(default)]
    pub attachable: bool,
    /// IPv6; `None`: as its subnets say.
    #[serde(default)]
    pub ipv6: Option<bool>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Ranges of addresses.
    pub subnets: Vec<Subnet>,
    /// Who gives addresses out; the engine when empty.
    #[serde(default)]
    pub address_driver: String,
    /// Options for it.
    #[serde(default)]
    pub address_options: BTreeMap<String, String>,
}

/// A range of addresses of a network.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Subnet {
    /// Such as `172.28.0.0/16`.
    pub range: String,
    /// The gateway.
    pub gateway: Option<String>,
    /// The part that containers get theirs from.
    pub given_out: Option<String>,
    /// Addresses that are taken, by host name.
    pub taken: BTreeMap<String, String>,
}

/// A volume to make.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct VolumeSpec {
    /// `local` when empty.
    pub driver: String,
    /// Driver options.
    pub options: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
}
