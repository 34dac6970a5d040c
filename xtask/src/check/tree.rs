//! The files of the tree: vendored modules are as recorded, nothing points at one person's machine.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::program;
use crate::site;
use crate::workspace::Workspace;

/// Modules of others, kept in the tree byte for byte.
const VENDOR: &str = "public/vendor";
/// Their hashes, in the format of `sha256sum`. Hidden files are not published.
const RECORD: &str = ".sha256sums";

/// Folders of people: a path into one of them works on one machine only.
const PERSONAL: [&str; 3] = [
    concat!("/ho", "me/"),
    concat!("/Us", "ers/"),
    concat!("/ro", "ot/."),
];

/// Reads every file that git knows.
pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let mut wrong = Vec::new();
    let vendor = workspace.root().join(VENDOR);
    if vendor.exists() {
        wrong.extend(altered(&vendor)?);
    }
    let mut git = program::command("git");
    let files = program::read(git.current_dir(workspace.root()).args(["ls-files", "-z"]))?;
    let root = workspace.root().to_string_lossy();
    for file in files.split('\0').filter(|file| !file.is_empty()) {
        // Not UTF-8 is a picture or a font; not there is deleted and not yet committed.
        let Ok(text) = fs::read_to_string(workspace.root().join(file)) else {
            continue;
        };
        if !file.starts_with(VENDOR) {
            wrong.extend(machine_bound(file, &text, &root));
        }
    }
    if wrong.is_empty() {
        return Ok(());
    }
    bail!(
        "{} in the tree:\n  {}",
        if wrong.len() == 1 { "a fault" } else { "faults" },
        wrong.join("\n  ")
    )
}

/// What differs between a folder and the record of its files' hashes.
fn altered(folder: &Path) -> Result<Vec<String>> {
    let record = fs::read_to_string(folder.join(RECORD)).with_context(|| {
        format!(
            "no record of the vendored modules; in {VENDOR} run: \
             find . -type f ! -name '.*' | sort | xargs sha256sum > {RECORD}"
        )
    })?;
    let mut recorded: BTreeMap<&str, &str> = record
        .lines()
        .filter_map(|line| line.split_once("  "))
        .map(|(hash, file)| (file.trim_start_matches("./"), hash))
        .collect();
    let mut found = site::Files::new();
    site::collect(folder, "", &mut found)?;
    let mut wrong = Vec::new();
    for (file, content) in found {
        match recorded.remove(&*file) {
            None => wrong.push(format!("`{VENDOR}/{file}` is not in {VENDOR}/{RECORD}")),
            Some(hash) if hash != hex::encode(Sha256::digest(&content)) => {
                wrong.push(format!(
                    "`{VENDOR}/{file}` is not what was vendored: its hash differs from the record"
                ));
            }
            Some(_) => {}
        }
    }
    wrong.extend(
        recorded
            .keys()
            .map(|file| format!("`{VENDOR}/{file}` is recorded but missing")),
    );
    Ok(wrong)
}

/// Lines that only work on the machine, or behind the mirror, of whoever wrote them.
fn machine_bound(file: &str, text: &str, root: &str) -> Vec<String> {
    let name = file.rsplit('/').next().unwrap_or(file);
    let mut wrong = Vec::new();
    for (line, n) in text.lines().zip(1..) {
        if line.contains(root) || PERSONAL.iter().any(|folder| line.contains(folder)) {
            wrong.push(format!("`{file}:{n}` holds a path of one machine"));
        }
        let mirror = match name {
            "package-lock.json" => line.contains("\"resolved\""),
            "Cargo.lock" => {
                line.starts_with("source") && !line.contains("https://github.com/rust-lang/crates.io-index")
            }
            ".npmrc" => line.trim_start().starts_with("registry") || line.contains("_auth"),
            "config.toml" => line.starts_with("[source") || line.starts_with("[registries"),
            _ => false,
        };
        if mirror {
            wrong.push(format!("`{file}:{n}` names a registry"));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendored_module_must_be_as_recorded() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        file("a.js", "a");
        file("new.js", "n");
        file(
            RECORD,
            "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  ./a.js\n\
             0000000000000000000000000000000000000000000000000000000000000000  gone.js\n",
        );
        let wrong = altered(folder.path()).unwrap();
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert!(wrong[0].contains("new.js` is not in"));
        assert!(wrong[1].contains("gone.js` is recorded but missing"));

        file("a.js", "b");
        assert!(altered(folder.path()).unwrap()[0].contains("its hash differs"));
    }

    #[test]
    fn paths_and_registries_of_one_machine_are_found() {
        let home = format!("see {}anna/notes", PERSONAL[0]);
        assert_eq!(
            machine_bound("docs/a.md", &home, "/srv/clone"),
            ["`docs/a.md:1` holds a path of one machine"]
        );
        assert_eq!(machine_bound("a.rs", "\n// /srv/clone/x", "/srv/clone").len(), 1);
        assert_eq!(
            machine_bound(
                "end2end/package-lock.json",
                "  \"resolved\": \"https://mirror/x.tgz\"",
                "/srv/clone"
            ),
            ["`end2end/package-lock.json:1` names a registry"]
        );
        let lock = "source = \"registry+https://github.com/rust-lang/crates.io-index\"";
        assert_eq!(machine_bound("Cargo.lock", lock, "/srv/clone"), [""; 0]);
    }
}
