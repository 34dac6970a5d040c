//! Measuring: `cargo xtask bench [name]`.
//!
//! A bench is a program `bench-NAME` of the testkit, a specification `end2end/bench/NAME.bench.ts`, or both. It
//! prints one JSON object per figure on standard output; the bench's name and the machine's load are added here.
//! Everything else it prints goes to standard error, so that standard output is figures only.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use serde_json::Value;

use crate::lanes::browser;
use crate::packages;
use crate::program::{self, End};
use crate::site;
use crate::workspace::{Build, Workspace};

/// No bench takes longer unless it hangs.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// What the testkit calls its benches.
const PREFIX: &str = "bench-";
/// What the specifications of benches are called.
const SUFFIX: &str = ".bench.ts";

/// One figure, in the form and order that readers rely on.
#[derive(Debug, Serialize)]
struct Figure {
    bench: String,
    #[serde(rename = "figure")]
    name: String,
    value: Value,
    unit: Value,
    /// As text, such as `<= 30`.
    aim: Value,
    /// What it is compared with.
    against: Value,
    /// Ours divided by theirs.
    ratio: Value,
    /// How many measurements are behind it.
    n: Value,
    /// The machine's load average of the last minute.
    load: f64,
}

impl Figure {
    /// Reads a line of a bench; anything but a figure gives nothing.
    fn read(bench: &str, line: &str, load: f64) -> Option<Self> {
        let said: Value = serde_json::from_str(line).ok()?;
        let name = said.get("figure")?.as_str()?.to_owned();
        let part = |name: &str| said.get(name).cloned().unwrap_or(Value::Null);
        Some(Self {
            bench: bench.to_owned(),
            name,
            value: part("value"),
            unit: part("unit"),
            aim: part("aim"),
            against: part("against"),
            ratio: part("ratio"),
            n: part("n"),
            load: said.get("load").and_then(Value::as_f64).unwrap_or(load),
        })
    }
}

/// Runs one bench, or all there are, on a release build.
pub(crate) fn run(workspace: &Workspace, name: Option<&str>) -> Result<()> {
    let (programs, specifications) = (programs(workspace)?, specifications(workspace)?);
    let known: BTreeSet<&String> = programs.union(&specifications).collect();
    let chosen: Vec<&String> = known
        .iter()
        .copied()
        .filter(|known| name.is_none_or(|name| name == *known))
        .collect();
    if chosen.is_empty() {
        let known: Vec<_> = known.into_iter().map(String::as_str).collect();
        bail!(
            "no bench is called `{}`; there are: {}",
            name.unwrap_or_default(),
            known.join(", ")
        );
    }
    packages::provide(packages::ENGINES)?
        .map_err(|reason| anyhow::anyhow!("benches cannot run: {reason}"))?;
    site::build(workspace)?;
    let packages = [
        "--package",
        "lighthouse-server",
        "--package",
        "lighthouse-testkit",
        "--bins",
    ];
    program::run(workspace.cargo(&["build", "--release"]).args(packages))?;
    for bench in chosen {
        if programs.contains(bench) {
            let mut command = program::command(workspace.binary(Build::Release, &format!("{PREFIX}{bench}")));
            measure(workspace, bench, &mut command)?;
        }
        if specifications.contains(bench) {
            let folder = workspace.root().join("end2end");
            browser::set_up(&folder)?.map_err(|reason| anyhow::anyhow!("benches cannot run: {reason}"))?;
            let mut command = program::command(folder.join("node_modules/.bin/playwright"));
            command.args([
                "test",
                "--config",
                "bench.config.ts",
                &format!("bench/{bench}{SUFFIX}"),
            ]);
            measure(workspace, bench, command.current_dir(&folder))?;
        }
    }
    Ok(())
}

fn measure(workspace: &Workspace, bench: &str, command: &mut Command) -> Result<()> {
    eprintln!("bench: {bench}: {}", program::describe(command));
    command.envs(browser::programs(workspace, Build::Release));
    let mut figures = 0;
    let end = program::watch(command, LIMIT, |line| {
        match Figure::read(bench, line, load()).map(|figure| serde_json::to_string(&figure)) {
            Some(Ok(figure)) => {
                figures += 1;
                println!("{figure}");
            }
            _ => eprintln!("{line}"),
        }
    })?;
    match end {
        End::TimedOut => bail!("the bench `{bench}` did not end"),
        End::Exited(status) if !status.success() => bail!("the bench `{bench}` failed ({status})"),
        End::Exited(_) if figures == 0 => bail!("the bench `{bench}` gave no figure"),
        End::Exited(_) => Ok(()),
    }
}

fn load() -> f64 {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace()
        .next()
        .and_then(|first| first.parse().ok())
        .unwrap_or_default()
}

/// Benches that are programs of the testkit.
fn programs(workspace: &Workspace) -> Result<BTreeSet<String>> {
    let json = program::read(&mut workspace.cargo(&["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: Value = serde_json::from_str(&json).context("cannot read what `cargo metadata` says")?;
    let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
    let targets = list(&metadata, "packages")
        .into_iter()
        .flat_map(|package| list(&package, "targets"));
    let names = targets.filter_map(|target| target["name"].as_str().map(str::to_owned));
    Ok(names
        .filter_map(|name| name.strip_prefix(PREFIX).map(str::to_owned))
        .collect())
}

/// Benches that are pages in a browser.
fn specifications(workspace: &Workspace) -> Result<BTreeSet<String>> {
    let mut files = site::Files::new();
    site::collect(&workspace.root().join("end2end/bench"), "", &mut files)?;
    Ok(files
        .keys()
        .filter_map(|name| name.strip_suffix(SUFFIX).map(str::to_owned))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_completed_and_put_in_order() {
        let line =
            r#"{"value": 21.5, "figure": "event to screen p50", "unit": "ms", "aim": "<= 30", "n": 200}"#;
        let figure = Figure::read("main", line, 0.4).unwrap();
        assert_eq!(
            serde_json::to_string(&figure).unwrap(),
            r#"{"bench":"main","figure":"event to screen p50","value":21.5,"unit":"ms","aim":"<= 30","against":null,"ratio":null,"n":200,"load":0.4}"#
        );
    }

    #[test]
    fn other_lines_are_no_figures() {
        assert!(Figure::read("main", "warming up", 0.0).is_none());
        assert!(Figure::read("main", r#"{"hosts": []}"#, 0.0).is_none());
    }
}
