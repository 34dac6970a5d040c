//! The engine port: what the console asks of a Docker Engine, in typed operations.
//!
//! An adapter negotiates the API version, keeps the deadlines of [`deadline`], bounds every stream, and never
//! passes on a path or body that came from outside. Names and ids are checked types.

use std::collections::BTreeMap;
use std::fmt;
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use futures::Stream;
use lighthouse_model::container::{ContainerState, Health, MountView, PublishedPort};
use lighthouse_model::host::EngineFacts;
use lighthouse_model::log::Output;
use lighthouse_model::{ContainerId, Millis};
use serde::{Deserialize, Serialize};

use crate::Secret;
use crate::dial::HostConnection;

/// How long each kind of call may take.
pub mod deadline {
    use std::time::Duration;

    /// Opening a stream to an engine.
    pub const CONNECT: Duration = Duration::from_secs(3);
    /// One ping.
    pub const PING: Duration = Duration::from_secs(3);
    /// List and inspect.
    pub const READ: Duration = Duration::from_secs(10);
    /// Create, start, rename, remove, networks, volumes.
    pub const CHANGE: Duration = Duration::from_secs(30);
    /// What stopping may take beyond the grace period.
    pub const STOP_SLACK: Duration = Duration::from_secs(10);
    /// A pull without any progress.
    pub const PULL_IDLE: Duration = Duration::from_secs(60);
    /// A pull in all.
    pub const PULL: Duration = Duration::from_secs(30 * 60);
    /// Opening an exec.
    pub const EXEC: Duration = Duration::from_secs(5);
}

/// A stream of results that owns what it needs.
pub type EngineStream<T> = Pin<Box<dyn Stream<Item = Result<T, EngineError>> + Send>>;

/// What can go wrong between the console and an engine. Mapped to a `Problem` with the host's name where the
/// call was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// No connection could be made, or it broke.
    #[error("{why}")]
    Unreachable {
        /// Why, in words: `connection refused`, `certificate expired`, `no such socket`.
        why: String,
    },
    /// No answer within the deadline.
    #[error("no answer within {seconds} s ({what})")]
    TimedOut {
        /// What was asked.
        what: &'static str,
        /// The deadline in seconds.
        seconds: u32,
    },
    /// 404.
    #[error("{message}")]
    NotFound {
        /// The engine's words.
        message: String,
    },
    /// 409.
    #[error("{message}")]
    Conflict {
        /// The engine's words.
        message: String,
    },
    /// Any other refusal.
    #[error("{message}")]
    Refused {
        /// The HTTP status; 0 for an error inside a stream.
        status: u16,
        /// The engine's words.
        message: String,
    },
    /// The answer makes no sense.
    #[error("the answer makes no sense ({what})")]
    Garbled {
        /// What was asked, and what was wrong.
        what: String,
    },
    /// This engine is too old for what was asked.
    #[error("{what} needs API version {needs}; this engine has {has}")]
    TooOld {
        /// What was asked.
        what: String,
        /// The version needed.
        needs: String,
        /// The version it has.
        has: String,
    },
}

impl EngineError {
    /// Does it say that nobody can tell what happened on the host?
    pub const fn is_silence(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::TimedOut { .. })
    }
}

/// A name an engine accepts for containers, networks and volumes: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`, at most 200.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectName(String);

/// A text that no engine accepts as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a container, network or volume name has letters, digits, `_`, `.` and `-` only, and at least two")]
pub struct InvalidObjectName;

impl ObjectName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectName {
    type Err = InvalidObjectName;

    fn from_str(text: &str) -> Result<Self, InvalidObjectName> {
        let good = (2..=200).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidObjectName)
        }
    }
}

impl TryFrom<String> for ObjectName {
    type Error = InvalidObjectName;

    fn try_from(text: String) -> Result<Self, InvalidObjectName> {
        text.parse()
    }
}

