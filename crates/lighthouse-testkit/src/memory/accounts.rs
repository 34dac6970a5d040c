//! Accounts, sessions and tokens.

use async_trait::async_trait;
use lighthouse_core::Secret;
use lighthouse_core::store::{
    AccountStore, SessionRecord, SessionStore, StoreError, StoreResult, TokenRecord, TokenStore, UserRecord,
};
use lighthouse_model::{Millis, Role, SessionId, TokenId, UserId};

use super::{MemoryStore, Tables};

impl Tables {
    fn is_last_administrator(&self, id: UserId) -> bool {
        let counts = |user: &UserRecord| user.enabled && user.role == Role::Administrator;
        self.users.get(&id).is_some_and(counts)
            && !self.users.values().any(|user| user.id != id && counts(user))
    }
}

#[async_trait]
impl AccountStore for MemoryStore {
    async fn setup_digest(&self) -> StoreResult<Option<[u8; 32]>> {
        Ok(self.read().setup)
    }

    async fn set_setup_digest(&self, digest: [u8; 32]) -> StoreResult<()> {
        let mut tables = self.write()?;
        if !tables.users.is_empty() {
            return Err(StoreError::Taken("first account"));
        }
        tables.setup = Some(digest);
        Ok(())
    }

    async fn add_first_user(&self, digest: [u8; 32], user: &UserRecord) -> StoreResult<bool> {
        let mut tables = self.write()?;
        if !tables.users.is_empty() || tables.setup != Some(digest) {
            return Ok(false);
        }
        tables.setup = None;
        tables.users.insert(user.id, user.clone());
        Ok(true)
    }

    async fn users(&self) -> StoreResult<Vec<UserRecord>> {
        let mut users: Vec<_> = self.read().users.values().cloned().collect();
        users.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(users)
    }

    async fn user(&self, id: UserId) -> StoreResult<Option<UserRecord>> {
        Ok(self.read().users.get(&id).cloned())
    }

    async fn user_by_name(&self, name: &str) -> StoreResult<Option<UserRecord>> {
        let tables = self.read();
        Ok(tables.users.values().find(|u| u.name.as_str() == name).cloned())
    }

    async fn add_user(&self, user: &UserRecord) -> StoreResult<()> {
        let mut tables = self.write()?;
        if tables.users.values().any(|one| one.name == user.name) {
            return Err(StoreError::Taken("user name"));
        }
        tables.users.insert(user.id, user.clone());
        Ok(())
    }

    async fn set_role(&self, id: UserId, role: Role) -> StoreResult<()> {
        let mut tables = self.write()?;
        if role != Role::Administrator && tables.is_last_administrator(id) {
            return Err(StoreError::Stale);
        }
        tables.users.get_mut(&id).ok_or(StoreError::Missing)?.role = role;
        Ok(())
    }

    async fn set_enabled(&self, id: UserId, enabled: bool) -> StoreResult<()> {
        let mut tables = self.write()?;
        if !enabled && tables.is_last_administrator(id) {
            return Err(StoreError::Stale);
        }
        tables.users.get_mut(&id).ok_or(StoreError::Missing)?.enabled = enabled;
        Ok(())
    }

    async fn set_password(
        &self,
        id: UserId,
        hash: &Secret<String>,
        instead_of: Option<&Secret<String>>,
    ) -> StoreResult<()> {
        let mut tables = self.write()?;
        let stored = tables.users.get_mut(&id).ok_or(StoreError::Missing)?;
        if instead_of.is_some_and(|old| *old != stored.password_hash) {
            return Err(StoreError::Stale);
        }
        stored.password_hash = hash.clone();
        Ok(())
    }

    async fn remove_user(&self, id: UserId) -> StoreResult<()> {
        let mut tables = self.write()?;
        if tables.is_last_administrator(id) {
            return Err(StoreError::Stale);
        }
        tables.users.remove(&id).ok_or(StoreError::Missing)?;
        tables.sessions.retain(|_, session| session.user != id);
        tables.tokens.retain(|_, token| token.user != id);
        Ok(())
    }

