//! Which containers are ours: the nonces of all instances, kept current for the fleet.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lighthouse_blueprint::Service;
use lighthouse_model::{ApplicationId, Name};

use super::work::Work;
use crate::Result;
use crate::applications::blueprint::Blueprints;
use crate::fleet::{Fleet, Owned, OwnedInstance};
use crate::store::Store;

/// The nonces of all instances.
pub(crate) struct Ownership {
    store: Arc<dyn Store>,
    fleet: Fleet,
    blueprints: Blueprints,
    /// Of instances that operations under way are about to make.
    expected: Mutex<HashMap<ApplicationId, Owned>>,
}

impl Ownership {
    pub(super) fn new(store: Arc<dyn Store>, fleet: Fleet) -> Self {
        Self {
            blueprints: Blueprints::new(Arc::clone(&store)),
            store,
            fleet,
            expected: Mutex::default(),
        }
    }

    /// The blueprints of releases, read once each.
    pub(super) fn blueprints(&self) -> &Blueprints {
        &self.blueprints
    }

    fn expected(&self) -> MutexGuard<'_, HashMap<ApplicationId, Owned>> {
        self.expected.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of what an operation is about to make, before it makes it.
    pub(super) fn expect(&self, work: &Work) {
        let Some(subject) = &work.application else {
            return;
        };
        let mut every = self.expected();
        let mut all = self.fleet.owned();
        let mut expected = Owned::new();
        for unit in work.units.iter().filter(|u| u.makes()) {
            let instance = OwnedInstance {
                application: subject.name.clone(),
                service: unit.service.clone(),
                number: unit.number,
                host: unit.host,
                memory_reserved: work
                    .templates
                    .get(&unit.service)
                    .and_then(|t| t.spec.memory_reservation)
                    .unwrap_or(0),
                nano_cpus_reserved: work
                    .templates
                    .get(&unit.service)
                    .map_or(0, |t| t.nano_cpus_reserved),
            };
            expected.insert(unit.nonce.clone(), instance);
        }
        all.extend(expected.clone());
        every.insert(subject.id, expected);
        self.fleet.set_owned(all);
    }

    /// After an operation ended: the store alone says what is ours.
    pub(super) async fn settle(&self, application: Option<ApplicationId>) {
        if let Some(application) = application {
            self.expected().remove(&application);
        }
        if let Err(error) = self.reload().await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what is ours could not be looked up"
            );
        }
    }

    /// Looks it up in the store.
    pub(super) async fn reload(&self) -> Result<()> {
        let names: HashMap<ApplicationId, Name> = self
            .store
            .applications()
            .await?
            .into_iter()
            .map(|a| (a.id, a.name))
            .collect();
        let mut owned = Owned::new();
        for row in self.store.instances(None).await? {
            let Some(name) = names.get(&row.application) else {
                continue;
            };
            let blueprint = self.blueprints.of(row.application, name, row.release).await;
            let service = blueprint.as_ref().and_then(|b| b.service(&row.service));
            let memory_reserved = service.map_or(0, Service::reserved_memory);
            let nano_cpus_reserved = service.map_or(0, Service::reserved_nano_cpus);
            let instance = OwnedInstance {
                application: name.clone(),
                service: row.service,
                number: row.number,
                host: row.host,
                memory_reserved,
                nano_cpus_reserved,
            };
            owned.insert(row.nonce, instance);
        }
        let every = self.expected();
        for expected in every.values() {
            owned.extend(expected.clone());
        }
        self.fleet.set_owned(owned);
        Ok(())
    }
}
