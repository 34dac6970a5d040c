//! Carrying out one step on its host.
//!
//! Every act can be asked for again after nobody could tell how it went: it then looks first and repeats only what
//! was not done.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lighthouse_model::container::ContainerState;
use lighthouse_model::operation::{Progress, StepKind};
use lighthouse_model::{ContainerId, ContainerKey, HostId, Problem};

use tokio::time::sleep;

use super::fault::{Acted, Done, Fault};
use super::naming;
use super::run::Running;
use super::work::{Network, Object, Unit, UnitChange, Volume, Which};
use crate::engine::{Engine, EngineError, Find, ObjectName, PullProgress};
use crate::fleet::label;
use crate::store::{InstanceRecord, ObjectKind, ObjectRecord, StepRecord};

/// Looks for a container whose name is taken and which is not listed yet.
const ON_ITS_WAY: u32 = 20;
/// Between two of them.
const ON_ITS_WAY_PAUSE: Duration = Duration::from_millis(500);

/// Who has a name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Holder {
    /// The container that we asked for.
    Ours(ContainerId),
    /// One that somebody else made.
    Theirs,
    /// Nobody that is listed: something is still on its way.
    Nobody,
}

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
        let engine = self.engine(step.host)?;
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

    async fn create(&self, engine: &dyn Engine, unit: &Unit, attempt: Attempt) -> Acted {
        let (Some(subject), Some(template)) =
            (&self.work.application, self.work.templates.get(&unit.service))
        else {
            return Err(Problem::not_found("such service").into());
        };
        let doing = format!("make `{}`", unit.name());
        if attempt == Attempt::Again
            && let Some(id) = self.find(engine, unit.host, &unit.nonce).await?
        {
            self.made(unit, id).await;
            return Ok(Done::noting("It was made before the interruption."));
        }
        let name = naming::made_name(subject.name.as_str(), unit).map_err(|e| Problem::invalid("name", e))?;
        let spec = self.container_spec(engine, unit, template).await?;
        self.save_instance(unit, None).await;
        let id = match engine.create(&name, &spec).await {
            Ok(id) => id,
            Err(EngineError::Conflict { message }) => match self.holder(engine, unit, &name).await? {
                Holder::Ours(id) => id,
                Holder::Theirs => {
                    self.forget(unit, Which::New).await;
                    return Err(Fault {
                        problem: Problem::ContainerNameTaken {
                            host: self.host_name(unit.host),
                            name: name.to_string(),
                        },
                        detail: Some(message),
                        silent: false,
                    });
                }
                Holder::Nobody => {
                    return Err(Fault {
                        silent: true,
                        ..self.fault(unit.host, &doing, &EngineError::Conflict { message })
                    });
                }
            },
            Err(error) => {
                if !error.is_silence() {
                    self.forget(unit, Which::New).await;
                }
                return Err(self.fault(unit.host, &doing, &error));
            }
        };
        self.made(unit, id).await;
        Ok(Done::plainly())
    }

    /// Notes a container that was made.
    async fn made(&self, unit: &Unit, id: ContainerId) {
        self.note_made(unit, &id);
        let key = ContainerKey {
            host: unit.host,
            id: id.clone(),
        };
        self.fleet.set_operation(key.clone(), Some(self.id));
        self.save_instance(unit, Some(id)).await;
    }

    async fn save_instance(&self, unit: &Unit, container: Option<ContainerId>) {
        let Some(subject) = &self.work.application else {
            return;
        };
        let record = InstanceRecord {
            application: subject.id,
            service: unit.service.clone(),
            number: unit.number,
            host: unit.host,
            generation: unit.generation,
            release: subject.release,
            nonce: unit.nonce.clone(),
            container,
            fingerprint: self
                .work
                .templates
                .get(&unit.service)
                .map(|t| t.fingerprint.clone())
                .unwrap_or_default(),
        };
        self.persist("note an instance", || self.store.save_instance(&record))
            .await;
    }

    /// Forgets a container of an instance that is gone.
    async fn forget(&self, unit: &Unit, which: Which) {
        let Some(subject) = &self.work.application else {
            return;
        };
        let generation = match (which, &unit.old) {
            (Which::Old, Some(old)) => old.generation,
            _ => unit.generation,
        };
        self.persist("forget an instance", || {
            self.store
                .remove_instance(subject.id, &unit.service, unit.number, generation)
        })
        .await;
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

    /// Who has the name that a container of ours was to get.
    ///
    /// An engine keeps a name from the moment it was asked to make a container, and lists it only when it is made:
    /// a call of ours that nobody could tell about may still be on its way.
    async fn holder(&self, engine: &dyn Engine, unit: &Unit, name: &ObjectName) -> Result<Holder, Fault> {
        for _ in 0..ON_ITS_WAY {
            let found = engine
                .find(&Find::Name(name.clone()))
                .await
                .map_err(|error| self.fault(unit.host, "look for a container", &error))?;
            if let Some(one) = found.into_iter().next() {
                let ours = one.labels.get(label::NONCE) == Some(&unit.nonce);
                return Ok(if ours {
                    Holder::Ours(one.id)
                } else {
                    Holder::Theirs
                });
            }
            sleep(ON_ITS_WAY_PAUSE).await;
        }
        Ok(Holder::Nobody)
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

    async fn start(
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

    async fn stop(
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

    async fn restart(
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

    async fn remove(&self, engine: &dyn Engine, step: &StepRecord, id: &ContainerId) -> Acted {
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

    async fn rename(&self, engine: &dyn Engine, unit: &Unit, id: &ContainerId, attempt: Attempt) -> Acted {
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

    async fn pull(&self, engine: &dyn Engine, step: &StepRecord) -> Acted {
        let image = &step.subject;
        let refused = |why: String, error: &EngineError| Fault {
            problem: Problem::PullFailed {
                host: self.host_name(step.host),
                image: image.clone(),
                why: registry_words(why),
            },
            detail: Some(error.to_string()),
            silent: matches!(error, EngineError::Unreachable { .. }),
        };
        if let Some(facts) = self.answer(step, engine.image(image).await)? {
            self.note_image(image, &facts);
            return Ok(Done::noting("It was there already."));
        }
        let auth = self.registry_auth(image).await;
        let mut progress = engine
            .pull(image, auth.as_ref())
            .await
            .map_err(|e| refused(e.to_string(), &e))?;
        while let Some(next) = progress.next().await {
            let PullProgress { done, total } = next.map_err(|e| refused(e.to_string(), &e))?;
            self.note_progress(step.n, Progress { done, total });
        }
        match self.answer(step, engine.image(image).await)? {
            Some(facts) => {
                self.note_image(image, &facts);
                Ok(Done::plainly())
            }
            None => Err(Problem::PullFailed {
                host: self.host_name(step.host),
                image: image.clone(),
                why: "the pull ended, and the image is not there".to_owned(),
            }
            .into()),
        }
    }

    fn object_record(
        &self,
        host: HostId,
        kind: ObjectKind,
        names: (&str, &str, &str),
    ) -> Option<ObjectRecord> {
        let (name, key, nonce) = names;
        self.work.application.as_ref().map(|subject| ObjectRecord {
            application: subject.id,
            host,
            kind,
            name: name.to_owned(),
            key: key.to_owned(),
            nonce: nonce.to_owned(),
        })
    }

    async fn create_network(&self, engine: &dyn Engine, network: &Network) -> Acted {
        let doing = format!("make the network `{}`", network.name);
        let name: ObjectName = network
            .name
            .parse()
            .map_err(|e| Problem::invalid("networks", e))?;
        let names = (&*network.name, &*network.key, &*network.nonce);
        let record = self.object_record(network.host, ObjectKind::Network, names);
        if let Some(record) = &record {
            self.persist("note a network", || self.store.save_object(record))
                .await;
        }
        match engine.create_network(&name, &network.spec).await {
            Ok(()) => Ok(Done::plainly()),
            Err(EngineError::Conflict { message }) => {
                if let Some(record) = &record {
                    self.persist("forget a network", || self.store.remove_object(record))
                        .await;
                }
                Err(Fault {
                    problem: Problem::Conflict {
                        why: format!(
                            "Host `{}` has a network named `{name}` that Lighthouse did not make. Rename or remove \
                             it, then try again.",
                            self.host_name(network.host)
                        ),
                    },
                    detail: Some(message),
                    silent: false,
                })
            }
            Err(error) => Err(self.fault(network.host, &doing, &error)),
        }
    }

    async fn create_volume(&self, engine: &dyn Engine, volume: &Volume) -> Acted {
        let doing = format!("make the volume `{}`", volume.name);
        let fault = |error: EngineError| self.fault(volume.host, &doing, &error);
        let name: ObjectName = volume.name.parse().map_err(|e| Problem::invalid("volumes", e))?;
        let names = (&*volume.name, &*volume.key, &*volume.nonce);
        let record = self.object_record(volume.host, ObjectKind::Volume, names);
        if let Some(record) = &record {
            self.persist("note a volume", || self.store.save_object(record))
                .await;
        }
        engine.create_volume(&name, &volume.spec).await.map_err(fault)?;
        let ours = engine
            .volumes(label::NONCE, &volume.nonce)
            .await
            .map_err(fault)?
            .iter()
            .any(|v| v.name == volume.name);
        if ours {
            return Ok(Done::plainly());
        }
        if let Some(record) = &record {
            self.persist("forget a volume", || self.store.remove_object(record))
                .await;
        }
        Ok(Done::warning(format!(
            "A volume `{name}` was there already; it is used with the data in it, and stays when the application \
             is removed."
        )))
    }

    async fn remove_network(&self, engine: &dyn Engine, network: &Network) -> Acted {
        let doing = format!("remove the network `{}`", network.name);
        let fault = |error: EngineError| self.fault(network.host, &doing, &error);
        let name: ObjectName = network
            .name
            .parse()
            .map_err(|e| Problem::invalid("networks", e))?;
        let found = engine
            .networks(label::NONCE, &network.nonce)
            .await
            .map_err(fault)?;
        let ours = found.iter().any(|n| n.name == network.name);
        if ours {
            engine.remove_network(&name).await.map_err(fault)?;
        }
        let names = (&*network.name, &*network.key, &*network.nonce);
        if let Some(record) = self.object_record(network.host, ObjectKind::Network, names) {
            self.persist("forget a network", || self.store.remove_object(&record))
                .await;
        }
        Ok(if ours {
            Done::plainly()
        } else {
            Done::noting("It was not there any more, or is not ours.")
        })
    }

    async fn remove_volume(&self, engine: &dyn Engine, volume: &Volume) -> Acted {
        let doing = format!("remove the volume `{}`", volume.name);
        let fault = |error: EngineError| self.fault(volume.host, &doing, &error);
        let name: ObjectName = volume.name.parse().map_err(|e| Problem::invalid("volumes", e))?;
        let found = engine.volumes(label::NONCE, &volume.nonce).await.map_err(fault)?;
        let ours = found.iter().any(|v| v.name == volume.name);
        if ours {
            engine.remove_volume(&name).await.map_err(fault)?;
        }
        let names = (&*volume.name, &*volume.key, &*volume.nonce);
        if let Some(record) = self.object_record(volume.host, ObjectKind::Volume, names) {
            self.persist("forget a volume", || self.store.remove_object(&record))
                .await;
        }
        Ok(if ours {
            Done::plainly()
        } else {
            Done::noting("It was not there any more, or is not ours.")
        })
    }

    /// The container to make for a unit.
    async fn container_spec(
        &self,
        engine: &dyn Engine,
        unit: &Unit,
        template: &super::work::Template,
    ) -> Result<crate::engine::ContainerSpec, Fault> {
        let mut spec = template.spec.clone();
        for (place, first, last) in &template.port_ranges {
            let width = u32::from(last - first) + 1;
            let offset = u16::try_from((unit.number - 1) % width).unwrap_or(0);
            if let Some(port) = spec.ports.get_mut(*place) {
                port.host_port = Some(first + offset);
            }
        }
        let shares = &template.shares;
        for (service, place) in [
            (&shares.network, &mut spec.network_mode),
            (&shares.pid, &mut spec.pid_mode),
            (&shares.ipc, &mut spec.ipc_mode),
        ] {
            if let Some(service) = service {
                let id = self.lender(engine, unit.host, service).await?;
                *place = Some(format!("container:{id}"));
            }
        }
        if let Some(subject) = &self.work.application {
            naming::label_container(
                &mut spec.labels,
                subject,
                unit,
                &template.fingerprint,
                self.id,
                self.store.installation_id(),
            );
        }
        Ok(spec)
    }

    /// The container of a service on a host whose namespace another one joins.
    async fn lender(&self, engine: &dyn Engine, host: HostId, service: &str) -> Result<ContainerId, Fault> {
        let lender = self
            .work
            .units
            .iter()
            .filter(|u| u.service == service && u.host == host && u.change != UnitChange::Remove)
            .min_by_key(|u| u.number);
        if let Some(unit) = lender {
            let which = if unit.makes() { Which::New } else { Which::Old };
            if let Some(id) = self.container_of(engine, unit, which).await? {
                return Ok(id);
            }
        }
        Err(Problem::Conflict {
            why: format!(
                "No instance of `{service}` is on host `{}` to share with.",
                self.host_name(host)
            ),
        }
        .into())
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

/// A registry's refusal with what to do about it.
fn registry_words(why: String) -> String {
    let lower = why.to_lowercase();
    if lower.contains("unauthorized") || lower.contains("no basic auth") || lower.contains("denied") {
        format!("{why}. Check the registry's credentials under Settings.")
    } else {
        why
    }
}
