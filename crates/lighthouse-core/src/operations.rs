//! Operations: the executor and its journal.

mod containers;
mod views;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::Result;
use crate::change::Changes;
use crate::console::Ports;
use crate::fleet::Fleet;

pub use containers::ContainerAction;

/// The operations in progress and the tasks that carry them out. Cheap to clone.
#[derive(Clone)]
pub struct Operations {}

impl Operations {
    /// Takes over operations that were left unfinished.
    pub async fn start(
        ports: &Ports,
        _changes: &Arc<Changes>,
        _fleet: &Fleet,
        _stop: &CancellationToken,
    ) -> Result<Self> {
        ports.store.unfinished().await?;
        Ok(Self {})
    }

    /// Resolves when every task has ended after a stop.
    pub async fn stopped(&self) {}
}
