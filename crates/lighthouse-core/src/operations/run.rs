//! One operation under way: its driver decides what may happen next and writes everything down before it shows it.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lighthouse_model::container::{ContainerState, Health};
use lighthouse_model::operation::{OperationKind, OperationState, Progress, StepKind, StepStatus};
use lighthouse_model::{ApplicationId, ContainerId, ContainerKey, HostId, Millis, OperationId};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::act::Attempt;
use super::fault::{self, not_begun};
use super::graph::{Course, Situation};
use super::state;
use super::work::{Unit, UnitChange, Which, Work};
use crate::Clock;
use crate::change::{Change, Changes};
use crate::engine::{ImageFacts, RegistryAuth};
use crate::fleet::Fleet;
use crate::store::{OperationRecord, StepOutcome, StepRecord, Store, StoreError, StoreResult};

/// Changes on one host at a time.
const CHANGES_PER_HOST: usize = 16;
/// Pulls on one host at a time.
const PULLS_PER_HOST: usize = 3;
/// Between two tries to write to a store that is full.
const STORE_PAUSE: Duration = Duration::from_secs(1);
/// Between two looks whether a silent host answers again.
const SILENCE_LOOK: Duration = Duration::from_secs(2);
/// Looks at a step whose host answers but whose own calls do not, before it is given up.
const STUCK_LOOKS: u32 = 5;
/// Between two words about the bytes of a pull.
const PROGRESS_PAUSE: Duration = Duration::from_millis(250);
/// How long steps may take to reach a boundary when the console stops.
const BOUNDARY: Duration = Duration::from_secs(15);

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

/// What the driver does after nothing more may begin.
enum Rest {
    /// There is more to do.
    More,
    /// Nothing more will happen.
    End,
}

