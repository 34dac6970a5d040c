//! Carrying out one step on its host.
//!
//! Every act can be asked for again after nobody could tell how it went: it then looks first and repeats only what
//! was not done.

mod create;
mod lifecycle;
mod objects;
mod pull;

use std::sync::Arc;

use lighthouse_model::operation::StepKind;
use lighthouse_model::{ContainerId, ContainerKey, HostId, Problem};

use super::fault::{Acted, Done, Fault};
use super::run::Running;
use super::work::{Object, Unit, Which};
use crate::engine::{Engine, EngineError, Find};
use crate::fleet::label;
use crate::store::StepRecord;

/// Was this step begun before, with an outcome nobody knows?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attempt {
    /// It was not.
    First,
    /// It was: look before doing anything.
    Again,
}

impl Running {
    /// Carries out a step whose intent is in the journal.
    pub(super) async fn act(&self, step: &StepRecord, attempt: Attempt) -> Acted {
        let engine = match self.engine(step.host) {
            Err(_) if self.is_lost(step.host) => return Ok(self.left_behind(step)),
            engine => engine?,
        };
        let Some(object) = self.work.object(step) else {
            return Err(Problem::not_found(format!("`{}` in this operation", step.subject)).into());
        };
        match object {
            Object::Network(network) if step.kind == StepKind::CreateNetwork => {
                self.create_network(&*engine, network).await
            }
            Object::Network(network) => self.remove_network(&*engine, network).await,
            Object::Volume(volume) if step.kind == StepKind::CreateVolume => {
                self.create_volume(&*engine, volume).await
            }
            Object::Volume(volume) => self.remove_volume(&*engine, volume).await,
            Object::Image => self.pull(&*engine, step).await,
            Object::Instance(unit, which) => self.act_on_instance(engine, step, unit, which, attempt).await,
            Object::Container(key) => self.act_on_container(&*engine, step, key).await,
        }
    }

    async fn act_on_instance(
        &self,
        engine: Arc<dyn Engine>,
        step: &StepRecord,
        unit: &Unit,
        which: Which,
        attempt: Attempt,
    ) -> Acted {
        if step.kind == StepKind::Create {
            return self.create(&*engine, unit, attempt).await;
        }
        let Some(id) = self.container_of(&*engine, unit, which).await? else {
            return match step.kind {
                StepKind::Stop => Ok(Done::noting("It was not there any more.")),
                StepKind::Remove => {
                    self.forget(unit, which).await;
                    Ok(Done::noting("It was not there any more."))
                }
                _ => Err(self.gone(step)),
            };
        };
        let key = ContainerKey {
            host: step.host,
            id: id.clone(),
        };
        self.fleet.set_operation(key.clone(), Some(self.id));
        let acted = match step.kind {
            StepKind::Start => self.start(&*engine, step, &id, which, attempt).await,
            StepKind::Wait => self.wait(&*engine, step, &key, unit, which).await,
            StepKind::Stop => {
                let grace = unit
                    .old
                    .as_ref()
                    .filter(|_| which == Which::Old)
                    .and_then(|o| o.grace);
                self.stop(&*engine, step, &id, grace).await
            }
            StepKind::Restart => self.restart(&*engine, step, &id, attempt).await,
            StepKind::Remove => {
                let removed = self.remove(&*engine, step, &id).await;
                if removed.is_ok() {
                    self.forget(unit, which).await;
                }
                removed
            }
            StepKind::Rename => self.rename(&*engine, unit, &id, attempt).await,
            _ => Err(Problem::not_found("way to do this to an instance").into()),
        };
        // Waiting changes nothing; everything else is on the screen at once, whatever becomes of the event.
        if step.kind != StepKind::Wait {
            self.fleet.refresh(&key);
        }
        acted
    }

    async fn act_on_container(&self, engine: &dyn Engine, step: &StepRecord, key: &ContainerKey) -> Acted {
        self.fleet.set_operation(key.clone(), Some(self.id));
        let acted = match step.kind {
            StepKind::Start => self
                .answer(step, engine.start(&key.id).await)
                .map(|()| Done::plainly()),
            StepKind::Stop => self.stop(engine, step, &key.id, None).await,
            StepKind::Restart => self.restart(engine, step, &key.id, Attempt::First).await,
            StepKind::Remove => self.remove(engine, step, &key.id).await,
            _ => Err(Problem::not_found("way to do this to a container").into()),
        };
        self.fleet.refresh(key);
        acted
    }

    /// The engine of a host; silence when it does not answer.
    pub(super) fn engine(&self, host: HostId) -> Result<Arc<dyn Engine>, Fault> {
        self.fleet.engine(host).map_err(|problem| Fault {
            silent: matches!(
                problem,
                Problem::HostUnreachable { .. } | Problem::HostTimeout { .. }
            ),
            problem,
            detail: None,
        })
    }

    /// Puts an engine's answer into the words of a step.
    pub(super) fn answer<T>(&self, step: &StepRecord, answer: Result<T, EngineError>) -> Result<T, Fault> {
        answer.map_err(|error| self.fault(step.host, &doing(step), &error))
    }

    pub(super) fn fault(&self, host: HostId, doing: &str, error: &EngineError) -> Fault {
        Fault {
            problem: self.fleet.problem(host, doing, error),
            detail: Some(error.to_string()),
            silent: error.is_silence(),
        }
    }

    fn gone(&self, step: &StepRecord) -> Fault {
        Problem::Conflict {
            why: format!(
                "The container of `{}` on host `{}` is gone; somebody removed it. Deploy again to make a new one.",
                step.subject,
                self.host_name(step.host),
            ),
        }
        .into()
    }

    /// The container with a nonce of ours, looked for on its host.
    async fn find(
        &self,
        engine: &dyn Engine,
        host: HostId,
        nonce: &str,
    ) -> Result<Option<ContainerId>, Fault> {
        let by = Find::Label(label::NONCE.to_owned(), nonce.to_owned());
        let found = engine
            .find(&by)
            .await
            .map_err(|error| self.fault(host, "look for a container", &error))?;
        Ok(found.into_iter().map(|c| c.id).next())
    }

    /// The container of a unit; `None` when there is none.
    pub(super) async fn container_of(
        &self,
        engine: &dyn Engine,
        unit: &Unit,
        which: Which,
    ) -> Result<Option<ContainerId>, Fault> {
        match which {
            Which::New => match self.known(unit) {
                Some(id) => Ok(Some(id)),
                None => self.find(engine, unit.host, &unit.nonce).await,
            },
            Which::Old => match &unit.old {
                Some(old) => match &old.container {
                    Some(id) => Ok(Some(id.clone())),
                    None => self.find(engine, old.host, &old.nonce).await,
                },
                None => Ok(None),
            },
        }
    }
}

/// What a step does, to complete *refused to …*.
fn doing(step: &StepRecord) -> String {
    let verb = match step.kind {
        StepKind::Start => "start",
        StepKind::Stop => "stop",
        StepKind::Restart => "restart",
        StepKind::Remove => "remove",
        StepKind::Wait => "look at",
        StepKind::Pull => "look for",
        _ => "change",
    };
    format!("{verb} `{}`", step.subject)
}
