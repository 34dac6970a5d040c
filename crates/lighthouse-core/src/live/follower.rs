//! One tab: what it follows, what it was told, and what to tell it next.
//!
//! Changes only mark what has to be looked at; frames are made when their time has come and there is room for
//! them. So a slow reader gets fewer and larger frames, and after a full queue a snapshot, but never a queue that
//! grows.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures::future::{BoxFuture, OptionFuture};
use futures::stream::{self, BoxStream, FuturesUnordered, SelectAll};
use futures::{FutureExt, StreamExt};
use lighthouse_model::live::{ClientFrame, PROTOCOL, Revision, ServerFrame, Topic, TopicChange, TopicData};
use lighthouse_model::{ContainerKey, Problem};
use tokio::sync::broadcast::{self, error::RecvError, error::TryRecvError};
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TrySendError;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::Refresh;
use super::feed::{Feed, Kind};
use super::rights::LOOK_EVERY;
use super::topic::{concerns, permit};
use super::window::News;
use crate::change::{Change, Numbered};
use crate::fleet::{Dirty, Samples};
use crate::{Console, Viewer};

/// Topics a tab follows at most.
const FEEDS: usize = 64;
/// Before something that could not be read is read again.
const AGAIN: Duration = Duration::from_secs(2);
/// How long a farewell may take.
const FAREWELL: Duration = Duration::from_secs(1);

/// What was read for a feed.
struct Read {
    id: u32,
    serial: u64,
    cost: Duration,
    found: Result<(Revision, TopicData), Problem>,
}

/// Follows topics for one tab.
pub(super) struct Follower {
    console: Console,
    viewer: Viewer,
    refresh: Refresh,
    frames: mpsc::Sender<ServerFrame>,
    changes: broadcast::Receiver<Numbered>,
    feeds: BTreeMap<u32, Feed>,
    serial: u64,
    reads: FuturesUnordered<BoxFuture<'static, Read>>,
    samples: SelectAll<BoxStream<'static, (u32, u64, Samples)>>,
    /// Frames that must not be lost, while there is no room.
    waiting: VecDeque<ServerFrame>,
    blocked: bool,
    looking: Option<BoxFuture<'static, Option<Viewer>>>,
}

/// The tab is gone, or has to go.
struct Over;

impl Follower {
    pub(super) fn new(
        console: Console,
        viewer: Viewer,
        refresh: Refresh,
        frames: mpsc::Sender<ServerFrame>,
    ) -> Self {
        let changes = console.changes().follow();
        Self {
            console,
            viewer,
            refresh,
            frames,
            changes,
            feeds: BTreeMap::new(),
            serial: 0,
            reads: FuturesUnordered::new(),
            samples: SelectAll::new(),
            waiting: VecDeque::new(),
            blocked: false,
            looking: None,
        }
    }

    pub(super) async fn run(mut self, build: &str, mut commands: mpsc::Receiver<ClientFrame>) {
        let hello = ServerFrame::Hello {
            protocol: PROTOCOL,
            build: build.to_owned(),
            now: self.console.clock().now(),
        };
        if self.frames.send(hello).await.is_err() {
            return;
        }
        let stop = self.console.stopping();
        let mut beat = interval(LOOK_EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let due = self.next_due();
            let frames = self.frames.clone();
            let step = tokio::select! {
                () = stop.cancelled() => Err(Over),
                () = frames.closed() => Err(Over),
                change = self.changes.recv() => self.changed(change),
                command = commands.recv() => command.map_or(Err(Over), |command| self.obey(command)),
                Some(read) = self.reads.next(), if !self.reads.is_empty() => self.read(read),
                Some(sample) = self.samples.next(), if !self.samples.is_empty() => self.measured(sample),
                Some(viewer) = OptionFuture::from(self.looking.as_mut()), if self.looking.is_some() => {
                    self.looking = None;
                    if let Some(viewer) = viewer {
                        self.known_again(viewer)
                    } else {
                        timeout(FAREWELL, frames.send(ServerFrame::SignedOut)).await.ok();
                        Err(Over)
                    }
                }
                _ = beat.tick() => self.pulse(),
                Some(()) = OptionFuture::from(due.map(sleep_until)), if due.is_some() && !self.blocked => Ok(()),
                Ok(permit) = frames.reserve(), if self.blocked => {
                    self.blocked = false;
                    if let Some(frame) = self.waiting.pop_front() {
                        permit.send(frame);
                        self.blocked = !self.waiting.is_empty();
                    }
                    Ok(())
                }
            };
            if step.and_then(|()| self.work()).is_err() {
                return;
            }
        }
    }

    fn next_due(&self) -> Option<Instant> {
        self.feeds.values().filter_map(Feed::wakes_at).min()
    }

