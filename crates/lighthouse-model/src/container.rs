//! Containers as screens and the API show them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Actions, ContainerKey, Millis, Name, OperationId, Tone, Verdict};

/// The engine's word for a container's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerState {
    /// Made, never started.
    Created,
    /// Its main process runs.
    Running,
    /// Frozen.
    Paused,
    /// Between two starts by the engine's restart policy.
    Restarting,
    /// Being removed.
    Removing,
    /// Its main process ended.
    Exited,
    /// The engine could not clean it up.
    Dead,
    /// A word we do not know, or no word at all.
    Unknown,
}

impl ContainerState {
    /// Reads the engine's word.
    pub fn from_engine(word: &str) -> Self {
        match word {
            "created" => Self::Created,
            "running" => Self::Running,
            "paused" => Self::Paused,
            "restarting" => Self::Restarting,
            "removing" => Self::Removing,
            "exited" => Self::Exited,
            "dead" => Self::Dead,
            _ => Self::Unknown,
        }
    }

    /// The word, as in queries.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Running => "running",
            Self::Paused => "paused",
            Self::Restarting => "restarting",
            Self::Removing => "removing",
            Self::Exited => "exited",
            Self::Dead => "dead",
            Self::Unknown => "unknown",
        }
    }

    /// Does its main process exist?
    pub const fn is_up(self) -> bool {
        matches!(self, Self::Running | Self::Paused | Self::Restarting)
    }
}

/// What the container's own health check says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// It has no health check.
    #[default]
    None,
    /// Not decided yet.
    Starting,
    /// The last checks passed.
    Healthy,
    /// The last checks failed.
    Unhealthy,
}

/// Who is responsible for a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Management {
    /// Ours: labels and a row in our store agree.
    Managed,
    /// Made by `docker compose` or a tool with its labels.
    Compose,
    /// Made by somebody else.
    Unmanaged,
}

/// A published port.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PublishedPort {
    /// The host's address, empty when every address.
    pub address: String,
    /// The host's port; `None` when exposed but not published.
    pub host_port: Option<u16>,
    /// The port inside.
    pub container_port: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

/// One line of a list of containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerRow {
    /// Which one.
    pub key: ContainerKey,
    /// Its host's name.
    pub host: Name,
    /// Its name, without the leading slash.
    pub name: String,
    /// The image as it was asked for.
    pub image: String,
    /// The engine's word.
    pub state: ContainerState,
    /// The health check's word.
    pub health: Health,
    /// How the last run ended; `None` before the first end or when not known.
    pub exit_code: Option<i64>,
    /// State, health and exit code in words.
    pub verdict: Verdict,
    /// Since when it is in this state, as far as known.
    pub since: Option<Millis>,
    /// When it was made, by the engine's clock.
    pub created_at: Millis,
    /// The application it belongs to (ours, or the Compose project).
    pub application: Option<String>,
    /// The service in it.
    pub service: Option<String>,
    /// Who is responsible for it.
    pub management: Management,
    /// Its ports.
    pub ports: Vec<PublishedPort>,
    /// Set when its host does not answer: the state is the last one known, of this time.
    pub stale_since: Option<Millis>,
    /// The operation that is changing it right now.
    pub operation: Option<OperationId>,
    /// What the viewer may do with it.
    pub allowed: Actions,
}

