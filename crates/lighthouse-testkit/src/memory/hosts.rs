//! Hosts, pools and registry credentials.

use async_trait::async_trait;
use lighthouse_core::store::{
    CredentialRecord, CredentialStore, HostRecord, HostStore, PoolRecord, StoreError, StoreResult,
};
use lighthouse_model::{CredentialId, HostId, PoolId};

use super::MemoryStore;

#[async_trait]
impl HostStore for MemoryStore {
    async fn hosts(&self) -> StoreResult<Vec<HostRecord>> {
        let mut hosts: Vec<_> = self.read().hosts.values().cloned().collect();
        hosts.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(hosts)
    }

    async fn add_host(&self, host: &HostRecord) -> StoreResult<()> {
        let mut tables = self.write()?;
        if tables.hosts.values().any(|one| one.name == host.name) {
            return Err(StoreError::Taken("host name"));
        }
        tables.hosts.insert(host.id, host.clone());
        Ok(())
    }

    async fn update_host(&self, host: &HostRecord) -> StoreResult<()> {
        let mut tables = self.write()?;
        if tables
            .hosts
            .values()
            .any(|one| one.name == host.name && one.id != host.id)
        {
            return Err(StoreError::Taken("host name"));
        }
        let stored = tables.hosts.get_mut(&host.id).ok_or(StoreError::Missing)?;
        if stored.version != host.version - 1 {
            return Err(StoreError::Stale);
        }
        *stored = host.clone();
        Ok(())
    }

    async fn set_engine_id(&self, host: HostId, engine_id: &str) -> StoreResult<()> {
        let mut tables = self.write()?;
        let stored = tables.hosts.get_mut(&host).ok_or(StoreError::Missing)?;
        stored.engine_id = Some(engine_id.to_owned());
        Ok(())
    }

    async fn remove_host(&self, host: HostId) -> StoreResult<()> {
        let removed = self.write()?.hosts.remove(&host);
        removed.map(drop).ok_or(StoreError::Missing)
    }

    async fn pools(&self) -> StoreResult<Vec<PoolRecord>> {
        let mut pools: Vec<_> = self.read().pools.values().cloned().collect();
        pools.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(pools)
    }

    async fn add_pool(&self, pool: &PoolRecord) -> StoreResult<()> {
        let mut tables = self.write()?;
        if tables.pools.values().any(|one| one.name == pool.name) {
            return Err(StoreError::Taken("pool name"));
        }
        tables.pools.insert(pool.id, pool.clone());
        Ok(())
    }

    async fn remove_pool(&self, pool: PoolId) -> StoreResult<()> {
        let removed = self.write()?.pools.remove(&pool);
        removed.map(drop).ok_or(StoreError::Missing)
    }
}

#[async_trait]
impl CredentialStore for MemoryStore {
    async fn credentials(&self) -> StoreResult<Vec<CredentialRecord>> {
        let mut credentials: Vec<_> = self.read().credentials.values().cloned().collect();
        credentials.sort_by(|a, b| a.registry.cmp(&b.registry));
        Ok(credentials)
    }

    async fn save_credential(&self, credential: &CredentialRecord) -> StoreResult<()> {
        let mut tables = self.write()?;
        tables
            .credentials
            .retain(|_, one| one.registry != credential.registry);
        tables.credentials.insert(credential.id, credential.clone());
        Ok(())
    }

    async fn remove_credential(&self, id: CredentialId) -> StoreResult<()> {
        let removed = self.write()?.credentials.remove(&id);
        removed.map(drop).ok_or(StoreError::Missing)
    }
}
