//! What an operation has to do, as it is kept in the journal so that any executor can go on with it.
//!
//! A step's row says what it does, to what and where; together with this it says everything. Nothing here changes
//! once an operation is accepted: steps that are added later (putting instances back) are told from their rows.

use std::collections::BTreeMap;

use lighthouse_model::operation::StepKind;
use lighthouse_model::{ApplicationId, ContainerId, ContainerKey, HostId, Name};
use serde::{Deserialize, Serialize};

use crate::engine::{ContainerSpec, NetworkSpec, VolumeSpec};
use crate::store::StepRecord;

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Work {
    /// The application it changes, if it is one.
    pub(crate) application: Option<Subject>,
    /// Networks to make or to take away.
    pub(crate) networks: Vec<Network>,
    /// Volumes to make or to take away.
    pub(crate) volumes: Vec<Volume>,
    /// What instances are made from, by service.
    pub(crate) templates: BTreeMap<String, Template>,
    /// Instances, those that stay as they are among them.
    pub(crate) units: Vec<Unit>,
    /// Containers that are acted on outside any application, by step.
    pub(crate) containers: Vec<(ContainerKey, String)>,
    /// What each of the first steps waits for.
    pub(crate) after: Vec<Vec<Edge>>,
    /// Steps before this one are preparation: nothing else begins before all of them did what they should.
    pub(crate) prepared: u32,
    /// Steps from this one on do away with what was there before: they wait until every new instance is well.
    pub(crate) commit: u32,
    /// What a failure means for the rest.
    pub(crate) on_failure: OnFailure,
    /// Rows of instances whose containers are gone, to be forgotten at the end.
    pub(crate) forget: Vec<(String, u32, i64)>,
}

/// An application being changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Subject {
    /// Which one.
    pub(crate) id: ApplicationId,
    /// Its name.
    pub(crate) name: Name,
    /// The release that is applied or stands.
    pub(crate) release: i64,
    /// The generation the operation works for.
    pub(crate) generation: i64,
}

/// A network on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Network {
    /// Where.
    pub(crate) host: HostId,
    /// Its name there.
    pub(crate) name: String,
    /// Its key in the blueprint.
    pub(crate) key: String,
    /// The random word in its label.
    pub(crate) nonce: String,
    /// What it is made from.
    pub(crate) spec: NetworkSpec,
}

/// A volume on a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Volume {
    /// Where.
    pub(crate) host: HostId,
    /// Its name there.
    pub(crate) name: String,
    /// Its key in the blueprint.
    pub(crate) key: String,
    /// The random word in its label.
    pub(crate) nonce: String,
    /// What it is made from.
    pub(crate) spec: VolumeSpec,
}

/// What the instances of a service are made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Template {
    /// The container, without what differs from instance to instance.
    pub(crate) spec: ContainerSpec,
    /// Digest of the above; another one means that instances have to be replaced.
    pub(crate) fingerprint: String,
    /// When an instance counts as well.
    pub(crate) wait: WaitRule,
    /// Ranges of host ports: the place in `spec.ports`, first and last.
    pub(crate) port_ranges: Vec<(usize, u16, u16)>,
    /// A service whose instance on the same host lends its network, processes or shared memory.
    pub(crate) shares: Shares,
    /// Processors kept free for each instance, in thousand-millionths. No engine knows of them.
    #[serde(default)]
    pub(crate) nano_cpus_reserved: u64,
}

/// Services whose namespaces an instance joins.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Shares {
    /// `network_mode: service:…`
    pub(crate) network: Option<String>,
    /// `pid: service:…`
    pub(crate) pid: Option<String>,
    /// `ipc: service:…`
    pub(crate) ipc: Option<String>,
}

impl Shares {
    /// The services, each once or more.
    pub(crate) fn services(&self) -> impl Iterator<Item = &String> {
        [&self.network, &self.pid, &self.ipc].into_iter().flatten()
    }
}

/// When an instance counts as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct WaitRule {
    /// Without a health check: stays up so long, in milliseconds.
    pub(crate) monitor: u64,
    /// Has to be well after so long, in milliseconds.
    pub(crate) deadline: u64,
    /// Others wait for its end: it has to end with exit code 0.
    pub(crate) to_completion: bool,
    /// Is an end with exit code 0 an ordinary end, because the engine would not start it again?
    pub(crate) may_finish: bool,
}

/// One instance that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unit {
    /// Its service.
    pub(crate) service: String,
    /// Its number, from 1.
    pub(crate) number: u32,
    /// Where the new container goes, or the old one is.
    pub(crate) host: HostId,
    /// What happens.
    pub(crate) change: UnitChange,
    /// The generation of the new container; of the old one when none is made.
    pub(crate) generation: i64,
    /// The random word in the new container's label; the old one's when none is made.
    pub(crate) nonce: String,
    /// What is there.
    pub(crate) old: Option<OldContainer>,
}

