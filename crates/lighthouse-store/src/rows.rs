//! Between columns and records: every value that is read is checked, and what makes no sense is an error.

use lighthouse_core::store::{StoreError, StoreResult};
use lighthouse_model::{
    ApplicationId, CredentialId, HostId, Name, OperationId, PoolId, SessionId, TokenId, UserId,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type};
use uuid::Uuid;

use crate::error::{Senseless, failed};

/// An id as the database keeps it: sixteen bytes.
pub(crate) trait Id: Sized {
    fn of(uuid: Uuid) -> Self;
    fn uuid(&self) -> Uuid;

    fn key(&self) -> Vec<u8> {
        self.uuid().as_bytes().to_vec()
    }
}

macro_rules! ids {
    ($($name:ident),*) => { $(impl Id for $name {
        fn of(uuid: Uuid) -> Self {
            Self::from_uuid(uuid)
        }

        fn uuid(&self) -> Uuid {
            self.as_uuid()
        }
    })* };
}

ids!(
    ApplicationId,
    CredentialId,
    HostId,
    OperationId,
    PoolId,
    SessionId,
    TokenId,
    UserId
);

/// A row, with the table's name for errors.
pub(crate) struct Columns<'r> {
    table: &'static str,
    row: &'r SqliteRow,
}

impl<'r> Columns<'r> {
    pub(crate) fn of(table: &'static str, row: &'r SqliteRow) -> Self {
        Self { table, row }
    }

    pub(crate) fn get<T>(&self, column: &'static str) -> StoreResult<T>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite>,
    {
        self.row.try_get(column).map_err(failed)
    }

    pub(crate) fn senseless(&self, column: &'static str) -> StoreError {
        Senseless {
            table: self.table,
            column,
        }
        .into()
    }

    pub(crate) fn read<T>(
        &self,
        column: &'static str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> StoreResult<T> {
        read(self.get::<&str>(column)?).ok_or_else(|| self.senseless(column))
    }

    pub(crate) fn id<T: Id>(&self, column: &'static str) -> StoreResult<T> {
        self.opt_id(column)?.ok_or_else(|| self.senseless(column))
    }

    pub(crate) fn opt_id<T: Id>(&self, column: &'static str) -> StoreResult<Option<T>> {
        let Some(bytes) = self.get::<Option<&[u8]>>(column)? else {
            return Ok(None);
        };
        let uuid = Uuid::from_slice(bytes).map_err(|_| self.senseless(column))?;
        Ok(Some(T::of(uuid)))
    }

    pub(crate) fn name(&self, column: &'static str) -> StoreResult<Name> {
        self.read(column, |text| text.parse().ok())
    }

    pub(crate) fn digest(&self, column: &'static str) -> StoreResult<[u8; 32]> {
        let bytes = self.get::<&[u8]>(column)?;
        bytes.try_into().map_err(|_| self.senseless(column))
    }

    pub(crate) fn number(&self, column: &'static str) -> StoreResult<u32> {
        u32::try_from(self.get::<i64>(column)?).map_err(|_| self.senseless(column))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str) -> StoreResult<T> {
        self.read(column, |text| serde_json::from_str(text).ok())
    }
}

/// A value as JSON.
pub(crate) fn json<T: Serialize + ?Sized>(value: &T) -> StoreResult<String> {
    serde_json::to_string(value).map_err(|cause| StoreError::Failed(Box::new(cause)))
}

/// Exactly one row was meant: none is [`StoreError::Missing`].
pub(crate) fn one(rows: u64) -> StoreResult<()> {
    if rows == 0 {
        Err(StoreError::Missing)
    } else {
        Ok(())
    }
}