    /// Takes in all changes there are.
    fn changed(&mut self, first: Result<Numbered, RecvError>) -> Result<(), Over> {
        match first {
            Ok(numbered) => self.mark(&numbered.change),
            Err(RecvError::Lagged(_)) => self.mark_all(),
            Err(RecvError::Closed) => return Err(Over),
        }
        loop {
            match self.changes.try_recv() {
                Ok(numbered) => self.mark(&numbered.change),
                Err(TryRecvError::Lagged(_)) => self.mark_all(),
                Err(TryRecvError::Empty) => return Ok(()),
                Err(TryRecvError::Closed) => return Err(Over),
            }
        }
    }

    fn mark(&mut self, change: &Change) {
        if *change == Change::Rights(self.viewer.user) {
            self.look_who();
        }
        for feed in self.feeds.values_mut() {
            if concerns(&feed.topic, change) {
                feed.mark(change);
            }
        }
    }

    fn mark_all(&mut self) {
        self.look_who();
        for feed in self.feeds.values_mut() {
            feed.dirty.all();
        }
    }

    fn look_who(&mut self) {
        self.looking = Some((self.refresh)());
    }

    /// The viewer as they are now: what they may not see any more is cut, and what they may do is told anew.
    fn known_again(&mut self, viewer: Viewer) -> Result<(), Over> {
        if viewer.permissions == self.viewer.permissions {
            return Ok(());
        }
        self.viewer = viewer;
        let mut refused = Vec::new();
        for (id, feed) in &mut self.feeds {
            match permit(&self.viewer, &feed.topic) {
                Ok(()) => feed.forget(),
                Err(problem) => refused.push((*id, problem)),
            }
        }
        for (id, problem) in refused {
            self.refuse(id, problem)?;
        }
        Ok(())
    }

    fn pulse(&mut self) -> Result<(), Over> {
        if self.looking.is_none() {
            self.look_who();
        }
        let pulse = ServerFrame::Pulse {
            now: self.console.clock().now(),
            pulse: self.console.pulse(&self.viewer),
        };
        // A pulse that finds no room is worth nothing later.
        match self.frames.try_send(pulse) {
            Err(TrySendError::Closed(_)) => Err(Over),
            _ => Ok(()),
        }
    }

    fn obey(&mut self, command: ClientFrame) -> Result<(), Over> {
        match command {
            ClientFrame::Subscribe { id, topic, revision } => self.subscribe(id, topic, revision),
            ClientFrame::Unsubscribe { id } => {
                self.feeds.remove(&id);
                Ok(())
            }
        }
    }

    fn subscribe(&mut self, id: u32, topic: Topic, revision: Option<Revision>) -> Result<(), Over> {
        if let Err(problem) = permit(&self.viewer, &topic) {
            return self.refuse(id, problem);
        }
        self.serial += 1;
        // Scrolling asks for another window of the same list: keep the work done.
        if let Some(feed) = self.feeds.get_mut(&id)
            && let (Kind::Window(window), Topic::Containers(from), Topic::Containers(to)) =
                (&mut feed.kind, &feed.topic, &topic)
        {
            window.turn(from, to);
            feed.topic = topic;
            feed.dirty.again();
            feed.due = Instant::now();
            return Ok(());
        }
        self.feeds.remove(&id);
        if self.feeds.len() >= FEEDS {
            return self.refuse(id, Problem::TooMany { retry_after: 0 });
        }
        let mut feed = Feed::new(self.serial, topic);
        if let Topic::Stats { key } = &feed.topic {
            let key = key.clone();
            feed.kind = self.open_stats(id, &key)?;
        } else if revision.is_some_and(|r| r == self.console.changes().revision()) {
            feed.dirty = Dirty::default();
            if let (Kind::Window(window), Some(revision)) = (&mut feed.kind, revision)
                && !window.catch_up(self.console.fleet(), revision, self.viewer.permissions)
            {
                feed.dirty.all();
            }
        }
        self.feeds.insert(id, feed);
        Ok(())
    }

    fn open_stats(&mut self, id: u32, key: &ContainerKey) -> Result<Kind, Over> {
        let open = CancellationToken::new();
        let mut receiver = self.console.fleet().stats(key);
        let so_far = receiver.borrow_and_update().to_vec();
        let last = so_far.last().map_or(i64::MIN, |s| s.at);
        let serial = self.serial;
        let follow = stream::unfold(receiver, move |mut receiver| async move {
            receiver.changed().await.ok()?;
            let samples = Samples::clone(&receiver.borrow_and_update());
            Some(((id, serial, samples), receiver))
        });
        self.samples
            .push(follow.take_until(open.clone().cancelled_owned()).boxed());
        let told = so_far.len();
        self.send(ServerFrame::Snapshot {
            id,
            revision: self.console.changes().revision(),
            data: Box::new(TopicData::Stats(so_far)),
        })?;
        Ok(Kind::Stats {
            told,
            last,
            _open: open.drop_guard(),
        })
    }