/// State, health and exit code in words. A finished one-shot job is not a failure.
///
/// `stopped_on_purpose`: somebody stopped it through an engine call, so 137 and 143 are its ordinary end.
pub fn verdict(
    state: ContainerState,
    health: Health,
    exit_code: Option<i64>,
    stopped_on_purpose: bool,
) -> Verdict {
    match (state, health, exit_code) {
        (ContainerState::Created, ..) => Verdict::new(Tone::Idle, "created, never started"),
        (ContainerState::Running, Health::Unhealthy, _) => Verdict::new(Tone::Failed, "running, unhealthy"),
        (ContainerState::Running, Health::Starting, _) => {
            Verdict::new(Tone::Busy, "running, health starting")
        }
        (ContainerState::Running, Health::Healthy, _) => Verdict::new(Tone::Good, "running, healthy"),
        (ContainerState::Running, Health::None, _) => Verdict::new(Tone::Good, "running"),
        (ContainerState::Paused, ..) => Verdict::new(Tone::Warning, "paused"),
        (ContainerState::Restarting, _, Some(code)) => {
            Verdict::new(Tone::Failed, format!("restarting after exit {code}"))
        }
        (ContainerState::Restarting, ..) => Verdict::new(Tone::Failed, "restarting"),
        (ContainerState::Removing, ..) => Verdict::new(Tone::Busy, "being removed"),
        (ContainerState::Exited, _, Some(0)) => Verdict::new(Tone::Done, "finished"),
        (ContainerState::Exited, _, Some(code)) if stopped_on_purpose && matches!(code, 137 | 143) => {
            Verdict::new(Tone::Idle, "stopped")
        }
        (ContainerState::Exited, _, Some(137)) => Verdict::new(Tone::Failed, "exited 137 (killed)"),
        (ContainerState::Exited, _, Some(143)) => Verdict::new(Tone::Idle, "stopped (143)"),
        (ContainerState::Exited, _, Some(code)) => Verdict::new(Tone::Failed, format!("exited {code}")),
        (ContainerState::Exited, ..) => Verdict::new(Tone::Unknown, "exited, code not known"),
        (ContainerState::Dead, ..) => Verdict::new(Tone::Failed, "dead: the engine could not clean it up"),
        (ContainerState::Unknown, ..) => Verdict::new(Tone::Unknown, "not known"),
    }
}

/// One thing that happened to a container, as its page tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When the console heard of it.
    pub at: Millis,
    /// What happened.
    pub verdict: Verdict,
}

/// Everything a container's page shows beside its row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerDetail {
    /// The row.
    pub row: ContainerRow,
    /// The image's id.
    pub image_id: String,
    /// The entry point and command, as run.
    pub command: Vec<String>,
    /// Where it starts.
    pub working_dir: String,
    /// Who it runs as; empty is the image's default.
    pub user: String,
    /// The engine's restart policy.
    pub restart_policy: String,
    /// How often the engine restarted it.
    pub restart_count: u32,
    /// Names and, for those with the right, values; `None` is masked.
    pub environment: Vec<(String, Option<String>)>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// What is mounted.
    pub mounts: Vec<MountView>,
    /// The networks it is on, with its address in each.
    pub networks: Vec<(String, String)>,
    /// Bytes of memory it may use; `None` is no limit.
    pub memory_limit: Option<u64>,
    /// When it last started, by the engine's clock.
    pub started_at: Option<Millis>,
    /// When it last ended, by the engine's clock.
    pub finished_at: Option<Millis>,
    /// Was it killed for using too much memory?
    pub out_of_memory: bool,
    /// What the engine said when it could not start it.
    pub engine_error: String,
    /// Output of the last health checks, newest first: exit code and text.
    pub health_log: Vec<(i64, String)>,
    /// What happened since the console watches it, newest first.
    pub history: Vec<HistoryEntry>,
}

/// Something mounted into a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MountView {
    /// `volume`, `bind` or `tmpfs`.
    pub kind: String,
    /// The volume's name or the host's path.
    pub source: String,
    /// The path inside.
    pub target: String,
    /// Is it read-only?
    pub read_only: bool,
}

/// One measurement of a running container.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct StatsSample {
    /// When, by the console's clock.
    pub at: Millis,
    /// Percent of one CPU.
    pub cpu_percent: f64,
    /// Bytes of memory in use, without the page cache.
    pub memory: u64,
    /// Bytes it may use; the machine's memory when there is no limit.
    pub memory_limit: u64,
}

/// Containers counted by what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ContainerCounts {
    /// All.
    pub total: u32,
    /// Running and not unhealthy.
    pub good: u32,
    /// Changing.
    pub busy: u32,
    /// Failed, unhealthy, restarting.
    pub failed: u32,
    /// Worth a look.
    pub warning: u32,
    /// Ended as they should.
    pub done: u32,
    /// Off.
    pub idle: u32,
    /// Nobody can tell.
    pub unknown: u32,
}

impl ContainerCounts {
    /// Counts one more.
    pub fn add(&mut self, tone: Tone) {
        self.total += 1;
        let slot = match tone {
            Tone::Good => &mut self.good,
            Tone::Busy => &mut self.busy,
            Tone::Failed => &mut self.failed,
            Tone::Warning => &mut self.warning,
            Tone::Done => &mut self.done,
            Tone::Idle => &mut self.idle,
            Tone::Unknown => &mut self.unknown,
        };
        *slot += 1;
    }
}
