//! What can be said about the code without running it: format, lints, arrows, files and sizes.

mod arrows;
mod tree;

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::budget::{self, Spent};
use crate::program;
use crate::site;
use crate::workspace::{NATIVE, Workspace};

/// Time for everything that is built and linted, from an empty target folder on two cores.
const BUDGET: Duration = Duration::from_secs(30 * 60);

type Part = (&'static str, fn(&Workspace) -> Result<()>);

/// The quick ones first.
const PARTS: [Part; 7] = [
    ("format", format),
    ("files", tree::check),
    ("arrows", arrows::check),
    ("lints of xtask", lint_xtask),
    ("site and its size", weigh),
    ("lints for the browser", lint_browser),
    ("lints for this machine", lint_native),
];

/// Performs every check and tells of all that failed, not only of the first.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let started = Instant::now();
    let mut failed = Vec::new();
    for (name, part) in PARTS {
        let begun = Instant::now();
        eprintln!("check: {name}");
        match part(workspace) {
            Ok(()) => eprintln!("check: {name}: good, {}", budget::clock(begun.elapsed())),
            Err(error) => {
                eprintln!("check: {name}: {error:#}");
                failed.push(name);
            }
        }
    }
    eprintln!(
        "check: builds and lints took {}",
        Spent {
            time: started.elapsed(),
            budget: BUDGET
        }
    );
    if !failed.is_empty() {
        bail!("these checks failed: {}", failed.join(", "));
    }
    Ok(())
}

fn format(workspace: &Workspace) -> Result<()> {
    program::run(&mut workspace.cargo(&["fmt", "--all", "--check"]))
}

/// A site that is too heavy can still be built and looked at, but it does not land.
fn weigh(workspace: &Workspace) -> Result<()> {
    let site = site::build(workspace)?;
    budget::limit(site.weight(&site.wasm)?)
}

fn lint_native(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo(&["clippy", "--all-targets"]);
    program::run(cargo.args(NATIVE).args(["--", "--deny", "warnings"]))
}

fn lint_browser(workspace: &Workspace) -> Result<()> {
    // The same profile as the build of the site, so that macros and build scripts are compiled once for both.
    let mut cargo = workspace.cargo(&[
        "clippy",
        "--package",
        "lighthouse-frontend",
        "--package",
        "lighthouse-app",
    ]);
    cargo.args([
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        "wasm-release",
        "--target-dir",
    ]);
    program::run(
        cargo
            .arg(workspace.wasm_target())
            .args(["--", "--deny", "warnings"]),
    )
}

fn lint_xtask(workspace: &Workspace) -> Result<()> {
    program::run(&mut workspace.cargo(&[
        "clippy",
        "--package",
        "xtask",
        "--all-targets",
        "--",
        "--deny",
        "warnings",
    ]))
}
