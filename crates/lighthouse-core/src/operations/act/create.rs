//! Making the container of an instance, once and only once.

use std::time::Duration;

use lighthouse_model::{ContainerId, ContainerKey, HostId, Problem};
use tokio::time::sleep;

use super::Attempt;
use crate::engine::{ContainerSpec, Engine, EngineError, Find, ObjectName};
use crate::fleet::label;
use crate::operations::fault::{Acted, Done, Fault};
use crate::operations::naming;
use crate::operations::run::Running;
use crate::operations::work::{Template, Unit, UnitChange, Which};
use crate::store::InstanceRecord;

/// Looks for a container whose name is taken and which is not listed yet.
pub(super) const ON_ITS_WAY: u32 = 20;
/// Between two of them.
pub(super) const ON_ITS_WAY_PAUSE: Duration = Duration::from_millis(500);

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

impl Running {
    pub(super) async fn create(&self, engine: &dyn Engine, unit: &Unit, attempt: Attempt) -> Acted {
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
    pub(super) async fn forget(&self, unit: &Unit, which: Which) {
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

    /// The container to make for a unit.
    async fn container_spec(
        &self,
        engine: &dyn Engine,
        unit: &Unit,
        template: &Template,
    ) -> Result<ContainerSpec, Fault> {
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