/// What happens to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum UnitChange {
    /// It is made.
    Create,
    /// The new one is well before the old one stops.
    ReplaceStartFirst,
    /// The old one stops before the new one starts.
    ReplaceStopFirst,
    /// It is taken away.
    Remove,
    /// The same container stays; it is started, stopped, restarted or left alone.
    Keep,
}

/// A container that is there before the operation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OldContainer {
    /// Its host.
    pub(crate) host: HostId,
    /// Its id, when it was seen.
    pub(crate) container: Option<ContainerId>,
    /// Its generation.
    pub(crate) generation: i64,
    /// The release it was made from.
    pub(crate) release: i64,
    /// The random word in its label.
    pub(crate) nonce: String,
    /// Was it up?
    pub(crate) was_up: bool,
    /// Seconds it may take to stop.
    pub(crate) grace: Option<u32>,
}

/// What a step waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Edge {
    /// The step.
    pub(crate) step: u32,
    /// Is its end enough, whatever it was?
    pub(crate) end_is_enough: bool,
}

impl Edge {
    /// That step has to do what it should.
    pub(crate) const fn success(step: u32) -> Self {
        Self {
            step,
            end_is_enough: false,
        }
    }

    /// That step has to end.
    pub(crate) const fn end(step: u32) -> Self {
        Self {
            step,
            end_is_enough: true,
        }
    }
}

/// What a failure means for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum OnFailure {
    /// What does not depend on it goes on.
    GoOn,
    /// Nothing else is begun, and what ran before runs again.
    PutBack,
}

/// Which container of a unit a step is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// The one that the operation makes.
    New,
    /// The one that was there.
    Old,
}

/// What a step is about.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Object<'w> {
    /// A network.
    Network(&'w Network),
    /// A volume.
    Volume(&'w Volume),
    /// An image, by the step's subject.
    Image,
    /// A container of an instance.
    Instance(&'w Unit, Which),
    /// A container of its own.
    Container(&'w ContainerKey),
}

impl Unit {
    /// Such as `web-2`.
    pub(crate) fn name(&self) -> String {
        format!("{}-{}", self.service, self.number)
    }

    /// Was its old container up?
    pub(crate) fn is_up(&self) -> bool {
        self.old.as_ref().is_some_and(|old| old.was_up)
    }

    /// Is a container made for it?
    pub(crate) const fn makes(&self) -> bool {
        matches!(
            self.change,
            UnitChange::Create | UnitChange::ReplaceStartFirst | UnitChange::ReplaceStopFirst
        )
    }
}

impl Work {
    /// Work on nothing yet.
    pub(crate) const fn empty() -> Self {
        Self {
            application: None,
            networks: Vec::new(),
            volumes: Vec::new(),
            templates: BTreeMap::new(),
            units: Vec::new(),
            containers: Vec::new(),
            after: Vec::new(),
            prepared: 0,
            commit: u32::MAX,
            on_failure: OnFailure::GoOn,
            forget: Vec::new(),
        }
    }

    /// What a step is about.
    pub(crate) fn object(&self, step: &StepRecord) -> Option<Object<'_>> {
        match step.kind {
            StepKind::CreateNetwork | StepKind::RemoveNetwork => self
                .networks
                .iter()
                .find(|n| n.host == step.host && n.name == step.subject)
                .map(Object::Network),
            StepKind::CreateVolume | StepKind::RemoveVolume => self
                .volumes
                .iter()
                .find(|v| v.host == step.host && v.name == step.subject)
                .map(Object::Volume),
            StepKind::Pull => Some(Object::Image),
            _ => {
                if let Some(instance) = &step.instance {
                    let (_, unit, which) = self.unit(instance, step.generation)?;
                    return Some(Object::Instance(unit, which));
                }
                let (key, _) = self.containers.get(usize::try_from(step.n).ok()?)?;
                Some(Object::Container(key))
            }
        }
    }

    /// The unit of an instance, and which of its containers has this generation.
    pub(crate) fn unit(&self, instance: &str, generation: i64) -> Option<(usize, &Unit, Which)> {
        self.units.iter().enumerate().find_map(|(at, unit)| {
            if unit.name() != instance {
                return None;
            }
            let old = unit.old.as_ref().is_some_and(|o| o.generation == generation);
            if unit.makes() && unit.generation == generation {
                Some((at, unit, Which::New))
            } else if old {
                Some((at, unit, Which::Old))
            } else {
                None
            }
        })
    }

    /// What a step waits for. Steps that were added later run one after the other for each instance.
    pub(crate) fn edges(&self, step: &StepRecord, steps: &[StepRecord]) -> Vec<Edge> {
        let planned = self.after.len();
        match usize::try_from(step.n) {
            Ok(n) if n < planned => self.after.get(n).cloned().unwrap_or_default(),
            _ => steps
                .iter()
                .rfind(|s| {
                    s.n < step.n
                        && usize::try_from(s.n).is_ok_and(|n| n >= planned)
                        && s.instance.is_some()
                        && s.instance == step.instance
                })
                .map(|s| vec![Edge::success(s.n)])
                .unwrap_or_default(),
        }
    }
}
