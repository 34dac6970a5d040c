//! The supervised task of one host: connect, hold a session, come back after an outage.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use lighthouse_model::HostId;
use lighthouse_model::host::Liveness;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::outage::{Backoff, Outage};
use super::session::{End, Session};
use super::{Command, Inner};
use crate::engine::{Engine, EngineError, deadline};

/// A session that holds for so long may be reconnected without waiting.
const STEADY: Duration = Duration::from_secs(5);

/// Owns one host's connection.
pub(super) struct HostTask {
    inner: Arc<Inner>,
    id: HostId,
    commands: mpsc::Receiver<Command>,
    stop: CancellationToken,
    outage: Option<Outage>,
    /// Has it answered since the console runs?
    met: bool,
}

impl HostTask {
    pub(super) fn new(
        inner: Arc<Inner>,
        id: HostId,
        commands: mpsc::Receiver<Command>,
        stop: CancellationToken,
    ) -> Self {
        Self {
            inner,
            id,
            commands,
            stop,
            outage: None,
            met: false,
        }
    }

    /// Runs until the host is removed or the console stops; a panic ends nothing but this attempt.
    pub(super) async fn supervise(mut self) {
        let stop = self.stop.clone();
        let mut backoff = Backoff::default();
        loop {
            let run = AssertUnwindSafe(self.run()).catch_unwind();
            let panicked = tokio::select! {
                () = stop.cancelled() => return,
                ended = run => ended.is_err(),
            };
            if !panicked {
                return;
            }
            tracing::error!(host = %self.id, "the task of a host panicked and is started again");
            let wait = backoff.next();
            tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(wait) => {}
            }
        }
    }

    async fn run(&mut self) {
        let mut backoff = Backoff::default();
        loop {
            match self.connect().await {
                Ok(engine) => {
                    let blame = self.outage.as_ref().map(Outage::blame);
                    let session = Session::open(&self.inner, self.id, engine, blame).await;
                    match session {
                        Ok(session) => {
                            self.met = true;
                            self.outage = None;
                            let opened = Instant::now();
                            let end = session.run(&mut self.commands).await;
                            let held = opened.elapsed() >= STEADY;
                            if held {
                                backoff = Backoff::default();
                            }
                            match end {
                                End::Silent(outage) => self.outage = Some(outage),
                                End::Reconnect => continue,
                                // The next attempt is made at once; only when it fails is anything amiss.
                                End::Gap if held => continue,
                                End::Gap => {}
                            }
                        }
                        Err(error) => self.failed(&error),
                    }
                }
                Err(error) => self.failed(&error),
            }
            self.show();
            let wait = backoff.next();
            self.pause(wait).await;
        }
    }

    async fn connect(&self) -> Result<Arc<dyn Engine>, EngineError> {
        let connection = {
            let model = self.inner.read();
            let Some(entry) = model.hosts.get(&self.id) else {
                return Err(EngineError::Unreachable {
                    why: "the host was removed".to_owned(),
                });
            };
            entry.record.connection.clone()
        };
        // Reaching it, and agreeing on a version.
        let within = deadline::CONNECT + deadline::PING;
        let attempt = self.inner.engines.connect(&connection);
        self.patiently(timeout(within, attempt))
            .await
            .unwrap_or(Err(EngineError::TimedOut {
                what: "connect",
                seconds: 6,
            }))
    }

    /// Waits for an attempt; says *down* on the way when its time has come.
    async fn patiently<T>(&self, attempt: impl Future<Output = T>) -> T {
        tokio::pin!(attempt);
        let due = self.outage.as_ref().map(Outage::down_at);
        match due.filter(|due| *due > Instant::now()) {
            None => attempt.await,
            Some(due) => {
                tokio::select! {
                    done = &mut attempt => return done,
                    () = sleep_until(due) => self.show(),
                }
                attempt.await
            }
        }
    }

    fn failed(&mut self, error: &EngineError) {
        let now = self.inner.clock.now();
        match &mut self.outage {
            Some(outage) => outage.failed(error),
            None if self.met => {
                let mut outage = Outage::begin(now, Duration::ZERO, String::new());
                outage.failed(error);
                self.outage = Some(outage);
            }
            None => self.outage = Some(Outage::at_once(now, error)),
        }
    }

    fn show(&self) {
        if let Some(outage) = &self.outage {
            self.inner.set_liveness(self.id, outage.liveness());
        }
    }

    /// Waits for the next attempt, unless somebody does not want to.
    async fn pause(&mut self, wait: Duration) {
        let until = Instant::now() + wait;
        let due = self
            .outage
            .as_ref()
            .map(Outage::down_at)
            .filter(|due| *due > Instant::now());
        let mut due = due;
        loop {
            let down = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = sleep_until(until) => return,
                () = down => {
                    due = None;
                    self.show();
                }
                command = self.commands.recv() => match command {
                    Some(Command::Reconnect) => return,
                    // There is nobody to look; the list after the reconnect will.
                    Some(Command::Look(_) | Command::Relist) => {}
                    None => std::future::pending().await,
                },
            }
        }
    }
}

impl Inner {
    pub(super) fn set_liveness(&self, id: HostId, liveness: Liveness) {
        let mut model = self.write();
        let Some(entry) = model.hosts.get_mut(&id) else {
            return;
        };
        if entry.liveness != liveness {
            tracing::info!(host = %entry.record.name, ?liveness, "liveness changed");
            entry.liveness = liveness;
            self.host_changed(id);
        }
    }

    pub(super) fn set_engine(&self, id: HostId, engine: Option<Arc<dyn Engine>>) {
        if let Some(entry) = self.write().hosts.get_mut(&id) {
            entry.engine = engine;
        }
    }
}
