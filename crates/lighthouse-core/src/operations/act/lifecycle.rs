//! Starting, stopping, renaming and removing a container.

use lighthouse_model::container::ContainerState;
use lighthouse_model::{ContainerId, Problem};
use tokio::time::sleep;

use super::create::{ON_ITS_WAY, ON_ITS_WAY_PAUSE};
use super::{Attempt, doing};
use crate::engine::{Engine, EngineError, ObjectName};
use crate::operations::fault::{Acted, Done, Fault};
use crate::operations::naming;
use crate::operations::run::Running;
use crate::operations::work::{Unit, Which};
use crate::store::StepRecord;

impl Running {
    pub(super) async fn start(
        &self,
        engine: &dyn Engine,
        step: &StepRecord,
        id: &ContainerId,
        which: Which,
        attempt: Attempt,
    ) -> Acted {
        if attempt == Attempt::Again && which == Which::New {
            // A job that ran and ended before the interruption is not run again.
            let seen = self.answer(step, engine.inspect(id).await)?;
            if seen.summary.state != ContainerState::Created {
                return Ok(Done::noting("It was started before the interruption."));
            }
        }
        match engine.start(id).await {
            Ok(()) => Ok(Done::plainly()),
            Err(EngineError::NotFound { message }) if message.contains("No such container") => {
                Err(self.gone(step))
            }
            Err(error) => Err(self.fault(step.host, &doing(step), &error)),
        }
    }

    pub(super) async fn stop(
        &self,
        engine: &dyn Engine,
        step: &StepRecord,
        id: &ContainerId,
        grace: Option<u32>,
    ) -> Acted {
        match engine.stop(id, grace).await {
            Err(EngineError::NotFound { .. }) => Ok(Done::noting("It was not there any more.")),
            answer => self.answer(step, answer).map(|()| Done::plainly()),
        }
    }

    pub(super) async fn restart(
        &self,
        engine: &dyn Engine,
        step: &StepRecord,
        id: &ContainerId,
        attempt: Attempt,
    ) -> Acted {
        if attempt == Attempt::Again {
            let seen = self.answer(step, engine.inspect(id).await)?;
            let after_intent = step.intent_at.zip(seen.started_at).is_some_and(|(i, s)| s >= i);
            if seen.summary.state == ContainerState::Running && after_intent {
                return Ok(Done::noting("It was restarted before the interruption."));
            }
        }
        match engine.restart(id, None).await {
            Err(EngineError::NotFound { .. }) => Err(self.gone(step)),
            answer => self.answer(step, answer).map(|()| Done::plainly()),
        }
    }

    pub(super) async fn remove(&self, engine: &dyn Engine, step: &StepRecord, id: &ContainerId) -> Acted {
        match engine.remove(id, true).await {
            Err(EngineError::NotFound { .. }) => Ok(Done::plainly()),
            // A removal that nobody could tell about is still on its way.
            Err(EngineError::Conflict { message }) if message.contains("in progress") => {
                for _ in 0..ON_ITS_WAY {
                    if let Err(EngineError::NotFound { .. }) = engine.inspect(id).await {
                        return Ok(Done::plainly());
                    }
                    sleep(ON_ITS_WAY_PAUSE).await;
                }
                let error = EngineError::Conflict { message };
                Err(Fault {
                    silent: true,
                    ..self.fault(step.host, &doing(step), &error)
                })
            }
            answer => self.answer(step, answer).map(|()| Done::plainly()),
        }
    }

    pub(super) async fn rename(
        &self,
        engine: &dyn Engine,
        unit: &Unit,
        id: &ContainerId,
        attempt: Attempt,
    ) -> Acted {
        let Some(subject) = &self.work.application else {
            return Err(Problem::not_found("such application").into());
        };
        let name: ObjectName = naming::final_name(subject.name.as_str(), &unit.service, unit.number)
            .map_err(|e| Problem::invalid("name", e))?;
        let doing = format!("rename `{}`", unit.name());
        if attempt == Attempt::Again {
            let seen = engine
                .inspect(id)
                .await
                .map_err(|e| self.fault(unit.host, &doing, &e))?;
            if seen.summary.name == name.as_str() {
                return Ok(Done::plainly());
            }
        }
        match engine.rename(id, &name).await {
            Ok(()) => Ok(Done::plainly()),
            Err(EngineError::Conflict { .. }) => {
                // Perhaps by the very call of ours that nobody could tell about.
                if let Ok(seen) = engine.inspect(id).await
                    && seen.summary.name == name.as_str()
                {
                    return Ok(Done::plainly());
                }
                Ok(Done::warning(format!(
                    "It runs under the name it was made with: {}",
                    Problem::ContainerNameTaken {
                        host: self.host_name(unit.host),
                        name: name.to_string(),
                    }
                )))
            }
            Err(error) => Err(self.fault(unit.host, &doing, &error)),
        }
    }
}
