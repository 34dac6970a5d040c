//! One operation under way: its driver decides what may happen next and writes everything down before it shows it.

mod drive;
mod finish;
mod more;
mod registry;

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lighthouse_model::operation::{Progress, StepKind, StepStatus};
use lighthouse_model::{ApplicationId, ContainerId, HostId, OperationId};
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;

use super::act::Attempt;
use super::fault;
use super::graph::{Course, Situation};
use super::state;
use super::work::{Unit, Work};
use crate::Clock;
use crate::change::{Change, Changes};
use crate::engine::ImageFacts;
use crate::fleet::Fleet;
use crate::store::{OperationRecord, StepOutcome, StepRecord, Store, StoreError, StoreResult};

/// Changes on one host at a time.
const CHANGES_PER_HOST: usize = 16;
/// Pulls on one host at a time.
const PULLS_PER_HOST: usize = 3;
/// Between two tries to write to a store that is full.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// Between two words about the bytes of a pull.
const PROGRESS_PAUSE: Duration = Duration::from_millis(250);

/// How many things may happen on one host at once.
#[derive(Debug)]
pub(super) struct Permits {
    changes: Semaphore,
    pulls: Semaphore,
}

impl Default for Permits {
    fn default() -> Self {
        Self {
            changes: Semaphore::new(CHANGES_PER_HOST),
            pulls: Semaphore::new(PULLS_PER_HOST),
        }
    }
}

/// One operation under way.
pub(super) struct Running {
    pub(super) id: OperationId,
    pub(super) work: Work,
    pub(super) fleet: Fleet,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) changes: Arc<Changes>,
    pub(super) permits: Arc<Mutex<HashMap<HostId, Arc<Permits>>>>,
    pub(super) stop: CancellationToken,
    pub(super) epoch: i64,
    cancelled: watch::Sender<bool>,
    now: Mutex<Now>,
}

/// How far it is.
#[derive(Debug, Clone)]
pub(super) struct Now {
    pub(super) record: OperationRecord,
    pub(super) steps: Vec<StepRecord>,
    pub(super) progress: HashMap<u32, Progress>,
    progress_told: Option<Instant>,
    made: HashMap<(String, i64), ContainerId>,
    images: BTreeMap<String, String>,
    given_up: Vec<u32>,
    looks: HashMap<u32, u32>,
    verified: bool,
}

/// Why a driver stops writing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// The console stops; another start goes on.
    Stopping,
    /// Another executor took over.
    TakenOver,
}

