//! The site: script, WASM, style sheet and everything from `public/`, embedded in the release binary.
//!
//! Development builds read it from `target/site`. Assets whose names carry a hash are immutable.

use std::collections::BTreeMap;

use axum::response::{IntoResponse, Response};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};
use rust_embed::RustEmbed;
use serde::Deserialize;

#[derive(RustEmbed)]
#[folder = "../target/site"]
struct Files;

/// What `manifest.json` says of the site.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Manifest {
    /// The script's path within the site.
    pub script: String,
    /// The WASM's path.
    pub wasm: String,
    /// The style sheet's path.
    pub style: String,
    files: BTreeMap<String, Asset>,
}

#[derive(Debug, Clone, Deserialize)]
struct Asset {
    hash: String,
    brotli: Option<u64>,
    gzip: Option<u64>,
    immutable: bool,
}

impl Manifest {
    /// Reads the manifest. Without one the console still serves its API and plain pages.
    pub fn load() -> Self {
        Files::get("manifest.json")
            .and_then(|file| serde_json::from_slice(&file.data).ok())
            .unwrap_or_else(|| {
                tracing::warn!(
                    "no site was built: pages come without style and script; run `cargo xtask build`"
                );
                Self::default()
            })
    }

    /// What identifies this build to the browser.
    pub fn build(&self) -> String {
        let of = |path: &str| {
            self.files
                .get(path)
                .map_or("", |asset| asset.hash.get(..8).unwrap_or(&asset.hash))
        };
        format!(
            "{}-{}{}",
            env!("CARGO_PKG_VERSION"),
            of(&self.wasm),
            of(&self.style)
        )
    }

    /// Is there such a file?
    pub fn has(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    /// Answers a GET for a file of the site.
    pub fn serve(&self, path: &str, headers: &HeaderMap) -> Response {
        let Some(asset) = self.files.get(path) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let etag = format!("\"{}\"", asset.hash);
        let cache = if asset.immutable {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let known = headers
            .get(IF_NONE_MATCH)
            .and_then(|v| v.to_str().ok())
            .is_some_and(|v| v == etag);
        let accepts = |encoding: &str| {
            headers
                .get_all(ACCEPT_ENCODING)
                .iter()
                .filter_map(|v| v.to_str().ok())
                .any(|v| {
                    v.split(',')
                        .any(|e| e.split(';').next().is_some_and(|e| e.trim() == encoding))
                })
        };
        let (encoding, stored) = if asset.brotli.is_some() && accepts("br") {
            (Some("br"), format!("{path}.br"))
        } else if asset.gzip.is_some() && accepts("gzip") {
            (Some("gzip"), format!("{path}.gz"))
        } else {
            (None, path.to_owned())
        };
        let mut response = if known {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let Some(file) = Files::get(&stored) else {
                return StatusCode::NOT_FOUND.into_response();
            };
            let body = match file.data {
                std::borrow::Cow::Borrowed(bytes) => bytes::Bytes::from_static(bytes),
                std::borrow::Cow::Owned(bytes) => bytes::Bytes::from(bytes),
            };
            axum::body::Body::from(body).into_response()
        };
        let answer = response.headers_mut();
        answer.insert(CONTENT_TYPE, HeaderValue::from_static(media_type(path)));
        answer.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
        answer.insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        answer.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if let Ok(etag) = HeaderValue::from_str(&etag) {
            answer.insert(ETAG, etag);
        }
        if let (Some(encoding), false) = (encoding, known) {
            answer.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        response
    }
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "json" => "application/json",
        "webmanifest" => "application/manifest+json",
        "woff2" => "font/woff2",
        _ => "text/plain; charset=utf-8",
    }
}
