//! The one object that entry points hold: it owns the ports and the parts, and each domain adds its use cases.

use std::sync::Arc;

use crate::engine::Engines;
use crate::fleet::Fleet;
use crate::store::Store;
use crate::{Clock, Result};

/// The console: cheap to clone, shared by every entry point.
#[derive(Clone)]
pub struct Console {
    parts: Arc<Parts>,
}

struct Parts {
    clock: Arc<dyn Clock>,
    store: Arc<dyn Store>,
    engines: Arc<dyn Engines>,
    fleet: Fleet,
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
}

impl Console {
    /// Joins the parts and starts one task per host. Operations that were left unfinished are taken over.
    pub async fn start(ports: Ports) -> Result<Self> {
        let fleet = Fleet::start(&ports).await?;
        let Ports {
            clock,
            store,
            engines,
        } = ports;
        Ok(Self {
            parts: Arc::new(Parts {
                clock,
                store,
                engines,
                fleet,
            }),
        })
    }

    /// The clock.
    pub fn clock(&self) -> &dyn Clock {
        &*self.parts.clock
    }

    /// The fleet as it is known now.
    pub fn fleet(&self) -> &Fleet {
        &self.parts.fleet
    }

    pub(crate) fn store(&self) -> &Arc<dyn Store> {
        &self.parts.store
    }

    pub(crate) fn engines(&self) -> &Arc<dyn Engines> {
        &self.parts.engines
    }
}
