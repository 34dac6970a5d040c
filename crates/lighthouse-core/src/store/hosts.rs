//! Hosts and pools.

use std::collections::BTreeMap;

use async_trait::async_trait;
use lighthouse_model::{HostId, Millis, Name, PoolId};

use super::StoreResult;
use crate::dial::HostConnection;

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRecord {
    /// Which one.
    pub id: HostId,
    /// Its name; unique.
    pub name: Name,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// How it is reached; sealed.
    pub connection: HostConnection,
    /// The engine id it had when it last answered.
    pub engine_id: Option<String>,
    /// When it was added.
    pub created_at: Millis,
    /// Incremented by every edit.
    pub version: i64,
}

/// A pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRecord {
    /// Which one.
    pub id: PoolId,
    /// Its name; unique.
    pub name: Name,
    /// Its label query.
    pub query: String,
}

/// Hosts and pools.
#[async_trait]
pub trait HostStore: Send + Sync {
    /// All hosts.
    async fn hosts(&self) -> StoreResult<Vec<HostRecord>>;
    /// Adds one. [`StoreError::Taken`] when the name is.
    async fn add_host(&self, host: &HostRecord) -> StoreResult<()>;
    /// Replaces one whose stored version is `host.version - 1`; else [`StoreError::Stale`].
    async fn update_host(&self, host: &HostRecord) -> StoreResult<()>;
    /// Notes the engine id last seen.
    async fn set_engine_id(&self, host: HostId, engine_id: &str) -> StoreResult<()>;
    /// Takes one away.
    async fn remove_host(&self, host: HostId) -> StoreResult<()>;
    /// All pools.
    async fn pools(&self) -> StoreResult<Vec<PoolRecord>>;
    /// Adds one.
    async fn add_pool(&self, pool: &PoolRecord) -> StoreResult<()>;
    /// Takes one away.
    async fn remove_pool(&self, pool: PoolId) -> StoreResult<()>;
}
