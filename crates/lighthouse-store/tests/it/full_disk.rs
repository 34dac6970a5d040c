//! A full disk: reading goes on, writing is refused with the reason, and goes on by itself when there is space.

use std::fs;
use std::path::Path;

use lighthouse_core::store::{Installation, StoreError};
use lighthouse_store::SqliteStore;
use lighthouse_testkit::programs;

/// A small file system of its own; gone when dropped.
struct SmallDisk {
    place: tempfile::TempDir,
}

fn run(name: &str, arguments: &[&str], path: &Path) -> bool {
    programs::program(name)
        .args(arguments)
        .arg(path)
        .stderr(std::process::Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

impl SmallDisk {
    fn mount() -> Option<Self> {
        let place = tempfile::tempdir().unwrap();
        let size = ["-t", "tmpfs", "-o", "size=2m", "lighthouse-test"];
        run("mount", &size, place.path()).then_some(Self { place })
    }

    fn fill(&self) {
        let filler = self.place.path().join("filler");
        let mut size = 2 << 20;
        let mut filled = Vec::new();
        while size >= 512 {
            if fs::write(&filler, vec![0; filled.len() + size]).is_ok() {
                filled.resize(filled.len() + size, 0);
            } else {
                size /= 2;
            }
        }
        fs::write(&filler, &filled).ok();
        // What a failed attempt cut off.
        fs::write(self.place.path().join("rest"), [0; 4096]).ok();
    }

    fn free(&self) {
        fs::remove_file(self.place.path().join("filler")).unwrap();
        fs::remove_file(self.place.path().join("rest")).ok();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        run("umount", &["-l"], self.place.path());
    }
}

#[tokio::test]
async fn a_full_disk_stops_writing_only_until_there_is_space() {
    let Some(disk) = SmallDisk::mount() else {
        lighthouse_testkit::skip("a full disk: mounting a small file system needs root");
        return;
    };
    let data = disk.place.path().join("data");
    let store = SqliteStore::open(&data).await.unwrap();
    store.set_setting("theme", "dark").await.unwrap();
    disk.fill();
    let big = "x".repeat(100_000);
    let mut refusal = None;
    for n in 0..100 {
        if let Err(cause) = store.set_setting(&format!("big-{n}"), &big).await {
            refusal = Some(cause);
            break;
        }
    }
    let refusal = refusal.expect("the disk never filled up");
    assert!(matches!(refusal, StoreError::Full(_)), "{refusal:?}");
    assert!(matches!(
        store.set_setting("more", &big).await,
        Err(StoreError::Full(_))
    ));
    assert_eq!(store.setting("theme").await.unwrap().as_deref(), Some("dark"));
    disk.free();
    store.set_setting("theme", "light").await.unwrap();
    assert_eq!(store.setting("theme").await.unwrap().as_deref(), Some("light"));
    assert_eq!(store.setting("more").await.unwrap(), None);
    store.close().await;
    drop(store);
    SqliteStore::open(&data).await.unwrap();
}
