//! The instances that exist, joined with the containers that the fleet sees.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use lighthouse_model::plan::Change;
use lighthouse_model::{ContainerKey, HostId};

use super::Drafting;
use crate::Result;
use crate::fleet::{Container, Fleet, label};
use crate::operations::work::{OldContainer, Unit, UnitChange};
use crate::store::{ApplicationRecord, InstanceRecord, Store};

/// An instance that exists, and its container as the fleet knows it.
pub(super) struct Existing {
    pub(super) record: InstanceRecord,
    pub(super) container: Option<Arc<Container>>,
    /// Does its host answer, so that what is not seen is not there?
    pub(super) answers: bool,
}

impl Existing {
    pub(super) fn is_gone(&self) -> bool {
        self.container.is_none() && self.answers
    }

    pub(super) fn is_up(&self) -> bool {
        self.container.as_ref().is_some_and(|c| c.state.is_up())
    }

    pub(super) fn old(&self, grace: Option<u32>) -> OldContainer {
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
    pub(super) fn unit(&self, change: UnitChange, grace: Option<u32>) -> Unit {
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

/// Units for the containers of an application as they are, without any change.
pub(in crate::applications) async fn standing(
    fleet: &Fleet,
    store: &dyn Store,
    application: &ApplicationRecord,
) -> Result<Vec<Unit>> {
    let existing = look(fleet, store.instances(Some(application.id)).await?);
    Ok(existing.iter().map(|e| e.unit(UnitChange::Keep, None)).collect())
}

/// Joins the store's rows with what the fleet sees.
pub(super) fn look(fleet: &Fleet, rows: Vec<InstanceRecord>) -> Vec<Existing> {
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

impl Drafting<'_> {
    /// Tells instances from what earlier operations left behind.
    pub(super) fn sort_existing(&mut self, existing: Vec<Existing>) {
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
}
