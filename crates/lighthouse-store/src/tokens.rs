//! Personal tokens.

use async_trait::async_trait;
use lighthouse_core::store::{StoreResult, TokenRecord, TokenStore};
use lighthouse_model::{Millis, Permission, PermissionSet, TokenId, UserId};
use sqlx::sqlite::SqliteRow;

use crate::SqliteStore;
use crate::rows::{Columns, Id, json, one};

fn token(row: &SqliteRow) -> StoreResult<TokenRecord> {
    let columns = Columns::of("token", row);
    // A permission that is no longer known gives nothing; the rest of the scope stays.
    let words: Vec<String> = columns.json("scope")?;
    let scope: PermissionSet = words
        .iter()
        .filter_map(|word| word.parse::<Permission>().ok())
        .collect();
    Ok(TokenRecord {
        id: columns.id("id")?,
        user: columns.id("user")?,
        name: columns.get("name")?,
        digest: columns.digest("digest")?,
        scope,
        created_at: columns.get("created_at")?,
        expires_at: columns.get("expires_at")?,
        last_used: columns.get("last_used")?,
    })
}

#[async_trait]
impl TokenStore for SqliteStore {
    async fn add_token(&self, token: &TokenRecord) -> StoreResult<()> {
        let scope = json(&token.scope)?;
        let token = token.clone();
        self.change(
            sqlx::query(
                "INSERT INTO token (id, digest, user, name, scope, created_at, expires_at, last_used) \
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )
            .bind(token.id.key())
            .bind(token.digest.to_vec())
            .bind(token.user.key())
            .bind(&token.name)
            .bind(scope)
            .bind(token.created_at)
            .bind(token.expires_at)
            .bind(token.last_used),
        )
        .await
        .map(drop)
    }

    async fn token(&self, digest: [u8; 32], now: Millis) -> StoreResult<Option<TokenRecord>> {
        self.row(
            sqlx::query("SELECT * FROM token WHERE digest = ?1 AND expires_at > ?2")
                .bind(digest.to_vec())
                .bind(now),
            token,
        )
        .await
    }

    async fn tokens(&self, user: UserId) -> StoreResult<Vec<TokenRecord>> {
        self.rows(
            sqlx::query("SELECT * FROM token WHERE user = ?1 ORDER BY created_at DESC, id DESC")
                .bind(user.key()),
            token,
        )
        .await
    }

    async fn touch_token(&self, id: TokenId, at: Millis) -> StoreResult<()> {
        self.change(
            sqlx::query("UPDATE token SET last_used = ?2 WHERE id = ?1")
                .bind(id.key())
                .bind(at),
        )
        .await
        .map(drop)
    }

    async fn remove_token(&self, user: UserId, id: TokenId) -> StoreResult<()> {
        one(self
            .change(
                sqlx::query("DELETE FROM token WHERE id = ?1 AND user = ?2")
                    .bind(id.key())
                    .bind(user.key()),
            )
            .await?)
    }
}
