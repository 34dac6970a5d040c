//! Registry credentials, sealed.

use async_trait::async_trait;
use lighthouse_core::Secret;
use lighthouse_core::store::{CredentialRecord, CredentialStore, StoreResult};
use lighthouse_model::CredentialId;
use sqlx::sqlite::SqliteRow;

use crate::SqliteStore;
use crate::rows::{Columns, Id, one};
use crate::seal::Place;

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
        self.rows(sqlx::query("SELECT * FROM credential ORDER BY registry"), |row| {
            self.credential(row)
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
        self.change(
            sqlx::query(
                "INSERT OR REPLACE INTO credential (id, registry, username, secret, changed_at) \
                         VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .bind(id.key())
            .bind(registry)
            .bind(username)
            .bind(secret)
            .bind(changed_at),
        )
        .await
        .map(drop)
    }

    async fn remove_credential(&self, id: CredentialId) -> StoreResult<()> {
        one(self
            .change(sqlx::query("DELETE FROM credential WHERE id = ?1").bind(id.key()))
            .await?)
    }
}
