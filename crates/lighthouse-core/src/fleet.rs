//! The fleet as it is known now: one supervised task per host feeds one model in memory.

use crate::Result;
use crate::console::Ports;

/// The hosts, their tasks, and what is known of their containers.
pub struct Fleet {}

impl Fleet {
    /// Starts one task per stored host.
    pub async fn start(ports: &Ports) -> Result<Self> {
        ports.store.hosts().await?;
        Ok(Self {})
    }
}
