//! Sessions as the server's session layer needs them, and the viewer behind a request.
//!
//! Listing and revoking sessions is a use case of [`crate::accounts`].

use lighthouse_model::{Millis, SessionId, UserId};

use crate::access::{Proof, Refusals};
use crate::store::{SessionRecord, StoreError};
use crate::{Console, Result, Viewer};

/// How exactly the last use of a session is kept.
const SEEN_EVERY: i64 = 60_000;

impl Console {
    /// Does the store answer?
    pub async fn check_store(&self) -> Result<()> {
        self.store().setup_digest().await?;
        Ok(())
    }

    /// Replaces what a session holds and when it ends; `false` when it was ended in between: it never comes back.
    pub async fn renew_session(&self, digest: [u8; 32], data: &str, expires_at: Millis) -> Result<bool> {
        match self.store().renew_session(digest, data, expires_at).await {
            Ok(()) => Ok(true),
            Err(StoreError::Missing) => Ok(false),
            Err(cause) => Err(cause.into()),
        }
    }

    /// Adds a session, at sign-in.
    pub async fn keep_session(&self, session: &SessionRecord) -> Result<()> {
        Ok(self.store().save_session(session).await?)
    }

    /// The session whose secret has this digest, unless it has ended.
    pub async fn session_by_digest(&self, digest: [u8; 32]) -> Result<Option<SessionRecord>> {
        Ok(self.store().session(digest, self.clock().now()).await?)
    }

    /// Ends a session without a word in the record; for the session layer.
    pub async fn forget_session(&self, id: SessionId) -> Result<()> {
        Ok(self.store().remove_session(id).await?)
    }

    /// Notes that a session is in use, to the minute.
    pub async fn touch_session(&self, session: &SessionRecord, address: &str) -> Result<()> {
        let now = self.clock().now();
        if now - session.last_seen >= SEEN_EVERY {
            self.store().touch_session(session.id, address, now).await?;
        }
        Ok(())
    }

    /// Has this session of this account not ended?
    pub async fn session_lives(&self, user: UserId, id: SessionId) -> Result<bool> {
        let sessions = self.store().sessions(Some(user), self.clock().now()).await?;
        Ok(sessions.iter().any(|session| session.id == id))
    }

    /// Who an account is now, with the rights it has now; `None` when it is gone or disabled.
    pub async fn viewer(&self, user: UserId, proof: Proof, address: &str) -> Result<Option<Viewer>> {
        let Some(user) = self.store().user(user).await? else {
            return Ok(None);
        };
        Ok(user.enabled.then(|| Viewer {
            user: user.id,
            name: user.name,
            permissions: user.role.permissions(),
            proof,
            address: address.to_owned(),
            refusals: Refusals::default(),
        }))
    }
}
