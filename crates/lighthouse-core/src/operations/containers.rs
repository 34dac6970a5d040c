//! Start, stop, restart and remove of containers, one or many, on one host or several: one operation with a step
//! for each.

use std::collections::BTreeSet;

use lighthouse_model::container::Management;
use lighthouse_model::operation::{OperationKind, OperationState, StepKind};
use lighthouse_model::{ContainerKey, OperationId, Problem};

use super::work::Work;
use super::{Proposal, pending};
use crate::access::right;
use crate::audit::Outcome;
use crate::identity::NewId;
use crate::store::{Acceptance, OperationRecord};
use crate::{Console, Grant, Result, Target};

/// Containers in one operation at most.
const MOST: usize = 1000;

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

impl ContainerAction {
    const fn kinds(self) -> (OperationKind, StepKind) {
        match self {
            Self::Start => (OperationKind::Start, StepKind::Start),
            Self::Stop => (OperationKind::Stop, StepKind::Stop),
            Self::Restart => (OperationKind::Restart, StepKind::Restart),
            Self::Remove => (OperationKind::Remove, StepKind::Remove),
        }
    }
}

impl Console {
    /// Accepts one action on any number of containers (at most 1,000) as one operation. The grant's target is the
    /// installation, or the one container that is meant.
    ///
    /// # Errors
    /// [`Problem::NotFound`] for a container that the fleet does not know, [`Problem::Conflict`] for one that
    /// another operation is changing, or for the removal of an application's instance.
    pub async fn act_on_containers(
        &self,
        grant: &Grant<right::ContainerOperate>,
        action: ContainerAction,
        keys: &[ContainerKey],
    ) -> Result<OperationId> {
        let keys: BTreeSet<&ContainerKey> = keys.iter().collect();
        match grant.target() {
            Target::Installation => {}
            Target::Container(only) if keys.iter().all(|key| *key == only) => {}
            _ => return Err(Problem::not_found("such container").into()),
        }
        if keys.is_empty() || keys.len() > MOST {
            return Err(Problem::invalid(
                "containers",
                format!("choose 1 to {MOST} of them, not {}", keys.len()),
            )
            .into());
        }
        let (kind, step_kind) = action.kinds();
        let id = OperationId::fresh();
        let mut work = Work::empty();
        let mut steps = Vec::with_capacity(keys.len());
        for (n, key) in (0..).zip(keys) {
            let container = self
                .fleet()
                .container(key)
                .ok_or_else(|| Problem::not_found(format!("container `{}`", key.id.short())))?;
            if let Some(other) = container.operation {
                let why = format!(
                    "`{}` on host `{}` is being changed by operation {other}. Wait until it ends.",
                    container.name, container.host
                );
                return Err(Problem::Conflict { why }.into());
            }
            if action == ContainerAction::Remove && container.management == Management::Managed {
                let why = format!(
                    "`{}` on host `{}` is an instance of the application `{}`. Scale or remove the application.",
                    container.name,
                    container.host,
                    container.application.as_deref().unwrap_or_default()
                );
                return Err(Problem::Conflict { why }.into());
            }
            steps.push(pending(id, n, key.host, step_kind, container.name.clone(), None));
            work.containers.push((key.clone(), container.name.clone()));
            work.after.push(Vec::new());
        }
        let target = match work.containers.as_slice() {
            [(_, name)] => name.clone(),
            many => format!("{} containers", many.len()),
        };
        let now = self.clock().now();
        let viewer = grant.viewer();
        let detail: Vec<&str> = work
            .containers
            .iter()
            .map(|(_, name)| name.as_str())
            .take(50)
            .collect();
        let audit = self.line(
            viewer.into(),
            &format!("{kind}-containers"),
            target.clone(),
            Outcome::Accepted(id),
            detail.join(", "),
        );
        let record = OperationRecord {
            id,
            kind,
            target,
            application: None,
            actor: viewer.name.to_string(),
            grant: grant.record(),
            epoch: 1,
            state: OperationState::Pending,
            created_at: now,
            ended_at: None,
            payload: String::new(),
        };
        self.operations()
            .accept(Proposal {
                record,
                steps,
                work,
                with: Acceptance::default(),
                audit,
            })
            .await
    }
}
