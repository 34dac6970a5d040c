//! A change of an application, worked out: what happens to each instance and why.
//!
//! It looks at the fleet as it is known now and at the store, and changes nothing. The same draft is shown as a
//! plan and, when a person presses the button, carried out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use lighthouse_blueprint::{Blueprint, Service};
use lighthouse_model::container::{ContainerState, Health};
use lighthouse_model::plan::{Change, PlanView, PlannedInstance, PlannedService, Refusal};
use lighthouse_model::{ContainerKey, Diagnostic, HostId, Name, Problem};
use lighthouse_placement as placement;
use lighthouse_placement::Outcome;

use super::spec;
use crate::fleet::{Container, Fleet, HostState, label};
use crate::operations::naming;
use crate::operations::work::{
    Network, OldContainer, OnFailure, Subject, Template, Unit, UnitChange, Volume, Work,
};
use crate::store::{ApplicationRecord, InstanceRecord, ObjectKind, ObjectRecord, Store};
use crate::{Error, Result, identity};

/// How long a look at an image may take while a plan is made; without an answer the image counts as unchanged.
const IMAGE_LOOK: Duration = Duration::from_secs(3);

/// What a draft is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A deploy: everything may change.
    Deploy,
    /// Another number of replicas of one service; what is there stays as it is.
    Scale,
}

/// What a draft is made from.
pub(super) struct Basis<'a> {
    pub(super) purpose: Purpose,
    pub(super) name: &'a Name,
    pub(super) application: Option<&'a ApplicationRecord>,
    pub(super) blueprint: &'a Blueprint,
    pub(super) notes: Vec<Diagnostic>,
    /// The hosts of the pool, whatever their state.
    pub(super) hosts: &'a [HostState],
    pub(super) scale: &'a BTreeMap<String, u32>,
    /// What is applied: the application, the release and the generation after the change.
    pub(super) subject: Subject,
}

/// A change, worked out.
pub(super) struct Draft {
    pub(super) view: PlanView,
    pub(super) work: Work,
    /// Services layer by layer, each depending only on earlier layers.
    pub(super) layers: Vec<Vec<String>>,
}

/// An instance that exists, and its container as the fleet knows it.
struct Existing {
    record: InstanceRecord,
    container: Option<Arc<Container>>,
    /// Does its host answer, so that what is not seen is not there?
    answers: bool,
}

impl Existing {
    fn is_gone(&self) -> bool {
        self.container.is_none() && self.answers
    }

    fn is_up(&self) -> bool {
        self.container.as_ref().is_some_and(|c| c.state.is_up())
    }

    fn old(&self, grace: Option<u32>) -> OldContainer {
        OldContainer {
            host: self.record.host,
            container: self
                .container
                .as_ref()
                .map(|c| c.key.id.clone())
                .or_else(|| self.record.container.clone()),
            generation: self.record.generation,
            release: self.record.release,
            nonce: self.record.nonce.clone(),
            was_up: self.is_up() || !self.answers,
            grace,
        }
    }

    /// A unit for the same container, without a new one.
    fn unit(&self, change: UnitChange, grace: Option<u32>) -> Unit {
        Unit {
            service: self.record.service.clone(),
            number: self.record.number,
            host: self.record.host,
            change,
            generation: self.record.generation,
            nonce: self.record.nonce.clone(),
            old: Some(self.old(grace)),
        }
    }
}

/// Everything looked up before the draft is worked out.
struct Facts {
    existing: Vec<Existing>,
    objects: Vec<ObjectRecord>,
    /// Image ids by host and reference, where they were looked up.
    images: HashMap<(HostId, String), String>,
}

/// Units for the containers of an application as they are, without any change.
pub(super) async fn standing(
    fleet: &Fleet,
    store: &dyn Store,
    application: &ApplicationRecord,
) -> Result<Vec<Unit>> {
    let existing = look(fleet, store.instances(Some(application.id)).await?);
    Ok(existing.iter().map(|e| e.unit(UnitChange::Keep, None)).collect())
}

