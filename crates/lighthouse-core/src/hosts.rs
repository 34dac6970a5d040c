//! Hosts and pools: list, try, add, label, remove; and the engine found by itself at the first start.
//!
//! What lives here: the use cases. Watching the hosts is [`crate::fleet`].

mod connection;
mod discovery;
mod leaving;
mod pools;

use std::collections::BTreeMap;

use lighthouse_model::host::{ConnectionInput, EngineFacts, HostInput, HostRow};
use lighthouse_model::live::Revision;
use lighthouse_model::{HostId, Name, Problem};
use tokio::time::timeout;

pub use self::discovery::Candidate;
pub use self::leaving::OnHost;
pub use self::pools::ALL_HOSTS;
use crate::access::{Right, right};
use crate::audit::Outcome;
use crate::dial::HostConnection;
use crate::engine::{EngineError, deadline};
use crate::identity::NewId;
use crate::store::{HostRecord, StoreError};
use crate::{Console, Error, Grant, Result, Target, Viewer};

/// Labels a host has at most.
const LABELS: usize = 64;

impl Console {
    /// The target for [`crate::authorize`] of a host that a person named.
    pub fn host_target(&self, name: &str) -> Result<Target> {
        let missing = || Problem::not_found(format!("host named `{name}`"));
        let name: Name = name.parse().map_err(|_| missing())?;
        let host = self.fleet().host_named(&name).ok_or_else(missing)?;
        Ok(Target::Host(host.id))
    }

    /// All hosts by name, with the revision they are of.
    pub fn hosts(&self, grant: &Grant<right::HostView>) -> (Revision, Vec<HostRow>) {
        let permissions = grant.viewer().permissions;
        self.fleet()
            .snapshot(|hosts, _| hosts.iter().map(|host| host.clone().row(permissions)).collect())
    }

    /// The grant's host.
    pub fn host(&self, grant: &Grant<right::HostView>) -> Result<HostRow> {
        let id = host_of(grant)?;
        self.host_row(id, grant.viewer())
    }

    /// Reaches an engine and forgets it again: what it says of itself, or why it cannot be reached.
    pub async fn test_host(
        &self,
        _grant: &Grant<right::HostManage>,
        input: &ConnectionInput,
    ) -> Result<EngineFacts> {
        let connection = connection::checked(input)?;
        self.try_engine(&connection).await
    }

    /// Adds a host that can be reached.
    ///
    /// # Errors
    /// [`Problem::Invalid`] when something given cannot be used or the engine cannot be reached,
    /// [`Problem::NameTaken`].
    pub async fn add_host(&self, grant: &Grant<right::HostManage>, input: HostInput) -> Result<HostRow> {
        let name: Name = input.name.parse().map_err(|why| Problem::invalid("name", why))?;
        check_labels(&input.labels)?;
        if self.fleet().host_named(&name).is_some() {
            return Err(taken(&name).into());
        }
        let connection = connection::checked(&input.connection)?;
        let facts = self.try_engine(&connection).await?;
        let record = self
            .keep_host(name.clone(), input.labels, connection, facts.engine_id)
            .await?;
        let outcome = format!("{:?}", input.connection);
        self.note(grant.viewer(), "add-host", format!("host {name}"), outcome)
            .await?;
        self.host_row(record, grant.viewer())
    }

    /// Replaces the labels of the grant's host. `version` is the one the edit was based on.
    pub async fn label_host(
        &self,
        grant: &Grant<right::HostManage>,
        version: i64,
        labels: BTreeMap<String, String>,
    ) -> Result<HostRow> {
        let id = host_of(grant)?;
        check_labels(&labels)?;
        let mut record = self.host_record(id).await?;
        if record.version != version {
            return Err(stale(&record.name).into());
        }
        record.labels = labels;
        record.version += 1;
        self.store()
            .update_host(&record)
            .await
            .map_err(|error| match error {
                StoreError::Stale => stale(&record.name).into(),
                other => Error::from(other),
            })?;
        let name = record.name.clone();
        self.fleet().update(record);
        self.note(
            grant.viewer(),
            "label-host",
            format!("host {name}"),
            String::new(),
        )
        .await?;
        self.host_row(id, grant.viewer())
    }

