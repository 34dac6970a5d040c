//! Migrations, forward only, and the checks before them.

use std::path::{Path, PathBuf};

use sqlx::error::DatabaseError;
use sqlx::{AssertSqlSafe, SqliteConnection};
use uuid::Uuid;

use crate::seal::{Place, Sealer};
use crate::{OpenError, backup};

/// The steps from an empty file to the newest schema; `user_version` counts those that were taken. A step that
/// was released is never changed.
pub(crate) const MIGRATIONS: &[&str] = &[include_str!("schema/001.sql")];

/// Marks the file as ours: `LHOU`.
const APPLICATION_ID: i64 = 0x4c48_4f55;

/// What the key check opens to.
const KEY_CHECK: &[u8] = b"this key belongs to this store";

/// SQLite's codes for a damaged file and for a file that is no database.
const DAMAGED: [&str; 2] = ["11", "26"];

const CHECK_PLACE: Place<'static> = Place {
    table: "installation",
    column: "key_check",
    row: "1",
};

/// What to tell when the database refused while the store was opened.
pub(crate) fn refusal(doing: &'static str, path: PathBuf, restore: String, cause: sqlx::Error) -> OpenError {
    let code = cause.as_database_error().and_then(DatabaseError::code);
    // Extended codes carry the primary one in their lowest byte.
    let primary = code
        .and_then(|code| code.parse::<u32>().ok())
        .map(|code| code & 0xff);
    if primary.is_some_and(|code| DAMAGED.contains(&code.to_string().as_str())) {
        OpenError::Damaged {
            path,
            what: cause.to_string(),
            restore,
        }
    } else {
        OpenError::Database { doing, path, cause }
    }
}

struct Opening<'a> {
    data: &'a Path,
    path: PathBuf,
}

impl Opening<'_> {
    fn refused(&self, doing: &'static str) -> impl FnOnce(sqlx::Error) -> OpenError {
        let path = self.path.clone();
        let restore = backup::restore_command(self.data);
        move |cause| refusal(doing, path, restore, cause)
    }
}

/// Checks the file, brings it to the newest schema, and returns the installation's id.
pub(crate) async fn prepare(
    connection: &mut SqliteConnection,
    data: &Path,
    sealer: &Sealer,
    migrations: &[&'static str],
) -> Result<String, OpenError> {
    let opening = Opening {
        data,
        path: data.join(crate::directory::DATABASE),
    };
    let found = check(connection, &opening, migrations.len()).await?;
    if found > 0 && found < migrations.len() {
        let name = format!("before-schema-{}", migrations.len());
        let copy = backup::copy_beside(data, &name).await?;
        tracing::info!(copy = %copy.display(), "copied the store before its schema is brought up to date");
    }
    for (done, migration) in migrations.iter().enumerate().skip(found) {
        migrate(connection, sealer, done, migration)
            .await
            .map_err(opening.refused("bringing its schema up to date"))?;
    }
    let (id, sealed): (String, Vec<u8>) = sqlx::query_as("SELECT id, key_check FROM installation")
        .fetch_one(&mut *connection)
        .await
        .map_err(opening.refused("reading it"))?;
    match sealer.open(CHECK_PLACE, &sealed) {
        Ok(opened) if *opened == KEY_CHECK => Ok(id),
        _ => Err(OpenError::KeyWrong {
            path: data.join(crate::directory::KEY),
        }),
    }
}

/// The schema found, when the file is whole, ours, and not newer than this program.
async fn check(
    connection: &mut SqliteConnection,
    opening: &Opening<'_>,
    known: usize,
) -> Result<usize, OpenError> {
    let verdict: String = sqlx::query_scalar("PRAGMA quick_check(1)")
        .fetch_one(&mut *connection)
        .await
        .map_err(opening.refused("checking it"))?;
    if verdict != "ok" {
        return Err(OpenError::Damaged {
            path: opening.path.clone(),
            what: verdict,
            restore: backup::restore_command(opening.data),
        });
    }
    let (application, version, tables): (i64, i64, i64) = sqlx::query_as(
        "SELECT (SELECT application_id FROM pragma_application_id), \
         (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)",
    )
    .fetch_one(&mut *connection)
    .await
    .map_err(opening.refused("reading its version"))?;
    if application != APPLICATION_ID && (application, version, tables) != (0, 0, 0) {
        return Err(OpenError::Foreign {
            path: opening.path.clone(),
        });
    }
    match usize::try_from(version) {
        Ok(found) if found <= known => Ok(found),
        _ => Err(OpenError::Newer {
            path: opening.path.clone(),
            found: version,
            known: i64::try_from(known).unwrap_or(i64::MAX),
        }),
    }
}

async fn migrate(
    connection: &mut SqliteConnection,
    sealer: &Sealer,
    done: usize,
    migration: &'static str,
) -> Result<(), sqlx::Error> {
    let marks = format!(
        "PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {}",
        done + 1
    );
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
    sqlx::raw_sql(migration).execute(&mut *connection).await?;
    sqlx::raw_sql(AssertSqlSafe(marks))
        .execute(&mut *connection)
        .await?;
    if done == 0 {
        let check = sealer.seal(CHECK_PLACE, KEY_CHECK);
        let check = check.map_err(|cause| sqlx::Error::Encode(Box::new(cause)))?;
        sqlx::query("INSERT INTO installation (one, id, key_check) VALUES (1, ?1, ?2)")
            .bind(Uuid::now_v7().to_string())
            .bind(check)
            .execute(&mut *connection)
            .await?;
    }
    sqlx::raw_sql("COMMIT").execute(&mut *connection).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use lighthouse_core::store::Installation;

    use crate::SqliteStore;
    use crate::schema::MIGRATIONS;

    #[tokio::test]
    async fn a_due_migration_copies_the_file_first_and_keeps_what_was_there() {
        let data = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(data.path()).await.unwrap();
        store.set_setting("colour", "blue").await.unwrap();
        let id = store.installation_id().to_owned();
        store.close().await;
        drop(store);

        let newer = [MIGRATIONS, &["ALTER TABLE host ADD COLUMN note TEXT"]].concat();
        let store = SqliteStore::open_with(data.path(), &newer).await.unwrap();
        assert_eq!(store.installation_id(), id);
        assert_eq!(store.setting("colour").await.unwrap().as_deref(), Some("blue"));
        store.close().await;
        drop(store);

        let refusal = SqliteStore::open(data.path()).await.unwrap_err().to_string();
        assert!(refusal.contains("newer Lighthouse"), "{refusal}");

        let copies: Vec<_> = std::fs::read_dir(data.path().join("backups"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .collect();
        assert_eq!(copies.len(), 1);
        let restored = tempfile::tempdir().unwrap();
        crate::restore(restored.path(), &copies[0]).unwrap();
        let store = SqliteStore::open(restored.path()).await.unwrap();
        assert_eq!(store.setting("colour").await.unwrap().as_deref(), Some("blue"));
    }

    #[tokio::test]
    async fn a_migration_that_fails_leaves_the_old_schema() {
        let data = tempfile::tempdir().unwrap();
        SqliteStore::open(data.path()).await.unwrap().close().await;
        let broken = [MIGRATIONS, &["CREATE TABLE extra (x); SELECT no_such_function()"]].concat();
        assert!(SqliteStore::open_with(data.path(), &broken).await.is_err());
        SqliteStore::open(data.path()).await.unwrap();
    }
}
