//! Browsers' sessions.

use async_trait::async_trait;
use lighthouse_core::store::{SessionRecord, SessionStore, StoreResult};
use lighthouse_model::{Millis, SessionId, UserId};
use sqlx::sqlite::SqliteRow;

use crate::SqliteStore;
use crate::error::failed;
use crate::rows::{Columns, Id, one};
use crate::store::within;

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
        self.writer
            .write(move |c| {
                Box::pin(async move {
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
                    .bind(session.expires_at)
                    .execute(c)
                    .await
                    .map(drop)
                    .map_err(failed)
                })
            })
            .await
    }

    async fn session(&self, digest: [u8; 32], now: Millis) -> StoreResult<Option<SessionRecord>> {
        within(async {
            let mut c = self.reader().await?;
            let row = sqlx::query("SELECT * FROM session WHERE digest = ?1 AND expires_at > ?2")
                .bind(digest.to_vec())
                .bind(now)
                .fetch_optional(&mut *c)
                .await
                .map_err(failed)?;
            row.as_ref().map(session).transpose()
        })
        .await
    }

    async fn renew_session(&self, digest: [u8; 32], data: &str, expires_at: Millis) -> StoreResult<()> {
        let data = data.to_owned();
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let done = sqlx::query("UPDATE session SET data = ?2, expires_at = ?3 WHERE digest = ?1")
                        .bind(digest.to_vec())
                        .bind(data)
                        .bind(expires_at)
                        .execute(c)
                        .await
                        .map_err(failed)?;
                    one(done.rows_affected())
                })
            })
            .await
    }

    async fn touch_session(&self, id: SessionId, address: &str, at: Millis) -> StoreResult<()> {
        let address = address.to_owned();
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    sqlx::query("UPDATE session SET address = ?2, last_seen = ?3 WHERE id = ?1")
                        .bind(id.key())
                        .bind(address)
                        .bind(at)
                        .execute(c)
                        .await
                        .map(drop)
                        .map_err(failed)
                })
            })
            .await
    }

    async fn sessions(&self, user: Option<UserId>, now: Millis) -> StoreResult<Vec<SessionRecord>> {
        within(async {
            let mut c = self.reader().await?;
            let rows = sqlx::query(
                "SELECT * FROM session WHERE (?1 IS NULL OR user = ?1) AND expires_at > ?2 \
                 ORDER BY created_at DESC, id DESC",
            )
            .bind(user.map(|id| id.key()))
            .bind(now)
            .fetch_all(&mut *c)
            .await
            .map_err(failed)?;
            rows.iter().map(session).collect()
        })
        .await
    }

    async fn remove_session(&self, id: SessionId) -> StoreResult<()> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let done = sqlx::query("DELETE FROM session WHERE id = ?1")
                        .bind(id.key())
                        .execute(c)
                        .await
                        .map_err(failed)?;
                    one(done.rows_affected())
                })
            })
            .await
    }

    async fn remove_sessions_of(&self, user: UserId, except: Option<SessionId>) -> StoreResult<()> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM session WHERE user = ?1 AND (?2 IS NULL OR id <> ?2)")
                        .bind(user.key())
                        .bind(except.map(|id| id.key()))
                        .execute(c)
                        .await
                        .map(drop)
                        .map_err(failed)
                })
            })
            .await
    }

    async fn purge_sessions(&self, now: Millis) -> StoreResult<()> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    sqlx::query("DELETE FROM session WHERE expires_at <= ?1")
                        .bind(now)
                        .execute(c)
                        .await
                        .map(drop)
                        .map_err(failed)
                })
            })
            .await
    }
}
