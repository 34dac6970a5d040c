//! One connection to a host while it holds: list, follow events, look at what they name, ask for signs of life.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, OptionFuture};
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use lighthouse_model::container::ContainerState;
use lighthouse_model::host::{EngineFacts, Liveness};
use lighthouse_model::{ContainerId, ContainerKey, HostId, Millis};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};

use super::model::Blame;
use super::outage::{DOWN_AFTER, JITTER, Outage, PING_EVERY, SUSPECT_AFTER};
use super::{Command, Inner};
use crate::change::Change;
use crate::engine::{ContainerSummary, Engine, EngineError, EngineEvent, EngineStream, deadline};

/// Between two lists when nothing is amiss: what a silent loss of events can cost at most.
const RELIST_EVERY: Duration = Duration::from_secs(60);
/// Before a list that failed is tried again.
const RELIST_AGAIN: Duration = Duration::from_secs(2);
/// Looks at single containers at a time.
const LOOKS: usize = 4;
/// With more containers than this to look at, one list is cheaper.
const WAITING: usize = 64;
/// Between two updates of a container that flaps.
const FLAP_EVERY: Duration = Duration::from_secs(1);
/// Before a look that was not answered is tried again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Before the looks at a container that does not look as its event says.
const AGAIN: [Duration; 3] = [
    Duration::from_millis(30),
    Duration::from_millis(300),
    Duration::from_secs(2),
];

/// What an event says of a container's state.
#[derive(Debug, Clone, Copy)]
enum Told {
    Started,
    Ended,
    Gone,
}

impl Told {
    fn by(action: &str) -> Option<Self> {
        match action {
            "start" => Some(Self::Started),
            "die" | "died" => Some(Self::Ended),
            "destroy" | "remove" => Some(Self::Gone),
            _ => None,
        }
    }

    /// A container that is gone agrees with everything: it cannot be asked again.
    fn agrees(self, found: Option<&ContainerSummary>) -> bool {
        let Some(found) = found else {
            return true;
        };
        match self {
            Self::Started => found.state.is_up(),
            Self::Ended => found.state != ContainerState::Running,
            Self::Gone => false,
        }
    }
}

/// Why a session ended.
pub(super) enum End {
    /// Events may have been lost: connect anew at once.
    Gap,
    /// It was asked for.
    Reconnect,
    /// The host does not answer.
    Silent(Outage),
}

type Look = (ContainerId, Result<Option<ContainerSummary>, EngineError>);

/// One connection while it holds.
pub(super) struct Session<'a> {
    inner: &'a Inner,
    id: HostId,
    engine: Arc<dyn Engine>,
    events: EngineStream<EngineEvent>,
    /// Looks on their way; `true`: something happened since, look again.
    looking: HashMap<ContainerId, bool>,
    looks: FuturesUnordered<BoxFuture<'static, Look>>,
    waiting: VecDeque<ContainerId>,
    list: Option<BoxFuture<'static, Result<Vec<ContainerSummary>, EngineError>>>,
    /// Containers that were looked at since the list on its way began.
    newer: HashSet<ContainerId>,
    relist_at: Instant,
    list_failed: Option<Millis>,
    ping: Option<BoxFuture<'static, Result<(), EngineError>>>,
    /// When the oldest sign of life that is not answered was asked for.
    unanswered: Option<(Instant, Millis)>,
    /// When a flapping container may be told of again, and what waits for that.
    quiet: HashMap<ContainerId, Instant>,
    held: BTreeSet<(Instant, ContainerId)>,
    /// Containers that did not look as their last event says, and how often they were looked at again.
    doubts: HashMap<ContainerId, (Told, usize)>,
    doubted: BTreeSet<(Instant, ContainerId)>,
}

