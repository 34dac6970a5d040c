//! Logs: many containers merged into one stream, bounded at both ends.
//!
//! What lives here: sessions of viewers, and bounded texts to download. Each session has streams of its own to the
//! engines, a ring of at most 1 MiB, and drops the oldest lines when they come faster than they are taken; a gap
//! says exactly how many. Leaving closes the streams at once.

mod gather;
mod level;
mod plain;
mod ring;
mod source;
mod text;

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use lighthouse_model::log::{Level, LogFrame, PROTOCOL};
use lighthouse_model::{ContainerKey, Name, Problem};
use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;

use self::gather::{Gather, Scope};
use self::ring::Ring;
use crate::access::right;
use crate::{Console, Grant, Result, Target};

/// Lines from the end of each log that a session begins with at most.
const TAIL: u32 = 10_000;
/// Between two batches of frames.
const FRAME: Duration = Duration::from_millis(16);

/// What a viewer wants of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogOptions {
    /// Lines from the end of each source to begin with.
    pub tail: u32,
    /// Go on with what comes?
    pub follow: bool,
    /// Only lines that pass; others are not sent and do not count as dropped.
    pub filter: LogFilter,
}

/// Which lines are wanted. The default is all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogFilter {
    /// Lines that have this text, whatever the case of its letters; empty is every line.
    pub text: String,
    /// Lines of this level or a more serious one. Lines that say nothing of a level count as *info*.
    pub level: Option<Level>,
    /// Only these containers; empty is all.
    pub sources: Vec<ContainerKey>,
}

/// A viewer's log. Dropping it closes its streams.
#[derive(Debug)]
pub struct LogSession {
    ring: Arc<Ring>,
    filter: Arc<RwLock<LogFilter>>,
    out: VecDeque<LogFrame>,
    next: Instant,
    over: bool,
    _gather: AbortOnDropHandle<()>,
}

impl Console {
    /// The log of the grant's container.
    pub fn container_log(
        &self,
        grant: &Grant<right::ContainerView>,
        options: LogOptions,
        build: &str,
    ) -> Result<LogSession> {
        let container = self.container_of(grant)?;
        Ok(self.log_session(Scope::Container(container.key.clone()), options, build))
    }

    /// The merged log of all instances of the grant's application.
    pub async fn application_log(
        &self,
        grant: &Grant<right::ApplicationView>,
        options: LogOptions,
        build: &str,
    ) -> Result<LogSession> {
        let name = self.logged_application(grant).await?;
        Ok(self.log_session(Scope::Application(name), options, build))
    }

    /// The end of the log of the grant's container as text, oldest line first.
    pub async fn container_log_text(
        &self,
        grant: &Grant<right::ContainerView>,
        tail: u32,
        filter: &LogFilter,
    ) -> Result<String> {
        let container = self.container_of(grant)?;
        let scope = Scope::Container(container.key.clone());
        text::read(self.fleet(), &scope, tail.min(TAIL), filter).await
    }

    /// The merged end of the logs of all instances of the grant's application as text, oldest line first.
    pub async fn application_log_text(
        &self,
        grant: &Grant<right::ApplicationView>,
        tail: u32,
        filter: &LogFilter,
    ) -> Result<String> {
        let scope = Scope::Application(self.logged_application(grant).await?);
        text::read(self.fleet(), &scope, tail.min(TAIL), filter).await
    }

    async fn logged_application(&self, grant: &Grant<right::ApplicationView>) -> Result<Name> {
        let missing = || Problem::not_found("such application");
        let Target::Application(id) = grant.target() else {
            return Err(missing().into());
        };
        let application = self.store().application_by_id(*id).await?;
        Ok(application.ok_or_else(missing)?.name)
    }

    fn log_session(&self, scope: Scope, mut options: LogOptions, build: &str) -> LogSession {
        options.tail = options.tail.min(TAIL);
        let ring = Arc::new(Ring::default());
        let filter = Arc::new(RwLock::new(options.filter.clone()));
        let gather = Gather {
            fleet: self.fleet().clone(),
            changes: Arc::clone(self.changes()),
            stop: self.stopping(),
            scope,
            options,
            filter: Arc::clone(&filter),
            ring: Arc::clone(&ring),
        };
        let hello = LogFrame::Hello {
            protocol: PROTOCOL,
            build: build.to_owned(),
        };
        LogSession {
            ring,
            filter,
            out: VecDeque::from([hello]),
            next: Instant::now(),
            over: false,
            _gather: AbortOnDropHandle::new(tokio::spawn(gather.run())),
        }
    }
}

impl LogSession {
    /// The next frame; `None` after the last. What waits while nobody asks is bounded. Safe to drop and call
    /// again.
    pub async fn next(&mut self) -> Option<LogFrame> {
        loop {
            if let Some(frame) = self.out.pop_front() {
                self.over |= matches!(frame, LogFrame::Closed { .. });
                return Some(frame);
            }
            if self.over {
                return None;
            }
            // The first line after quiet goes at once, those behind it wait for the next batch.
            sleep_until(self.next).await;
            self.ring.filled().await;
            self.ring.take(&mut self.out);
            self.next = Instant::now() + FRAME;
        }
    }

    /// Wants other lines from now on.
    pub fn set_filter(&self, filter: LogFilter) {
        *self.filter.write().unwrap_or_else(PoisonError::into_inner) = filter;
    }
}
