//! The one object that entry points hold: it owns the ports and the parts, and each domain adds its use cases.

use std::sync::{Arc, RwLock};

use tokio_util::sync::CancellationToken;

use crate::accounts::Door;
use crate::change::Changes;
use crate::containers::Inspections;
use crate::engine::Engines;
use crate::fleet::Fleet;
use crate::operations::Operations;
use crate::store::Store;
use crate::{Clock, Result};

/// The console: cheap to clone, shared by every entry point.
#[derive(Clone)]
pub struct Console {
    parts: Arc<Parts>,
}

struct Parts {
    ports: Ports,
    changes: Arc<Changes>,
    fleet: Fleet,
    operations: Operations,
    inspections: Inspections,
    tried: RwLock<Vec<(String, String)>>,
    door: Door,
    stop: CancellationToken,
}

/// What a console is made of.
#[derive(Clone)]
pub struct Ports {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Keeps things.
    pub store: Arc<dyn Store>,
    /// Reaches engines.
    pub engines: Arc<dyn Engines>,
    /// What tells this installation from others, in the label `io.lighthouse.installation`.
    pub installation: String,
}

impl Console {
    /// Joins the parts and starts one task per host. Operations that were left unfinished are taken over.
    pub async fn start(ports: Ports) -> Result<Self> {
        let changes = Arc::new(Changes::starting_at(ports.clock.now()));
        let stop = CancellationToken::new();
        let fleet = Fleet::start(&ports, &changes, &stop).await?;
        let operations = Operations::start(&ports, &changes, &fleet, &stop).await?;
        Ok(Self {
            parts: Arc::new(Parts {
                ports,
                changes,
                fleet,
                operations,
                inspections: Inspections::default(),
                tried: RwLock::default(),
                door: Door::default(),
                stop,
            }),
        })
    }

    /// Stops: streams end, operations halt at a step boundary, every task is awaited.
    pub async fn stop(&self) {
        self.parts.stop.cancel();
        self.parts.operations.stopped().await;
        self.parts.fleet.stopped().await;
    }

    /// Resolves when the console begins to stop: streams end then.
    pub fn stopping(&self) -> CancellationToken {
        self.parts.stop.clone()
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.parts.ports.clock
    }

    /// What changed, for whoever follows.
    pub fn changes(&self) -> &Arc<Changes> {
        &self.parts.changes
    }

    pub(crate) fn fleet(&self) -> &Fleet {
        &self.parts.fleet
    }

    pub(crate) fn inspections(&self) -> &Inspections {
        &self.parts.inspections
    }

    /// Where an engine was looked for at the start, and what was found there.
    pub(crate) fn tried(&self) -> &RwLock<Vec<(String, String)>> {
        &self.parts.tried
    }

    pub(crate) fn operations(&self) -> &Operations {
        &self.parts.operations
    }

    pub(crate) fn door(&self) -> &Door {
        &self.parts.door
    }

    pub(crate) fn store(&self) -> &dyn Store {
        &*self.parts.ports.store
    }

    pub(crate) fn engines(&self) -> &dyn Engines {
        &*self.parts.ports.engines
    }
}
