//! How many calls to one engine are under way at most.

use std::sync::Arc;
use std::time::Duration;

use lighthouse_core::engine::{EngineError, deadline};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Lists and inspections at once.
pub(crate) const READS: usize = 4;
/// Changes at once.
pub(crate) const CHANGES: usize = 16;
/// Streams at once.
pub(crate) const STREAMS: usize = 64;

/// One engine's permits. A call's own deadline begins when it has its permit.
#[derive(Debug)]
pub(crate) struct Permits {
    reads: Arc<Semaphore>,
    changes: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

/// Held while a call is under way.
pub(crate) type Permit = OwnedSemaphorePermit;

impl Permits {
    pub(crate) fn new() -> Self {
        Self {
            reads: Arc::new(Semaphore::new(READS)),
            changes: Arc::new(Semaphore::new(CHANGES)),
            streams: Arc::new(Semaphore::new(STREAMS)),
        }
    }

    /// For a list or inspection. Waits no longer than one may take: behind a hanging engine the queue is not
    /// worth standing in.
    pub(crate) async fn read(&self) -> Result<Permit, EngineError> {
        take(&self.reads, deadline::READ, "a free place for a reading call").await
    }

    /// For a change. Its caller owns the operation and decides how long to wait.
    pub(crate) async fn change(&self) -> Result<Permit, EngineError> {
        Arc::clone(&self.changes)
            .acquire_owned()
            .await
            .map_err(|_| closed())
    }

    /// For a stream.
    pub(crate) async fn stream(&self) -> Result<Permit, EngineError> {
        take(&self.streams, deadline::EXEC, "a free place for a stream").await
    }
}

async fn take(
    semaphore: &Arc<Semaphore>,
    limit: Duration,
    what: &'static str,
) -> Result<Permit, EngineError> {
    timeout(limit, Arc::clone(semaphore).acquire_owned())
        .await
        .map_err(|_| EngineError::TimedOut {
            what,
            seconds: u32::try_from(limit.as_secs()).unwrap_or(u32::MAX),
        })?
        .map_err(|_| closed())
}

/// The semaphores live as long as the handle and are never closed.
fn closed() -> EngineError {
    EngineError::Unreachable {
        why: "the connection to this engine was given up".to_owned(),
    }
}