    /// Forgets the grant's host; its containers stay as they are.
    ///
    /// # Errors
    /// [`Problem::Conflict`] while instances of applications are on it, unless it does not answer and they are to be
    /// forgotten with it.
    pub async fn remove_host(&self, grant: &Grant<right::HostManage>, instances: OnHost) -> Result<()> {
        let id = host_of(grant)?;
        let name = self.host_record(id).await?.name;
        let detail = self.leave_host(id, &name, instances).await?;
        self.store().remove_host(id).await?;
        self.fleet().remove(id);
        self.note(grant.viewer(), "remove-host", format!("host {name}"), detail)
            .await
    }

    async fn keep_host(
        &self,
        name: Name,
        labels: BTreeMap<String, String>,
        connection: HostConnection,
        engine_id: String,
    ) -> Result<HostId> {
        let record = HostRecord {
            id: HostId::fresh(),
            name,
            labels,
            connection,
            engine_id: Some(engine_id).filter(|id| !id.is_empty()),
            created_at: self.clock().now(),
            version: 1,
        };
        self.store()
            .add_host(&record)
            .await
            .map_err(|error| match error {
                StoreError::Taken(_) => taken(&record.name).into(),
                other => Error::from(other),
            })?;
        let id = record.id;
        self.fleet().add(record);
        Ok(id)
    }

    async fn try_engine(&self, connection: &HostConnection) -> Result<EngineFacts> {
        let attempt = async {
            let engine = self.engines().connect(connection).await?;
            engine.facts().await
        };
        let within = deadline::CONNECT + deadline::READ;
        let (facts, _) = timeout(within, attempt)
            .await
            .unwrap_or(Err(EngineError::TimedOut {
                what: "connect",
                seconds: 13,
            }))
            .map_err(|error| {
                let why = format!(
                    "the engine cannot be reached: {error}. Check that it listens there and that this machine may \
                     connect; nothing was added"
                );
                Problem::invalid("connection", why)
            })?;
        Ok(facts)
    }

    async fn host_record(&self, id: HostId) -> Result<HostRecord> {
        let hosts = self.store().hosts().await?;
        hosts
            .into_iter()
            .find(|host| host.id == id)
            .ok_or_else(|| Problem::not_found("such host").into())
    }

    fn host_row(&self, id: HostId, viewer: &Viewer) -> Result<HostRow> {
        let host = self.fleet().host(id);
        let host = host.ok_or_else(|| Problem::not_found("such host"))?;
        Ok(host.row(viewer.permissions))
    }

    /// Adds a row to the record of who did what.
    async fn note(&self, viewer: &Viewer, action: &str, target: String, detail: String) -> Result<()> {
        self.record(viewer.into(), action, target, Outcome::Done, detail)
            .await
    }
}

fn host_of<R: Right>(grant: &Grant<R>) -> Result<HostId> {
    match grant.target() {
        Target::Host(id) => Ok(*id),
        _ => Err(Problem::not_found("such host").into()),
    }
}

fn taken(name: &Name) -> Problem {
    Problem::NameTaken {
        what: "host".to_owned(),
        name: name.to_string(),
    }
}

fn stale(name: &Name) -> Problem {
    Problem::Stale {
        what: format!("host `{name}`"),
    }
}

fn check_labels(labels: &BTreeMap<String, String>) -> Result<(), Problem> {
    if labels.len() > LABELS {
        return Err(Problem::invalid(
            "labels",
            format!("a host has at most {LABELS} labels"),
        ));
    }
    for (key, value) in labels {
        let good = (1..=63).contains(&key.len())
            && key
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'));
        if !good {
            return Err(Problem::invalid(
                "labels",
                "a label's key has 1 to 63 letters, digits, `.`, `_`, `-` and `/`",
            ));
        }
        if value.len() > 200 || value.chars().any(char::is_control) {
            return Err(Problem::invalid(
                "labels",
                format!("the value of `{key}` has more than 200 bytes, or control characters"),
            ));
        }
    }
    Ok(())
}
