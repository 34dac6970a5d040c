//! Operations: changes in progress, durable, made of steps.
//!
//! Intent is written before the act and the outcome after it, each to the journal first and to the screen second.
//! After a crash the next executor takes over what was left: it looks at the hosts and goes on.
//!
//! What lives here: the journal's rules ([`state`]), what may happen next (`graph`), the driver of one operation
//! (`run`), its acts on hosts (`act`, `wait`), and what people see of it. What an application's change is made
//! of is decided in [`crate::applications`].

mod act;
mod containers;
mod fault;
pub(crate) mod graph;
mod lost;
pub(crate) mod naming;
mod ownership;
mod run;
pub mod state;
mod verdict;
mod views;
mod wait;
pub(crate) mod work;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lighthouse_model::operation::{OperationState, StepKind, StepStatus};
use lighthouse_model::{ApplicationId, ContainerId, HostId, OperationId, Verdict};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::ownership::Ownership;
use self::run::{Permits, Running};
use self::work::Work;
use crate::change::{Change, Changes};
use crate::console::Ports;
use crate::fleet::Fleet;
use crate::store::{Acceptance, AuditRecord, OperationRecord, StepRecord, Store, StoreError};
use crate::{Clock, Error, Result};

pub use containers::ContainerAction;

/// Operations whose sentence is remembered after they ended.
const REMEMBERED: usize = 2000;

/// The operations in progress and the tasks that carry them out. Cheap to clone.
#[derive(Clone)]
pub struct Operations {
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    changes: Arc<Changes>,
    fleet: Fleet,
    stop: CancellationToken,
    tasks: TaskTracker,
    active: Mutex<BTreeMap<OperationId, Arc<Running>>>,
    permits: Arc<Mutex<HashMap<HostId, Arc<Permits>>>>,
    ownership: Ownership,
    sentences: Mutex<BTreeMap<OperationId, Verdict>>,
}

/// A change that is ready to be accepted.
pub(crate) struct Proposal {
    pub(crate) record: OperationRecord,
    pub(crate) steps: Vec<StepRecord>,
    pub(crate) work: Work,
    pub(crate) with: Acceptance,
    pub(crate) audit: AuditRecord,
}

impl Operations {
    /// Takes over operations that were left unfinished.
    pub async fn start(
        ports: &Ports,
        changes: &Arc<Changes>,
        fleet: &Fleet,
        stop: &CancellationToken,
    ) -> Result<Self> {
        let operations = Self {
            inner: Arc::new(Inner {
                clock: Arc::clone(&ports.clock),
                store: Arc::clone(&ports.store),
                changes: Arc::clone(changes),
                fleet: fleet.clone(),
                stop: stop.clone(),
                tasks: TaskTracker::new(),
                active: Mutex::default(),
                permits: Arc::default(),
                ownership: Ownership::new(Arc::clone(&ports.store), fleet.clone()),
                sentences: Mutex::default(),
            }),
        };
        operations.inner.ownership.reload().await?;
        for (record, steps) in ports.store.unfinished().await? {
            operations.take_over(record, steps).await?;
        }
        Ok(operations)
    }

