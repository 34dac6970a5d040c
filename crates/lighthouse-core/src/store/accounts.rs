//! People and the first run.

use async_trait::async_trait;
use lighthouse_model::{Millis, Name, Role, UserId};

use super::StoreResult;
use crate::Secret;

/// An account with its role for the installation (a row of `assignment`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// Which one.
    pub id: UserId,
    /// The name they sign in with; unique.
    pub name: Name,
    /// The password's argon2id hash, in PHC form.
    pub password_hash: Secret<String>,
    /// Their role.
    pub role: Role,
    /// May they sign in?
    pub enabled: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When they last signed in.
    pub last_sign_in: Option<Millis>,
}

/// Accounts and first run.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// The digest of the first-run token, while no account exists.
    async fn setup_digest(&self) -> StoreResult<Option<[u8; 32]>>;
    /// Keeps it; refused ([`StoreError::Taken`]) once an account exists.
    async fn set_setup_digest(&self, digest: [u8; 32]) -> StoreResult<()>;
    /// Makes the first account if there is none and the digest agrees, and forgets the digest, in one
    /// transaction. Of any number of parallel calls exactly one is `true`.
    async fn add_first_user(&self, digest: [u8; 32], user: &UserRecord) -> StoreResult<bool>;
    /// All accounts.
    async fn users(&self) -> StoreResult<Vec<UserRecord>>;
    /// One account.
    async fn user(&self, id: UserId) -> StoreResult<Option<UserRecord>>;
    /// One account by its name.
    async fn user_by_name(&self, name: &str) -> StoreResult<Option<UserRecord>>;
    /// Adds one.
    async fn add_user(&self, user: &UserRecord) -> StoreResult<()>;
    /// Changes the role. [`StoreError::Stale`] when it would leave no enabled administrator.
    async fn set_role(&self, id: UserId, role: Role) -> StoreResult<()>;
    /// Lets them sign in, or not; the same guard.
    async fn set_enabled(&self, id: UserId, enabled: bool) -> StoreResult<()>;
    /// Changes the password's hash. [`StoreError::Stale`] when `instead_of` is given and not the one stored.
    async fn set_password(
        &self,
        id: UserId,
        hash: &Secret<String>,
        instead_of: Option<&Secret<String>>,
    ) -> StoreResult<()>;
    /// Takes one away with its sessions, tokens and assignments; the same guard.
    async fn remove_user(&self, id: UserId) -> StoreResult<()>;
    /// Notes a sign-in.
    async fn note_sign_in(&self, id: UserId, at: Millis) -> StoreResult<()>;
}
