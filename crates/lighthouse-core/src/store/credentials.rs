//! Registry credentials.

use async_trait::async_trait;
use lighthouse_model::{CredentialId, Millis};

use super::StoreResult;
use crate::Secret;

/// A registry's credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRecord {
    /// Which one.
    pub id: CredentialId,
    /// The registry's host name; unique.
    pub registry: String,
    /// The user name there.
    pub username: String,
    /// The password or token; sealed.
    pub secret: Secret<String>,
    /// When it was last changed.
    pub changed_at: Millis,
}

/// Registry credentials.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    /// All.
    async fn credentials(&self) -> StoreResult<Vec<CredentialRecord>>;
    /// Adds one, or replaces the one for the same registry.
    async fn save_credential(&self, credential: &CredentialRecord) -> StoreResult<()>;
    /// Takes one away.
    async fn remove_credential(&self, id: CredentialId) -> StoreResult<()>;
}
