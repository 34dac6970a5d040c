//! One container's log, across its restarts and the silences of its host.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::StreamExt;
use lighthouse_model::log::{LogLine, LogSource};
use lighthouse_model::{ContainerKey, Millis};
use tokio::sync::{oneshot, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::ring::Ring;
use super::{LogFilter, level, plain};
use crate::engine::{EngineError, EngineStream, LogRequest, RawLogLine, deadline};
use crate::fleet::{Container, Fleet};

/// A log that says nothing for so long has told its end.
const QUIET: Duration = Duration::from_millis(60);
/// The beginning is waited for no longer than this.
const BEGINNING: Duration = Duration::from_millis(800);
/// The first and the longest wait between two attempts.
const AGAIN: (Duration, Duration) = (Duration::from_millis(300), Duration::from_secs(5));

/// One container in a session.
pub(super) struct Source {
    pub(super) fleet: Fleet,
    pub(super) key: ContainerKey,
    pub(super) n: u32,
    pub(super) tail: u32,
    pub(super) follow: bool,
    pub(super) filter: Arc<RwLock<LogFilter>>,
    pub(super) ring: Arc<Ring>,
    place: Option<Place>,
    /// Lines that come once more after a break.
    known: Option<Place>,
    /// The log was read to its end once: whatever comes now is new, and nothing of it is left out.
    read: bool,
}

/// How far a log was read: lines of the same moment are told apart by counting.
#[derive(Debug, Clone, Copy)]
struct Place {
    at: Millis,
    lines: u32,
}

/// Lines with which a session begins, to be merged with those of the other sources.
pub(super) type Beginning = Vec<LogLine>;

impl Source {
    pub(super) fn new(
        fleet: Fleet,
        key: ContainerKey,
        n: u32,
        (tail, follow): (u32, bool),
        filter: Arc<RwLock<LogFilter>>,
        ring: Arc<Ring>,
    ) -> Self {
        Self {
            fleet,
            key,
            n,
            tail,
            follow,
            filter,
            ring,
            place: None,
            known: None,
            read: false,
        }
    }

    /// Follows until the container is gone (or to the log's end when it is not followed). The first lines go to
    /// `beginning`, if it is given and still waited for, and all others to the ring once `go` says so.
    pub(super) async fn run(
        mut self,
        mut beginning: Option<oneshot::Sender<Beginning>>,
        mut go: watch::Receiver<bool>,
    ) {
        let mut watch = self.fleet.watch_container(&self.key);
        let mut hosts = self.fleet.host_changed();
        let mut introduced = false;
        let mut silent = false;
        let mut pause = AGAIN.0;
        loop {
            let Some(container) = watch.borrow_and_update().clone() else {
                self.ring.ended(self.n, "it was removed".to_owned());
                return;
            };
            self.known = self.place;
            match self.open(&container).await {
                Ok(mut stream) => {
                    if !introduced || silent {
                        self.ring.source(self.introduce(&container));
                    }
                    (introduced, silent) = (true, false);
                    if let Some(sender) = beginning.take() {
                        let first = self.begin(&mut stream).await;
                        let late = sender.send(first).err();
                        if go.wait_for(|go| *go).await.is_err() {
                            return;
                        }
                        late.into_iter().flatten().for_each(|line| self.ring.line(line));
                    }
                    let opened = Instant::now();
                    self.read |= loop {
                        match stream.next().await {
                            Some(Ok(raw)) => {
                                if let Some(line) = self.take_in(&raw) {
                                    self.ring.line(line);
                                }
                            }
                            end => break end.is_none(),
                        }
                    };
                    if !self.follow {
                        self.ring.ended(self.n, "its end was reached".to_owned());
                        return;
                    }
                    pause = if opened.elapsed() > AGAIN.1 {
                        AGAIN.0
                    } else {
                        (pause * 2).min(AGAIN.1)
                    };
                    self.wait_for_news(&container, &mut watch).await;
                }
                Err(error) if !self.follow => {
                    self.ring.ended(self.n, error.to_string());
                    return;
                }
                Err(error) => {
                    // The others need not wait for this one.
                    beginning = None;
                    if !introduced {
                        self.ring.source(self.introduce(&container));
                    }
                    if !silent {
                        let words = error.to_string();
                        let words = words.trim_end_matches('.');
                        self.ring
                            .ended(self.n, format!("{words}. It goes on when its host answers."));
                    }
                    (introduced, silent) = (true, true);
                    tokio::select! {
                        _ = hosts.changed() => {}
                        _ = watch.changed() => {}
                        () = sleep(AGAIN.1) => {}
                    }
                }
            }
            sleep(pause).await;
        }
    }

    fn introduce(&self, container: &Container) -> LogSource {
        LogSource {
            n: self.n,
            key: self.key.clone(),
            name: container
                .instance
                .clone()
                .unwrap_or_else(|| container.name.clone()),
            host: container.host.to_string(),
        }
    }

    async fn open(&self, container: &Container) -> Result<EngineStream<RawLogLine>, EngineError> {
        open(&self.fleet, container, self.request()).await
    }

    fn request(&self) -> LogRequest {
        LogRequest {
            tail: (self.place.is_none() && !self.read).then_some(self.tail),
            follow: self.follow,
            since: self.place.map(|p| p.at),
            tty: false,
        }
    }

    /// Reads the end of the log as it is now.
    async fn begin(&mut self, stream: &mut EngineStream<RawLogLine>) -> Beginning {
        let mut lines = Vec::new();
        let until = Instant::now() + BEGINNING;
        for _ in 0..self.tail {
            let wait = until.min(Instant::now() + QUIET);
            match timeout_at(wait, stream.next()).await {
                Ok(Some(Ok(raw))) => lines.extend(self.take_in(&raw)),
                Ok(_) | Err(_) => break,
            }
        }
        lines
    }

    /// A line that was not read before, if it is wanted.
    fn take_in(&mut self, raw: &RawLogLine) -> Option<LogLine> {
        if let Some(known) = &mut self.known {
            if raw.at < known.at {
                return None;
            }
            if raw.at == known.at && known.lines > 0 {
                known.lines -= 1;
                return None;
            }
        }
        match &mut self.place {
            Some(place) if raw.at == place.at => place.lines += 1,
            // The two outputs may overtake each other by a moment.
            Some(place) if raw.at < place.at => {}
            _ => {
                self.place = Some(Place { at: raw.at, lines: 1 });
            }
        }
        let line = line(self.n, raw);
        let filter = self.filter.read().unwrap_or_else(PoisonError::into_inner);
        let wanted = (filter.sources.is_empty() || filter.sources.contains(&self.key))
            && plain::passes(&filter, &line);
        wanted.then_some(line)
    }

    /// Waits until the container runs again or ran in between.
    async fn wait_for_news(&self, of: &Container, watch: &mut watch::Receiver<Option<Arc<Container>>>) {
        let news = watch.wait_for(|now| {
            now.as_ref()
                .is_none_or(|now| now.state.is_up() || now.since != of.since)
        });
        // The model may lag a little behind the stream: then the next look finds nothing new and waits again.
        news.await.ok();
    }
}

/// Opens a log; how its bytes are framed depends on whether the container has a terminal.
pub(super) async fn open(
    fleet: &Fleet,
    container: &Container,
    mut request: LogRequest,
) -> Result<EngineStream<RawLogLine>, EngineError> {
    let engine = fleet
        .engine(container.key.host)
        .map_err(|_| EngineError::Unreachable {
            why: format!("host `{}` does not answer", container.host),
        })?;
    let late = |what| EngineError::TimedOut { what, seconds: 10 };
    let inspection = timeout(deadline::READ, engine.inspect(&container.key.id))
        .await
        .unwrap_or(Err(late("inspect")))?;
    request.tty = inspection.tty;
    let stream = timeout(deadline::READ, engine.logs(&container.key.id, request))
        .await
        .unwrap_or(Err(late("log")))?;
    // An end that was met while waiting for quiet is met once more.
    Ok(stream.fuse().boxed())
}

/// A line as viewers see it.
pub(super) fn line(source: u32, raw: &RawLogLine) -> LogLine {
    let text = String::from_utf8_lossy(&raw.text).into_owned();
    LogLine {
        source,
        at: raw.at,
        output: raw.output,
        level: level::of(&text),
        text,
    }
}
