//! What the fleet knows of one host.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lighthouse_model::container::ContainerCounts;
use lighthouse_model::host::{ConnectionView, EngineFacts, HostRow, Liveness};
use lighthouse_model::query::{Field, Queryable};
use lighthouse_model::{
    Action, Actions, ContainerId, HostId, Millis, Name, Permission, PermissionSet, Tone, Verdict,
};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Command;
use super::container::{Container, Owned, Trace};
use crate::engine::Engine;
use crate::store::HostRecord;

/// Clocks that differ by more are worth a note, in milliseconds.
const SKEW: Millis = 5000;

const DAY: Millis = 24 * 60 * 60 * 1000;
/// Days before the end of a certificate from which on it is spoken of.
const ENDS_SOON: Millis = 14;

/// A host as it is known now, without secrets.
#[derive(Debug, Clone, PartialEq)]
pub struct HostState {
    /// Which one.
    pub id: HostId,
    /// Its name.
    pub name: Name,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// How it is reached.
    pub connection: ConnectionView,
    /// Incremented by every edit.
    pub version: i64,
    /// When it was added.
    pub created_at: Millis,
    /// Whether it answers.
    pub liveness: Liveness,
    /// When it last answered.
    pub last_heard: Option<Millis>,
    /// What its engine says of itself.
    pub engine: Option<EngineFacts>,
    /// Its containers, counted.
    pub containers: ContainerCounts,
    /// Bytes of memory reserved by instances of applications.
    pub memory_reserved: u64,
    /// Processors reserved by instances of applications, in thousand-millionths.
    pub nano_cpus_reserved: u64,
    /// Things to know.
    pub notes: Vec<String>,
}

/// A host in the model.
pub(super) struct HostEntry {
    pub(super) record: HostRecord,
    /// How it is reached, for the screen; made once, for certificates are read for it.
    connection: ConnectionView,
    pub(super) liveness: Liveness,
    pub(super) last_heard: Option<Millis>,
    pub(super) facts: Option<EngineFacts>,
    /// The engine's clock minus ours, when last asked.
    pub(super) skew: Millis,
    /// The engine id it had before, when that changed.
    pub(super) former_engine: Option<String>,
    pub(super) containers: HashMap<ContainerId, Arc<Container>>,
    /// Of containers that events named before a list did.
    pub(super) pending: HashMap<ContainerId, Trace>,
    pub(super) engine: Option<Arc<dyn Engine>>,
    pub(super) commands: mpsc::Sender<Command>,
    pub(super) stop: CancellationToken,
}

impl HostEntry {
    pub(super) fn new(record: HostRecord, commands: mpsc::Sender<Command>, stop: CancellationToken) -> Self {
        Self {
            connection: record.connection.view(),
            record,
            liveness: Liveness::Connecting,
            last_heard: None,
            facts: None,
            skew: 0,
            former_engine: None,
            containers: HashMap::new(),
            pending: HashMap::new(),
            engine: None,
            commands,
            stop,
        }
    }

    /// Takes over an edited record.
    pub(super) fn set_record(&mut self, record: HostRecord) {
        self.connection = record.connection.view();
        self.record = record;
    }

    pub(super) fn counts(&self) -> ContainerCounts {
        let mut counts = ContainerCounts::default();
        for container in self.containers.values() {
            counts.add(container.verdict.tone);
        }
        counts
    }

    /// How it is reached, with the certificate that ends first: one that was given, or the engine's own.
    fn connection(&self) -> ConnectionView {
        let mut connection = self.connection.clone();
        if let ConnectionView::Tls { certificate_ends, .. } = &mut connection {
            let shown = self.engine.as_ref().and_then(|engine| engine.certificate_ends());
            *certificate_ends = certificate_ends.iter().copied().chain(shown).min();
        }
        connection
    }

    /// The state to hand out. `twins` are the other hosts with the same engine id.
    pub(super) fn state(&self, owned: &Owned, twins: &[&Name], now: Millis) -> HostState {
        HostState {
            id: self.record.id,
            name: self.record.name.clone(),
            labels: self.record.labels.clone(),
            connection: self.connection(),
            version: self.record.version,
            created_at: self.record.created_at,
            liveness: self.liveness.clone(),
            last_heard: self.last_heard,
            engine: self.facts.clone(),
            containers: self.counts(),
            memory_reserved: owned
                .values()
                .filter(|i| i.host == self.record.id)
                .map(|i| i.memory_reserved)
                .sum(),
            nano_cpus_reserved: owned
                .values()
                .filter(|i| i.host == self.record.id)
                .map(|i| i.nano_cpus_reserved)
                .sum(),
            notes: self.notes(twins, now),
        }
    }

