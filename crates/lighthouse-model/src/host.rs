//! Hosts and pools as screens and the API show them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::container::ContainerCounts;
use crate::{Actions, HostId, Millis, Name, PoolId, Verdict};

/// Whether a host answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Liveness {
    /// The first connection is being made.
    Connecting,
    /// It answers.
    Up,
    /// It missed answers since this time.
    Suspect {
        /// The first missed answer.
        since: Millis,
    },
    /// It does not answer, or could not be reached.
    Down {
        /// The first missed answer.
        since: Millis,
        /// What the last attempt said, in a sentence.
        reason: String,
    },
}

impl Liveness {
    /// Does it answer now?
    pub const fn is_up(&self) -> bool {
        matches!(self, Self::Up)
    }

    /// Since when what we know of it may be out of date.
    pub const fn stale_since(&self) -> Option<Millis> {
        match self {
            Self::Suspect { since } | Self::Down { since, .. } => Some(*since),
            Self::Connecting | Self::Up => None,
        }
    }
}

/// How the console reaches an engine; without secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum ConnectionView {
    /// A socket on the console's own machine.
    Unix {
        /// Its path.
        path: String,
    },
    /// TCP with mutual TLS.
    Tls {
        /// `host:port`.
        address: String,
        /// When the client certificate ends, if known.
        certificate_ends: Option<Millis>,
    },
    /// TCP without protection.
    Plain {
        /// `host:port`.
        address: String,
        /// Not on the loopback: an administrator said *insecure*.
        insecure: bool,
    },
}

impl ConnectionView {
    /// Is what passes on it open to others?
    pub const fn is_insecure(&self) -> bool {
        matches!(self, Self::Plain { insecure: true, .. })
    }
}

/// What an engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EngineFacts {
    /// The engine's own id; recorded and compared, never a key.
    pub engine_id: String,
    /// Its name for its machine.
    pub hostname: String,
    /// Such as `20.10.24`.
    pub version: String,
    /// The API version agreed with it, such as `1.41`.
    pub api_version: String,
    /// Such as `linux`.
    pub os: String,
    /// Such as `x86_64`.
    pub architecture: String,
    /// Such as `Debian GNU/Linux 12`.
    pub operating_system: String,
    /// The machine's CPUs.
    pub cpus: u32,
    /// The machine's memory in bytes.
    pub memory: u64,
}

/// One line of the list of hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostRow {
    /// Which one.
    pub id: HostId,
    /// Its name.
    pub name: Name,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// How it is reached.
    pub connection: ConnectionView,
    /// Whether it answers.
    pub liveness: Liveness,
    /// Liveness in words.
    pub verdict: Verdict,
    /// When it last answered.
    pub last_heard: Option<Millis>,
    /// What it says of itself; `None` before the first answer.
    pub engine: Option<EngineFacts>,
    /// Its containers.
    pub containers: ContainerCounts,
    /// Bytes of memory reserved by instances of applications.
    pub memory_reserved: u64,
    /// Things to know: the same engine added twice, a changed engine id, clocks that differ.
    pub notes: Vec<String>,
    /// Incremented by every edit; an edit names the version it was based on.
    pub version: i64,
    /// What the viewer may do with it.
    pub allowed: Actions,
}

/// Hosts chosen by a label query.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PoolView {
    /// Which one; `None` is the built-in pool of all hosts.
    pub id: Option<PoolId>,
    /// Its name.
    pub name: Name,
    /// The query, such as `label.zone:eu name:web-*`.
    pub query: String,
    /// The hosts it chooses now.
    pub hosts: Vec<Name>,
    /// What the viewer may do with it.
    pub allowed: Actions,
}

/// How to reach an engine, as given by an administrator. Certificates are write-only.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum ConnectionInput {
    /// A socket on the console's own machine.
    Unix {
        /// Its path.
        path: String,
    },
    /// TCP with mutual TLS; certificates and key as PEM text.
    Tls {
        /// `host:port`.
        address: String,
        /// The authority that signed the engine's certificate.
        ca: String,
        /// The console's certificate.
        certificate: String,
        /// The console's key.
        key: String,
    },
    /// TCP without protection.
    Plain {
        /// `host:port`.
        address: String,
        /// The administrator's word that this is meant; needed beyond the loopback.
        #[serde(default)]
        insecure: bool,
    },
}

impl std::fmt::Debug for ConnectionInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unix { path } => write!(f, "Unix({path})"),
            Self::Tls { address, .. } => write!(f, "Tls({address}, …)"),
            Self::Plain { address, insecure } => write!(f, "Plain({address}, insecure: {insecure})"),
        }
    }
}

/// A host to add.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HostInput {
    /// Its name.
    pub name: String,
    /// How to reach it.
    pub connection: ConnectionInput,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}
