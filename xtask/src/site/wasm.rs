//! The WASM: `frontend` built for the browser and its bindings.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use wasm_bindgen_cli_support::Bindgen;

use super::{pack, read, write};
use crate::program;
use crate::workspace::Workspace;

/// What the script calls the WASM, until it gets a name with a hash.
pub(super) const DEFAULT_NAME: &str = "lighthouse_bg.wasm";

/// What the browser loads.
pub(super) struct Bindings {
    /// The finished WASM.
    pub(super) wasm: Vec<u8>,
    /// The module that loads it.
    pub(super) script: String,
    /// Modules of libraries that the script imports, by their path beside it.
    pub(super) snippets: BTreeMap<String, String>,
}

/// The texts of the last build's bindings, kept with the hash of what they were made from.
#[derive(Serialize, Deserialize)]
struct Kept {
    made_from: String,
    script: String,
    snippets: BTreeMap<String, String>,
}

/// Builds the WASM, in a cargo invocation and a target folder of its own.
pub(super) fn build(workspace: &Workspace) -> Result<Bindings> {
    let folder = workspace.wasm_target();
    let mut cargo = workspace.cargo(&[
        "build",
        "--package",
        "lighthouse-frontend",
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        "wasm-release",
        "--target-dir",
    ]);
    program::run(cargo.arg(&folder))?;
    let raw = read(&folder.join("wasm32-unknown-unknown/wasm-release/lighthouse_frontend.wasm"))?;

    let kept_texts = folder.join("bindings.json");
    let kept_wasm = folder.join(DEFAULT_NAME);
    let made_from = pack::hash(&raw);
    if let Some(kept) = fs::read(&kept_texts)
        .ok()
        .and_then(|json| serde_json::from_slice::<Kept>(&json).ok())
        && kept.made_from == made_from
        && kept_wasm.exists()
    {
        return Ok(Bindings {
            wasm: read(&kept_wasm)?,
            script: kept.script,
            snippets: kept.snippets,
        });
    }
    let bindings = bind(raw)?;
    write(&kept_wasm, &bindings.wasm)?;
    let kept = Kept {
        made_from,
        script: bindings.script.clone(),
        snippets: bindings.snippets.clone(),
    };
    write(&kept_texts, &serde_json::to_vec(&kept)?)?;
    Ok(bindings)
}

/// Generates the bindings between the WASM and the browser.
fn bind(raw: Vec<u8>) -> Result<Bindings> {
    let mut generator = Bindgen::new();
    generator
        .web(true)?
        .input_bytes("lighthouse", raw)
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true);
    let mut output = generator
        .generate_output()
        .context("cannot generate the bindings of the WASM")?;
    let script = output.js().to_owned();
    let mut snippets = BTreeMap::new();
    for (library, texts) in output.snippets() {
        for (n, text) in texts.iter().enumerate() {
            snippets.insert(format!("snippets/{library}/inline{n}.js"), text.clone());
        }
    }
    for (path, text) in output.local_modules() {
        snippets.insert(format!("snippets/{path}"), text.clone());
    }
    Ok(Bindings {
        wasm: output.wasm_mut().emit_wasm(),
        script,
        snippets,
    })
}
