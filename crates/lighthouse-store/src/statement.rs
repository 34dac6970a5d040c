//! One statement with its values: written through the one writer, or read by a reader within the deadline.

use lighthouse_core::store::StoreResult;
use sqlx::Sqlite;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};

use crate::SqliteStore;
use crate::error::failed;
use crate::store::within;

/// A statement with its values, which it owns.
pub(crate) type Statement = Query<'static, Sqlite, SqliteArguments>;

impl SqliteStore {
    /// Changes rows; answers with how many.
    pub(crate) async fn change(&self, statement: Statement) -> StoreResult<u64> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let done = statement.execute(c).await.map_err(failed)?;
                    Ok(done.rows_affected())
                })
            })
            .await
    }

    /// Every row that a statement finds, as a record.
    pub(crate) async fn rows<T: Send>(
        &self,
        statement: Statement,
        record: impl Fn(&SqliteRow) -> StoreResult<T> + Send,
    ) -> StoreResult<Vec<T>> {
        within(async {
            let mut c = self.reader().await?;
            let rows = statement.fetch_all(&mut *c).await.map_err(failed)?;
            rows.iter().map(record).collect()
        })
        .await
    }

    /// The row that a statement finds, if any, as a record.
    pub(crate) async fn row<T: Send>(
        &self,
        statement: Statement,
        record: impl Fn(&SqliteRow) -> StoreResult<T> + Send,
    ) -> StoreResult<Option<T>> {
        within(async {
            let mut c = self.reader().await?;
            let row = statement.fetch_optional(&mut *c).await.map_err(failed)?;
            row.as_ref().map(record).transpose()
        })
        .await
    }
}