    fn notes(&self, twins: &[&Name], now: Millis) -> Vec<String> {
        let mut notes = Vec::new();
        if let ConnectionView::Tls {
            certificate_ends: Some(end),
            ..
        } = self.connection()
        {
            notes.extend(ending(end - now));
        }
        for twin in twins {
            notes.push(format!(
                "Its engine has the same id as that of host `{twin}`: one engine added twice, or a cloned machine."
            ));
        }
        if self.former_engine.is_some() {
            notes.push(
                "Its engine id changed: another engine answers at its address, or it was set up anew."
                    .to_owned(),
            );
        }
        if self.skew.abs() > SKEW {
            let seconds = self.skew.abs() / 1000;
            let way = if self.skew > 0 { "ahead of" } else { "behind" };
            notes.push(format!(
                "Its clock is {seconds} s {way} the console's; times in its logs differ by as much."
            ));
        }
        notes
    }
}

/// A certificate that ends soon, or has ended: words that say what to do.
fn ending(left: Millis) -> Option<String> {
    let renew =
        "Renew it, then remove this host and add it again with the new one; what runs there is not touched";
    match left / DAY {
        _ if left <= 0 => Some(format!("A certificate of its connection has ended. {renew}.")),
        0 => Some(format!(
            "A certificate of its connection ends within a day. {renew}."
        )),
        1 => Some(format!("A certificate of its connection ends in 1 day. {renew}.")),
        days if days < ENDS_SOON => Some(format!(
            "A certificate of its connection ends in {days} days. {renew}."
        )),
        _ => None,
    }
}

impl HostState {
    /// The row a viewer with these permissions sees.
    pub fn row(self, permissions: PermissionSet) -> HostRow {
        let manage = permissions.contains(Permission::HostManage);
        HostRow {
            verdict: verdict(&self.liveness, self.engine.as_ref()),
            id: self.id,
            name: self.name,
            labels: self.labels,
            connection: self.connection,
            liveness: self.liveness,
            last_heard: self.last_heard,
            engine: self.engine,
            containers: self.containers,
            memory_reserved: self.memory_reserved,
            notes: self.notes,
            version: self.version,
            allowed: Actions::NONE
                .with_if(Action::Edit, manage)
                .with_if(Action::Remove, manage),
        }
    }
}

/// Liveness in words.
fn verdict(liveness: &Liveness, engine: Option<&EngineFacts>) -> Verdict {
    match liveness {
        Liveness::Connecting => Verdict::new(Tone::Busy, "connecting"),
        Liveness::Up => Verdict::new(
            Tone::Good,
            engine.map_or_else(
                || "up".to_owned(),
                |facts| format!("up, Docker {}", facts.version),
            ),
        ),
        Liveness::Suspect { .. } => Verdict::new(Tone::Unknown, "not answering"),
        Liveness::Down { reason, .. } => Verdict::new(Tone::Failed, format!("down: {reason}")),
    }
}

impl Queryable for HostState {
    /// Pools ask for `name`, `host`, `label.*` and `state`; containers' fields have no value here.
    fn values(&self, field: &Field, see: &mut dyn FnMut(&str)) {
        match field {
            Field::Host | Field::Name | Field::Any => see(self.name.as_str()),
            Field::Label(key) => {
                if let Some(value) = self.labels.get(key) {
                    see(value);
                }
            }
            Field::State => see(match self.liveness {
                Liveness::Connecting => "connecting",
                Liveness::Up => "up",
                Liveness::Suspect { .. } => "suspect",
                Liveness::Down { .. } => "down",
            }),
            Field::App | Field::Service | Field::Image => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Secret;
    use crate::dial::{HostConnection, NEAR, NEAR_END};
    use crate::identity::NewId;

    #[test]
    fn a_certificate_that_ends_in_less_than_two_weeks_is_spoken_of() {
        let record = HostRecord {
            id: HostId::fresh(),
            name: "eu-1".parse().unwrap(),
            labels: BTreeMap::new(),
            connection: HostConnection::Tls {
                address: "eu-1.example:2376".into(),
                ca: String::new(),
                certificate: NEAR.into(),
                key: Secret::new(String::new()),
            },
            engine_id: None,
            created_at: 0,
            version: 1,
        };
        let entry = HostEntry::new(record, mpsc::channel(1).0, CancellationToken::new());
        let seen = |now| entry.state(&Owned::new(), &[], now);
        let connection = seen(0).connection;
        assert!(
            matches!(
                connection,
                ConnectionView::Tls {
                    certificate_ends: Some(NEAR_END),
                    ..
                }
            ),
            "{connection:?}"
        );
        assert!(seen(NEAR_END - 14 * DAY).notes.is_empty());
        for (left, words) in [
            (14 * DAY - 1, "ends in 13 days"),
            (DAY, "ends in 1 day"),
            (1, "within a day"),
            (0, "has ended"),
        ] {
            let notes = seen(NEAR_END - left).notes;
            assert!(notes[0].contains(words), "{notes:?}");
        }
    }
}
