//! Registry credentials, sealed.

use async_trait::async_trait;
use lighthouse_core::Secret;
use lighthouse_core::store::{CredentialRecord, CredentialStore, StoreResult};
use lighthouse_model::CredentialId;
use sqlx::sqlite::SqliteRow;

use crate::SqliteStore;
use crate::error::failed;
use crate::rows::{Columns, Id, one};
use crate::seal::Place;
use crate::store::within;

fn place(row: &str) -> Place<'_> {
    Place {
        table: "credential",
        column: "secret",
        row,
    }
}

impl SqliteStore {
    fn credential(&self, row: &SqliteRow) -> StoreResult<CredentialRecord> {
        let columns = Columns::of("credential", row);
        let id: CredentialId = columns.id("id")?;
        let opened = self.unseal(place(&id.to_string()), columns.get("secret")?)?;
        let secret = std::str::from_utf8(&opened).map_err(|_| columns.senseless("secret"))?;
        Ok(CredentialRecord {
            id,
            registry: columns.get("registry")?,
            username: columns.get("username")?,
            secret: Secret::new(secret.to_owned()),
            changed_at: columns.get("changed_at")?,
        })
    }
}

#[async_trait]
impl CredentialStore for SqliteStore {
    async fn credentials(&self) -> StoreResult<Vec<CredentialRecord>> {
        within(async {
            let mut c = self.reader().await?;
            let rows = sqlx::query("SELECT * FROM credential ORDER BY registry")
                .fetch_all(&mut *c)
                .await
                .map_err(failed)?;
            rows.iter().map(|row| self.credential(row)).collect()
        })
        .await
    }

    async fn save_credential(&self, credential: &CredentialRecord) -> StoreResult<()> {
        let row = credential.id.to_string();
        let secret = self.seal(place(&row), credential.secret.expose().as_bytes())?;
        let CredentialRecord {
            id,
            registry,
            username,
            changed_at,
            ..
        } = credential.clone();
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    sqlx::query(
                        "INSERT OR REPLACE INTO credential (id, registry, username, secret, changed_at) \
                         VALUES (?1, ?2, ?3, ?4, ?5)",
                    )
                    .bind(id.key())
                    .bind(registry)
                    .bind(username)
                    .bind(secret)
                    .bind(changed_at)
                    .execute(c)
                    .await
                    .map(drop)
                    .map_err(failed)
                })
            })
            .await
    }

    async fn remove_credential(&self, id: CredentialId) -> StoreResult<()> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let done = sqlx::query("DELETE FROM credential WHERE id = ?1")
                        .bind(id.key())
                        .execute(c)
                        .await
                        .map_err(failed)?;
                    one(done.rows_affected())
                })
            })
            .await
    }
}
