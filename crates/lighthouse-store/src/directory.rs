//! The data directory: its lock, its files, and the key of the installation.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::OpenError;
use crate::seal::Sealer;

/// The database.
pub(crate) const DATABASE: &str = "lighthouse.db";
/// The key.
pub(crate) const KEY: &str = "installation.key";
/// Where copies go.
pub(crate) const BACKUPS: &str = "backups";

const LOCK: &str = "lighthouse.lock";
const KEY_WORD: &str = "lighthouse-key-1";

pub(crate) fn file(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    move |cause| OpenError::File {
        doing,
        path: path.to_owned(),
        cause,
    }
}

/// A data directory that this process has for itself until it is dropped.
#[derive(Debug)]
pub(crate) struct DataDirectory {
    path: PathBuf,
    _lock: File,
}

impl DataDirectory {
    /// Makes the directory when it is not there, and takes its lock.
    pub(crate) fn claim(path: &Path) -> Result<Self, OpenError> {
        private_directory(path)?;
        let lock_path = path.join(LOCK);
        let mut lock = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&lock_path)
            .map_err(file("open", &lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // Only for the message: an unreadable lock file still locks.
                lock.take(20).read_to_string(&mut pid).ok();
                let pid = pid.trim();
                return Err(OpenError::InUse {
                    directory: path.to_owned(),
                    holder: match pid.parse::<u32>() {
                        Ok(pid) => format!(" (process {pid})"),
                        Err(_) => String::new(),
                    },
                });
            }
            Err(TryLockError::Error(cause)) => return Err(file("lock", &lock_path)(cause)),
        }
        // A full disk must not keep the console from reading what it has.
        let note = lock
            .set_len(0)
            .and_then(|()| writeln!(lock, "{}", std::process::id()));
        if let Err(cause) = note {
            tracing::warn!(%cause, "could not note the process in the lock file");
        }
        Ok(Self {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }

    /// Makes an empty database file that only its owner may read; `true` when it was not there.
    pub(crate) fn make_database(&self) -> Result<bool, OpenError> {
        let path = self.database();
        match private_new(&path) {
            Ok(_) => Ok(true),
            Err(cause) if cause.kind() == io::ErrorKind::AlreadyExists => {
                let length = fs::metadata(&path).map_err(file("read", &path))?.len();
                Ok(length == 0)
            }
            Err(cause) => Err(file("create", &path)(cause)),
        }
    }

    /// The key; made when the installation is new.
    pub(crate) fn key(&self, is_new: bool) -> Result<Sealer, OpenError> {
        let path = self.path.join(KEY);
        match read_key(&path) {
            Err(OpenError::KeyMissing { .. }) if is_new => {
                make_key(&path)?;
                read_key(&path)
            }
            other => other,
        }
    }
}

/// Makes a directory that only its owner may enter. One that was there and is ours alone is closed to others; one
/// that holds other things is left as it is.
pub(crate) fn private_directory(path: &Path) -> Result<(), OpenError> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.map_err(file("create", path))?;
    let mode = fs::metadata(path)
        .map_err(file("read", path))?
        .permissions()
        .mode();
    let open_to_others = mode & 0o077 != 0;
    let shared = mode & 0o1000 != 0;
    if open_to_others && !shared {
        let mut entries = fs::read_dir(path).map_err(file("read", path))?;
        if path.join(DATABASE).exists() || entries.next().is_none() {
            let closed = fs::set_permissions(path, Permissions::from_mode(0o700));
            closed.map_err(file("change the mode of", path))?;
        }
    }
    Ok(())
}

pub(crate) fn private_new(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Puts what was written, and its name, on the disk for good.
pub(crate) fn settle(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()?;
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => Ok(()),
    }
}

fn make_key(path: &Path) -> Result<(), OpenError> {
    let mut bytes = Zeroizing::new([0_u8; 36]);
    getrandom::fill(bytes.as_mut_slice()).map_err(OpenError::Random)?;
    let (id, key) = bytes.split_at(4);
    let key = Zeroizing::new(hex::encode(key));
    let line = Zeroizing::new(format!("{KEY_WORD} {} {}\n", hex::encode(id), key.as_str()));
    // Written beside and renamed: a crash in between leaves no half key.
    let beside = path.with_extension("key.new");
    fs::remove_file(&beside).ok();
    private_new(&beside)
        .and_then(|mut new| new.write_all(line.as_bytes()))
        .and_then(|()| settle(&beside))
        .and_then(|()| fs::rename(&beside, path))
        .and_then(|()| settle(path))
        .map_err(file("create", path))
}

fn read_key(path: &Path) -> Result<Sealer, OpenError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => {
            return Err(OpenError::KeyMissing {
                path: path.to_owned(),
            });
        }
        Err(cause) => return Err(file("read", path)(cause)),
    };
    let parse = || {
        let mut words = text.split_ascii_whitespace();
        let mut id = [0; 4];
        let mut key = [0; 32];
        (words.next()? == KEY_WORD).then_some(())?;
        hex::decode_to_slice(words.next()?, &mut id).ok()?;
        hex::decode_to_slice(words.next()?, &mut key).ok()?;
        words.next().is_none().then(|| Sealer::new(id, key))
    };
    let sealer = parse().ok_or_else(|| OpenError::KeyGarbled {
        path: path.to_owned(),
    })?;
    let mode = fs::metadata(path)
        .map_err(file("read", path))?
        .permissions()
        .mode();
    if mode & 0o077 != 0 {
        let closed = fs::set_permissions(path, Permissions::from_mode(0o600));
        closed.map_err(file("change the mode of", path))?;
    }
    Ok(sealer)
}
