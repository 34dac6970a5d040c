//! Compressing the files of the site ahead of time.
//!
//! The best brotli takes seconds for the WASM, so results are kept by the content's hash: what did not change is
//! not compressed again.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::PathBuf;

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

use super::manifest::{File, Manifest};
use super::{Files, read, write};

/// Other files (pictures, fonts) are compressed already.
const WORTH_PACKING: [&str; 11] = [
    "css",
    "html",
    "ico",
    "js",
    "json",
    "map",
    "mjs",
    "svg",
    "txt",
    "wasm",
    "webmanifest",
];

/// The first 16 hexadecimal digits of the content's SHA-256: enough to name a file.
pub(super) fn hash(content: &[u8]) -> String {
    let mut name = hex::encode(Sha256::digest(content));
    name.truncate(16);
    name
}

/// Compresses files, or takes them from the last build.
pub(super) struct Packer {
    kept: PathBuf,
    used: BTreeSet<String>,
}

impl Packer {
    /// With the folder where results are kept between builds.
    pub(super) fn new(kept: PathBuf) -> Result<Self> {
        fs::create_dir_all(&kept).with_context(|| format!("cannot create `{}`", kept.display()))?;
        Ok(Self {
            kept,
            used: BTreeSet::new(),
        })
    }

    /// Adds a file and its compressed twins to the site and to its manifest.
    pub(super) fn pack(
        &mut self,
        path: &str,
        content: Vec<u8>,
        manifest: &mut Manifest,
        site: &mut Files,
    ) -> Result<()> {
        let hash = hash(&content);
        let extension = path.rsplit('.').next().unwrap_or_default();
        let mut twin = |suffix: &str, compress: fn(&[u8]) -> Result<Vec<u8>>| -> Result<Option<u64>> {
            if !WORTH_PACKING.contains(&extension) {
                return Ok(None);
            }
            let packed = self.remembered(&format!("{hash}.{suffix}"), || compress(&content))?;
            // A twin that saves next to nothing costs more than it gives.
            if packed.len() + 64 > content.len() {
                return Ok(None);
            }
            let size = packed.len() as u64;
            site.insert(format!("{path}.{suffix}"), packed);
            Ok(Some(size))
        };
        let brotli = twin("br", brotli)?;
        let gzip = twin("gz", gzip)?;
        let immutable = path.starts_with("pkg/") && path.contains(&hash);
        let size = content.len() as u64;
        manifest.files.insert(
            path.to_owned(),
            File {
                hash,
                size,
                brotli,
                gzip,
                immutable,
            },
        );
        site.insert(path.to_owned(), content);
        Ok(())
    }

    /// Forgets the results that this build had no use for.
    pub(super) fn finish(self) -> Result<()> {
        for entry in fs::read_dir(&self.kept)? {
            let entry = entry?;
            if !self.used.contains(&*entry.file_name().to_string_lossy()) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    fn remembered(&mut self, name: &str, make: impl FnOnce() -> Result<Vec<u8>>) -> Result<Vec<u8>> {
        let path = self.kept.join(name);
        self.used.insert(name.to_owned());
        if path.exists() {
            return read(&path);
        }
        let made = make()?;
        write(&path, &made)?;
        Ok(made)
    }
}

fn brotli(mut content: &[u8]) -> Result<Vec<u8>> {
    let parameters = BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        size_hint: content.len(),
        ..Default::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut content, &mut packed, &parameters).context("cannot compress with brotli")?;
    Ok(packed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn packed(path: &str, content: &[u8], kept: PathBuf) -> (Manifest, Files) {
        let mut packer = Packer::new(kept).unwrap();
        let mut manifest = Manifest::new(String::new(), String::new(), String::new());
        let mut site = Files::new();
        packer
            .pack(path, content.to_vec(), &mut manifest, &mut site)
            .unwrap();
        packer.finish().unwrap();
        (manifest, site)
    }

    #[test]
    fn a_text_gets_twins_that_unpack_to_itself() {
        let folder = tempfile::tempdir().unwrap();
        let text = b"lighthouse ".repeat(100);

        let (manifest, site) = packed("a.js", &text, folder.path().into());

        let mut plain = Vec::new();
        brotli::Decompressor::new(site["a.js.br"].as_slice(), 4096)
            .read_to_end(&mut plain)
            .unwrap();
        assert_eq!(plain, text);
        plain.clear();
        flate2::read::GzDecoder::new(site["a.js.gz"].as_slice())
            .read_to_end(&mut plain)
            .unwrap();
        assert_eq!(plain, text);
        assert_eq!(manifest.files["a.js"].brotli, Some(site["a.js.br"].len() as u64));
    }

    #[test]
    fn pictures_and_tiny_files_are_left_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let (_, site) = packed("a.png", &[0; 1000], folder.path().into());
        assert_eq!(site.len(), 1);
        let (_, site) = packed("a.txt", b"short", folder.path().into());
        assert_eq!(site.len(), 1);
    }

    #[test]
    fn only_the_results_of_the_last_build_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        packed("a.js", &b"first ".repeat(100), folder.path().into());
        packed("a.js", &b"second ".repeat(100), folder.path().into());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn only_a_name_with_its_own_hash_is_immutable() {
        let folder = tempfile::tempdir().unwrap();
        let hashed = format!("pkg/lighthouse.{}.js", hash(b"x"));
        assert!(packed(&hashed, b"x", folder.path().into()).0.files[&hashed].immutable);
        let (manifest, _) = packed("pkg/snippets/a.js", b"x", folder.path().into());
        assert!(!manifest.files["pkg/snippets/a.js"].immutable);
    }
}
