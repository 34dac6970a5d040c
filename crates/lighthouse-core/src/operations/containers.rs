//! Start, stop, restart and remove of containers, one or many, on one host or several: one operation with a step
//! for each.

use lighthouse_model::{ContainerKey, OperationId, Problem};

use crate::access::right;
use crate::{Console, Grant, Result};

/// What to do with containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContainerAction {
    /// Start what is stopped.
    Start,
    /// Stop what runs.
    Stop,
    /// Stop and start.
    Restart,
    /// Take away, running or not.
    Remove,
}

impl Console {
    /// Accepts one action on any number of containers (at most 1,000) as one operation. The grant's target is the
    /// installation, or the one container that is meant.
    pub async fn act_on_containers(
        &self,
        _grant: &Grant<right::ContainerOperate>,
        _action: ContainerAction,
        _keys: &[ContainerKey],
    ) -> Result<OperationId> {
        Err(Problem::not_found("such container").into())
    }
}
