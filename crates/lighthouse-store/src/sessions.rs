//! Browsers' sessions.

use async_trait::async_trait;
use lighthouse_core::store::{SessionRecord, SessionStore, StoreResult};
use lighthouse_model::{Millis, SessionId, UserId};
use sqlx::sqlite::SqliteRow;

use crate::SqliteStore;
use crate::rows::{Columns, Id, one};

fn session(row: &SqliteRow) -> StoreResult<SessionRecord> {
    let columns = Columns::of("session", row);
    Ok(SessionRecord {
        id: columns.id("id")?,
        digest: columns.digest("digest")?,
        user: columns.id("user")?,
        data: columns.get("data")?,
        agent: columns.get("agent")?,
        address: columns.get("address")?,
        created_at: columns.get("created_at")?,
        last_seen: columns.get("last_seen")?,
        expires_at: columns.get("expires_at")?,
    })
}

#[async_trait]
impl SessionStore for SqliteStore {
    async fn save_session(&self, session: &SessionRecord) -> StoreResult<()> {
        let session = session.clone();
        self.change(
            sqlx::query(
                "INSERT OR REPLACE INTO session \
                         (id, digest, user, data, agent, address, created_at, last_seen, expires_at) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )
            .bind(session.id.key())
            .bind(session.digest.to_vec())
            .bind(session.user.key())
            .bind(&session.data)
            .bind(&session.agent)
            .bind(&session.address)
            .bind(session.created_at)
            .bind(session.last_seen)
            .bind(session.expires_at),
        )
        .await
        .map(drop)
    }

    async fn session(&self, digest: [u8; 32], now: Millis) -> StoreResult<Option<SessionRecord>> {
        self.row(
            sqlx::query("SELECT * FROM session WHERE digest = ?1 AND expires_at > ?2")
                .bind(digest.to_vec())
                .bind(now),
            session,
        )
        .await
    }

    async fn renew_session(&self, digest: [u8; 32], data: &str, expires_at: Millis) -> StoreResult<()> {
        let data = data.to_owned();
        one(self
            .change(
                sqlx::query("UPDATE session SET data = ?2, expires_at = ?3 WHERE digest = ?1")
                    .bind(digest.to_vec())
                    .bind(data)
                    .bind(expires_at),
            )
            .await?)
    }

    async fn touch_session(&self, id: SessionId, address: &str, at: Millis) -> StoreResult<()> {
        let address = address.to_owned();
        self.change(
            sqlx::query("UPDATE session SET address = ?2, last_seen = ?3 WHERE id = ?1")
                .bind(id.key())
                .bind(address)
                .bind(at),
        )
        .await
        .map(drop)
    }

    async fn sessions(&self, user: Option<UserId>, now: Millis) -> StoreResult<Vec<SessionRecord>> {
        self.rows(
            sqlx::query(
                "SELECT * FROM session WHERE (?1 IS NULL OR user = ?1) AND expires_at > ?2 \
                 ORDER BY created_at DESC, id DESC",
            )
            .bind(user.map(|id| id.key()))
            .bind(now),
            session,
        )
        .await
    }

    async fn remove_session(&self, id: SessionId) -> StoreResult<()> {
        one(self
            .change(sqlx::query("DELETE FROM session WHERE id = ?1").bind(id.key()))
            .await?)
    }

    async fn remove_sessions_of(&self, user: UserId, except: Option<SessionId>) -> StoreResult<()> {
        self.change(
            sqlx::query("DELETE FROM session WHERE user = ?1 AND (?2 IS NULL OR id <> ?2)")
                .bind(user.key())
                .bind(except.map(|id| id.key())),
        )
        .await
        .map(drop)
    }

    async fn purge_sessions(&self, now: Millis) -> StoreResult<()> {
        self.change(sqlx::query("DELETE FROM session WHERE expires_at <= ?1").bind(now))
            .await
            .map(drop)
    }
}
