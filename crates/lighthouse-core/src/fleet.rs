//! The fleet as it is known now: one supervised task per host feeds one model in memory.
//!
//! What lives here: the hosts, their tasks, what is known of their containers, and the engines to talk to.
//! Screens and the API read this model; no page ever asks a host. Events are a hint, the list is the truth.

mod container;
mod host;
pub mod label;
mod listing;
mod model;
mod outage;
mod session;
mod stats;
mod task;
mod words;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use lighthouse_model::host::Liveness;
use lighthouse_model::live::{Pulse, Revision};
use lighthouse_model::{ContainerId, ContainerKey, HostId, Millis, Name, OperationId, Problem};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use self::container::{Container, Owned, OwnedInstance};
pub use self::host::HostState;
pub(crate) use self::listing::{Dirty, Listing};
use self::model::Model;
pub(crate) use self::stats::Samples;
use crate::change::{Change, Changes};
use crate::console::Ports;
use crate::engine::{Engine, EngineError, Engines};
use crate::store::{HostRecord, Store};
use crate::{Clock, Result};

/// Commands that wait for a host's task.
const COMMANDS: usize = 1024;

/// The hosts, their tasks, and what is known of their containers. Cheap to clone.
#[derive(Clone)]
pub struct Fleet {
    inner: Arc<Inner>,
}

/// What every host's task shares.
struct Inner {
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    engines: Arc<dyn Engines>,
    changes: Arc<Changes>,
    model: RwLock<Model>,
    hosts_changed: watch::Sender<Revision>,
    feeds: stats::Feeds,
    stop: CancellationToken,
    tasks: TaskTracker,
}

/// What a host's task is asked to do.
#[derive(Debug)]
enum Command {
    /// Look at one container now.
    Look(ContainerId),
    /// Look at everything now.
    Relist,
    /// Connect anew: the way to reach it changed, or somebody does not want to wait.
    Reconnect,
}

impl Fleet {
    /// Starts one task per stored host.
    pub async fn start(ports: &Ports, changes: &Arc<Changes>, stop: &CancellationToken) -> Result<Self> {
        let fleet = Self {
            inner: Arc::new(Inner {
                clock: Arc::clone(&ports.clock),
                store: Arc::clone(&ports.store),
                engines: Arc::clone(&ports.engines),
                changes: Arc::clone(changes),
                model: RwLock::default(),
                hosts_changed: watch::Sender::new(0),
                feeds: stats::Feeds::default(),
                stop: stop.child_token(),
                tasks: TaskTracker::new(),
            }),
        };
        for host in ports.store.hosts().await? {
            fleet.add(host);
        }
        Ok(fleet)
    }

