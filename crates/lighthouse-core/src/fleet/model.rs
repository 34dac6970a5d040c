//! The one model in memory: hosts, their containers, and who is responsible for them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use lighthouse_model::{ContainerId, ContainerKey, HostId, Millis, Name, OperationId};
use tokio::sync::watch;

use super::container::{Container, Owned, Surroundings, Trace};
use super::host::{HostEntry, HostState};
use crate::engine::{ContainerSummary, EngineEvent};

/// Containers that only events named and no list yet; more than this are not remembered.
const PENDING: usize = 1000;

/// Everything known.
#[derive(Default)]
pub(super) struct Model {
    pub(super) hosts: BTreeMap<HostId, HostEntry>,
    owned: Owned,
    operations: HashMap<ContainerKey, OperationId>,
    watches: HashMap<ContainerKey, watch::Sender<Option<Arc<Container>>>>,
}

/// Why containers may have ended unseen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Blame {
    /// In words that follow the verdict.
    pub(super) words: &'static str,
    /// Ends from then on may have this cause.
    pub(super) from: Millis,
}

impl Model {
    pub(super) fn container(&self, key: &ContainerKey) -> Option<&Arc<Container>> {
        self.hosts.get(&key.host)?.containers.get(&key.id)
    }

    pub(super) fn all_containers(&self) -> impl Iterator<Item = &Arc<Container>> {
        self.hosts.values().flat_map(|h| h.containers.values())
    }

    /// Hosts whose containers are not known, or not as they are now.
    pub(super) fn hosts_down(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self
            .hosts
            .values()
            .filter(|h| !h.liveness.is_up())
            .map(|h| h.record.name.clone())
            .collect();
        names.sort();
        names
    }

    /// Since when the containers of hosts that do not answer may be out of date.
    pub(super) fn stale(&self) -> HashMap<HostId, Millis> {
        self.hosts
            .iter()
            .filter_map(|(id, h)| Some((*id, h.liveness.stale_since()?)))
            .collect()
    }

    pub(super) fn host_state(&self, id: HostId, now: Millis) -> Option<HostState> {
        let entry = self.hosts.get(&id)?;
        let engine = |h: &HostEntry| h.facts.as_ref().map(|f| f.engine_id.clone());
        let twins: Vec<&Name> = match engine(entry) {
            Some(own) if !own.is_empty() => self
                .hosts
                .values()
                .filter(|h| h.record.id != id && engine(h).as_ref() == Some(&own))
                .map(|h| &h.record.name)
                .collect(),
            _ => Vec::new(),
        };
        Some(entry.state(&self.owned, &twins, now))
    }

    pub(super) fn host_states(&self, now: Millis) -> Vec<HostState> {
        let mut states: Vec<_> = self
            .hosts
            .keys()
            .filter_map(|id| self.host_state(*id, now))
            .collect();
        states.sort_by(|a, b| a.name.cmp(&b.name));
        states
    }

    pub(super) fn watch(&mut self, key: &ContainerKey) -> watch::Receiver<Option<Arc<Container>>> {
        self.watches.retain(|_, sender| sender.receiver_count() > 0);
        let known = self.container(key).cloned();
        self.watches
            .entry(key.clone())
            .or_insert_with(|| watch::Sender::new(known))
            .subscribe()
    }

    fn notify(&self, key: &ContainerKey) {
        if let Some(sender) = self.watches.get(key) {
            sender.send_replace(self.container(key).cloned());
        }
    }

    pub(super) fn set_operation(&mut self, key: &ContainerKey, operation: Option<OperationId>) -> bool {
        match operation {
            Some(operation) => self.operations.insert(key.clone(), operation),
            None => self.operations.remove(key),
        };
        self.change(key, |container| container.operation = operation)
    }

    /// Which containers are ours.
    pub(super) fn owned(&self) -> &Owned {
        &self.owned
    }

    /// Takes over which containers are ours; the hosts on which a container changed hands.
    pub(super) fn set_owned(&mut self, owned: Owned) -> Vec<HostId> {
        self.owned = owned;
        let mut changed = Vec::new();
        for (id, entry) in &mut self.hosts {
            let mut any = false;
            for container in entry.containers.values_mut() {
                // Only our own labels can make a difference.
                if container.labels.contains_key(super::label::NONCE) {
                    let mut claimed = Container::clone(container);
                    claimed.claim(&self.owned);
                    if claimed.management != container.management || claimed.instance != container.instance {
                        *container = Arc::new(claimed);
                        any = true;
                    }
                }
            }
            if any {
                changed.push(*id);
            }
        }
        changed
    }