/// Joins the store's rows with what the fleet sees.
fn look(fleet: &Fleet, rows: Vec<InstanceRecord>) -> Vec<Existing> {
    let mut by_nonce: HashMap<HostId, HashMap<String, Arc<Container>>> = HashMap::new();
    rows.into_iter()
        .map(|record| {
            let seen = by_nonce.entry(record.host).or_insert_with(|| {
                fleet
                    .containers(record.host)
                    .into_iter()
                    .filter_map(|c| Some((c.labels.get(label::NONCE)?.clone(), c)))
                    .collect()
            });
            let container = record
                .container
                .as_ref()
                .and_then(|id| {
                    fleet.container(&ContainerKey {
                        host: record.host,
                        id: id.clone(),
                    })
                })
                .or_else(|| seen.get(&record.nonce).cloned());
            let answers = fleet.host(record.host).is_none_or(|h| h.liveness.is_up());
            Existing {
                record,
                container,
                answers,
            }
        })
        .collect()
}

async fn facts(fleet: &Fleet, store: &dyn Store, basis: &Basis<'_>) -> Result<Facts> {
    let (existing, objects) = match basis.application {
        Some(application) => (
            look(fleet, store.instances(Some(application.id)).await?),
            store.objects(application.id).await?,
        ),
        None => (Vec::new(), Vec::new()),
    };
    let wanted: BTreeSet<(HostId, String)> = existing
        .iter()
        .filter(|e| e.answers && e.container.is_some() && basis.purpose == Purpose::Deploy)
        .filter_map(|e| {
            let service = basis.blueprint.service(&e.record.service)?;
            Some((e.record.host, service.image.clone()))
        })
        .collect();
    let looks = wanted.into_iter().map(|(host, image)| async move {
        let engine = fleet.engine(host).ok()?;
        let found = tokio::time::timeout(IMAGE_LOOK, engine.image(&image)).await;
        Some(((host, image), found.ok()?.ok()??.id))
    });
    let images = futures::future::join_all(looks)
        .await
        .into_iter()
        .flatten()
        .collect();
    Ok(Facts {
        existing,
        objects,
        images,
    })
}

/// Works a change out.
pub(super) async fn draft(
    fleet: &Fleet,
    store: &dyn Store,
    installation: &str,
    basis: Basis<'_>,
) -> Result<Draft> {
    let mut facts = facts(fleet, store, &basis).await?;
    let existing = std::mem::take(&mut facts.existing);
    let (templates, refused) = spec::templates(basis.blueprint, basis.name.as_str());
    let view = PlanView {
        application: basis.name.to_string(),
        base_generation: basis.application.map(|a| a.generation),
        diagnostics: basis.notes.clone(),
        services: services(&basis),
        instances: Vec::new(),
        networks: Vec::new(),
        volumes: Vec::new(),
        warnings: Vec::new(),
        obstacles: refused,
    };
    let mut drafting = Drafting {
        fleet,
        installation,
        basis: &basis,
        facts: &facts,
        work: Work {
            application: Some(basis.subject.clone()),
            templates,
            ..Work::empty()
        },
        view,
        current: BTreeMap::new(),
    };
    drafting.sort_existing(existing);
    drafting.place()?;
    drafting.objects()?;
    drafting.names_taken();
    let had_any = basis.application.is_some_and(|a| a.release.is_some())
        && drafting.current.values().any(Existing::is_up);
    if basis.purpose == Purpose::Deploy && had_any {
        drafting.work.on_failure = OnFailure::PutBack;
    }
    let layers = basis
        .blueprint
        .start_order()
        .into_iter()
        .map(|layer| layer.into_iter().map(|s| s.name.clone()).collect())
        .collect();
    Ok(Draft {
        view: drafting.view,
        work: drafting.work,
        layers,
    })
}

