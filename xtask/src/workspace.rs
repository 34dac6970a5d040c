//! Where things are, and how cargo is called.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::program;

/// Arguments of cargo that choose everything built for this machine but xtask.
///
/// Lints, tests and the browser's server choose the same packages, so that cargo gives their dependencies the same
/// features and compiles them once.
pub(crate) const NATIVE: [&str; 5] = [
    "--workspace",
    "--exclude",
    "lighthouse-frontend",
    "--exclude",
    "xtask",
];

/// Which of the two ways of building the server is meant.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// For development and tests: quick to build, reads the site from `target/site`.
    Debug,
    /// For use: optimised, the site embedded.
    Release,
}

impl Build {
    pub(crate) fn of(release: bool) -> Self {
        if release { Self::Release } else { Self::Debug }
    }

    /// What cargo is told.
    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Debug => &[],
            Self::Release => &["--release"],
        }
    }
}

/// The folders of this workspace.
pub(crate) struct Workspace {
    root: PathBuf,
    target: PathBuf,
    cargo: OsString,
}

impl Workspace {
    /// Finds the workspace this program was built from.
    pub(crate) fn find() -> Result<Self> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let manifest = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = manifest
            .parent()
            .with_context(|| format!("`{}` has no parent folder", manifest.display()))?
            .to_path_buf();
        // The same rule as cargo's: a relative folder counts from where the command was given.
        let target = match env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => env::current_dir()?.join(folder),
            None => root.join("target"),
        };
        let workspace = Self { root, target, cargo };
        // The server does not compile without the folder that it embeds, not even to be linted.
        fs::create_dir_all(workspace.site())?;
        Ok(workspace)
    }

    /// The folder that holds the workspace's `Cargo.toml`.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Where cargo and we put what is built.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// The browser's lane: a target folder of its own, because `ssr` and `hydrate` must never be unified.
    pub(crate) fn wasm_target(&self) -> PathBuf {
        self.target.join("wasm")
    }

    /// The finished site. It stays at this place even when cargo's target folder is elsewhere: the server
    /// embeds it by path.
    pub(crate) fn site(&self) -> PathBuf {
        self.root.join("target/site")
    }

    /// A program that cargo built for this machine.
    pub(crate) fn binary(&self, build: Build, name: &str) -> PathBuf {
        let folder = match build {
            Build::Debug => "debug",
            Build::Release => "release",
        };
        self.target
            .join(folder)
            .join(format!("{name}{}", env::consts::EXE_SUFFIX))
    }

    /// A cargo command in the workspace's root.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = program::command(&self.cargo);
        command.current_dir(&self.root).args(arguments);
        command
    }

    /// Builds the `lighthouse` binary. In a release build the site must be there already: it is embedded.
    pub(crate) fn build_server(&self, build: Build) -> Result<PathBuf> {
        let mut cargo = self.cargo(&["build", "--package", "lighthouse-server"]);
        program::run(cargo.args(build.arguments()))?;
        Ok(self.binary(build, "lighthouse"))
    }
}
