//! What engines tell.

use std::collections::BTreeMap;

use lighthouse_model::container::{ContainerState, Health, MountView, PublishedPort};
use lighthouse_model::{ContainerId, Millis};

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