    async fn note_sign_in(&self, id: UserId, at: Millis) -> StoreResult<()> {
        let mut tables = self.write()?;
        let stored = tables.users.get_mut(&id).ok_or(StoreError::Missing)?;
        stored.last_sign_in = Some(at);
        Ok(())
    }
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn save_session(&self, session: &SessionRecord) -> StoreResult<()> {
        let mut tables = self.write()?;
        if !tables.users.contains_key(&session.user) {
            return Err(StoreError::Missing);
        }
        tables.sessions.retain(|_, one| one.digest != session.digest);
        tables.sessions.insert(session.id, session.clone());
        Ok(())
    }

    async fn session(&self, digest: [u8; 32], now: Millis) -> StoreResult<Option<SessionRecord>> {
        let tables = self.read();
        Ok(tables
            .sessions
            .values()
            .find(|one| one.digest == digest && one.expires_at > now)
            .cloned())
    }

    async fn renew_session(&self, digest: [u8; 32], data: &str, expires_at: Millis) -> StoreResult<()> {
        let mut tables = self.write()?;
        let stored = tables.sessions.values_mut().find(|one| one.digest == digest);
        let stored = stored.ok_or(StoreError::Missing)?;
        data.clone_into(&mut stored.data);
        stored.expires_at = expires_at;
        Ok(())
    }

    async fn touch_session(&self, id: SessionId, address: &str, at: Millis) -> StoreResult<()> {
        if let Some(stored) = self.write()?.sessions.get_mut(&id) {
            address.clone_into(&mut stored.address);
            stored.last_seen = at;
        }
        Ok(())
    }

    async fn sessions(&self, user: Option<UserId>, now: Millis) -> StoreResult<Vec<SessionRecord>> {
        let tables = self.read();
        let mut sessions: Vec<_> = tables
            .sessions
            .values()
            .filter(|one| user.is_none_or(|user| one.user == user) && one.expires_at > now)
            .cloned()
            .collect();
        sessions.sort_by_key(|one| std::cmp::Reverse((one.created_at, one.id)));
        Ok(sessions)
    }

    async fn remove_session(&self, id: SessionId) -> StoreResult<()> {
        let removed = self.write()?.sessions.remove(&id);
        removed.map(drop).ok_or(StoreError::Missing)
    }

    async fn remove_sessions_of(&self, user: UserId, except: Option<SessionId>) -> StoreResult<()> {
        self.write()?
            .sessions
            .retain(|id, one| one.user != user || Some(*id) == except);
        Ok(())
    }

    async fn purge_sessions(&self, now: Millis) -> StoreResult<()> {
        self.write()?.sessions.retain(|_, one| one.expires_at > now);
        Ok(())
    }
}

#[async_trait]
impl TokenStore for MemoryStore {
    async fn add_token(&self, token: &TokenRecord) -> StoreResult<()> {
        let mut tables = self.write()?;
        if !tables.users.contains_key(&token.user) {
            return Err(StoreError::Missing);
        }
        tables.tokens.insert(token.id, token.clone());
        Ok(())
    }

    async fn token(&self, digest: [u8; 32], now: Millis) -> StoreResult<Option<TokenRecord>> {
        let tables = self.read();
        Ok(tables
            .tokens
            .values()
            .find(|one| one.digest == digest && one.expires_at > now)
            .cloned())
    }

    async fn tokens(&self, user: UserId) -> StoreResult<Vec<TokenRecord>> {
        let tables = self.read();
        let mut tokens: Vec<_> = tables
            .tokens
            .values()
            .filter(|t| t.user == user)
            .cloned()
            .collect();
        tokens.sort_by_key(|one| std::cmp::Reverse((one.created_at, one.id)));
        Ok(tokens)
    }

    async fn touch_token(&self, id: TokenId, at: Millis) -> StoreResult<()> {
        if let Some(stored) = self.write()?.tokens.get_mut(&id) {
            stored.last_used = Some(at);
        }
        Ok(())
    }

    async fn remove_token(&self, user: UserId, id: TokenId) -> StoreResult<()> {
        let mut tables = self.write()?;
        if tables.tokens.get(&id).is_none_or(|token| token.user != user) {
            return Err(StoreError::Missing);
        }
        tables.tokens.remove(&id);
        Ok(())
    }
}
