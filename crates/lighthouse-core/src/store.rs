//! The store port: what outlives the process.
//!
//! Each trait is one concern; [`Store`] is all of them. Every write is one committed transaction when its call
//! returns. Adapters seal what is marked *sealed* and answer within two seconds.

mod accounts;
mod applications;
mod audit;
mod credentials;
mod hosts;
mod journal;
mod sessions;
mod tokens;

use async_trait::async_trait;
use lighthouse_model::OperationId;

pub use self::accounts::{AccountStore, UserRecord};
pub use self::applications::{
    ApplicationRecord, ApplicationStore, InstanceRecord, ObjectKind, ObjectRecord, ReleaseRecord,
};
pub use self::audit::{AuditLog, AuditRecord};
pub use self::credentials::{CredentialRecord, CredentialStore};
pub use self::hosts::{HostRecord, HostStore, PoolRecord};
pub use self::journal::{Acceptance, Journal, OperationFilter, OperationRecord, StepOutcome, StepRecord};
pub use self::sessions::{SessionRecord, SessionStore};
pub use self::tokens::{TokenRecord, TokenStore};

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A name or key is taken.
    #[error("`{0}` is taken")]
    Taken(&'static str),
    /// The row is not there.
    #[error("no such row")]
    Missing,
    /// The row changed since it was read, or the writer's epoch is over.
    #[error("the row changed in between")]
    Stale,
    /// Another operation is active.
    #[error("operation {operation} is active")]
    Busy {
        /// Which one.
        operation: OperationId,
        /// Who started it.
        actor: String,
    },
    /// There is no space left.
    #[error("no space left for the store")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Anything else.
    #[error("the store failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The store's result.
pub type StoreResult<T> = Result<T, StoreError>;

/// Everything the console keeps.
pub trait Store:
    Installation
    + HostStore
    + AccountStore
    + SessionStore
    + TokenStore
    + CredentialStore
    + ApplicationStore
    + Journal
    + AuditLog
{
}

impl<T> Store for T where
    T: Installation
        + HostStore
        + AccountStore
        + SessionStore
        + TokenStore
        + CredentialStore
        + ApplicationStore
        + Journal
        + AuditLog
{
}

/// The installation itself.
#[async_trait]
pub trait Installation: Send + Sync {
    /// Its id, made once: the label `io.lighthouse.installation` on everything we create.
    fn installation_id(&self) -> &str;
    /// Can the store be written to now?
    async fn ready(&self) -> StoreResult<()>;
    /// A setting.
    async fn setting(&self, key: &str) -> StoreResult<Option<String>>;
    /// Keeps a setting.
    async fn set_setting(&self, key: &str, value: &str) -> StoreResult<()>;
}