impl Running {
    #[expect(
        clippy::too_many_arguments,
        reason = "called in one place, with the executor's own parts"
    )]
    pub(super) fn new(
        record: OperationRecord,
        steps: Vec<StepRecord>,
        work: Work,
        made: HashMap<(String, i64), ContainerId>,
        fleet: Fleet,
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        changes: Arc<Changes>,
        permits: Arc<Mutex<HashMap<HostId, Arc<Permits>>>>,
        stop: CancellationToken,
    ) -> Arc<Self> {
        Arc::new(Self {
            id: record.id,
            epoch: record.epoch,
            work,
            fleet,
            store,
            clock,
            changes,
            permits,
            stop,
            cancelled: watch::Sender::new(false),
            now: Mutex::new(Now {
                record,
                steps,
                progress: HashMap::new(),
                progress_told: None,
                made,
                images: BTreeMap::new(),
                given_up: Vec::new(),
                looks: HashMap::new(),
                verified: false,
            }),
        })
    }

    pub(super) fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self) {
        self.changes.tell(Change::Operation(self.id));
    }

    fn application(&self) -> Option<ApplicationId> {
        self.work.application.as_ref().map(|a| a.id)
    }

    pub(super) fn host_name(&self, host: HostId) -> String {
        self.fleet
            .host(host)
            .map_or_else(|| host.to_string(), |h| h.name.to_string())
    }

    /// Was this step there when the operation was accepted?
    pub(super) fn is_planned(&self, step: &StepRecord) -> bool {
        usize::try_from(step.n).is_ok_and(|n| n < self.work.after.len())
    }

    /// Asks it to stop at the next step boundary.
    pub(super) fn cancel(&self) {
        self.cancelled.send_replace(true);
    }

    /// Resolves when nobody waits for a slow step any more.
    pub(super) async fn given_up_on(&self) {
        let mut cancelled = self.cancelled.subscribe();
        if cancelled.wait_for(|c| *c).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    pub(super) fn note_made(&self, unit: &Unit, id: &ContainerId) {
        self.now().made.insert((unit.name(), unit.generation), id.clone());
    }

    pub(super) fn known(&self, unit: &Unit) -> Option<ContainerId> {
        self.now().made.get(&(unit.name(), unit.generation)).cloned()
    }

    pub(super) fn note_image(&self, image: &str, facts: &ImageFacts) {
        let digest = facts
            .repo_digests
            .first()
            .cloned()
            .unwrap_or_else(|| format!("{} (local)", facts.id));
        self.now().images.insert(image.to_owned(), digest);
    }

    pub(super) fn note_progress(&self, n: u32, progress: Progress) {
        let mut now = self.now();
        now.progress.insert(n, progress);
        let due = now.progress_told.is_none_or(|at| at.elapsed() >= PROGRESS_PAUSE);
        if due {
            now.progress_told = Some(Instant::now());
            drop(now);
            self.tell();
        }
    }

    /// Writes until it is written: a full store pauses the operation, nothing is lost.
    async fn write<T, F>(&self, what: &str, write: impl Fn() -> F) -> Result<T, Halt>
    where
        F: Future<Output = StoreResult<T>>,
    {
        loop {
            match write().await {
                Ok(value) => return Ok(value),
                Err(StoreError::Stale | StoreError::Missing) => return Err(Halt::TakenOver),
                Err(error) => {
                    tracing::error!(operation = %self.id, %what, error = &error as &dyn std::error::Error, "the journal could not be written; trying again");
                    tokio::select! {
                        () = sleep(STORE_PAUSE) => {}
                        () = self.stop.cancelled() => return Err(Halt::Stopping),
                    }
                }
            }
        }
    }

    /// As [`Self::write`], for rows beside the journal; a row that is not there is fine.
    pub(super) async fn persist<F>(&self, what: &str, write: impl Fn() -> F)
    where
        F: Future<Output = StoreResult<()>>,
    {
        // When the console stops before it is written, the step has no outcome and is looked at again.
        self.write(what, write).await.ok();
    }

    async fn begin(&self, n: u32) -> Result<StepRecord, Halt> {
        let at = self.clock.now();
        self.write("write an intent", || {
            self.store.begin_step(self.id, self.epoch, n, at)
        })
        .await?;
        let step = self.update(n, |step| {
            step.status = StepStatus::Running;
            step.intent_at = Some(at);
            step.outcome_at = None;
        });
        self.tell();
        step.ok_or(Halt::TakenOver)
    }

    async fn end(&self, n: u32, outcome: StepOutcome) -> Result<(), Halt> {
        let at = self.clock.now();
        let from = self.now().steps.iter().find(|s| s.n == n).map(|s| s.status);
        if !from.is_some_and(|from| state::step_may(from, outcome.status)) {
            tracing::error!(operation = %self.id, step = n, ?from, to = ?outcome.status, "illegal move refused");
            return Ok(());
        }
        self.write("write an outcome", || {
            self.store.end_step(self.id, self.epoch, n, at, &outcome)
        })
        .await?;
        self.update(n, |step| {
            step.status = outcome.status;
            step.outcome_at = Some(at);
            step.code = outcome.code;
            step.message = outcome.message;
            step.detail = outcome.detail;
        });
        self.now().progress.remove(&n);
        self.tell();
        Ok(())
    }

    fn update(&self, n: u32, change: impl FnOnce(&mut StepRecord)) -> Option<StepRecord> {
        let mut now = self.now();
        let step = now.steps.iter_mut().find(|s| s.n == n)?;
        change(step);
        Some(step.clone())
    }

    fn host_permits(&self, host: HostId) -> Arc<Permits> {
        let mut permits = self.permits.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(permits.entry(host).or_default())
    }

    /// Carries out one step: intent, act, outcome.
    async fn step(self: Arc<Self>, n: u32, attempt: Attempt) -> Result<(), Halt> {
        let Some(step) = self.now().steps.iter().find(|s| s.n == n).cloned() else {
            return Ok(());
        };
        let permits = self.host_permits(step.host);
        let permit = match step.kind {
            StepKind::Wait => None,
            StepKind::Pull => permits.pulls.acquire().await.ok(),
            _ => permits.changes.acquire().await.ok(),
        };
        if self.stop.is_cancelled() {
            return Err(Halt::Stopping);
        }
        // A person may have stopped the operation while the step queued for its host.
        if attempt == Attempt::First && *self.cancelled.borrow() && self.is_held_back(n) {
            return Ok(());
        }
        let step = self.begin(n).await?;
        let patient = !matches!(step.kind, StepKind::Wait | StepKind::Pull);
        let acted = if patient {
            self.act(&step, attempt).await
        } else {
            // Waiting and pulling have no effect that could get lost; a stopping console does not wait for them.
            tokio::select! {
                acted = self.act(&step, attempt) => acted,
                () = self.stop.cancelled() => return Err(Halt::Stopping),
            }
        };
        drop(permit);
        self.end(n, fault::outcome(acted)).await
    }

    fn is_held_back(&self, n: u32) -> bool {
        let now = self.now();
        let moves = self.situation(&now).moves();
        !moves.begin.contains(&n)
    }

    fn situation<'a>(&'a self, now: &'a Now) -> Situation<'a> {
        Situation {
            work: &self.work,
            steps: &now.steps,
            given_up: &now.given_up,
            course: if *self.cancelled.borrow() {
                Course::Cancelled
            } else {
                Course::On
            },
        }
    }
}
