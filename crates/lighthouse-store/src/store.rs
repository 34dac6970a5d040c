//! The store: one writer, a few readers, one key.

use std::path::Path;
use std::time::Duration;

use lighthouse_core::store::{StoreError, StoreResult};
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Sqlite, SqlitePool};
use zeroize::Zeroizing;

use crate::OpenError;
use crate::backup;
use crate::directory::DataDirectory;
use crate::error::{TooSlow, failed};
use crate::schema::{self, MIGRATIONS};
use crate::seal::{Place, Sealer};
use crate::writer::Writer;

/// Every call answers within this.
pub(crate) const DEADLINE: Duration = Duration::from_secs(2);

/// How long a statement waits for a lock that some other program holds on the file.
const BUSY: Duration = Duration::from_secs(5);

/// Readers at once. Each holds a thread and a small page cache.
const READERS: u32 = 3;

/// The console's store in a data directory.
#[derive(Debug)]
pub struct SqliteStore {
    pub(crate) writer: Writer,
    readers: SqlitePool,
    sealer: Sealer,
    pub(crate) installation: String,
    // Last: the lock is given back when everything else is gone.
    _directory: DataDirectory,
}

impl SqliteStore {
    /// Opens the store in `data`, made when it is not there, and keeps other consoles out of it until it is
    /// dropped.
    ///
    /// # Errors
    /// When the directory is in use, damaged, newer than this program, or its key is not the right one. Each says
    /// what to do.
    pub async fn open(data: &Path) -> Result<Self, OpenError> {
        Self::open_with(data, MIGRATIONS).await
    }

    pub(crate) async fn open_with(data: &Path, migrations: &[&'static str]) -> Result<Self, OpenError> {
        let directory = DataDirectory::claim(data)?;
        let is_new = directory.make_database()?;
        let sealer = directory.key(is_new)?;
        let path = directory.database();
        let refused = |doing| {
            let path = path.clone();
            let restore = backup::restore_command(data);
            move |cause| schema::refusal(doing, path, restore, cause)
        };
        let options = options(&path);
        let mut connection = options.connect().await.map_err(refused("opening it"))?;
        let installation = schema::prepare(&mut connection, data, &sealer, migrations).await;
        let installation = match installation {
            Ok(installation) => installation,
            Err(cause) => {
                connection.close().await.ok();
                return Err(cause);
            }
        };
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS)
            .acquire_timeout(DEADLINE)
            .idle_timeout(None)
            .max_lifetime(None)
            .test_before_acquire(false)
            .connect_lazy_with(options.read_only(true).pragma("cache_size", "-512"));
        Ok(Self {
            writer: Writer::start(connection),
            readers,
            sealer,
            installation,
            _directory: directory,
        })
    }

    /// Finishes what was begun, folds the write-ahead log into the file, and closes it.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }

    pub(crate) async fn reader(&self) -> StoreResult<PoolConnection<Sqlite>> {
        self.readers.acquire().await.map_err(failed)
    }

    pub(crate) fn seal(&self, place: Place<'_>, value: &[u8]) -> StoreResult<Vec<u8>> {
        let sealed = self.sealer.seal(place, value);
        sealed.map_err(|cause| StoreError::Failed(Box::new(cause)))
    }

    pub(crate) fn unseal(&self, place: Place<'_>, sealed: &[u8]) -> StoreResult<Zeroizing<Vec<u8>>> {
        let opened = self.sealer.open(place, sealed);
        opened.map_err(|cause| StoreError::Failed(Box::new(cause)))
    }
}

/// How every connection is made.
pub(crate) fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
        .pragma("trusted_schema", "OFF")
        .pragma("journal_size_limit", "8388608")
        .pragma("cache_size", "-1024")
        .disable_statement_logging()
}

/// Ends a call that takes too long.
pub(crate) async fn within<T>(call: impl Future<Output = StoreResult<T>>) -> StoreResult<T> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(answer) => answer,
        Err(_) => Err(StoreError::Failed(Box::new(TooSlow(DEADLINE)))),
    }
}
