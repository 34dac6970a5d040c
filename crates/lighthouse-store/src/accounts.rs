//! Accounts, their role assignments, and the first run.

use async_trait::async_trait;
use lighthouse_core::Secret;
use lighthouse_core::store::{AccountStore, StoreError, StoreResult, UserRecord};
use lighthouse_model::{Millis, Role, UserId};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::SqliteStore;
use crate::error::{failed, taken};
use crate::rows::{Columns, Id, one};
use crate::store::within;

/// The only scope there is so far.
const EVERYWHERE: &str = "installation";

fn user(row: &SqliteRow) -> StoreResult<UserRecord> {
    let columns = Columns::of("user", row);
    Ok(UserRecord {
        id: columns.id("id")?,
        name: columns.name("name")?,
        password_hash: Secret::new(columns.get("password_hash")?),
        role: columns.read("role", |word| word.parse().ok())?,
        enabled: columns.get("enabled")?,
        created_at: columns.get("created_at")?,
        last_sign_in: columns.get("last_sign_in")?,
    })
}

async fn insert(c: &mut SqliteConnection, user: &UserRecord) -> StoreResult<()> {
    sqlx::query(
        "INSERT INTO user (id, name, password_hash, enabled, created_at, last_sign_in) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )
    .bind(user.id.key())
    .bind(user.name.as_str())
    .bind(user.password_hash.expose())
    .bind(user.enabled)
    .bind(user.created_at)
    .bind(user.last_sign_in)
    .execute(&mut *c)
    .await
    .map_err(taken("user name"))?;
    assign(c, user.id, user.role).await
}

async fn assign(c: &mut SqliteConnection, subject: UserId, role: Role) -> StoreResult<()> {
    sqlx::query("DELETE FROM assignment WHERE subject = ?1 AND scope = ?2")
        .bind(subject.key())
        .bind(EVERYWHERE)
        .execute(&mut *c)
        .await
        .map_err(failed)?;
    sqlx::query("INSERT INTO assignment (subject, role, scope) VALUES (?1, ?2, ?3)")
        .bind(subject.key())
        .bind(role.as_str())
        .bind(EVERYWHERE)
        .execute(c)
        .await
        .map(drop)
        .map_err(failed)
}

async fn accounts(c: &mut SqliteConnection) -> StoreResult<i64> {
    sqlx::query_scalar("SELECT count(*) FROM user")
        .fetch_one(c)
        .await
        .map_err(failed)
}

async fn exists(c: &mut SqliteConnection, id: UserId) -> StoreResult<()> {
    let found: i64 = sqlx::query_scalar("SELECT count(*) FROM user WHERE id = ?1")
        .bind(id.key())
        .fetch_one(c)
        .await
        .map_err(failed)?;
    if found == 0 {
        Err(StoreError::Missing)
    } else {
        Ok(())
    }
}

/// Refuses when nobody is left who may let others in. Asked inside the transaction that takes somebody away.
async fn somebody_is_left(c: &mut SqliteConnection) -> StoreResult<()> {
    let left: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM user JOIN assignment ON subject = id AND scope = ?1 \
         WHERE enabled AND role = ?2",
    )
    .bind(EVERYWHERE)
    .bind(Role::Administrator.as_str())
    .fetch_one(c)
    .await
    .map_err(failed)?;
    if left == 0 { Err(StoreError::Stale) } else { Ok(()) }
}

#[async_trait]
impl AccountStore for SqliteStore {
    async fn setup_digest(&self) -> StoreResult<Option<[u8; 32]>> {
        within(async {
            let mut c = self.reader().await?;
            let row = sqlx::query("SELECT setup_digest FROM installation WHERE setup_digest IS NOT NULL")
                .fetch_optional(&mut *c)
                .await
                .map_err(failed)?;
            row.map(|row| Columns::of("installation", &row).digest("setup_digest"))
                .transpose()
        })
        .await
    }

