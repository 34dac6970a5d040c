//! The installation and its settings.

use async_trait::async_trait;
use lighthouse_core::store::{Installation, StoreResult};

use crate::SqliteStore;
use crate::error::failed;
use crate::store::within;

#[async_trait]
impl Installation for SqliteStore {
    fn installation_id(&self) -> &str {
        &self.installation
    }

    async fn ready(&self) -> StoreResult<()> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    // Changes nothing, but takes the way of every write.
                    sqlx::query("UPDATE installation SET id = id")
                        .execute(c)
                        .await
                        .map(drop)
                        .map_err(failed)
                })
            })
            .await
    }

    async fn setting(&self, key: &str) -> StoreResult<Option<String>> {
        within(async {
            let mut c = self.reader().await?;
            sqlx::query_scalar("SELECT value FROM setting WHERE key = ?1")
                .bind(key)
                .fetch_optional(&mut *c)
                .await
                .map_err(failed)
        })
        .await
    }

    async fn set_setting(&self, key: &str, value: &str) -> StoreResult<()> {
        let (key, value) = (key.to_owned(), value.to_owned());
        self.change(
            sqlx::query(
                "INSERT INTO setting (key, value) VALUES (?1, ?2) \
                         ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            )
            .bind(key)
            .bind(value),
        )
        .await
        .map(drop)
    }
}
