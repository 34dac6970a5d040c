//! Personal tokens.

use async_trait::async_trait;
use lighthouse_model::{Millis, PermissionSet, TokenId, UserId};

use super::StoreResult;

/// A personal token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// Its public id.
    pub id: TokenId,
    /// Whose.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// SHA-256 of its secret.
    pub digest: [u8; 32],
    /// What it may do at most.
    pub scope: PermissionSet,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
    /// When it was last used.
    pub last_used: Option<Millis>,
}

/// Tokens.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Adds one.
    async fn add_token(&self, token: &TokenRecord) -> StoreResult<()>;
    /// The one with this digest, unless it has ended by `now`.
    async fn token(&self, digest: [u8; 32], now: Millis) -> StoreResult<Option<TokenRecord>>;
    /// One account's.
    async fn tokens(&self, user: UserId) -> StoreResult<Vec<TokenRecord>>;
    /// Notes a use.
    async fn touch_token(&self, id: TokenId, at: Millis) -> StoreResult<()>;
    /// Ends one of an account's.
    async fn remove_token(&self, user: UserId, id: TokenId) -> StoreResult<()>;
}