impl<'a> Session<'a> {
    /// Subscribes to events, then lists, so that nothing falls between; then the host is up.
    pub(super) async fn open(
        inner: &'a Inner,
        id: HostId,
        engine: Arc<dyn Engine>,
        blame: Option<Blame>,
    ) -> Result<Session<'a>, EngineError> {
        let events = within(deadline::READ, "events", engine.events()).await?;
        let (facts, list) = futures::join!(
            within(deadline::READ, "info", engine.facts()),
            within(deadline::READ, "list", engine.list()),
        );
        let (facts, engine_now) = facts?;
        inner.note_facts(id, &engine, facts, engine_now).await;
        inner.put_all(id, list?, &HashSet::new(), blame);
        inner.set_engine(id, Some(Arc::clone(&engine)));
        inner.heard(id);
        inner.set_liveness(id, Liveness::Up);
        Ok(Self {
            inner,
            id,
            engine,
            events,
            looking: HashMap::new(),
            looks: FuturesUnordered::new(),
            waiting: VecDeque::new(),
            list: None,
            newer: HashSet::new(),
            relist_at: Instant::now() + RELIST_EVERY,
            list_failed: None,
            ping: None,
            unanswered: None,
            quiet: HashMap::new(),
            held: BTreeSet::new(),
            doubts: HashMap::new(),
            doubted: BTreeSet::new(),
        })
    }

    /// Follows the host until something ends it.
    pub(super) async fn run(mut self, commands: &mut mpsc::Receiver<Command>) -> End {
        let end = self.follow(commands).await;
        // What was held back is told now: the next list finds nothing new in it.
        while !self.held.is_empty() {
            self.release();
        }
        end
    }

    async fn follow(&mut self, commands: &mut mpsc::Receiver<Command>) -> End {
        let mut beat = interval(PING_EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let held_at = self.held.first().map(|(at, _)| *at);
            let held = OptionFuture::from(held_at.map(sleep_until));
            let doubted_at = self.doubted.first().map(|(at, _)| *at);
            let doubted = OptionFuture::from(doubted_at.map(sleep_until));
            tokio::select! {
                event = self.events.next() => match event {
                    Some(Ok(event)) => self.event(&event),
                    Some(Err(error)) => {
                        tracing::debug!(host = %self.id, %error, "events broke off");
                        return End::Gap;
                    }
                    None => return End::Gap,
                },
                Some((id, found)) = self.looks.next(), if !self.looks.is_empty() => self.looked(&id, found),
                Some(list) = OptionFuture::from(self.list.as_mut()), if self.list.is_some() => {
                    self.list = None;
                    self.listed(list);
                }
                Some(answer) = OptionFuture::from(self.ping.as_mut()), if self.ping.is_some() => {
                    self.ping = None;
                    if let Err(end) = self.answered(&answer) {
                        return end;
                    }
                }
                _ = beat.tick() => if let Err(end) = self.beat() {
                    return end;
                },
                () = sleep_until(self.relist_at), if self.list.is_none() => self.begin_list(),
                Some(()) = held, if held_at.is_some() => self.release(),
                Some(()) = doubted, if doubted_at.is_some() => if let Some((_, id)) = self.doubted.pop_first() {
                    self.look(id);
                },
                command = commands.recv() => match command {
                    Some(Command::Look(id)) => self.look(id),
                    Some(Command::Relist) => self.relist_at = Instant::now(),
                    Some(Command::Reconnect) => return End::Reconnect,
                    None => std::future::pending().await,
                },
            }
        }
    }

    fn event(&mut self, event: &EngineEvent) {
        let Some(id) = &event.container else {
            return;
        };
        if !matters(&event.action) {
            return;
        }
        self.inner
            .write()
            .note(self.id, id, event, self.inner.clock.now());
        match Told::by(&event.action) {
            Some(told) => self.doubts.insert(id.clone(), (told, 0)),
            None => None,
        };
        self.look(id.clone());
    }

    /// Looks at a container now; looks at it again afterwards when it is being looked at.
    fn look(&mut self, id: ContainerId) {
        if self.list.is_some() {
            self.newer.insert(id.clone());
        }
        if let Some(again) = self.looking.get_mut(&id) {
            *again = true;
            return;
        }
        self.looking.insert(id.clone(), false);
        if self.looks.len() < LOOKS {
            self.begin_look(id);
        } else {
            self.waiting.push_back(id);
        }
        if self.waiting.len() > WAITING && self.list.is_none() {
            for id in self.waiting.drain(..) {
                self.looking.remove(&id);
            }
            self.begin_list();
        }
    }

    fn begin_look(&self, id: ContainerId) {
        let engine = Arc::clone(&self.engine);
        let look = async move {
            let found = within(deadline::READ, "look at one container", engine.list_one(&id)).await;
            (id, found)
        };
        self.looks.push(look.boxed());
    }

    fn looked(&mut self, id: &ContainerId, found: Result<Option<ContainerSummary>, EngineError>) {
        let again = self.looking.remove(id).unwrap_or(false);
        match found {
            Ok(found) => {
                self.heard();
                self.doubt(id, found.as_ref());
                let now = self.inner.clock.now();
                self.publish(id, found, now);
            }
            Err(EngineError::TimedOut { .. }) if self.silence() < PING_EVERY => {
                // The engine answers, only not about this one.
                let key = ContainerKey {
                    host: self.id,
                    id: id.clone(),
                };
                let mut model = self.inner.write();
                if model.set_stuck(&key, self.inner.clock.now()) {
                    self.inner.changes.tell(Change::Container(key));
                }
                drop(model);
                self.relist_soon(LOOK_AGAIN);
            }
            Err(error) => {
                tracing::debug!(host = %self.id, %error, "a look at one container failed");
                self.relist_soon(RELIST_AGAIN);
            }
        }
        if again {
            self.looking.insert(id.clone(), false);
            self.begin_look(id.clone());
        } else if let Some(next) = self.waiting.pop_front() {
            self.begin_look(next);
        }
    }

    /// Engines may tell of a change a moment before their list knows it: looks again when the two disagree.
    fn doubt(&mut self, id: &ContainerId, found: Option<&ContainerSummary>) {
        let Some((told, tries)) = self.doubts.get_mut(id) else {
            return;
        };
        match AGAIN.get(*tries) {
            Some(wait) if !told.agrees(found) => {
                *tries += 1;
                self.doubted.insert((Instant::now() + *wait, id.clone()));
            }
            _ => {
                self.doubts.remove(id);
            }
        }
    }

    /// Takes over what was found, and tells of it: of a flapping container at most once a second.
    fn publish(&mut self, id: &ContainerId, found: Option<ContainerSummary>, now: Millis) {
        let key = ContainerKey {
            host: self.id,
            id: id.clone(),
        };
        let mut model = self.inner.write();
        if !model.put(self.id, id, found, now, None) {
            return;
        }
        let flaps = model.container(&key).is_some_and(|c| c.is_flapping(now));
        if flaps {
            let at = Instant::now();
            let next = self.quiet.entry(id.clone()).or_insert(at);
            if *next > at {
                self.held.insert((*next, id.clone()));
                return;
            }
            *next = at + FLAP_EVERY;
        } else {
            self.quiet.remove(id);
        }
        self.inner.changes.tell(Change::Container(key));
    }

    /// Tells of the flapping container whose turn it is.
    fn release(&mut self) {
        if let Some((at, id)) = self.held.pop_first() {
            self.quiet.insert(id.clone(), at + FLAP_EVERY);
            self.inner
                .changes
                .tell(Change::Container(ContainerKey { host: self.id, id }));
        }
    }

    fn begin_list(&mut self) {
        // Looks that are on their way may answer before the list and know more.
        self.newer = self.looking.keys().cloned().collect();
        let engine = Arc::clone(&self.engine);
        self.list = Some(async move { within(deadline::READ, "list", engine.list()).await }.boxed());
        self.relist_at = Instant::now() + RELIST_EVERY;
    }

    fn relist_soon(&mut self, within: Duration) {
        self.relist_at = self.relist_at.min(Instant::now() + within);
    }

    fn listed(&mut self, list: Result<Vec<ContainerSummary>, EngineError>) {
        match list {
            Ok(list) => {
                self.heard();
                self.list_failed = None;
                self.inner.put_all(self.id, list, &self.newer, None);
                self.settle();
            }
            Err(error) => {
                tracing::warn!(host = %self.id, %error, "a list of containers failed");
                let now = self.inner.clock.now();
                self.list_failed.get_or_insert(now);
                self.relist_soon(RELIST_AGAIN);
                self.settle();
            }
        }
        self.newer.clear();
    }

    /// Asks for the next sign of life, or counts a miss.
    fn beat(&mut self) -> Result<(), End> {
        if self.unanswered.is_some() {
            self.missed("it does not answer")?;
        }
        if self.ping.is_some() {
            return Ok(());
        }
        self.unanswered
            .get_or_insert((Instant::now(), self.inner.clock.now()));
        let engine = Arc::clone(&self.engine);
        self.ping = Some(async move { within(deadline::PING * 2, "ping", engine.ping()).await }.boxed());
        Ok(())
    }

    fn answered(&mut self, answer: &Result<(), EngineError>) -> Result<(), End> {
        match answer {
            Ok(()) => {
                self.heard();
                Ok(())
            }
            // Nothing listens any more: a gap, and the reconnect will say what is amiss.
            Err(EngineError::Unreachable { .. }) => Err(End::Gap),
            Err(error) => self.missed(&error.to_string()),
        }
    }

    fn missed(&mut self, reason: &str) -> Result<(), End> {
        let (from, since) = *self
            .unanswered
            .get_or_insert((Instant::now(), self.inner.clock.now()));
        let silent = from.elapsed() + JITTER;
        if silent >= DOWN_AFTER {
            let outage = Outage::begin(since, silent, reason.to_owned());
            return Err(End::Silent(outage));
        }
        if silent >= SUSPECT_AFTER {
            self.inner.set_liveness(self.id, Liveness::Suspect { since });
        }
        Ok(())
    }

    fn silence(&self) -> Duration {
        self.unanswered.map_or(Duration::ZERO, |(from, _)| from.elapsed())
    }

    fn heard(&mut self) {
        self.unanswered = None;
        self.inner.heard(self.id);
        self.settle();
    }

    /// Shows what the answers of late amount to.
    fn settle(&self) {
        if self.silence() + JITTER < SUSPECT_AFTER {
            let liveness = match self.list_failed {
                Some(since) => Liveness::Suspect { since },
                None => Liveness::Up,
            };
            self.inner.set_liveness(self.id, liveness);
        }
    }
}

