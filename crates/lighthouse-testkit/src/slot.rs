//! A number on this machine that belongs to one bench: its names, subnet and folder follow from it.
//!
//! Several test runs share a machine. Each bench holds a locked file for as long as it lives; the kernel
//! releases the lock when the owner dies, so a leftover is told from a live bench without guessing. A small
//! watcher process shares the lock and takes everything apart when its owner drops the bench or dies.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

use crate::{BenchError, programs::program};

/// Folders of all benches. On a disk, not in memory: engines keep images there.
const BENCHES: &str = "/var/lib/lighthouse-testkit";
/// Subnets are `10.213.<slot>.0/24`.
const SLOTS: std::ops::RangeInclusive<u8> = 1..=199;
/// As the watcher looks for it.
pub(crate) const MARK: &str = "LIGHTHOUSE_BENCH";
const REAPER: &str = include_str!("reap.sh");

/// A slot that is ours until dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    number: u8,
    dir: PathBuf,
    reaper: Child,
}

impl Slot {
    /// Takes the first free slot, after clearing away what dead owners left.
    pub(crate) fn take() -> Result<Self, BenchError> {
        sweep()?;
        for number in SLOTS {
            let Some(lock) = lock(number)? else { continue };
            let dir = folder(number);
            fs::create_dir_all(&dir).map_err(BenchError::path("create", &dir))?;
            let reaper = reaper(number, lock, Stdio::piped())?;
            return Ok(Self { number, dir, reaper });
        }
        Err(BenchError::NotPossible(
            "every slot for a bench is taken".to_owned(),
        ))
    }

    /// Prefix of every name of this bench; also the name of its bridge.
    pub(crate) fn name(&self) -> String {
        name(self.number)
    }

    /// The environment variable by which a process belongs to this bench.
    pub(crate) fn mark(&self) -> (&'static str, String) {
        (MARK, self.name())
    }

    /// Where everything of this bench lies.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The address in this bench's subnet that ends in `last`.
    pub(crate) fn address(&self, last: u8) -> String {
        format!("10.213.{}.{last}", self.number)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // The end of its standard input is the watcher's sign to begin.
        drop(self.reaper.stdin.take());
        drop(self.reaper.wait());
    }
}

/// Removes what benches of dead processes left; live ones are not touched.
pub fn sweep() -> Result<(), BenchError> {
    let Ok(entries) = fs::read_dir(BENCHES) else {
        return Ok(());
    };
    let left: Vec<u8> = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect();
    for number in left {
        let Some(lock) = lock(number)? else { continue };
        let mut reaper = reaper(number, lock, Stdio::null())?;
        reaper.wait().map_err(BenchError::io("clear away an old bench"))?;
    }
    Ok(())
}

fn name(number: u8) -> String {
    format!("lh{number}")
}

fn folder(number: u8) -> PathBuf {
    Path::new(BENCHES).join(number.to_string())
}

fn lock_file(number: u8) -> PathBuf {
    Path::new(BENCHES).join(format!("{number}.lock"))
}

/// Locks a slot, or gives `None` when somebody else has it.
fn lock(number: u8) -> Result<Option<File>, BenchError> {
    let path = lock_file(number);
    fs::create_dir_all(BENCHES).map_err(BenchError::path("create", Path::new(BENCHES)))?;
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(BenchError::path("open", &path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(BenchError::path("lock", &path)(error)),
    }
    // The former owner removes the file while it holds the lock: then we hold a lock on nothing.
    let ours = file.metadata().map_err(BenchError::path("look at", &path))?.ino();
    let there = fs::metadata(&path).map(|data| data.ino()).ok();
    Ok((there == Some(ours)).then_some(file))
}

fn reaper(number: u8, lock: File, input: Stdio) -> Result<Child, BenchError> {
    program("sh")
        .args(["-c", REAPER, "reap", &name(number)])
        .args([folder(number), lock_file(number)])
        .current_dir("/")
        // A bench may be started by a process of another one.
        .env_remove(MARK)
        .stdin(input)
        .stdout(lock)
        // Ctrl-C in a terminal goes to the whole group; the watcher has to outlive us.
        .process_group(0)
        .spawn()
        .map_err(BenchError::io("start the bench's watcher"))
}
