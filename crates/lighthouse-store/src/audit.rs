//! The record of who did what. Triggers keep it append-only, whoever writes.

use async_trait::async_trait;
use lighthouse_core::store::{AuditLog, AuditRecord, StoreResult};
use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteRow;

use crate::SqliteStore;
use crate::error::failed;
use crate::rows::{Columns, Id};

pub(crate) async fn append(c: &mut SqliteConnection, record: &AuditRecord) -> StoreResult<()> {
    sqlx::query(
        "INSERT INTO audit (at, actor, address, action, target, outcome, operation, detail) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(record.at)
    .bind(&record.actor)
    .bind(&record.address)
    .bind(&record.action)
    .bind(&record.target)
    .bind(&record.outcome)
    .bind(record.operation.map(|id| id.key()))
    .bind(&record.detail)
    .execute(c)
    .await
    .map(drop)
    .map_err(failed)
}

fn record(row: &SqliteRow) -> StoreResult<(i64, AuditRecord)> {
    let columns = Columns::of("audit", row);
    let record = AuditRecord {
        at: columns.get("at")?,
        actor: columns.get("actor")?,
        address: columns.get("address")?,
        action: columns.get("action")?,
        target: columns.get("target")?,
        outcome: columns.get("outcome")?,
        operation: columns.opt_id("operation")?,
        detail: columns.get("detail")?,
    };
    Ok((columns.get("id")?, record))
}

#[async_trait]
impl AuditLog for SqliteStore {
    async fn append(&self, record: &AuditRecord) -> StoreResult<()> {
        let record = record.clone();
        self.writer
            .write(move |c| Box::pin(async move { append(c, &record).await }))
            .await
    }

    async fn audit(&self, before: Option<i64>, limit: u32) -> StoreResult<Vec<(i64, AuditRecord)>> {
        self.rows(
            sqlx::query("SELECT * FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2")
                .bind(before.unwrap_or(i64::MAX))
                .bind(limit),
            record,
        )
        .await
    }
}
