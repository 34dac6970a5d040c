//! A root file system in a tar archive, made in memory.

use tar::{Builder, EntryType, Header};

use crate::BenchError;

/// Files of an image to be; the same content always gives the same bytes.
pub(super) struct Tree {
    archive: Builder<Vec<u8>>,
}

impl Default for Tree {
    fn default() -> Self {
        Self {
            archive: Builder::new(Vec::new()),
        }
    }
}

impl Tree {
    pub(super) fn file(&mut self, path: &str, mode: u32, content: &[u8]) -> Result<(), BenchError> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        self.archive
            .append_data(&mut header, path, content)
            .map_err(failed(path))
    }

    pub(super) fn link(&mut self, path: &str, target: &str) -> Result<(), BenchError> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Symlink);
        header.set_mode(0o777);
        header.set_size(0);
        self.archive
            .append_link(&mut header, path, target)
            .map_err(failed(path))
    }

    pub(super) fn folder(&mut self, path: &str, mode: u32) -> Result<(), BenchError> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Directory);
        header.set_mode(mode);
        header.set_size(0);
        self.archive
            .append_data(&mut header, path, &[][..])
            .map_err(failed(path))
    }

    pub(super) fn finish(self) -> Result<Vec<u8>, BenchError> {
        self.archive
            .into_inner()
            .map_err(BenchError::io("finish an image's archive"))
    }
}

fn failed(path: &str) -> impl FnOnce(std::io::Error) -> BenchError {
    BenchError::io(format!("put `{path}` into an image"))
}