fn replicas(basis: &Basis<'_>, service: &Service) -> u32 {
    basis
        .scale
        .get(&service.name)
        .copied()
        .unwrap_or_else(|| service.replicas())
}

fn services(basis: &Basis<'_>) -> Vec<PlannedService> {
    basis
        .blueprint
        .services
        .iter()
        .map(|service| PlannedService {
            name: service.name.clone(),
            image: service.image.clone(),
            replicas: replicas(basis, service),
            facts: spec::facts(service),
            line: service.line,
        })
        .collect()
}

struct Drafting<'a> {
    fleet: &'a Fleet,
    installation: &'a str,
    basis: &'a Basis<'a>,
    facts: &'a Facts,
    work: Work,
    view: PlanView,
    /// The container that is the instance now, by service and number.
    current: BTreeMap<(String, u32), Existing>,
}

impl Drafting<'_> {
    fn grace(&self, service: &str) -> Option<u32> {
        self.work.templates.get(service).and_then(|t| t.spec.stop_timeout)
    }

    /// Tells instances from what earlier operations left behind.
    fn sort_existing(&mut self, existing: Vec<Existing>) {
        let mut groups: BTreeMap<(String, u32), Vec<Existing>> = BTreeMap::new();
        for one in existing {
            let key = (one.record.service.clone(), one.record.number);
            groups.entry(key).or_default().push(one);
        }
        for (key, mut group) in groups {
            // The best one is the instance: up before down, there before unseen, new before old.
            group.sort_by_key(|e| (e.is_up(), !e.is_gone(), e.record.generation));
            let best = group.pop();
            for left in group {
                self.leftover(&left);
            }
            if let Some(best) = best {
                if best.is_gone() {
                    self.forget(&best);
                } else {
                    self.current.insert(key, best);
                }
            }
        }
    }

    fn forget(&mut self, gone: &Existing) {
        let record = &gone.record;
        self.work
            .forget
            .push((record.service.clone(), record.number, record.generation));
    }

    fn leftover(&mut self, left: &Existing) {
        if left.is_gone() {
            self.forget(left);
        } else if left.answers {
            let unit = left.unit(UnitChange::Remove, None);
            self.planned(
                &unit,
                Change::Remove,
                vec!["an earlier operation left it behind".to_owned()],
            );
            self.work.units.push(unit);
        } else {
            self.view.warnings.push(format!(
                "An earlier operation left a container of `{}` on a host that does not answer now; the next change \
                 removes it.",
                left.record.service
            ));
        }
    }

    fn host_name(&self, host: HostId) -> Option<Name> {
        self.fleet.host(host).map(|h| h.name)
    }

    fn planned(&mut self, unit: &Unit, change: Change, why: Vec<String>) {
        self.view.instances.push(PlannedInstance {
            name: unit.name(),
            service: unit.service.clone(),
            number: unit.number,
            change,
            host: Some(unit.host),
            host_name: self.host_name(unit.host),
            why,
            refused: Vec::new(),
        });
    }

    fn request(&self) -> placement::Request {
        let services = self.basis.blueprint.services.iter().map(|service| {
            let named = |m: &lighthouse_blueprint::Mount| match &m.source {
                lighthouse_blueprint::MountSource::Named { volume, .. } => Some(volume.clone()),
                _ => None,
            };
            placement::ServiceRequest {
                name: service.name.clone(),
                replicas: replicas(self.basis, service),
                networks: service.networks.iter().map(|a| a.network.clone()).collect(),
                volumes: service.mounts.iter().filter_map(named).collect(),
                shares_with: service.shares_with().into_iter().map(str::to_owned).collect(),
                memory: service.reserved_memory(),
                nano_cpus: service.reserved_nano_cpus(),
                ports: service
                    .fixed_ports()
                    .map(|(port, number)| placement::Port {
                        ip: port.host_ip,
                        number,
                        protocol: match port.protocol {
                            lighthouse_blueprint::Protocol::Tcp => placement::Protocol::Tcp,
                            lighthouse_blueprint::Protocol::Udp => placement::Protocol::Udp,
                            lighthouse_blueprint::Protocol::Sctp => placement::Protocol::Sctp,
                        },
                    })
                    .collect(),
                constraints: service
                    .deploy
                    .as_ref()
                    .map(|d| d.constraints.clone())
                    .unwrap_or_default(),
                mode: service.lighthouse.placement,
            }
        });
        placement::Request {
            services: services.collect(),
            hosts: self.basis.hosts.iter().map(|h| self.candidate(h)).collect(),
            running: self
                .current
                .values()
                .map(|e| placement::Running {
                    service: e.record.service.clone(),
                    number: e.record.number,
                    host: e.record.host,
                })
                .collect(),
            reach: placement::Reach::Separate,
        }
    }

    fn candidate(&self, host: &HostState) -> placement::Candidate {
        use lighthouse_model::host::Liveness;
        let name = self.basis.name.as_str();
        let own: u64 = self
            .fleet
            .owned()
            .values()
            .filter(|o| o.host == host.id && o.application.as_str() == name)
            .map(|o| o.memory_reserved)
            .sum();
        let others: Vec<Arc<Container>> = self
            .fleet
            .containers(host.id)
            .into_iter()
            .filter(|c| !(c.instance.is_some() && c.application.as_deref() == Some(name)))
            .collect();
        let used_ports = others
            .iter()
            .filter(|c| c.state.is_up())
            .flat_map(|c| {
                c.ports.iter().filter_map(|p| {
                    Some(placement::UsedPort {
                        port: placement::Port {
                            ip: p.address.parse().ok(),
                            number: p.host_port?,
                            protocol: match p.protocol.as_str() {
                                "udp" => placement::Protocol::Udp,
                                "sctp" => placement::Protocol::Sctp,
                                _ => placement::Protocol::Tcp,
                            },
                        },
                        by: format!("container `{}`", c.name),
                    })
                })
            })
            .collect();
        let engine = host.engine.as_ref();
        placement::Candidate {
            id: host.id,
            name: host.name.to_string(),
            labels: host.labels.clone(),
            state: match host.liveness {
                Liveness::Up => placement::HostState::Up,
                Liveness::Connecting => placement::HostState::Connecting,
                Liveness::Suspect { .. } => placement::HostState::Suspect,
                Liveness::Down { .. } => placement::HostState::Down,
            },
            role: placement::SwarmRole::Manager,
            os: engine.map(|e| e.os.clone()).unwrap_or_default(),
            arch: engine.map(|e| e.architecture.clone()).unwrap_or_default(),
            memory_total: engine.map_or(0, |e| e.memory),
            memory_reserved: host.memory_reserved.saturating_sub(own),
            nano_cpus_total: engine.map_or(0, |e| u64::from(e.cpus) * 1_000_000_000),
            nano_cpus_reserved: 0,
            containers: u32::try_from(others.len()).unwrap_or(u32::MAX),
            used_ports,
        }
    }

    fn place(&mut self) -> Result<()> {
        if self.basis.hosts.is_empty() {
            self.view
                .obstacles
                .push("There is no host to place it on. Add a host, or choose another pool.".to_owned());
        }
        let placed = placement::place(&self.request());
        self.view
            .warnings
            .extend(placed.unreachable.iter().map(|u| format!("{u}.")));
        for instance in &placed.instances {
            self.place_one(instance)?;
        }
        for surplus in &placed.surplus {
            self.remove(&surplus.service, surplus.number);
        }
        Ok(())
    }

    fn remove(&mut self, service: &str, number: u32) {
        let Some(existing) = self.current.get(&(service.to_owned(), number)) else {
            return;
        };
        let why = if self.basis.blueprint.service(service).is_some() {
            "fewer replicas are wanted"
        } else {
            "its service is not in the blueprint"
        };
        if !existing.answers {
            self.view.warnings.push(format!(
                "`{service}-{number}` is on a host that does not answer now; it is left there, and the next change \
                 removes it."
            ));
            return;
        }
        let unit = existing.unit(UnitChange::Remove, self.grace(service));
        self.planned(&unit, Change::Remove, vec![why.to_owned()]);
        self.work.units.push(unit);
    }

    fn place_one(&mut self, placed: &placement::Placed) -> Result<()> {
        let key = (placed.service.clone(), placed.number);
        let why: Vec<String> = placed.reasons.iter().map(ToString::to_string).collect();
        let refused: Vec<Refusal> = placed
            .refused
            .iter()
            .filter_map(|r| {
                Some(Refusal {
                    host: self.host_name(r.host)?,
                    why: r.why.to_string(),
                })
            })
            .collect();
        let (change, host, why, unit) = match placed.outcome {
            Outcome::Nowhere { .. } => {
                self.view.obstacles.push(Self::nowhere(placed));
                (Change::Create, None, why, None)
            }
            Outcome::Unknown { host } => {
                let existing = self.current.get(&key);
                if self.basis.purpose == Purpose::Deploy
                    && let Some(existing) = existing
                    && let Some(reason) = self.differs(existing)
                {
                    let name = self.host_name(host).map(|n| n.to_string()).unwrap_or_default();
                    self.view.obstacles.push(format!(
                        "`{}` has to be replaced ({reason}), and its host `{name}` does not answer. Wait until it \
                         does, or remove the host.",
                        placed.name()
                    ));
                }
                let unit = existing.map(|e| e.unit(UnitChange::Keep, None));
                (Change::Keep, Some(host), why, unit)
            }
            Outcome::Stays { host } | Outcome::Goes { host, .. } => {
                let (change, more, unit) = self.change(&key, host)?;
                let why = more.into_iter().chain(why).collect();
                (change, Some(host), why, Some(unit))
            }
        };
        self.view.instances.push(PlannedInstance {
            name: placed.name(),
            service: placed.service.clone(),
            number: placed.number,
            change,
            host,
            host_name: host.and_then(|h| self.host_name(h)),
            why,
            refused,
        });
        self.work.units.extend(unit);
        Ok(())
    }

    fn nowhere(placed: &placement::Placed) -> String {
        let mut reasons: Vec<String> = placed
            .refused
            .iter()
            .filter(|r| r.why.is_hard())
            .map(ToString::to_string)
            .collect();
        if reasons.is_empty() {
            reasons = placed.reasons.iter().map(ToString::to_string).collect();
        }
        format!("No host can take `{}`: {}.", placed.name(), reasons.join("; "))
    }

    /// Why an instance's container is not what the blueprint asks for.
    fn differs(&self, existing: &Existing) -> Option<String> {
        let template = self.work.templates.get(&existing.record.service)?;
        if existing.record.fingerprint == template.fingerprint {
            return None;
        }
        let image = existing.container.as_ref().map(|c| c.image.as_str());
        Some(match image {
            Some(image) if image != template.spec.image => {
                format!("its image changes from `{image}` to `{}`", template.spec.image)
            }
            _ => "its settings change".to_owned(),
        })
    }

    /// Why an instance has to be replaced although it is what the blueprint asks for.
    fn is_not_well(&self, existing: &Existing) -> Option<String> {
        let container = existing.container.as_ref()?;
        let may_finish = self
            .work
            .templates
            .get(&existing.record.service)
            .is_some_and(|t| t.wait.may_finish);
        let newer = self
            .facts
            .images
            .get(&(existing.record.host, container.image.clone()))
            .is_some_and(|id| *id != container.image_id);
        match (container.state, container.health) {
            (ContainerState::Running, Health::Unhealthy) => Some("it is unhealthy".to_owned()),
            (ContainerState::Running, _) if newer => {
                Some(format!("its host has a newer `{}`", container.image))
            }
            (ContainerState::Running, _) => None,
            (ContainerState::Exited, _) if may_finish && container.exit_code == Some(0) => None,
            _ => Some(format!("it does not run ({})", container.verdict.words)),
        }
    }

    fn change(&mut self, key: &(String, u32), host: HostId) -> Result<(Change, Vec<String>, Unit)> {
        let (service, number) = key;
        let grace = self.grace(service);
        let Some(existing) = self.current.get(key) else {
            return Ok((
                Change::Create,
                Vec::new(),
                self.fresh(service, *number, host, None)?,
            ));
        };
        let moves = existing.record.host != host;
        let only_scales = self.basis.purpose == Purpose::Scale;
        let reason = if only_scales {
            None
        } else {
            self.differs(existing).or_else(|| self.is_not_well(existing))
        };
        if only_scales || (reason.is_none() && !moves) {
            return Ok((Change::Keep, Vec::new(), existing.unit(UnitChange::Keep, grace)));
        }
        let old = existing.old(grace);
        let stop_first = !moves && self.must_stop_first(service);
        let mut unit = self.fresh(service, *number, host, Some(old))?;
        let mut why: Vec<String> = reason
            .into_iter()
            .map(|r| format!("it is replaced because {r}"))
            .collect();
        if stop_first {
            unit.change = UnitChange::ReplaceStopFirst;
            why.push(
                "the old one stops before the new one starts, because it has a fixed port or address, or writes to \
                 a volume"
                    .to_owned(),
            );
            self.warn_once(format!(
                "Each instance of `{service}` is away for a moment: it has a fixed port or address, or writes to a \
                 volume, so the old one stops before the new one starts."
            ));
        } else {
            unit.change = UnitChange::ReplaceStartFirst;
        }
        if moves && self.work.templates.get(service).is_some_and(has_volume) {
            self.warn_once(format!(
                "`{service}` moves to another host; the data in its volumes stays where it was."
            ));
        }
        Ok((Change::Replace, why, unit))
    }

    fn warn_once(&mut self, warning: String) {
        if !self.view.warnings.contains(&warning) {
            self.view.warnings.push(warning);
        }
    }

    fn must_stop_first(&self, service: &str) -> bool {
        let fixed_address = self.work.templates.get(service).is_some_and(|t| {
            t.spec
                .networks
                .iter()
                .any(|n| n.ipv4.is_some() || n.ipv6.is_some())
        });
        fixed_address
            || self
                .basis
                .blueprint
                .service(service)
                .is_some_and(Service::must_stop_first)
    }

    fn fresh(&self, service: &str, number: u32, host: HostId, old: Option<OldContainer>) -> Result<Unit> {
        Ok(Unit {
            service: service.to_owned(),
            number,
            host,
            change: UnitChange::Create,
            generation: self.basis.subject.generation,
            nonce: nonce()?,
            old,
        })
    }

    /// Networks and volumes on the hosts where something is made.
    fn objects(&mut self) -> Result<()> {
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
            for network in blueprint.networks_of(service).filter(|n| !n.external) {
                let full = blueprint.network_name(name, network);
                if !seen.insert((host, ObjectKind::Network, full.clone())) {
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
                lighthouse_blueprint::MountSource::Named { volume, .. } => Some(volume),
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
    fn names_taken(&mut self) {
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

fn has_volume(template: &Template) -> bool {
    use crate::engine::MountSpec;
    template
        .spec
        .mounts
        .iter()
        .any(|m| matches!(m, MountSpec::Volume { name: Some(_), .. }))
}

/// A random word that is also kept in the store: what makes an object ours.
fn nonce() -> Result<String, Error> {
    Ok(hex::encode(identity::random_bytes::<16>()?))
}
