//! The WASM: `frontend` built for the browser and its bindings.

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use walrus::ir::{InstrLocId, Unreachable};
use walrus::{FunctionKind, Module, ModuleConfig};
use wasm_bindgen_cli_support::Bindgen;

use super::{pack, read, write};
use crate::program;
use crate::workspace::Workspace;

/// What the script calls the WASM, until it gets a name with a hash.
pub(super) const DEFAULT_NAME: &str = "lighthouse_bg.wasm";

/// Raised when the same WASM is to be made into other bindings than before.
const RECIPE: u32 = 6;
/// Up to this many instructions the linker may have merged a function with others.
const SHARED: u64 = 40;

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
    let made_from = format!("{} {RECIPE}", pack::hash(&raw));
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
    let bindings = bind(&raw)?;
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
fn bind(raw: &[u8]) -> Result<Bindings> {
    let mut module = ModuleConfig::new()
        .strict_validate(false)
        .generate_name_section(false)
        .generate_producers_section(false)
        .parse(raw)
        .context("cannot read the WASM that was built")?;
    drop_what_is_never_called(&mut module);
    let mut generator = Bindgen::new();
    generator
        .web(true)?
        .input_module("lighthouse", module)
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

/// Empties functions that no page of this site calls, though a linker cannot know.
///
/// Leptos keeps for every boxed view, beside the hydration that is used, one for pages whose parts are loaded one by
/// one; no part of this site is. And it keeps the list of routes, which only servers make. A call would stop the
/// page with an `unreachable`, which every browser test would notice.
fn drop_what_is_never_called(module: &mut Module) {
    let unused: Vec<_> = module
        .funcs
        .iter_local()
        .filter(|(id, function)| {
            let name = module.funcs.get(*id).name.as_deref().unwrap_or_default();
            // Only the asynchronous hydration of boxed views: everything else that hydrates lazily is reached
            // through it and goes with it. The compiler merges other closures, and what is small, with the same
            // code of the hydration that is used.
            let lazy = name.contains("any_view..IntoAny") && name.contains("hydrate_async");
            let routes = name.contains("any_nested_route") && name.contains("generate_routes");
            (lazy || routes) && !name.contains("drop_in_place") && function.size() > SHARED
        })
        .map(|(id, _)| id)
        .collect();
    for id in unused {
        if let FunctionKind::Local(function) = &mut module.funcs.get_mut(id).kind {
            let entry = function.entry_block();
            function.block_mut(entry).instrs = vec![(Unreachable {}.into(), InstrLocId::default())];
        }
    }
}