impl From<ObjectName> for String {
    fn from(name: ObjectName) -> Self {
        name.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A container as a list tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerSummary {
    /// Its id.
    pub id: ContainerId,
    /// Its name without the leading slash.
    pub name: String,
    /// The image as asked for.
    pub image: String,
    /// The image's id.
    pub image_id: String,
    /// State.
    pub state: ContainerState,
    /// Health, as far as the list tells.
    pub health: Health,
    /// How the last run ended, as far as the list tells.
    pub exit_code: Option<i64>,
    /// When it was made, by the engine's clock.
    pub created_at: Millis,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its ports.
    pub ports: Vec<PublishedPort>,
}

/// A container as inspecting tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContainerInspection {
    /// What the list tells too.
    pub summary: ContainerSummary,
    /// Entry point and command as run.
    pub command: Vec<String>,
    /// Where it starts.
    pub working_dir: String,
    /// Who it runs as.
    pub user: String,
    /// Does it have a terminal? Decides how its output is framed.
    pub tty: bool,
    /// The restart policy's name.
    pub restart_policy: String,
    /// Restarts by the engine.
    pub restart_count: u32,
    /// `NAME=value`.
    pub environment: Vec<String>,
    /// What is mounted.
    pub mounts: Vec<MountView>,
    /// Networks and the address in each.
    pub networks: Vec<(String, String)>,
    /// Bytes of memory it may use.
    pub memory_limit: Option<u64>,
    /// When it last started, by the engine's clock.
    pub started_at: Option<Millis>,
    /// When it last ended, by the engine's clock.
    pub finished_at: Option<Millis>,
    /// Was it killed for using too much memory?
    pub out_of_memory: bool,
    /// What the engine said when it could not start it.
    pub engine_error: String,
    /// Output of the last health checks, newest first.
    pub health_log: Vec<(i64, String)>,
}

/// Something happened on an engine. A hint: the list is the truth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineEvent {
    /// The container it is about; `None` for networks, images, the daemon.
    pub container: Option<ContainerId>,
    /// The engine's word: `start`, `die`, `health_status: healthy`, `destroy`, `rename`, …
    pub action: String,
    /// What the engine adds: `exitCode`, `signal`, `name`, `image`, labels.
    pub attributes: BTreeMap<String, String>,
    /// When, by the engine's clock.
    pub at: Millis,
}

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
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Subnet, gateway, range.
    pub subnets: Vec<(String, Option<String>, Option<String>)>,
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

/// A network or volume as a list tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectSummary {
    /// Its id (networks) or name (volumes).
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
}

/// What an engine knows of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageFacts {
    /// Its id, `sha256:…`.
    pub id: String,
    /// `repository@sha256:…`; empty for imported images.
    pub repo_digests: Vec<String>,
}

/// What to sign in to a registry with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryAuth {
    /// The registry's host name.
    pub registry: String,
    /// The user name there.
    pub username: String,
    /// The password or token.
    pub secret: Secret<String>,
}

/// How far a pull is: sums over all layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullProgress {
    /// Bytes done.
    pub done: u64,
    /// Bytes in all, as far as known.
    pub total: u64,
}

/// Which part of a log is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRequest {
    /// Lines from the end to begin with; `None` is all of it.
    pub tail: Option<u32>,
    /// Go on with what comes?
    pub follow: bool,
    /// Nothing older than this, by the engine's clock.
    pub since: Option<Millis>,
    /// Does the container have a terminal?
    pub tty: bool,
}

/// A line of a log, cut at 16 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawLogLine {
    /// Which output.
    pub output: Output,
    /// When, by the engine's clock.
    pub at: Millis,
    /// The bytes, without the line's end.
    pub text: Bytes,
    /// Was it cut?
    pub truncated: bool,
}

/// A process to run inside a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecSpec {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Give it a terminal of this many columns and rows?
    pub tty: Option<(u16, u16)>,
    /// `NAME=value`.
    pub environment: Vec<String>,
}

/// A process running inside a container.
pub struct ExecSession {
    /// What it prints.
    pub output: EngineStream<Bytes>,
    /// What it reads.
    pub input: Pin<Box<dyn tokio::io::AsyncWrite + Send>>,
    /// Resizing and its end.
    pub control: Arc<dyn ExecControl>,
}

impl fmt::Debug for ExecSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecSession").finish_non_exhaustive()
    }
}

/// Steers a process running inside a container.
#[async_trait]
pub trait ExecControl: Send + Sync {
    /// Changes the terminal's size: columns, rows.
    async fn resize(&self, columns: u16, rows: u16) -> Result<(), EngineError>;
    /// The exit code; `None` while it runs.
    async fn exit_code(&self) -> Result<Option<i64>, EngineError>;
}

