//! The console's store in memory: the same answers as the real one, and faults on demand.
//!
//! Clones share what is kept, so a test can drop a console and start another one on the same store.

mod accounts;
mod applications;
mod hosts;
mod journal;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use lighthouse_core::store::{
    ApplicationRecord, AuditRecord, CredentialRecord, HostRecord, Installation, InstanceRecord, ObjectRecord,
    OperationRecord, PoolRecord, ReleaseRecord, SessionRecord, StepRecord, StoreError, StoreResult,
    TokenRecord, UserRecord,
};
use lighthouse_model::{
    ApplicationId, CredentialId, HostId, OperationId, PoolId, SessionId, TokenId, UserId,
};

/// The installation id that every [`MemoryStore`] has.
pub const INSTALLATION: &str = "00000000-0000-7000-8000-000000000001";

/// A store in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    tables: Arc<Mutex<Tables>>,
}

#[derive(Debug, Default)]
struct Tables {
    writes: u64,
    writes_left: Option<u64>,
    settings: HashMap<String, String>,
    hosts: HashMap<HostId, HostRecord>,
    pools: HashMap<PoolId, PoolRecord>,
    setup: Option<[u8; 32]>,
    users: HashMap<UserId, UserRecord>,
    sessions: HashMap<SessionId, SessionRecord>,
    tokens: HashMap<TokenId, TokenRecord>,
    credentials: HashMap<CredentialId, CredentialRecord>,
    applications: HashMap<ApplicationId, ApplicationRecord>,
    releases: BTreeMap<(ApplicationId, i64), ReleaseRecord>,
    instances: BTreeMap<(ApplicationId, String, u32, i64), InstanceRecord>,
    objects: Vec<ObjectRecord>,
    operations: BTreeMap<OperationId, (OperationRecord, Vec<StepRecord>)>,
    audit: Vec<AuditRecord>,
}

impl MemoryStore {
    /// Lets only so many writes succeed from now on; those after it answer [`StoreError::Full`]. `None` lifts the
    /// limit.
    pub fn limit_writes(&self, left: Option<u64>) {
        self.read().writes_left = left;
    }

    /// Writes that succeeded or were refused for a reason of their own, so far.
    pub fn writes(&self) -> u64 {
        self.read().writes
    }

    fn read(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> StoreResult<MutexGuard<'_, Tables>> {
        let mut tables = self.read();
        match &mut tables.writes_left {
            Some(0) => return Err(StoreError::Full("the test allowed no more writes".into())),
            Some(left) => *left -= 1,
            None => {}
        }
        tables.writes += 1;
        Ok(tables)
    }
}

#[async_trait]
impl Installation for MemoryStore {
    fn installation_id(&self) -> &str {
        INSTALLATION
    }

    async fn ready(&self) -> StoreResult<()> {
        self.write().map(drop)
    }

    async fn setting(&self, key: &str) -> StoreResult<Option<String>> {
        Ok(self.read().settings.get(key).cloned())
    }

    async fn set_setting(&self, key: &str, value: &str) -> StoreResult<()> {
        self.write()?.settings.insert(key.to_owned(), value.to_owned());
        Ok(())
    }
}
