//! Applications, releases and what belongs to them.

use async_trait::async_trait;
use lighthouse_core::store::{
    ApplicationRecord, ApplicationStore, InstanceRecord, ObjectRecord, ReleaseRecord, StoreError, StoreResult,
};
use lighthouse_model::{ApplicationId, Name};

use super::MemoryStore;

fn same_object(a: &ObjectRecord, b: &ObjectRecord) -> bool {
    (a.application, a.host, a.kind, &a.name) == (b.application, b.host, b.kind, &b.name)
}

#[async_trait]
impl ApplicationStore for MemoryStore {
    async fn applications(&self) -> StoreResult<Vec<ApplicationRecord>> {
        let mut applications: Vec<_> = self.read().applications.values().cloned().collect();
        applications.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(applications)
    }

    async fn application(&self, name: &Name) -> StoreResult<Option<ApplicationRecord>> {
        let tables = self.read();
        Ok(tables
            .applications
            .values()
            .find(|one| one.name == *name)
            .cloned())
    }

    async fn application_by_id(&self, id: ApplicationId) -> StoreResult<Option<ApplicationRecord>> {
        Ok(self.read().applications.get(&id).cloned())
    }

    async fn releases(&self, id: ApplicationId, limit: u32) -> StoreResult<Vec<ReleaseRecord>> {
        let tables = self.read();
        let of_it = tables.releases.range((id, i64::MIN)..=(id, i64::MAX)).rev();
        Ok(of_it
            .take(limit as usize)
            .map(|(_, release)| release.clone())
            .collect())
    }

    async fn release(&self, id: ApplicationId, number: i64) -> StoreResult<Option<ReleaseRecord>> {
        Ok(self.read().releases.get(&(id, number)).cloned())
    }

    async fn set_release_images(
        &self,
        id: ApplicationId,
        number: i64,
        images: &[(String, String)],
    ) -> StoreResult<()> {
        let mut tables = self.write()?;
        let release = tables.releases.get_mut(&(id, number));
        release.ok_or(StoreError::Missing)?.images = images.to_vec();
        Ok(())
    }

    async fn instances(&self, id: Option<ApplicationId>) -> StoreResult<Vec<InstanceRecord>> {
        let tables = self.read();
        let instances = tables.instances.values();
        Ok(instances
            .filter(|one| id.is_none_or(|id| one.application == id))
            .cloned()
            .collect())
    }

    async fn save_instance(&self, instance: &InstanceRecord) -> StoreResult<()> {
        let mut tables = self.write()?;
        if !tables.applications.contains_key(&instance.application) {
            return Err(StoreError::Missing);
        }
        let key = (
            instance.application,
            instance.service.clone(),
            instance.number,
            instance.generation,
        );
        tables.instances.insert(key, instance.clone());
        Ok(())
    }

    async fn remove_instance(
        &self,
        id: ApplicationId,
        service: &str,
        number: u32,
        generation: i64,
    ) -> StoreResult<()> {
        let key = (id, service.to_owned(), number, generation);
        self.write()?.instances.remove(&key);
        Ok(())
    }

    async fn objects(&self, id: ApplicationId) -> StoreResult<Vec<ObjectRecord>> {
        let tables = self.read();
        let mut objects: Vec<_> = tables
            .objects
            .iter()
            .filter(|one| one.application == id)
            .cloned()
            .collect();
        objects.sort_by(|a, b| (a.host, a.kind, &a.name).cmp(&(b.host, b.kind, &b.name)));
        Ok(objects)
    }

    async fn save_object(&self, object: &ObjectRecord) -> StoreResult<()> {
        let mut tables = self.write()?;
        if !tables.applications.contains_key(&object.application) {
            return Err(StoreError::Missing);
        }
        tables.objects.retain(|one| !same_object(one, object));
        tables.objects.push(object.clone());
        Ok(())
    }

    async fn remove_object(&self, object: &ObjectRecord) -> StoreResult<()> {
        self.write()?.objects.retain(|one| !same_object(one, object));
        Ok(())
    }

    async fn remove_application(&self, id: ApplicationId) -> StoreResult<()> {
        let mut tables = self.write()?;
        tables.applications.remove(&id).ok_or(StoreError::Missing)?;
        tables.instances.retain(|_, one| one.application != id);
        tables.objects.retain(|one| one.application != id);
        Ok(())
    }
}