    async fn set_setup_digest(&self, digest: [u8; 32]) -> StoreResult<()> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    if accounts(c).await? > 0 {
                        return Err(StoreError::Taken("first account"));
                    }
                    sqlx::query("UPDATE installation SET setup_digest = ?1")
                        .bind(digest.to_vec())
                        .execute(c)
                        .await
                        .map(drop)
                        .map_err(failed)
                })
            })
            .await
    }

    async fn add_first_user(&self, digest: [u8; 32], user: &UserRecord) -> StoreResult<bool> {
        let user = user.clone();
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let won = sqlx::query(
                        "UPDATE installation SET setup_digest = NULL \
                         WHERE setup_digest = ?1 AND NOT EXISTS (SELECT 1 FROM user)",
                    )
                    .bind(digest.to_vec())
                    .execute(&mut *c)
                    .await
                    .map_err(failed)?;
                    if won.rows_affected() == 0 {
                        return Ok(false);
                    }
                    insert(c, &user).await?;
                    Ok(true)
                })
            })
            .await
    }

    async fn users(&self) -> StoreResult<Vec<UserRecord>> {
        self.rows(
            sqlx::query(
                "SELECT user.*, role FROM user JOIN assignment ON subject = id AND scope = ?1 ORDER BY name",
            )
            .bind(EVERYWHERE),
            user,
        )
        .await
    }

    async fn user(&self, id: UserId) -> StoreResult<Option<UserRecord>> {
        self.row(
            sqlx::query(
                "SELECT user.*, role FROM user JOIN assignment ON subject = id AND scope = ?1 WHERE id = ?2",
            )
            .bind(EVERYWHERE)
            .bind(id.key()),
            user,
        )
        .await
    }

    async fn user_by_name(&self, name: &str) -> StoreResult<Option<UserRecord>> {
        self.row(sqlx::query(
                "SELECT user.*, role FROM user JOIN assignment ON subject = id AND scope = ?1 WHERE name = ?2",
            )
            .bind(EVERYWHERE)
            .bind(name), user).await
    }

    async fn add_user(&self, user: &UserRecord) -> StoreResult<()> {
        let user = user.clone();
        self.writer
            .write(move |c| Box::pin(async move { insert(c, &user).await }))
            .await
    }

    async fn set_role(&self, id: UserId, role: Role) -> StoreResult<()> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    exists(c, id).await?;
                    assign(c, id, role).await?;
                    somebody_is_left(c).await
                })
            })
            .await
    }

    async fn set_enabled(&self, id: UserId, enabled: bool) -> StoreResult<()> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let done = sqlx::query("UPDATE user SET enabled = ?2 WHERE id = ?1")
                        .bind(id.key())
                        .bind(enabled)
                        .execute(&mut *c)
                        .await
                        .map_err(failed)?;
                    one(done.rows_affected())?;
                    somebody_is_left(c).await
                })
            })
            .await
    }

    async fn set_password(
        &self,
        id: UserId,
        hash: &Secret<String>,
        instead_of: Option<&Secret<String>>,
    ) -> StoreResult<()> {
        let (hash, instead_of) = (hash.clone(), instead_of.cloned());
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    exists(c, id).await?;
                    let done = sqlx::query(
                        "UPDATE user SET password_hash = ?2 WHERE id = ?1 AND (?3 IS NULL OR password_hash = ?3)",
                    )
                    .bind(id.key())
                    .bind(hash.expose())
                    .bind(instead_of.as_ref().map(Secret::expose))
                    .execute(c)
                    .await
                    .map_err(failed)?;
                    if done.rows_affected() == 0 {
                        return Err(StoreError::Stale);
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn remove_user(&self, id: UserId) -> StoreResult<()> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let done = sqlx::query("DELETE FROM user WHERE id = ?1")
                        .bind(id.key())
                        .execute(&mut *c)
                        .await
                        .map_err(failed)?;
                    one(done.rows_affected())?;
                    somebody_is_left(c).await
                })
            })
            .await
    }

    async fn note_sign_in(&self, id: UserId, at: Millis) -> StoreResult<()> {
        one(self
            .change(
                sqlx::query("UPDATE user SET last_sign_in = ?2 WHERE id = ?1")
                    .bind(id.key())
                    .bind(at),
            )
            .await?)
    }
}