    /// Changes what is known of a container; `false` when it is not known or stays the same.
    fn change(&mut self, key: &ContainerKey, edit: impl FnOnce(&mut Container)) -> bool {
        let Some(slot) = self
            .hosts
            .get_mut(&key.host)
            .and_then(|h| h.containers.get_mut(&key.id))
        else {
            return false;
        };
        let mut edited = Container::clone(slot);
        edit(&mut edited);
        if edited == **slot {
            return false;
        }
        *slot = Arc::new(edited);
        self.notify(key);
        true
    }

    /// Takes note of what an event tells that a list does not.
    pub(super) fn note(&mut self, host: HostId, id: &ContainerId, event: &EngineEvent, now: Millis) {
        let apply = |trace: &mut Trace| {
            let number = |key: &str| event.attributes.get(key).and_then(|v| v.parse::<i64>().ok());
            match event.action.as_str() {
                "start" => trace.started(),
                // A hang-up only asks for a reload.
                "kill" => trace.signalled |= number("signal") != Some(1),
                "stop" => trace.signalled = true,
                "oom" => trace.out_of_memory = true,
                "die" | "died" => trace.died(number("exitCode").or_else(|| number("containerExitCode")), now),
                _ => {}
            }
        };
        let Some(entry) = self.hosts.get_mut(&host) else {
            return;
        };
        if let Some(slot) = entry.containers.get_mut(id) {
            let container = Arc::make_mut(slot);
            apply(&mut container.trace);
            if matches!(event.action.as_str(), "die" | "died") && !container.trace.signalled {
                container.deaths += 1;
            }
        } else if entry.pending.len() < PENDING {
            apply(entry.pending.entry(id.clone()).or_default());
        }
    }

    /// Takes over what a list tells of one container (`None`: it is gone); tells whether anything changed.
    pub(super) fn put(
        &mut self,
        host: HostId,
        id: &ContainerId,
        summary: Option<ContainerSummary>,
        now: Millis,
        blame: Option<Blame>,
    ) -> bool {
        let key = ContainerKey { host, id: id.clone() };
        let Some(entry) = self.hosts.get_mut(&host) else {
            return false;
        };
        let pending = entry.pending.remove(id).unwrap_or_default();
        let changed = match summary {
            None => entry.containers.remove(id).is_some(),
            Some(summary) => {
                let before = entry.containers.get(id);
                let around = Surroundings {
                    host,
                    host_name: &entry.record.name,
                    owned: &self.owned,
                    operation: self.operations.get(&key).copied(),
                    now,
                    blame,
                };
                let seen = Container::observe(summary, before.map(Arc::as_ref), pending, &around);
                let changed = before.is_none_or(|b| **b != seen);
                if changed {
                    entry.containers.insert(id.clone(), Arc::new(seen));
                }
                changed
            }
        };
        if changed {
            self.notify(&key);
        }
        changed
    }

    /// Takes over a whole list, but for containers that were asked about since it began. The keys that changed.
    pub(super) fn put_all(
        &mut self,
        host: HostId,
        list: Vec<ContainerSummary>,
        newer: &HashSet<ContainerId>,
        now: Millis,
        blame: Option<Blame>,
    ) -> Vec<ContainerId> {
        let Some(entry) = self.hosts.get(&host) else {
            return Vec::new();
        };
        let listed: HashSet<&ContainerId> = list.iter().map(|c| &c.id).collect();
        let gone: Vec<ContainerId> = entry
            .containers
            .keys()
            .filter(|id| !listed.contains(id) && !newer.contains(*id))
            .cloned()
            .collect();
        let mut changed = Vec::new();
        for summary in list {
            let id = summary.id.clone();
            if !newer.contains(&id) && self.put(host, &id, Some(summary), now, blame) {
                changed.push(id);
            }
        }
        for id in gone {
            self.put(host, &id, None, now, None);
            changed.push(id);
        }
        changed
    }

    /// Marks a container about which calls are not answered.
    pub(super) fn set_stuck(&mut self, key: &ContainerKey, now: Millis) -> bool {
        self.change(key, |container| {
            if !container.trace.stuck {
                container.trace.stuck = true;
                container.judge(now);
                container.remember(now);
            }
        })
    }
}