/// What a step's task brings back.
type Finished = (u32, Result<(), Halt>);

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

    /// The credential for an image's registry, if there is one.
    pub(super) async fn registry_auth(&self, image: &str) -> Option<RegistryAuth> {
        let registry = registry_of(image);
        let all = self.store.credentials().await.ok()?;
        all.into_iter()
            .find(|c| same_registry(&c.registry, registry))
            .map(|c| RegistryAuth {
                registry: c.registry,
                username: c.username,
                secret: c.secret,
            })
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

    /// Drives the operation to its end.
    pub(super) async fn drive(self: Arc<Self>) {
        let halt = self.drive_to_end().await;
        if let Err(halt) = halt {
            tracing::info!(operation = %self.id, ?halt, "an operation is left for another executor");
        }
        self.release_containers();
    }

    async fn drive_to_end(self: &Arc<Self>) -> Result<(), Halt> {
        let mut tasks: JoinSet<Finished> = JoinSet::new();
        let mut under_way: Vec<u32> = Vec::new();
        self.take_up(&mut tasks, &mut under_way);
        if self.now().record.state != OperationState::Running {
            self.set_state(OperationState::Running).await?;
        }
        loop {
            let moves = {
                let now = self.now();
                self.situation(&now).moves()
            };
            for n in moves.skip {
                let why = "Not begun: something before it did not succeed.";
                self.end(n, not_begun(StepStatus::Skipped, why)).await?;
            }
            for n in moves.cancel {
                // One that already queues for its host sees for itself that it was cancelled.
                if !under_way.contains(&n) {
                    let why = "Not begun: the operation was cancelled.";
                    self.end(n, not_begun(StepStatus::Cancelled, why)).await?;
                }
            }
            for n in moves.begin {
                if !under_way.contains(&n) && !self.stop.is_cancelled() {
                    under_way.push(n);
                    self.launch(&mut tasks, n, Attempt::First);
                }
            }
            if tasks.is_empty() {
                if self.stop.is_cancelled() {
                    return Err(Halt::Stopping);
                }
                match self.rest(&mut tasks, &mut under_way).await? {
                    Rest::More => continue,
                    Rest::End => return self.finish().await,
                }
            }
            let mut cancelled = self.cancelled.subscribe();
            let was = *cancelled.borrow_and_update();
            tokio::select! {
                Some(ended) = tasks.join_next() => {
                    if let Ok((n, result)) = ended {
                        under_way.retain(|one| *one != n);
                        result?;
                    } else {
                        // A panic in a step: its intent has no outcome, and it is looked at like after a restart.
                        self.take_up_lost(&mut tasks, &mut under_way).await?;
                    }
                }
                Ok(()) = cancelled.changed(), if !was => {}
                () = self.stop.cancelled() => {
                    timeout(BOUNDARY, async { while tasks.join_next().await.is_some() {} }).await.ok();
                    return Err(Halt::Stopping);
                }
                () = sleep(SILENCE_LOOK), if self.has_silence() => {
                    self.look_again(&mut tasks, &mut under_way);
                }
            }
            self.add_rescue().await?;
        }
    }

    fn launch(self: &Arc<Self>, tasks: &mut JoinSet<Finished>, n: u32, attempt: Attempt) {
        let running = Arc::clone(self);
        tasks.spawn(async move { (n, running.step(n, attempt).await) });
    }

    /// Looks at what was begun before this executor.
    fn take_up(self: &Arc<Self>, tasks: &mut JoinSet<Finished>, under_way: &mut Vec<u32>) {
        let begun: Vec<_> = {
            let now = self.now();
            let begun = |s: &&StepRecord| s.status == StepStatus::Running;
            now.steps.iter().filter(begun).map(|s| s.n).collect()
        };
        for n in begun {
            under_way.push(n);
            self.launch(tasks, n, Attempt::Again);
        }
    }

    /// After a task was lost: what it had begun has an unknown outcome.
    async fn take_up_lost(
        self: &Arc<Self>,
        tasks: &mut JoinSet<Finished>,
        under_way: &mut Vec<u32>,
    ) -> Result<(), Halt> {
        while let Some(ended) = tasks.join_next().await {
            if let Ok((n, result)) = ended {
                under_way.retain(|one| *one != n);
                result?;
            }
        }
        for n in std::mem::take(under_way) {
            let running = self
                .now()
                .steps
                .iter()
                .any(|s| s.n == n && s.status == StepStatus::Running);
            if running {
                let lost = lighthouse_model::Problem::Interrupted;
                self.end(
                    n,
                    StepOutcome {
                        status: StepStatus::Unknown,
                        code: Some(lost.code().to_owned()),
                        message: Some(lost.to_string()),
                        detail: None,
                    },
                )
                .await?;
            }
        }
        Ok(())
    }

    fn has_silence(&self) -> bool {
        let now = self.now();
        now.steps
            .iter()
            .any(|s| s.status == StepStatus::Unknown && !now.given_up.contains(&s.n))
    }

    /// Looks again at steps with an unknown outcome whose host answers.
    fn look_again(self: &Arc<Self>, tasks: &mut JoinSet<Finished>, under_way: &mut Vec<u32>) {
        let again: Vec<u32> = {
            let mut now = self.now();
            let cancelled = *self.cancelled.borrow();
            let silent: Vec<(u32, HostId)> = now
                .steps
                .iter()
                .filter(|s| s.status == StepStatus::Unknown && !now.given_up.contains(&s.n))
                .filter(|s| !under_way.contains(&s.n))
                .map(|s| (s.n, s.host))
                .collect();
            let mut again = Vec::new();
            for (n, host) in silent {
                let looks = now.looks.get(&n).copied().unwrap_or(0);
                let answers = self.fleet.engine(host).is_ok();
                if self.fleet.host(host).is_none() || looks >= STUCK_LOOKS || (cancelled && !answers) {
                    now.given_up.push(n);
                } else if answers {
                    now.looks.insert(n, looks + 1);
                    again.push(n);
                }
            }
            again
        };
        for n in again {
            under_way.push(n);
            self.launch(tasks, n, Attempt::Again);
        }
    }

    /// Nothing runs and nothing may begin: is there something to wait for, to put back, or to look at?
    async fn rest(
        self: &Arc<Self>,
        tasks: &mut JoinSet<Finished>,
        under_way: &mut Vec<u32>,
    ) -> Result<Rest, Halt> {
        if self.has_silence() {
            let mut hosts = self.fleet.host_changed();
            tokio::select! {
                () = sleep(SILENCE_LOOK) => {}
                _ = hosts.changed() => {}
                () = self.given_up_on() => {}
                () = self.stop.cancelled() => return Err(Halt::Stopping),
            }
            self.look_again(tasks, under_way);
            return Ok(Rest::More);
        }
        if self.add_rescue().await? || self.add_last_look().await? {
            return Ok(Rest::More);
        }
        let pending = self.now().steps.iter().any(|s| s.status == StepStatus::Pending);
        if pending {
            // Cannot happen while the graph is sound; an operation must end all the same.
            let left: Vec<u32> = {
                let now = self.now();
                let open = |s: &&StepRecord| s.status == StepStatus::Pending;
                now.steps.iter().filter(open).map(|s| s.n).collect()
            };
            for n in left {
                let why = "Not begun: something before it did not succeed.";
                self.end(n, not_begun(StepStatus::Skipped, why)).await?;
            }
        }
        Ok(Rest::End)
    }

    /// Adds the steps that put back what ran before, where something went wrong. `true` when some were added.
    async fn add_rescue(&self) -> Result<bool, Halt> {
        let rescue = {
            let now = self.now();
            self.situation(&now).rescue()
        };
        let added: Vec<StepRecord> = rescue
            .into_iter()
            .map(|r| self.added(r.host, r.instance, r.generation, r.kind))
            .collect();
        self.add(added).await
    }

    fn added(&self, host: HostId, instance: String, generation: i64, kind: StepKind) -> StepRecord {
        StepRecord {
            operation: self.id,
            n: 0,
            host,
            subject: instance.clone(),
            instance: Some(instance),
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

    async fn add(&self, mut steps: Vec<StepRecord>) -> Result<bool, Halt> {
        if steps.is_empty() {
            return Ok(false);
        }
        let first = self.now().steps.last().map_or(0, |s| s.n + 1);
        for (n, step) in (first..).zip(&mut steps) {
            step.n = n;
        }
        self.write("add steps", || self.store.add_steps(self.id, self.epoch, &steps))
            .await?;
        self.now().steps.extend(steps);
        self.tell();
        Ok(true)
    }

    /// Before an operation may say that it succeeded: does every instance it made or started still run? Those that
    /// the fleet sees down are looked at once more, in a step of their own.
    async fn add_last_look(&self) -> Result<bool, Halt> {
        let doubtful: Vec<StepRecord> = {
            let mut now = self.now();
            let good = now.steps.iter().all(|s| state::is_good(s.status));
            if now.verified || !good {
                return Ok(false);
            }
            now.verified = true;
            let waited = now.steps.iter().filter(|s| s.kind == StepKind::Wait);
            let mut seen: Vec<(HostId, String, i64)> = waited
                .filter_map(|s| Some((s.host, s.instance.clone()?, s.generation)))
                .collect();
            if now.record.kind != OperationKind::Stop {
                let kept = self.work.units.iter().filter(|u| u.change == UnitChange::Keep);
                seen.extend(
                    kept.filter(|u| u.is_up())
                        .map(|u| (u.host, u.name(), u.generation)),
                );
            }
            seen.sort();
            seen.dedup();
            seen.into_iter()
                .filter(|(host, instance, generation)| self.is_seen_down(*host, instance, *generation, &now))
                .map(|(host, instance, generation)| self.added(host, instance, generation, StepKind::Wait))
                .collect()
        };
        self.add(doubtful).await
    }

    fn is_seen_down(&self, host: HostId, instance: &str, generation: i64, now: &Now) -> bool {
        let Some((_, unit, which)) = self.work.unit(instance, generation) else {
            return false;
        };
        let id = match which {
            Which::New => now.made.get(&(unit.name(), unit.generation)).cloned(),
            Which::Old => unit.old.as_ref().and_then(|o| o.container.clone()),
        };
        let Some(id) = id else {
            return false;
        };
        self.fleet.container(&ContainerKey { host, id }).is_some_and(|c| {
            let finished = c.state == ContainerState::Exited && c.exit_code == Some(0);
            (!c.state.is_up() && !finished && c.state != ContainerState::Created)
                || c.state == ContainerState::Restarting
                || c.health == Health::Unhealthy
        })
    }

    async fn set_state(&self, to: OperationState) -> Result<(), Halt> {
        let at: Millis = self.clock.now();
        let from = self.now().record.state;
        if from != to && !state::operation_may(from, to) {
            return Ok(());
        }
        self.write("write the state of an operation", || {
            self.store.set_state(self.id, self.epoch, to, at)
        })
        .await?;
        {
            let mut now = self.now();
            now.record.state = to;
            now.record.ended_at = to.is_ended().then_some(at);
        }
        self.tell();
        if let Some(application) = self.application() {
            self.changes.tell(Change::Application(application));
        }
        Ok(())
    }

    /// Writes what the operation came to.
    async fn finish(&self) -> Result<(), Halt> {
        let (end, images) = {
            let now = self.now();
            let cancelled = *self.cancelled.borrow();
            let end = state::end_of(now.steps.iter().map(|s| s.status), cancelled);
            (end, now.images.clone())
        };
        if let Some(subject) = &self.work.application {
            let images: Vec<(String, String)> = self
                .work
                .templates
                .iter()
                .filter_map(|(service, t)| Some((service.clone(), images.get(&t.spec.image)?.clone())))
                .collect();
            if !images.is_empty() {
                self.persist("note images", || {
                    self.store
                        .set_release_images(subject.id, subject.release, &images)
                })
                .await;
            }
            if end == OperationState::Succeeded {
                for (service, number, generation) in &self.work.forget {
                    self.persist("forget an instance", || {
                        self.store
                            .remove_instance(subject.id, service, *number, *generation)
                    })
                    .await;
                }
                if self.now().record.kind == OperationKind::Remove {
                    self.persist("forget an application", || {
                        self.store.remove_application(subject.id)
                    })
                    .await;
                }
            }
        }
        self.release_containers();
        self.set_state(end).await
    }

    /// The containers are no longer being changed.
    fn release_containers(&self) {
        let mut keys: Vec<ContainerKey> = self.work.containers.iter().map(|(key, _)| key.clone()).collect();
        {
            let now = self.now();
            for unit in &self.work.units {
                if let Some(id) = now.made.get(&(unit.name(), unit.generation)) {
                    keys.push(ContainerKey {
                        host: unit.host,
                        id: id.clone(),
                    });
                }
                if let Some(old) = &unit.old
                    && let Some(id) = &old.container
                {
                    keys.push(ContainerKey {
                        host: old.host,
                        id: id.clone(),
                    });
                }
            }
        }
        for key in keys {
            self.fleet.set_operation(key, None);
        }
    }
}

/// The host name of an image's registry.
fn registry_of(image: &str) -> &str {
    match image.split_once('/') {
        Some((first, _)) if first.contains(['.', ':']) || first == "localhost" => first,
        _ => "docker.io",
    }
}

fn same_registry(given: &str, wanted: &str) -> bool {
    let plain = |name: &str| {
        let name = name.trim_start_matches("https://").trim_start_matches("http://");
        name.split('/').next().unwrap_or(name).to_ascii_lowercase()
    };
    let hub = |name: &str| matches!(name, "docker.io" | "index.docker.io" | "registry-1.docker.io");
    let (given, wanted) = (plain(given), plain(wanted));
    given == wanted || (hub(&given) && hub(&wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_registry_of_an_image_is_its_first_part_when_that_is_a_host_name() {
        assert_eq!(registry_of("nginx"), "docker.io");
        assert_eq!(registry_of("library/nginx:1"), "docker.io");
        assert_eq!(registry_of("reg.example:5000/shop/web:2"), "reg.example:5000");
        assert_eq!(registry_of("localhost/web"), "localhost");
        assert!(same_registry("https://index.docker.io/v1/", "docker.io"));
        assert!(!same_registry("reg.example", "reg.example:5000"));
    }
}
