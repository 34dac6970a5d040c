//! Why the store could not be opened, in words for the person at the terminal, and how the database's errors
//! become the core's.

use std::io;
use std::path::PathBuf;

use lighthouse_core::store::StoreError;

/// Why the store was not opened, copied or restored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A file or directory could not be used.
    #[error("cannot {doing} `{}`: {cause}", path.display())]
    File {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        #[source]
        cause: io::Error,
    },
    /// Another console runs on the data directory.
    #[error(
        "another console{holder} is running on `{}`; stop it first, or give this one a data directory of its own with --data",
        directory.display()
    )]
    InUse {
        /// The data directory.
        directory: PathBuf,
        /// ` (process 123)`, or nothing when it is not known.
        holder: String,
    },
    /// The key is missing although the store has sealed values.
    #[error(
        "`{}` is missing, and without it the sealed values in the store cannot be read; put the file back from the same backup as `lighthouse.db`",
        path.display()
    )]
    KeyMissing {
        /// Where it should be.
        path: PathBuf,
    },
    /// The key file holds no key.
    #[error("`{}` is not a key of Lighthouse; put the file back from a backup", path.display())]
    KeyGarbled {
        /// Where it is.
        path: PathBuf,
    },
    /// The key is another installation's.
    #[error(
        "`{}` does not belong to this store; put the `installation.key` back that was saved together with `lighthouse.db`",
        path.display()
    )]
    KeyWrong {
        /// Where it is.
        path: PathBuf,
    },
    /// The database is damaged.
    #[error(
        "the store `{}` is damaged ({what}); nothing was changed. Restore the newest backup with: {restore}",
        path.display()
    )]
    Damaged {
        /// The database file.
        path: PathBuf,
        /// The database's words.
        what: String,
        /// The command.
        restore: String,
    },
    /// The file is some other program's database.
    #[error("`{}` is a database, but not one of Lighthouse; choose another data directory with --data", path.display())]
    Foreign {
        /// The database file.
        path: PathBuf,
    },
    /// The database was written by a newer Lighthouse.
    #[error(
        "the store `{}` was written by a newer Lighthouse (schema {found}; this one knows {known}); nothing was changed. Start that version again, or restore a backup made before the upgrade",
        path.display()
    )]
    Newer {
        /// The database file.
        path: PathBuf,
        /// Its schema.
        found: i64,
        /// The newest known here.
        known: i64,
    },
    /// There is no backup where one was looked for.
    #[error("`{}` holds no backup: `lighthouse.db` is needed, and `installation.key` when the data directory has none", path.display())]
    NoBackup {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A backup would overwrite something.
    #[error("`{}` exists already; a backup never overwrites anything, name a new directory", path.display())]
    Exists {
        /// The target.
        path: PathBuf,
    },
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(#[source] getrandom::Error),
    /// The database refused.
    #[error("the store `{}` cannot be used while {doing}: {cause}", path.display())]
    Database {
        /// What was tried.
        doing: &'static str,
        /// The database file.
        path: PathBuf,
        /// The database's words.
        #[source]
        cause: sqlx::Error,
    },
}

/// A stored value that makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("`{table}.{column}` holds a value that makes no sense")]
pub(crate) struct Senseless {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
}

impl From<Senseless> for StoreError {
    fn from(cause: Senseless) -> Self {
        Self::Failed(Box::new(cause))
    }
}

/// The store did not answer in time.
#[derive(Debug, thiserror::Error)]
#[error("no answer within {0:?}")]
pub(crate) struct TooSlow(pub(crate) std::time::Duration);

/// The writer has ended.
#[derive(Debug, thiserror::Error)]
#[error("the store is closed")]
pub(crate) struct Closed;

/// SQLite's primary code for a full disk, and the two of its I/O errors that a full disk shows itself as.
const FULL: [&str; 3] = ["13", "4874", "778"];

/// Unique and primary key constraints.
const UNIQUE: [&str; 2] = ["2067", "1555"];

/// A foreign key that points nowhere.
const FOREIGN_KEY: &str = "787";

fn code(cause: &sqlx::Error) -> Option<String> {
    let database = cause.as_database_error()?;
    database.code().map(std::borrow::Cow::into_owned)
}

/// Is the disk full?
pub(crate) fn is_full(cause: &sqlx::Error) -> bool {
    code(cause).is_some_and(|code| FULL.contains(&code.as_str()))
}

/// What a database error means, for statements that break no rule of ours.
pub(crate) fn failed(cause: sqlx::Error) -> StoreError {
    match code(&cause).as_deref() {
        Some(code) if FULL.contains(&code) => StoreError::Full(Box::new(cause)),
        Some(FOREIGN_KEY) => StoreError::Missing,
        _ => StoreError::Failed(Box::new(cause)),
    }
}

/// The same, for statements whose unique value may be taken.
pub(crate) fn taken(what: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |cause| match code(&cause).as_deref() {
        Some(code) if UNIQUE.contains(&code) => StoreError::Taken(what),
        _ => failed(cause),
    }
}
