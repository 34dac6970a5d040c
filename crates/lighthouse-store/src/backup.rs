//! Copies of the store: while the console runs, before a migration, and back again.
//!
//! A backup is a directory with `lighthouse.db` and `installation.key`: one is useless without the other. Whoever
//! keeps the key apart restores the database beside the key that is there.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use lighthouse_core::{Clock, SystemClock};
use sqlx::{ConnectOptions, Connection};

use crate::OpenError;
use crate::directory::{BACKUPS, DATABASE, DataDirectory, KEY, file, private_directory, private_new, settle};
use crate::schema::refusal;
use crate::store::options;

/// Copies the store in `data` into the new directory `into`, whether a console runs on it or not. What was
/// committed when the copy began is in it.
pub async fn back_up(data: &Path, into: &Path) -> Result<(), OpenError> {
    if into.exists() {
        return Err(OpenError::Exists {
            path: into.to_owned(),
        });
    }
    let source = data.join(DATABASE);
    if !source.exists() {
        return Err(OpenError::NoBackup {
            path: data.to_owned(),
        });
    }
    private_directory(into)?;
    let target = into.join(DATABASE);
    let refused = |cause| refusal("copying it", source.clone(), restore_command(data), cause);
    let mut connection = options(&source)
        .create_if_missing(false)
        .connect()
        .await
        .map_err(refused)?;
    // The target is made first, so that only its owner may read it: SQLite accepts an empty file.
    private_new(&target).map_err(file("create", &target))?;
    let copied = sqlx::query("VACUUM INTO ?1")
        .bind(target.to_string_lossy().into_owned())
        .execute(&mut connection)
        .await;
    connection.close().await.ok();
    copied.map_err(refused)?;
    copy_private(&data.join(KEY), &into.join(KEY))?;
    settle(&target).map_err(file("write", &target))
}

/// Copies the store into `data/backups`, under a name that is not taken.
pub(crate) async fn copy_beside(data: &Path, name: &str) -> Result<PathBuf, OpenError> {
    let backups = data.join(BACKUPS);
    private_directory(&backups)?;
    let into = backups.join(format!("{name}-{}", SystemClock.now()));
    back_up(data, &into).await?;
    Ok(into)
}

/// Puts a backup in the place of the store in `data`. What was there is kept beside it; the key stays when the
/// backup has none. Refused while a console runs on the directory.
pub fn restore(data: &Path, from: &Path) -> Result<(), OpenError> {
    let with_key = from.join(KEY).is_file();
    if !is_backup(from) || !(with_key || data.join(KEY).is_file()) {
        return Err(OpenError::NoBackup {
            path: from.to_owned(),
        });
    }
    let claimed = DataDirectory::claim(data)?;
    let mark = SystemClock.now();
    let key = with_key.then_some(KEY);
    for name in [DATABASE, "lighthouse.db-wal", "lighthouse.db-shm"]
        .into_iter()
        .chain(key)
    {
        let there = claimed.path().join(name);
        let aside = claimed.path().join(format!("{name}.before-restore-{mark}"));
        match fs::rename(&there, &aside) {
            Ok(()) => {}
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => {}
            Err(cause) => return Err(file("move aside", &there)(cause)),
        }
    }
    // The key first: a crash in between leaves a key without a store, which is a fresh start, not a broken one.
    for name in key.into_iter().chain([DATABASE]) {
        copy_private(&from.join(name), &claimed.path().join(name))?;
    }
    Ok(())
}

/// The exact command that puts the newest backup back.
pub(crate) fn restore_command(data: &Path) -> String {
    let newest = newest_backup(&data.join(BACKUPS));
    let from = newest.map_or_else(|| "<backup directory>".to_owned(), |path| quoted(&path));
    format!("lighthouse backup --data {} restore {from}", quoted(data))
}

fn newest_backup(backups: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(backups).ok()?.flatten();
    let dated = entries.filter(|entry| is_backup(&entry.path())).map(|entry| {
        let changed = entry.metadata().and_then(|data| data.modified());
        (changed.unwrap_or(UNIX_EPOCH), entry.path())
    });
    dated.max().map(|(_, path)| path)
}

fn is_backup(path: &Path) -> bool {
    path.join(DATABASE).is_file()
}

fn quoted(path: &Path) -> String {
    let text = path.to_string_lossy();
    let plain = text
        .chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | ':' | '@'));
    if plain {
        text.into_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

fn copy_private(from: &Path, to: &Path) -> Result<(), OpenError> {
    let mut source = fs::File::open(from).map_err(file("read", from))?;
    private_new(to)
        .and_then(|mut target| io::copy(&mut source, &mut target))
        .and_then(|_| settle(to))
        .map_err(file("create", to))
}
