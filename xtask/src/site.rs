//! The site: everything a browser loads, in `target/site`.
//!
//! `pkg/` holds the script, the WASM and the style sheet under names that carry their content's hash, so they may
//! be cached for ever. Everything from `public/` keeps its name. Files worth compressing lie beside a `.br` and
//! a `.gz`. `manifest.json` tells the server what there is; see [`manifest::Manifest`].

mod manifest;
mod pack;
mod style;
mod wasm;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use self::manifest::Manifest;
use self::pack::Packer;
use crate::budget;
use crate::workspace::Workspace;

/// Files of the site by their path in it, with `/` between folders.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Builds the site and prints what it weighs.
pub(crate) fn build(workspace: &Workspace) -> Result<Manifest> {
    let mut packer = Packer::new(workspace.wasm_target().join("packed"))?;
    let mut files = Files::new();

    let bindings = wasm::build(workspace)?;
    let wasm = place(&mut files, "wasm", bindings.wasm);
    // Called without an argument, the script loads the WASM that lies beside it.
    let file_name = wasm.rsplit('/').next().unwrap_or(&wasm);
    let script = bindings.script.replace(wasm::DEFAULT_NAME, file_name);
    let script = place(&mut files, "js", script.into_bytes());
    for (path, text) in bindings.snippets {
        files.insert(format!("pkg/{path}"), text.into_bytes());
    }
    let style = style::bundle(&workspace.root().join("style/main.css"))?;
    let style = place(&mut files, "css", style.into_bytes());
    collect(&workspace.root().join("public"), "", &mut files)?;

    let mut manifest = Manifest::new(script, wasm, style);
    let mut packed = Files::new();
    for (path, content) in files {
        packer.pack(&path, content, &mut manifest, &mut packed)?;
    }
    packer.finish()?;
    packed.insert("manifest.json".into(), manifest.to_json()?);
    publish(&workspace.site(), packed)?;

    budget::weigh(
        manifest.weight(&manifest.wasm)?,
        manifest.weight(&manifest.script)?,
        manifest.weight(&manifest.style)?,
    );
    Ok(manifest)
}

/// Puts one product of the build under a name that carries its hash.
fn place(files: &mut Files, extension: &str, content: Vec<u8>) -> String {
    let path = format!("pkg/lighthouse.{}.{extension}", pack::hash(&content));
    files.insert(path.clone(), content);
    path
}

/// Reads a folder with everything below it. A missing folder is an empty one.
pub(crate) fn collect(folder: &Path, prefix: &str, files: &mut Files) -> Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder).with_context(|| format!("cannot read `{}`", folder.display()))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // Hidden files are for tools, not for visitors.
        if name.starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{prefix}{name}/"), files)?;
        } else {
            files.insert(format!("{prefix}{name}"), read(&entry.path())?);
        }
    }
    Ok(())
}

/// Makes the folder hold exactly these files. What is the same already is not touched, so that cargo does not
/// embed it anew.
fn publish(site: &Path, files: Files) -> Result<()> {
    let mut old = Files::new();
    collect(site, "", &mut old)?;
    for path in old.keys().filter(|path| !files.contains_key(*path)) {
        fs::remove_file(site.join(path)).with_context(|| format!("cannot remove the old `{path}`"))?;
    }
    for (path, content) in files {
        if old.get(&path) != Some(&content) {
            write(&site.join(&path), &content)?;
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read `{}`", path.display()))
}

pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot create `{}`", folder.display()))?;
    }
    fs::write(path, content).with_context(|| format!("cannot write `{}`", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn publishing_removes_what_is_no_longer_made_and_leaves_alone_what_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let site = folder.path().join("site");
        publish(
            &site,
            Files::from([("pkg/a.js".into(), b"a".into()), ("b".into(), b"b".into())]),
        )
        .unwrap();
        let before = fs::metadata(site.join("b")).unwrap().modified().unwrap();

        publish(
            &site,
            Files::from([("pkg/c.js".into(), b"c".into()), ("b".into(), b"b".into())]),
        )
        .unwrap();

        let mut left = Files::new();
        collect(&site, "", &mut left).unwrap();
        assert_eq!(left.keys().collect::<Vec<_>>(), ["b", "pkg/c.js"]);
        assert_eq!(fs::metadata(site.join("b")).unwrap().modified().unwrap(), before);
    }
}
