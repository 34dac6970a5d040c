//! Who may depend on whom.
//!
//! The arrows keep a change in an adapter from rebuilding the pages, the engine's and the store's libraries in one
//! crate each, and everything below the core free of input and output.

use std::collections::BTreeMap;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::program;
use crate::workspace::Workspace;

/// Our crates and those of our crates each may use.
const ARROWS: [(&str, &[&str]); 13] = [
    ("lighthouse-model", &[]),
    ("lighthouse-blueprint", &["lighthouse-model"]),
    ("lighthouse-placement", &["lighthouse-model"]),
    (
        "lighthouse-core",
        &["lighthouse-blueprint", "lighthouse-placement", "lighthouse-model"],
    ),
    ("lighthouse-docker", &["lighthouse-core", "lighthouse-model"]),
    ("lighthouse-beacon", &["lighthouse-core", "lighthouse-model"]),
    ("lighthouse-cloud", &["lighthouse-core", "lighthouse-model"]),
    ("lighthouse-store", &["lighthouse-core", "lighthouse-model"]),
    ("lighthouse-app", &["lighthouse-core", "lighthouse-model"]),
    ("lighthouse-frontend", &["lighthouse-app"]),
    (
        "lighthouse-server",
        &[
            "lighthouse-app",
            "lighthouse-beacon",
            "lighthouse-blueprint",
            "lighthouse-cloud",
            "lighthouse-core",
            "lighthouse-docker",
            "lighthouse-model",
            "lighthouse-placement",
            "lighthouse-store",
        ],
    ),
    (
        "lighthouse-testkit",
        &["lighthouse-beacon", "lighthouse-core", "lighthouse-model"],
    ),
    ("xtask", &[]),
];

/// Libraries that belong to few of our crates.
const HOMES: [(&str, &[&str]); 7] = [
    (
        "axum",
        &["lighthouse-app", "lighthouse-server", "lighthouse-testkit"],
    ),
    ("bollard", &["lighthouse-docker"]),
    (
        "leptos",
        &["lighthouse-app", "lighthouse-frontend", "lighthouse-server"],
    ),
    ("leptos_axum", &["lighthouse-app", "lighthouse-server"]),
    ("sqlx", &["lighthouse-store"]),
    ("tower-sessions", &["lighthouse-server"]),
    ("wasm-bindgen", &["lighthouse-app", "lighthouse-frontend"]),
];

/// Crates that only compute, and what would let them do more.
const PURE: [&str; 3] = ["lighthouse-blueprint", "lighthouse-model", "lighthouse-placement"];
const IMPURE: [&str; 5] = ["futures", "http", "hyper", "tokio", "tokio-util"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

/// Compares what the manifests say with the arrows.
pub(super) fn check(workspace: &Workspace) -> Result<()> {
    let json = program::read(&mut workspace.cargo(&["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: Metadata = serde_json::from_str(&json).context("cannot read what `cargo metadata` says")?;
    let wrong = violations(&metadata.packages);
    if wrong.is_empty() {
        return Ok(());
    }
    bail!(
        "dependencies against the arrows of ARCHITECTURE.md:\n  {}",
        wrong.join("\n  ")
    )
}

fn violations(packages: &[Package]) -> Vec<String> {
    let arrows = BTreeMap::from(ARROWS);
    let mut wrong = Vec::new();
    for package in packages {
        let Some(allowed) = arrows.get(&*package.name) else {
            wrong.push(format!(
                "`{}` has no arrows; add it to xtask/src/check/arrows.rs",
                package.name
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let for_tests = dependency.kind.as_deref() == Some("dev");
            if let Some(reason) = objection(&package.name, &dependency.name, allowed, for_tests) {
                wrong.push(format!("`{}` uses `{}`: {reason}", package.name, dependency.name));
            }
        }
    }
    wrong
}

fn objection(package: &str, used: &str, allowed: &[&str], for_tests: bool) -> Option<String> {
    if used.starts_with("lighthouse-") {
        let fine =
            allowed.contains(&used) || (for_tests && used == "lighthouse-testkit" && package != "xtask");
        return (!fine).then(|| format!("it may use {}", list(allowed)));
    }
    if for_tests {
        return None;
    }
    if PURE.contains(&package) && IMPURE.contains(&used) {
        return Some("it only computes".into());
    }
    let (_, homes) = HOMES.iter().find(|(library, _)| *library == used)?;
    (!homes.contains(&package)).then(|| format!("that library belongs to {}", list(homes)))
}

fn list(crates: &[&str]) -> String {
    if crates.is_empty() {
        "none of our crates".into()
    } else {
        crates.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(package: &str, used: &str, kind: Option<&str>) -> Vec<String> {
        let dependencies = vec![Dependency {
            name: used.into(),
            kind: kind.map(Into::into),
        }];
        violations(&[Package {
            name: package.into(),
            dependencies,
        }])
    }

    #[test]
    fn the_pages_never_reach_an_adapter() {
        assert_eq!(told("lighthouse-app", "lighthouse-core", None), [""; 0]);
        assert_eq!(
            told("lighthouse-app", "lighthouse-docker", None),
            ["`lighthouse-app` uses `lighthouse-docker`: it may use lighthouse-core, lighthouse-model"]
        );
        assert_eq!(
            told("lighthouse-app", "sqlx", None),
            ["`lighthouse-app` uses `sqlx`: that library belongs to lighthouse-store"]
        );
    }

    #[test]
    fn the_testkit_is_for_tests_only() {
        assert_eq!(
            told("lighthouse-docker", "lighthouse-testkit", Some("dev")),
            [""; 0]
        );
        assert_eq!(told("lighthouse-docker", "lighthouse-testkit", None).len(), 1);
    }

    #[test]
    fn what_only_computes_has_no_runtime() {
        assert_eq!(
            told("lighthouse-placement", "tokio", None),
            ["`lighthouse-placement` uses `tokio`: it only computes"]
        );
    }

    #[test]
    fn a_new_crate_must_be_given_its_arrows() {
        assert_eq!(told("lighthouse-catalog", "serde", None).len(), 1);
    }
}
