//! What the site holds, for the server: `target/site/manifest.json`.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Serialize;

use crate::budget::Weight;

/// The names of the entry files and a description of every file.
///
/// ```json
/// {
///   "script": "pkg/lighthouse.3f….js", "wasm": "pkg/lighthouse.77….wasm", "style": "pkg/lighthouse.a0….css",
///   "files": {
///     "favicon.svg": { "hash": "…", "size": 410, "brotli": 220, "gzip": 250, "immutable": false }
///   }
/// }
/// ```
#[derive(Serialize)]
pub(crate) struct Manifest {
    /// The module that loads the WASM; its default export starts it.
    pub(crate) script: String,
    /// The WASM itself.
    pub(crate) wasm: String,
    /// The style sheet.
    pub(crate) style: String,
    /// Every file by its path in the site, but for the compressed twins and the manifest.
    pub(crate) files: BTreeMap<String, File>,
}

/// One file of the site.
#[derive(Serialize)]
pub(crate) struct File {
    /// Of its content; fit for an `ETag`.
    pub(crate) hash: String,
    /// In bytes.
    pub(crate) size: u64,
    /// Size of its twin `.br`, if there is one.
    pub(crate) brotli: Option<u64>,
    /// Size of its twin `.gz`, if there is one.
    pub(crate) gzip: Option<u64>,
    /// Whether its name changes with its content, so that it may be cached for ever.
    pub(crate) immutable: bool,
}

impl Manifest {
    pub(crate) fn new(script: String, wasm: String, style: String) -> Self {
        Self {
            script,
            wasm,
            style,
            files: BTreeMap::new(),
        }
    }

    pub(crate) fn to_json(&self) -> Result<Vec<u8>> {
        Ok(serde_json::to_vec_pretty(self)?)
    }

    /// What a file weighs as stored and as sent.
    pub(crate) fn weight(&self, path: &str) -> Result<Weight> {
        let file = self
            .files
            .get(path)
            .with_context(|| format!("`{path}` is not in the site"))?;
        Ok(Weight {
            raw: file.size,
            sent: file.brotli.unwrap_or(file.size),
        })
    }
}
