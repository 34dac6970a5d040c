//! Containers.

use std::collections::BTreeMap;

use lighthouse_model::container::{ContainerDetail, ContainerRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Timestamp, Verdict, actions, word};

/// A container.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Container {
    /// Its full id: 64 hexadecimal digits.
    pub id: String,
    /// The host's name.
    pub host: String,
    /// Its name.
    pub name: String,
    /// The image as asked for.
    pub image: String,
    /// The engine's word for its state.
    pub state: String,
    /// `none`, `starting`, `healthy` or `unhealthy`.
    pub health: String,
    /// How the last run ended.
    pub exit_code: Option<i64>,
    /// State, health and exit code in words.
    pub status: Verdict,
    /// Since when it is in this state, as far as known.
    pub since: Option<Timestamp>,
    /// When it was made, by the engine's clock.
    pub created_at: Timestamp,
    /// The application it belongs to.
    pub application: Option<String>,
    /// The service in it.
    pub service: Option<String>,
    /// `managed`, `compose` or `unmanaged`.
    pub management: String,
    /// Published ports, such as `0.0.0.0:8080->80/tcp`.
    pub ports: Vec<String>,
    /// Set when the host does not answer: the state is the last one known, of this time.
    pub stale_since: Option<Timestamp>,
    /// The operation that is changing it right now.
    pub operation: Option<String>,
    /// What the asker may do with it.
    pub allowed: Vec<String>,
}

impl From<ContainerRow> for Container {
    fn from(row: ContainerRow) -> Self {
        let ports = row
            .ports
            .iter()
            .map(|port| match port.host_port {
                Some(host) => format!(
                    "{}:{host}->{}/{}",
                    if port.address.is_empty() {
                        "0.0.0.0"
                    } else {
                        &port.address
                    },
                    port.container_port,
                    port.protocol
                ),
                None => format!("{}/{}", port.container_port, port.protocol),
            })
            .collect();
        Self {
            id: row.key.id.to_string(),
            host: row.host.to_string(),
            name: row.name,
            image: row.image,
            state: row.state.as_str().to_owned(),
            health: word(&row.health),
            exit_code: row.exit_code,
            status: row.verdict.into(),
            since: row.since.map(Into::into),
            created_at: row.created_at.into(),
            application: row.application,
            service: row.service,
            management: word(&row.management),
            ports,
            stale_since: row.stale_since.map(Into::into),
            operation: row.operation.map(|id| id.to_string()),
            allowed: actions(row.allowed),
        }
    }
}

/// Everything about a container.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ContainerWhole {
    /// What the list tells too.
    #[serde(flatten)]
    pub container: Container,
    /// The image's id.
    pub image_id: String,
    /// Entry point and command as run.
    pub command: Vec<String>,
    /// Where it starts.
    pub working_dir: String,
    /// Who it runs as.
    pub user: String,
    /// The engine's restart policy.
    pub restart_policy: String,
    /// Restarts by the engine.
    pub restart_count: u32,
    /// Names, and values for those with `container:environment`; `null` is masked.
    pub environment: BTreeMap<String, Option<String>>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// What is mounted, as `kind source -> target`.
    pub mounts: Vec<String>,
    /// Its address in each network.
    pub networks: BTreeMap<String, String>,
    /// Bytes of memory it may use.
    pub memory_limit: Option<u64>,
    /// Was it killed for using too much memory?
    pub out_of_memory: bool,
    /// What the engine said when it could not start it.
    pub engine_error: String,
}

impl From<ContainerDetail> for ContainerWhole {
    fn from(detail: ContainerDetail) -> Self {
        Self {
            container: detail.row.into(),
            image_id: detail.image_id,
            command: detail.command,
            working_dir: detail.working_dir,
            user: detail.user,
            restart_policy: detail.restart_policy,
            restart_count: detail.restart_count,
            environment: detail.environment.into_iter().collect(),
            labels: detail.labels,
            mounts: detail
                .mounts
                .iter()
                .map(|m| {
                    format!(
                        "{} {} -> {}{}",
                        m.kind,
                        m.source,
                        m.target,
                        if m.read_only { " (read-only)" } else { "" }
                    )
                })
                .collect(),
            networks: detail.networks.into_iter().collect(),
            memory_limit: detail.memory_limit,
            out_of_memory: detail.out_of_memory,
            engine_error: detail.engine_error,
        }
    }
}

/// What to do with containers.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerVerb {
    /// Start them.
    Start,
    /// Stop them.
    Stop,
    /// Stop and start them.
    Restart,
    /// Take them away.
    Remove,
}

impl From<ContainerVerb> for lighthouse_core::operations::ContainerAction {
    fn from(verb: ContainerVerb) -> Self {
        match verb {
            ContainerVerb::Start => Self::Start,
            ContainerVerb::Stop => Self::Stop,
            ContainerVerb::Restart => Self::Restart,
            ContainerVerb::Remove => Self::Remove,
        }
    }
}

/// A change of one or more containers, as one operation.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContainerAction {
    /// What to do.
    pub action: ContainerVerb,
    /// With which: 1 to 1,000.
    pub containers: Vec<ContainerRef>,
}

/// One container.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContainerRef {
    /// The host's name.
    pub host: String,
    /// Its full id.
    pub id: String,
}
