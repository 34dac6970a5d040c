//! The one channel on which parts of the console tell each other that something changed.
//!
//! A change says what to look at again, never what it looks like now. Followers that fall behind are told so by
//! the channel and look at everything again.

use std::sync::atomic::{AtomicU64, Ordering};

use lighthouse_model::live::Revision;
use lighthouse_model::{ApplicationId, ContainerKey, HostId, Millis, OperationId, UserId};
use tokio::sync::broadcast;

/// Changes kept for followers that are a little behind.
const BACKLOG: usize = 4096;

/// What to look at again.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Change {
    /// A host was added, changed, removed, or its liveness changed.
    Host(HostId),
    /// One container changed, came or went.
    Container(ContainerKey),
    /// Any container of this host may have changed.
    Containers(HostId),
    /// An operation or one of its steps.
    Operation(OperationId),
    /// An application's desired state.
    Application(ApplicationId),
    /// The rights or sessions of an account: look again whether it may see what it sees.
    Rights(UserId),
}

/// A change with the revision it made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Numbered {
    /// The revision after the change.
    pub revision: Revision,
    /// What changed.
    pub change: Change,
}

/// Counts revisions and tells followers.
#[derive(Debug)]
pub struct Changes {
    revision: AtomicU64,
    sender: broadcast::Sender<Numbered>,
}

impl Default for Changes {
    fn default() -> Self {
        Self::starting_at(1)
    }
}

impl Changes {
    /// Counts from the time of the start, so that a page of an earlier run is never taken for a current one.
    pub fn starting_at(now: Millis) -> Self {
        Self {
            revision: AtomicU64::new(u64::try_from(now).unwrap_or(1)),
            sender: broadcast::Sender::new(BACKLOG),
        }
    }

    /// Tells that something changed.
    pub fn tell(&self, change: Change) -> Revision {
        let revision = self.revision.fetch_add(1, Ordering::AcqRel) + 1;
        // No follower is not an error.
        self.sender.send(Numbered { revision, change }).ok();
        revision
    }

    /// The newest revision.
    pub fn revision(&self) -> Revision {
        self.revision.load(Ordering::Acquire)
    }

    /// Follows from now on.
    pub fn follow(&self) -> broadcast::Receiver<Numbered> {
        self.sender.subscribe()
    }
}
