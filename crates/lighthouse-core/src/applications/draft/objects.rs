//! Networks and volumes on the hosts where something is made, and names that somebody else has.

use std::collections::BTreeSet;

use lighthouse_blueprint::{MountSource, Service};
use lighthouse_model::{HostId, Name, Problem};

use super::{Drafting, spec};
use crate::operations::naming;
use crate::operations::work::{Network, Volume};
use crate::store::{ApplicationRecord, ObjectKind, ObjectRecord, Store};
use crate::{Error, Result, identity};

/// A network or volume of another application.
pub(super) struct Foreign {
    application: Name,
    record: ObjectRecord,
}

/// What the other applications have on all hosts.
pub(super) async fn foreign(store: &dyn Store, own: Option<&ApplicationRecord>) -> Result<Vec<Foreign>> {
    let mut all = Vec::new();
    for other in store.applications().await? {
        if own.is_some_and(|own| own.id == other.id) {
            continue;
        }
        let objects = store.objects(other.id).await?;
        all.extend(objects.into_iter().map(|record| Foreign {
            application: other.name.clone(),
            record,
        }));
    }
    Ok(all)
}

impl Drafting<'_> {
    /// Networks and volumes on the hosts where something is made.
    pub(super) fn objects(&mut self) -> Result<()> {
        let blueprint = self.basis.blueprint;
        let name = self.basis.name.as_str();
        let made: BTreeSet<(HostId, String)> = self
            .work
            .units
            .iter()
            .filter(|u| u.makes())
            .map(|u| (u.host, u.service.clone()))
            .collect();
        let mut seen = BTreeSet::new();
        for (host, service) in made {
            let Some(service) = blueprint.service(&service) else {
                continue;
            };
            self.shared(host, service);
            for network in blueprint.networks_of(service).filter(|n| !n.external) {
                let full = blueprint.network_name(name, network);
                if !seen.insert((host, ObjectKind::Network, full.clone())) {
                    continue;
                }
                if self.is_foreign(host, ObjectKind::Network, &full, network.line) {
                    continue;
                }
                let (nonce, known) = self.object_nonce(host, ObjectKind::Network, &full)?;
                let mut spec = spec::network(network);
                naming::label_object(
                    &mut spec.labels,
                    name,
                    "network",
                    &network.key,
                    &nonce,
                    self.installation,
                );
                if !known {
                    self.view
                        .networks
                        .extend(self.host_name(host).map(|h| (h, full.clone())));
                }
                self.work.networks.push(Network {
                    host,
                    name: full,
                    key: network.key.clone(),
                    nonce,
                    spec,
                });
            }
            let mounted = service.mounts.iter().filter_map(|m| match &m.source {
                MountSource::Named { volume, .. } => Some(volume),
                _ => None,
            });
            for key in mounted {
                let Some(volume) = blueprint.volumes.iter().find(|v| v.key == *key && !v.external) else {
                    continue;
                };
                let full = blueprint.volume_name(name, volume);
                if !seen.insert((host, ObjectKind::Volume, full.clone())) {
                    continue;
                }
                if self.is_foreign(host, ObjectKind::Volume, &full, volume.line) {
                    continue;
                }
                let (nonce, known) = self.object_nonce(host, ObjectKind::Volume, &full)?;
                let mut spec = spec::volume(volume);
                naming::label_object(
                    &mut spec.labels,
                    name,
                    "volume",
                    &volume.key,
                    &nonce,
                    self.installation,
                );
                if !known {
                    self.view
                        .volumes
                        .extend(self.host_name(host).map(|h| (h, full.clone())));
                }
                self.work.volumes.push(Volume {
                    host,
                    name: full,
                    key: volume.key.clone(),
                    nonce,
                    spec,
                });
            }
        }
        Ok(())
    }

    /// The application that has a network or volume of this name on a host.
    fn owner(&self, host: HostId, kind: ObjectKind, name: &str) -> Option<&Name> {
        let has =
            |one: &&Foreign| one.record.host == host && one.record.kind == kind && one.record.name == name;
        Some(&self.facts.foreign.iter().find(has)?.application)
    }

    /// Does another application have it? Then it is not taken over, and the plan says so.
    fn is_foreign(&mut self, host: HostId, kind: ObjectKind, name: &str, line: u32) -> bool {
        let Some(owner) = self.owner(host, kind, name) else {
            return false;
        };
        let what = words(kind);
        let obstacle = format!(
            "Line {line}: the {what} `{name}` belongs to the application `{owner}`{}. Give this one another `name`.",
            self.on(host)
        );
        self.obstruct(obstacle);
        true
    }

    /// What exists already and is used: a network of another application joins the two, which is said; two that write
    /// to one volume destroy its data, which is refused.
    fn shared(&mut self, host: HostId, service: &Service) {
        let (blueprint, name) = (self.basis.blueprint, self.basis.name.as_str());
        for network in blueprint.networks_of(service).filter(|n| n.external) {
            let full = blueprint.network_name(name, network);
            if let Some(owner) = self.owner(host, ObjectKind::Network, &full) {
                let warning = format!(
                    "The network `{full}` belongs to the application `{owner}`{}: the two can reach each other, and \
                     it cannot be removed while this one uses it.",
                    self.on(host)
                );
                self.warn_once(warning);
            }
        }
        let mounted = service.mounts.iter().filter_map(|m| match &m.source {
            MountSource::Named { volume, .. } => Some(volume),
            _ => None,
        });
        for key in mounted {
            let Some(volume) = blueprint.volumes.iter().find(|v| v.key == *key && v.external) else {
                continue;
            };
            let full = blueprint.volume_name(name, volume);
            if let Some(owner) = self.owner(host, ObjectKind::Volume, &full) {
                let obstacle = format!(
                    "Line {}: the volume `{full}` belongs to the application `{owner}`{}. Two applications do not \
                     write to one volume.",
                    volume.line,
                    self.on(host)
                );
                self.obstruct(obstacle);
            }
        }
    }

    fn on(&self, host: HostId) -> String {
        self.host_name(host)
            .map_or_else(String::new, |name| format!(" on host `{name}`"))
    }

    fn obstruct(&mut self, obstacle: String) {
        if !self.view.obstacles.contains(&obstacle) {
            self.view.obstacles.push(obstacle);
        }
    }

    fn object_nonce(&self, host: HostId, kind: ObjectKind, name: &str) -> Result<(String, bool)> {
        let known = self
            .facts
            .objects
            .iter()
            .find(|o| o.host == host && o.kind == kind && o.name == name);
        match known {
            Some(record) => Ok((record.nonce.clone(), true)),
            None => Ok((nonce()?, false)),
        }
    }

    /// A container with a name that we need, and that is not ours, is told before anything is begun.
    pub(super) fn names_taken(&mut self) {
        let name = self.basis.name.as_str();
        let mut obstacles = Vec::new();
        for unit in self.work.units.iter().filter(|u| u.makes()) {
            let Ok(wanted) = naming::final_name(name, &unit.service, unit.number) else {
                obstacles.push(format!(
                    "`{name}-{}-{}` is too long or has no form that engines accept as a name. Choose a shorter one.",
                    unit.service, unit.number
                ));
                continue;
            };
            let taken = self
                .fleet
                .containers(unit.host)
                .iter()
                .any(|c| c.name == wanted.as_str() && c.instance.is_none());
            if taken && let Some(host) = self.host_name(unit.host) {
                obstacles.push(
                    Problem::ContainerNameTaken {
                        host: host.to_string(),
                        name: wanted.to_string(),
                    }
                    .to_string(),
                );
            }
        }
        self.view.obstacles.extend(obstacles);
    }
}

/// A random word that is also kept in the store: what makes an object ours.
pub(super) fn nonce() -> Result<String, Error> {
    Ok(hex::encode(identity::random_bytes::<16>()?))
}

const fn words(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Network => "network",
        ObjectKind::Volume => "volume",
    }
}