/// One Docker Engine.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Asks for a sign of life.
    async fn ping(&self) -> Result<(), EngineError>;
    /// What it says of itself, and its clock.
    async fn facts(&self) -> Result<(EngineFacts, Millis), EngineError>;
    /// All containers, stopped ones too.
    async fn list(&self) -> Result<Vec<ContainerSummary>, EngineError>;
    /// One container as the list tells it; `None` when it is gone.
    async fn list_one(&self, id: &ContainerId) -> Result<Option<ContainerSummary>, EngineError>;
    /// Containers with this exact name or with this label and value, stopped ones too.
    async fn find(&self, by: &Find) -> Result<Vec<ContainerSummary>, EngineError>;
    /// Everything about one container.
    async fn inspect(&self, id: &ContainerId) -> Result<ContainerInspection, EngineError>;
    /// What happens from now on.
    async fn events(&self) -> Result<EngineStream<EngineEvent>, EngineError>;

    /// Makes a container; joins all its networks.
    async fn create(&self, name: &ObjectName, spec: &ContainerSpec) -> Result<ContainerId, EngineError>;
    /// Starts it; already running is fine.
    async fn start(&self, id: &ContainerId) -> Result<(), EngineError>;
    /// Stops it, with SIGKILL after so many seconds (`None`: its own setting); already stopped is fine.
    async fn stop(&self, id: &ContainerId, grace: Option<u32>) -> Result<(), EngineError>;
    /// Stops and starts it.
    async fn restart(&self, id: &ContainerId, grace: Option<u32>) -> Result<(), EngineError>;
    /// Takes it away with its anonymous volumes; already gone is fine. `force` kills it first.
    async fn remove(&self, id: &ContainerId, force: bool) -> Result<(), EngineError>;
    /// Gives it another name.
    async fn rename(&self, id: &ContainerId, name: &ObjectName) -> Result<(), EngineError>;

    /// Makes a network; one of this name and with the same `io.lighthouse.nonce` is fine.
    async fn create_network(&self, name: &ObjectName, spec: &NetworkSpec) -> Result<(), EngineError>;
    /// Takes it away; already gone is fine.
    async fn remove_network(&self, name: &ObjectName) -> Result<(), EngineError>;
    /// Networks with this label and value.
    async fn networks(&self, label: &str, value: &str) -> Result<Vec<ObjectSummary>, EngineError>;
    /// Makes a volume; one of this name is fine.
    async fn create_volume(&self, name: &ObjectName, spec: &VolumeSpec) -> Result<(), EngineError>;
    /// Takes it away; already gone is fine.
    async fn remove_volume(&self, name: &ObjectName) -> Result<(), EngineError>;
    /// Volumes with this label and value.
    async fn volumes(&self, label: &str, value: &str) -> Result<Vec<ObjectSummary>, EngineError>;

    /// What it knows of an image; `None` when it has it not.
    async fn image(&self, reference: &str) -> Result<Option<ImageFacts>, EngineError>;
    /// Brings an image from its registry.
    async fn pull(
        &self,
        reference: &str,
        auth: Option<&RegistryAuth>,
    ) -> Result<EngineStream<PullProgress>, EngineError>;

    /// A container's log, bounded.
    async fn logs(
        &self,
        id: &ContainerId,
        request: LogRequest,
    ) -> Result<EngineStream<RawLogLine>, EngineError>;
    /// Measurements, about one a second.
    async fn stats(&self, id: &ContainerId) -> Result<EngineStream<RawStats>, EngineError>;
    /// Runs a process inside a container.
    async fn exec(&self, id: &ContainerId, spec: &ExecSpec) -> Result<ExecSession, EngineError>;
}

/// What to find containers by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Find {
    /// The exact name.
    Name(ObjectName),
    /// A label with this value.
    Label(String, String),
}

/// One measurement as the engine gives it, already turned into rates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RawStats {
    /// Percent of one CPU.
    pub cpu_percent: f64,
    /// Bytes in use without the page cache.
    pub memory: u64,
    /// Bytes it may use.
    pub memory_limit: u64,
}

/// Makes engines from connections.
#[async_trait]
pub trait Engines: Send + Sync {
    /// Reaches an engine and agrees on an API version with it.
    async fn connect(&self, connection: &HostConnection) -> Result<Arc<dyn Engine>, EngineError>;
}