impl Inner {
    fn put_all(
        &self,
        id: HostId,
        list: Vec<ContainerSummary>,
        newer: &HashSet<ContainerId>,
        blame: Option<Blame>,
    ) {
        let mut model = self.write();
        let changed = model.put_all(id, list, newer, self.clock.now(), blame);
        if changed.len() > WAITING {
            self.changes.tell(Change::Containers(id));
        } else {
            for container in changed {
                self.changes.tell(Change::Container(ContainerKey {
                    host: id,
                    id: container,
                }));
            }
        }
    }

    fn heard(&self, id: HostId) {
        if let Some(entry) = self.write().hosts.get_mut(&id) {
            entry.last_heard = Some(self.clock.now());
        }
    }

    /// Notes what an engine says of itself, and compares its id with the one it had.
    async fn note_facts(&self, id: HostId, engine: &Arc<dyn Engine>, facts: EngineFacts, engine_now: Millis) {
        let skew = engine_now - self.clock.now();
        let known = self
            .read()
            .hosts
            .get(&id)
            .and_then(|h| h.record.engine_id.clone());
        let mut former = None;
        if known.as_ref() != Some(&facts.engine_id) && !facts.engine_id.is_empty() {
            // Some engines invent an id for every call; that says nothing about them.
            let second = within(deadline::READ, "info", engine.facts()).await;
            if second.is_ok_and(|(second, _)| second.engine_id == facts.engine_id) {
                former = known;
                if let Err(error) = self.store.set_engine_id(id, &facts.engine_id).await {
                    tracing::warn!(host = %id, %error, "the engine id could not be kept");
                }
            }
        }
        let mut model = self.write();
        if let Some(entry) = model.hosts.get_mut(&id) {
            entry.record.engine_id = Some(facts.engine_id.clone());
            entry.former_engine = former.or(entry.former_engine.take());
            entry.facts = Some(facts);
            entry.skew = skew;
            self.host_changed(id);
        }
    }
}

/// Adds the console's own deadline to the adapter's.
async fn within<T>(
    limit: Duration,
    what: &'static str,
    call: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    timeout(limit, call).await.unwrap_or(Err(EngineError::TimedOut {
        what,
        seconds: u32::try_from(limit.as_secs()).unwrap_or(u32::MAX),
    }))
}

/// Can the state of a container be another one after it? Health checks alone make three events a run.
fn matters(action: &str) -> bool {
    let word = action.split(':').next().unwrap_or(action);
    !matches!(
        word,
        "exec_create"
            | "exec_start"
            | "exec_die"
            | "exec_detach"
            | "top"
            | "attach"
            | "detach"
            | "resize"
            | "archive-path"
            | "extract-to-dir"
            | "export"
            | "copy"
            | "commit"
    )
}
