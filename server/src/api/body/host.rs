//! Hosts and pools.

use std::collections::BTreeMap;

use lighthouse_model::host::{ConnectionInput, ConnectionView, EngineFacts, HostInput, HostRow, PoolView};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Timestamp, Verdict, actions};

/// A Docker Engine.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Host {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// `unix`, `tls` or `plain`.
    pub connection: String,
    /// The socket's path or `host:port`.
    pub address: String,
    /// Is what passes on the connection open to others?
    pub insecure: bool,
    /// When the first of the connection's certificates ends.
    pub certificate_ends: Option<Timestamp>,
    /// Whether it answers.
    pub status: Verdict,
    /// When it last answered.
    pub last_heard: Option<Timestamp>,
    /// Such as `26.1.5`; absent before the first answer.
    pub engine_version: Option<String>,
    /// The API version agreed with it.
    pub api_version: Option<String>,
    /// Its CPUs.
    pub cpus: Option<u32>,
    /// Its memory in bytes.
    pub memory: Option<u64>,
    /// Bytes of memory reserved by instances of applications.
    pub memory_reserved: u64,
    /// Containers on it.
    pub containers: u32,
    /// Things to know.
    pub notes: Vec<String>,
    /// Give it back with a change, so that nobody's edit is lost.
    pub version: i64,
    /// What the asker may do with it.
    pub allowed: Vec<String>,
}

impl From<HostRow> for Host {
    fn from(row: HostRow) -> Self {
        let insecure = row.connection.is_insecure();
        let (connection, address, certificate_ends) = match row.connection {
            ConnectionView::Unix { path } => ("unix", path, None),
            ConnectionView::Tls {
                address,
                certificate_ends,
            } => ("tls", address, certificate_ends),
            ConnectionView::Plain { address, .. } => ("plain", address, None),
        };
        let engine = row.engine.as_ref();
        Self {
            id: row.id.to_string(),
            name: row.name.to_string(),
            labels: row.labels,
            connection: connection.to_owned(),
            address,
            insecure,
            certificate_ends: certificate_ends.map(Into::into),
            status: row.verdict.into(),
            last_heard: row.last_heard.map(Into::into),
            engine_version: engine.map(|e| e.version.clone()),
            api_version: engine.map(|e| e.api_version.clone()),
            cpus: engine.map(|e| e.cpus),
            memory: engine.map(|e| e.memory),
            memory_reserved: row.memory_reserved,
            containers: row.containers.total,
            notes: row.notes,
            version: row.version,
            allowed: actions(row.allowed),
        }
    }
}

/// A host to add.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewHost {
    /// Its name: lower-case letters, digits, `-` and `_`, at most 63.
    pub name: String,
    /// How to reach it.
    pub connection: Connection,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// A way to an engine to be tried.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HostTest {
    /// How to reach it.
    pub connection: Connection,
}

/// What an engine that was tried says of itself.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Engine {
    /// Such as `26.1.5`.
    pub version: String,
    /// The API version agreed with it.
    pub api_version: String,
    /// Its own id.
    pub engine_id: String,
    /// Its name for its machine.
    pub hostname: String,
    /// Such as `Debian GNU/Linux 12`.
    pub operating_system: String,
    /// Such as `x86_64`.
    pub architecture: String,
    /// The machine's CPUs.
    pub cpus: u32,
    /// The machine's memory in bytes.
    pub memory: u64,
}

impl From<EngineFacts> for Engine {
    fn from(facts: EngineFacts) -> Self {
        Self {
            version: facts.version,
            api_version: facts.api_version,
            engine_id: facts.engine_id,
            hostname: facts.hostname,
            operating_system: facts.operating_system,
            architecture: facts.architecture,
            cpus: facts.cpus,
            memory: facts.memory,
        }
    }
}

/// How to reach an engine. Certificates and keys are write-only.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", deny_unknown_fields)]
pub enum Connection {
    /// A socket on the console's own machine.
    Unix {
        /// Its path.
        path: String,
    },
    /// TCP with mutual TLS; PEM texts.
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
        /// Needed beyond the loopback: yes, this is meant.
        #[serde(default)]
        insecure: bool,
    },
}

impl std::fmt::Debug for Connection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Connection(…)")
    }
}

impl From<Connection> for ConnectionInput {
    fn from(connection: Connection) -> Self {
        match connection {
            Connection::Unix { path } => Self::Unix { path },
            Connection::Tls {
                address,
                ca,
                certificate,
                key,
            } => Self::Tls {
                address,
                ca,
                certificate,
                key,
            },
            Connection::Plain { address, insecure } => Self::Plain { address, insecure },
        }
    }
}

impl From<NewHost> for HostInput {
    fn from(host: NewHost) -> Self {
        Self {
            name: host.name,
            connection: host.connection.into(),
            labels: host.labels,
        }
    }
}

/// A change of a host's labels.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HostChange {
    /// All its labels.
    pub labels: BTreeMap<String, String>,
    /// The version the change is based on.
    pub version: i64,
}

/// Hosts chosen by a label query.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Pool {
    /// Its id; absent for the built-in pool of all hosts.
    pub id: Option<String>,
    /// Its name.
    pub name: String,
    /// The query, such as `label.zone:eu`.
    pub query: String,
    /// The hosts it chooses now.
    pub hosts: Vec<String>,
    /// What the asker may do with it.
    pub allowed: Vec<String>,
}

impl From<PoolView> for Pool {
    fn from(view: PoolView) -> Self {
        Self {
            id: view.id.map(|id| id.to_string()),
            name: view.name.to_string(),
            query: view.query,
            hosts: view.hosts.iter().map(ToString::to_string).collect(),
            allowed: actions(view.allowed),
        }
    }
}

/// A pool to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPool {
    /// Its name.
    pub name: String,
    /// The query.
    pub query: String,
}
