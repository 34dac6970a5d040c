//! Networks and volumes of an application on its hosts.

use lighthouse_model::{HostId, Problem};

use crate::engine::{Engine, EngineError, ObjectName};
use crate::fleet::label;
use crate::operations::fault::{Acted, Done, Fault};
use crate::operations::run::Running;
use crate::operations::work::{Network, Volume};
use crate::store::{ObjectKind, ObjectRecord};

impl Running {
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

    pub(super) async fn create_network(&self, engine: &dyn Engine, network: &Network) -> Acted {
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

    pub(super) async fn create_volume(&self, engine: &dyn Engine, volume: &Volume) -> Acted {
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
        if let Some(owner) = self.volume_owner(engine, volume).await.map_err(fault)? {
            return Err(Problem::Conflict {
                why: format!(
                    "Host `{}` has a volume named `{name}` that was made for the application `{owner}`. Give this one \
                     another `name`, or say `external: true` if it is meant.",
                    self.host_name(volume.host)
                ),
            }
            .into());
        }
        Ok(Done::warning(format!(
            "A volume `{name}` was there already; it is used with the data in it, and stays when the application \
             is removed."
        )))
    }

    /// The other application that this installation made a volume of this name for.
    async fn volume_owner(
        &self,
        engine: &dyn Engine,
        volume: &Volume,
    ) -> Result<Option<String>, EngineError> {
        let Some(installation) = volume.spec.labels.get(label::INSTALLATION) else {
            return Ok(None);
        };
        let all = engine.volumes(label::INSTALLATION, installation).await?;
        let made_for = all
            .into_iter()
            .find(|one| one.name == volume.name)
            .and_then(|one| one.labels.get(label::APP).cloned());
        let own = self
            .work
            .application
            .as_ref()
            .map(|subject| subject.name.as_str());
        Ok(made_for.filter(|owner| Some(owner.as_str()) != own))
    }

    pub(super) async fn remove_network(&self, engine: &dyn Engine, network: &Network) -> Acted {
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

    pub(super) async fn remove_volume(&self, engine: &dyn Engine, volume: &Volume) -> Acted {
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
}
