//! What an operation came to, and what is kept of it.

use lighthouse_model::operation::{OperationKind, OperationState};
use lighthouse_model::{ContainerKey, Millis};

use super::{Halt, Running};
use crate::change::Change;
use crate::operations::state;

impl Running {
    pub(super) async fn set_state(&self, to: OperationState) -> Result<(), Halt> {
        let at: Millis = self.clock.now();
        let from = self.now().record.state;
        if from != to && !state::operation_may(from, to) {
            return Ok(());
        }
        self.write("write the state of an operation", || {
            self.store.set_state(self.id, self.epoch, to, at)
        })
        .await?;
        {
            let mut now = self.now();
            now.record.state = to;
            now.record.ended_at = to.is_ended().then_some(at);
        }
        self.tell();
        if let Some(application) = self.application() {
            self.changes.tell(Change::Application(application));
        }
        Ok(())
    }

    /// Writes what the operation came to.
    pub(super) async fn finish(&self) -> Result<(), Halt> {
        let (end, images) = {
            let now = self.now();
            let cancelled = *self.cancelled.borrow();
            let end = state::end_of(now.steps.iter().map(|s| s.status), cancelled);
            (end, now.images.clone())
        };
        if let Some(subject) = &self.work.application {
            let images: Vec<(String, String)> = self
                .work
                .templates
                .iter()
                .filter_map(|(service, t)| Some((service.clone(), images.get(&t.spec.image)?.clone())))
                .collect();
            if !images.is_empty() {
                self.persist("note images", || {
                    self.store
                        .set_release_images(subject.id, subject.release, &images)
                })
                .await;
            }
            if end == OperationState::Succeeded {
                for (service, number, generation) in &self.work.forget {
                    self.persist("forget an instance", || {
                        self.store
                            .remove_instance(subject.id, service, *number, *generation)
                    })
                    .await;
                }
                if self.now().record.kind == OperationKind::Remove {
                    self.persist("forget an application", || {
                        self.store.remove_application(subject.id)
                    })
                    .await;
                }
            }
        }
        self.release_containers();
        self.set_state(end).await
    }

    /// The containers are no longer being changed.
    pub(super) fn release_containers(&self) {
        let mut keys: Vec<ContainerKey> = self.work.containers.iter().map(|(key, _)| key.clone()).collect();
        {
            let now = self.now();
            for unit in &self.work.units {
                if let Some(id) = now.made.get(&(unit.name(), unit.generation)) {
                    keys.push(ContainerKey {
                        host: unit.host,
                        id: id.clone(),
                    });
                }
                if let Some(old) = &unit.old
                    && let Some(id) = &old.container
                {
                    keys.push(ContainerKey {
                        host: old.host,
                        id: id.clone(),
                    });
                }
            }
        }
        for key in keys {
            self.fleet.set_operation(key, None);
        }
    }
}
