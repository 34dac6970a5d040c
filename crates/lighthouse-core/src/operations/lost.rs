//! Hosts that are gone for ever, when an application is taken away.
//!
//! Every other change waits for a silent host: it may have done what was asked. An application that is to go must
//! not wait for a machine that burned down. What cannot be reached is left behind, said so in the step and in the
//! sentence of the operation, and forgotten; nothing is ever removed there later without being asked. Should the host
//! come back, its containers have no row any more and are shown as *not managed*.

use std::time::Duration;

use lighthouse_model::HostId;
use lighthouse_model::host::Liveness;
use lighthouse_model::operation::{OperationKind, StepStatus};

use super::fault::Done;
use super::run::Running;
use crate::store::StepRecord;

/// A host that is down for so long is not waited for. An engine that restarts is back much sooner.
const PATIENCE: Duration = Duration::from_secs(60);

/// The code of a step whose object was left behind.
const LEFT_BEHIND: &str = "left-behind";

impl Running {
    /// Is this operation one that does not wait for this host any more?
    pub(super) fn is_lost(&self, host: HostId) -> bool {
        if self.work.application.is_none() || self.now().record.kind != OperationKind::Remove {
            return false;
        }
        let Some(host) = self.fleet.host(host) else {
            return true;
        };
        let Liveness::Down { since, .. } = host.liveness else {
            return false;
        };
        let silent = u128::try_from(self.clock.now() - since).unwrap_or(0);
        silent >= PATIENCE.as_millis()
    }

    /// What a step ends with whose object cannot be reached.
    pub(super) fn left_behind(&self, step: &StepRecord) -> Done {
        let place = match self.fleet.host(step.host) {
            Some(host) => format!("on host `{}`, which does not answer", host.name),
            None => "on a host that was removed from Lighthouse".to_owned(),
        };
        Done {
            code: Some(LEFT_BEHIND),
            ..Done::warning(format!(
                "`{}` was left {place}. When that host comes back, it is shown there as not managed.",
                step.subject
            ))
        }
    }
}

/// Was the object of this step left behind?
pub(super) fn is_left(step: &StepRecord) -> bool {
    step.status == StepStatus::Warning && step.code.as_deref() == Some(LEFT_BEHIND)
}
