//! Sessions of browsers.

use async_trait::async_trait;
use lighthouse_model::{Millis, SessionId, UserId};

use super::StoreResult;

/// A browser's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its public id.
    pub id: SessionId,
    /// SHA-256 of the secret in the cookie.
    pub digest: [u8; 32],
    /// Whose.
    pub user: UserId,
    /// What the session layer keeps in it, as JSON.
    pub data: String,
    /// The browser, by its own word; at most 200 characters.
    pub agent: String,
    /// The address it was last seen at.
    pub address: String,
    /// When it signed in.
    pub created_at: Millis,
    /// When it was last seen.
    pub last_seen: Millis,
    /// When it ends.
    pub expires_at: Millis,
}

/// Sessions.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Adds one; it takes the place of one with the same digest or id. [`StoreError::Missing`] when its account
    /// is not there.
    async fn save_session(&self, session: &SessionRecord) -> StoreResult<()>;
    /// The one with this digest, unless it has ended by `now`.
    async fn session(&self, digest: [u8; 32], now: Millis) -> StoreResult<Option<SessionRecord>>;
    /// Replaces what a session holds and when it ends. [`StoreError::Missing`] when it has been ended in
    /// between: one that was revoked never comes back.
    async fn renew_session(&self, digest: [u8; 32], data: &str, expires_at: Millis) -> StoreResult<()>;
    /// Notes that it was seen; one that is not there is no error.
    async fn touch_session(&self, id: SessionId, address: &str, at: Millis) -> StoreResult<()>;
    /// Sessions that have not ended, of one account or of all, newest first.
    async fn sessions(&self, user: Option<UserId>, now: Millis) -> StoreResult<Vec<SessionRecord>>;
    /// Ends one.
    async fn remove_session(&self, id: SessionId) -> StoreResult<()>;
    /// Ends all of one account, but for one.
    async fn remove_sessions_of(&self, user: UserId, except: Option<SessionId>) -> StoreResult<()>;
    /// Forgets those that ended.
    async fn purge_sessions(&self, now: Millis) -> StoreResult<()>;
}