    /// Resolves when every task has ended after a stop.
    pub async fn stopped(&self) {
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// Begins to watch a host that is in the store.
    pub fn add(&self, record: HostRecord) {
        let id = record.id;
        let (sender, commands) = mpsc::channel(COMMANDS);
        let stop = self.inner.stop.child_token();
        self.inner
            .write()
            .hosts
            .insert(id, host::HostEntry::new(record, sender, stop.clone()));
        self.inner.host_changed(id);
        let task = task::HostTask::new(Arc::clone(&self.inner), id, commands, stop);
        self.inner.tasks.spawn(task.supervise());
    }

    /// Takes over an edited record; a changed connection is used at once.
    pub fn update(&self, record: HostRecord) {
        let id = record.id;
        let mut model = self.inner.write();
        let Some(entry) = model.hosts.get_mut(&id) else {
            return;
        };
        let reconnect = entry.record.connection != record.connection;
        let commands = entry.commands.clone();
        entry.set_record(record);
        drop(model);
        self.inner.host_changed(id);
        if reconnect {
            commands.try_send(Command::Reconnect).ok();
        }
    }

    /// Stops watching a host.
    pub fn remove(&self, id: HostId) {
        let entry = self.inner.write().hosts.remove(&id);
        if let Some(entry) = entry {
            entry.stop.cancel();
            self.inner.changes.tell(Change::Containers(id));
            self.inner.host_changed(id);
        }
    }

    /// The engine of a host that answers.
    ///
    /// # Errors
    /// [`Problem::HostUnreachable`] with words when the host does not answer, [`Problem::NotFound`] when there is
    /// no such host.
    pub fn engine(&self, host: HostId) -> Result<Arc<dyn Engine>, Problem> {
        let model = self.inner.read();
        let entry = model
            .hosts
            .get(&host)
            .ok_or_else(|| Problem::not_found("such host"))?;
        let why = match (&entry.liveness, &entry.engine) {
            (Liveness::Up, Some(engine)) => return Ok(Arc::clone(engine)),
            (Liveness::Suspect { .. }, _) => "it stopped answering a moment ago".to_owned(),
            (Liveness::Down { reason, .. }, _) => reason.clone(),
            (Liveness::Connecting | Liveness::Up, _) => "the connection is still being made".to_owned(),
        };
        Err(Problem::HostUnreachable {
            host: entry.record.name.to_string(),
            why,
        })
    }

    /// All hosts by name.
    pub fn hosts(&self) -> Vec<HostState> {
        self.inner.read().host_states(self.inner.clock.now())
    }

    /// One host.
    pub fn host(&self, id: HostId) -> Option<HostState> {
        self.inner.read().host_state(id, self.inner.clock.now())
    }

    /// One host by its name.
    pub fn host_named(&self, name: &Name) -> Option<HostState> {
        let model = self.inner.read();
        let id = model.hosts.values().find(|h| h.record.name == *name)?.record.id;
        model.host_state(id, self.inner.clock.now())
    }

    /// What is known of a host's containers; the last that was known when it does not answer.
    pub fn containers(&self, host: HostId) -> Vec<Arc<Container>> {
        let model = self.inner.read();
        model
            .hosts
            .get(&host)
            .map(|entry| entry.containers.values().cloned().collect())
            .unwrap_or_default()
    }

    /// What is known of one container.
    pub fn container(&self, key: &ContainerKey) -> Option<Arc<Container>> {
        self.inner.read().container(key).cloned()
    }

    /// Asks for a look at one container now, after a change we made. Does not wait for it.
    pub fn refresh(&self, key: &ContainerKey) {
        let model = self.inner.read();
        if let Some(entry) = model.hosts.get(&key.host) {
            // A full queue means that a list is on its way in any case.
            entry.commands.try_send(Command::Look(key.id.clone())).ok();
        }
    }

    /// Asks for a look at a whole host now. Does not wait for it.
    pub fn refresh_host(&self, host: HostId) {
        let model = self.inner.read();
        if let Some(entry) = model.hosts.get(&host) {
            entry.commands.try_send(Command::Relist).ok();
        }
    }

    /// Follows one container: the receiver holds what is known now (`None`: not there) and wakes at each change.
    pub fn watch_container(&self, key: &ContainerKey) -> watch::Receiver<Option<Arc<Container>>> {
        self.inner.write().watch(key)
    }

    /// Wakes when a host was added, changed, removed, or its liveness changed.
    pub fn host_changed(&self) -> watch::Receiver<Revision> {
        self.inner.hosts_changed.subscribe()
    }

    /// Notes which operation is changing a container, to be shown on its row. The container may not exist yet.
    pub fn set_operation(&self, key: ContainerKey, operation: Option<OperationId>) {
        let mut model = self.inner.write();
        if model.set_operation(&key, operation) {
            self.inner.changes.tell(Change::Container(key));
        }
    }

    /// Takes over which containers are ours. Call it whenever an instance's row is written or removed, and before
    /// its container is made.
    pub fn set_owned(&self, owned: Owned) {
        let mut model = self.inner.write();
        for host in model.set_owned(owned) {
            self.inner.changes.tell(Change::Containers(host));
        }
    }

    /// Which containers are ours, as last told.
    pub fn owned(&self) -> Owned {
        self.inner.read().owned().clone()
    }

    /// Puts an engine's error into words, with the host's name. `what` completes *refused to …*.
    pub fn problem(&self, host: HostId, what: &str, error: &EngineError) -> Problem {
        let model = self.inner.read();
        let name = model
            .hosts
            .get(&host)
            .map_or_else(|| host.to_string(), |h| h.record.name.to_string());
        words::problem(&name, what, error)
    }

    /// Since when what is known of a host's containers may be out of date.
    pub fn stale_since(&self, host: HostId) -> Option<Millis> {
        self.inner.read().hosts.get(&host)?.liveness.stale_since()
    }

    /// How the fleet is, in three numbers.
    pub(crate) fn pulse(&self) -> Pulse {
        let model = self.inner.read();
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let hosts = || model.hosts.values();
        Pulse {
            oldest: hosts().filter_map(|host| host.last_heard).min(),
            down: count(model.hosts_down().len()),
            insecure: count(
                hosts()
                    .filter(|host| host.record.connection.view().is_insecure())
                    .count(),
            ),
        }
    }

    /// Reads hosts and containers together with the revision they are of.
    pub(crate) fn snapshot<T>(
        &self,
        read: impl FnOnce(&[HostState], &dyn Fn(HostId) -> Vec<Arc<Container>>) -> T,
    ) -> (Revision, T) {
        let model = self.inner.read();
        let containers = |id: HostId| -> Vec<Arc<Container>> {
            let entry = model.hosts.get(&id);
            entry
                .map(|h| h.containers.values().cloned().collect())
                .unwrap_or_default()
        };
        let read = read(&model.host_states(self.inner.clock.now()), &containers);
        (self.inner.changes.revision(), read)
    }
}

impl Inner {
    fn read(&self) -> RwLockReadGuard<'_, Model> {
        self.model.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Model> {
        self.model.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn host_changed(&self, id: HostId) {
        let revision = self.changes.tell(Change::Host(id));
        self.hosts_changed.send_replace(revision);
    }
}