    fn measured(&mut self, (id, serial, samples): (u32, u64, Samples)) -> Result<(), Over> {
        let revision = self.console.changes().revision();
        let frame = match self.feeds.get_mut(&id) {
            Some(Feed {
                serial: of,
                kind: Kind::Stats { told, last, .. },
                ..
            }) if *of == serial => {
                let fresh = samples.iter().filter(|s| s.at > *last).count();
                *last = samples.last().map_or(*last, |s| s.at);
                let behind = fresh > 1 || *told == 0;
                *told += fresh;
                match samples.last() {
                    Some(newest) if fresh > 0 && !behind => ServerFrame::Change {
                        id,
                        revision,
                        data: Box::new(TopicChange::Stats(*newest)),
                    },
                    Some(_) if fresh > 0 => ServerFrame::Snapshot {
                        id,
                        revision,
                        data: Box::new(TopicData::Stats(samples.to_vec())),
                    },
                    _ => return Ok(()),
                }
            }
            _ => return Ok(()),
        };
        self.deliver(id, frame)
    }

    fn read(&mut self, read: Read) -> Result<(), Over> {
        let id = read.id;
        let Some(feed) = self.feeds.get_mut(&id).filter(|f| f.serial == read.serial) else {
            return Ok(());
        };
        if let Kind::Whole { reading, .. } = &mut feed.kind {
            *reading = false;
        }
        feed.rest(read.cost);
        match read.found {
            Ok((revision, data)) => match feed.tell(id, revision, data) {
                Some(frame) => self.deliver(id, frame),
                None => Ok(()),
            },
            Err(problem) if matches!(problem.status(), 403 | 404 | 409) => self.refuse(id, problem),
            Err(problem) => {
                tracing::warn!(%problem, "a topic could not be read");
                feed.dirty.all();
                feed.due = Instant::now() + AGAIN;
                Ok(())
            }
        }
    }

    /// Makes the frames whose time has come.
    fn work(&mut self) -> Result<(), Over> {
        let now = Instant::now();
        let ready: Vec<u32> = self
            .feeds
            .iter()
            .filter(|(_, feed)| feed.wakes_at().is_some_and(|at| at <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in ready {
            if self.blocked {
                return Ok(());
            }
            self.look(id)?;
        }
        Ok(())
    }

    fn look(&mut self, id: u32) -> Result<(), Over> {
        let Some(feed) = self.feeds.get_mut(&id) else {
            return Ok(());
        };
        let dirty = std::mem::take(&mut feed.dirty);
        match &mut feed.kind {
            Kind::Window(window) => {
                let started = Instant::now();
                let news = window.news(self.console.fleet(), &dirty, self.viewer.permissions);
                feed.rest(started.elapsed());
                let frame = match news {
                    News::Nothing => return Ok(()),
                    News::Snapshot(revision, data) => ServerFrame::Snapshot { id, revision, data },
                    News::Change(revision, data) => ServerFrame::Change {
                        id,
                        revision,
                        data: Box::new(data),
                    },
                };
                self.deliver(id, frame)
            }
            Kind::Whole { reading, .. } => {
                *reading = true;
                let (console, viewer) = (self.console.clone(), self.viewer.clone());
                let (topic, serial) = (feed.topic.clone(), feed.serial);
                let read = async move {
                    let started = Instant::now();
                    let found = console.topic(&viewer, &topic).await;
                    Read {
                        id,
                        serial,
                        cost: started.elapsed(),
                        found: found.map_err(crate::Error::into_problem),
                    }
                };
                self.reads.push(read.boxed());
                Ok(())
            }
            Kind::Stats { .. } => Ok(()),
        }
    }

    /// Sends a feed's frame; without room the tab gets a snapshot when there is.
    fn deliver(&mut self, id: u32, frame: ServerFrame) -> Result<(), Over> {
        match self.frames.try_send(frame) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => {
                self.blocked = true;
                if let Some(feed) = self.feeds.get_mut(&id) {
                    feed.forget();
                }
                Ok(())
            }
            Err(TrySendError::Closed(_)) => Err(Over),
        }
    }

    /// Sends a frame that must not be lost.
    fn send(&mut self, frame: ServerFrame) -> Result<(), Over> {
        match self.frames.try_send(frame) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(frame)) => {
                self.blocked = true;
                self.waiting.push_back(frame);
                // Only a tab that asks and never reads comes so far.
                if self.waiting.len() > FEEDS {
                    Err(Over)
                } else {
                    Ok(())
                }
            }
            Err(TrySendError::Closed(_)) => Err(Over),
        }
    }

    fn refuse(&mut self, id: u32, problem: Problem) -> Result<(), Over> {
        self.feeds.remove(&id);
        self.send(ServerFrame::Refused { id, problem })
    }
}