    /// Resolves when every task has ended after a stop.
    pub async fn stopped(&self) {
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    fn active(&self) -> MutexGuard<'_, BTreeMap<OperationId, Arc<Running>>> {
        self.inner.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn running(&self, id: OperationId) -> Option<Arc<Running>> {
        self.active().get(&id).cloned()
    }

    /// Operations under way, newest first.
    pub(crate) fn under_way(&self) -> Vec<OperationId> {
        self.active().keys().rev().copied().collect()
    }

    /// The operation that is changing an application now.
    pub(crate) fn changing(&self, application: ApplicationId) -> Option<OperationId> {
        self.active()
            .values()
            .find(|r| r.work.application.as_ref().is_some_and(|a| a.id == application))
            .map(|r| r.id)
    }

    /// The blueprints of releases, read once each.
    pub(crate) fn blueprints(&self) -> &crate::applications::blueprint::Blueprints {
        self.inner.ownership.blueprints()
    }

    /// Looks up anew which containers are ours, after rows were removed by hand.
    pub(crate) async fn reload_ownership(&self) -> Result<()> {
        self.inner.ownership.reload().await
    }

    /// Accepts a change: one transaction, then its executor begins.
    pub(crate) async fn accept(&self, mut proposal: Proposal) -> Result<OperationId> {
        if self.inner.stop.is_cancelled() {
            return Err(lighthouse_model::Problem::ShuttingDown.into());
        }
        proposal.record.payload = serde_json::to_string(&proposal.work)
            .map_err(|cause| Error::internal("write an operation down", cause))?;
        let id = proposal.record.id;
        let target = proposal.record.target.clone();
        self.inner
            .store
            .accept(&proposal.record, &proposal.steps, &proposal.with, &proposal.audit)
            .await
            .map_err(|error| refused(error, &target))?;
        self.inner.ownership.expect(&proposal.work);
        self.inner.changes.tell(Change::Operation(id));
        if let Some(application) = proposal.record.application {
            self.inner.changes.tell(Change::Application(application));
        }
        self.launch(proposal.record, proposal.steps, proposal.work, HashMap::new());
        Ok(id)
    }

    /// Goes on with an operation that another executor left.
    async fn take_over(&self, mut record: OperationRecord, steps: Vec<StepRecord>) -> Result<()> {
        record.epoch = self.inner.store.take_over(record.id).await?;
        let work: Work = match serde_json::from_str(&record.payload) {
            Ok(work) => work,
            Err(error) => {
                // Written by a newer console: what cannot be read is not acted on, and said so.
                tracing::error!(operation = %record.id, %error, "an operation cannot be gone on with");
                let at = self.inner.clock.now();
                self.inner
                    .store
                    .set_state(record.id, record.epoch, OperationState::Interrupted, at)
                    .await?;
                return Ok(());
            }
        };
        let mut made = HashMap::new();
        if let Some(application) = &work.application {
            for row in self.inner.store.instances(Some(application.id)).await? {
                if let Some(container) = row.container {
                    made.insert(
                        (format!("{}-{}", row.service, row.number), row.generation),
                        container,
                    );
                }
            }
        }
        self.inner.ownership.expect(&work);
        tracing::info!(operation = %record.id, epoch = record.epoch, "an unfinished operation is gone on with");
        self.launch(record, steps, work, made);
        Ok(())
    }

    fn launch(
        &self,
        record: OperationRecord,
        steps: Vec<StepRecord>,
        work: Work,
        made: HashMap<(String, i64), ContainerId>,
    ) {
        let inner = &self.inner;
        let id = record.id;
        let running = Running::new(
            record,
            steps,
            work,
            made,
            inner.fleet.clone(),
            Arc::clone(&inner.store),
            Arc::clone(&inner.clock),
            Arc::clone(&inner.changes),
            Arc::clone(&inner.permits),
            inner.stop.clone(),
        );
        self.active().insert(id, Arc::clone(&running));
        let operations = self.clone();
        inner.tasks.spawn(async move {
            Arc::clone(&running).drive().await;
            let ended = running.now().record.state.is_ended();
            if ended {
                let application = running.work.application.as_ref().map(|a| a.id);
                operations.inner.ownership.settle(application).await;
                operations.remember(id, &running);
            }
            operations.active().remove(&id);
            operations.inner.changes.tell(Change::Operation(id));
            if let Some(application) = running.work.application.as_ref() {
                operations.inner.changes.tell(Change::Application(application.id));
            }
        });
    }
}

/// Why the journal did not accept, with the name of what was to be changed.
fn refused(error: StoreError, target: &str) -> Error {
    use lighthouse_model::Problem;
    let problem = match &error {
        StoreError::Busy { operation, actor } => Problem::Busy {
            application: target.to_owned(),
            actor: actor.clone(),
            operation: *operation,
        },
        StoreError::Stale => Problem::Stale {
            what: format!("`{target}`"),
        },
        StoreError::Taken(_) => Problem::NameTaken {
            what: "application".to_owned(),
            name: target.to_owned(),
        },
        _ => return error.into(),
    };
    Error::with_cause(problem, error)
}

/// A step that is not begun yet.
pub(crate) fn pending(
    operation: OperationId,
    n: u32,
    host: HostId,
    kind: StepKind,
    subject: String,
    of: Option<(String, i64)>,
) -> StepRecord {
    let (instance, generation) = of.map_or((None, 0), |(name, generation)| (Some(name), generation));
    StepRecord {
        operation,
        n,
        host,
        subject,
        instance,
        generation,
        kind,
        intent_at: None,
        outcome_at: None,
        status: StepStatus::Pending,
        code: None,
        message: None,
        detail: None,
    }
}
