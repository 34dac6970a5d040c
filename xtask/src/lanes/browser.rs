//! Tests in a browser: Playwright drives Chromium against the real program on real engines.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;

use super::tally::Tally;
use crate::image;
use crate::packages;
use crate::program::{self, End};
use crate::site;
use crate::workspace::{Build, Workspace};

/// The oldest Node that Playwright runs on.
const NODE: u32 = 20;

/// Sets up, builds the site and runs the specifications in `end2end/`.
pub(super) fn run(workspace: &Workspace, limit: Duration) -> Result<Tally> {
    let folder = workspace.root().join("end2end");
    if let Err(reason) = set_up(&folder)? {
        return Ok(Tally::lane_skipped(written(&folder.join("tests"))?, reason));
    }
    site::build(workspace)?;
    image::gather(workspace, Build::Debug)?;
    let results = workspace.target().join("browser-results.json");
    if results.exists() {
        fs::remove_file(&results)?;
    }
    let mut playwright = program::command(folder.join("node_modules/.bin/playwright"));
    playwright
        .arg("test")
        .current_dir(&folder)
        .env("LIGHTHOUSE_RESULTS", &results);
    playwright.envs(programs(workspace, Build::Debug));
    let end = program::watch(&mut playwright, limit, |line| println!("{line}"))?;
    let json = fs::read_to_string(&results).context("Playwright left no results; its output says why")?;
    let mut tally = read(&json)?;
    match end {
        End::TimedOut => tally.add(
            "playwright",
            Tally::failure("took more than twice its time".into()),
        ),
        End::Exited(status) if !status.success() && tally.failed == 0 => {
            tally.add(
                "playwright",
                Tally::failure(format!("failed outside of any test ({status})")),
            );
        }
        End::Exited(_) => {}
    }
    Ok(tally)
}

/// Sees to it that Node's packages are there; the inner error says what is missing.
pub(crate) fn set_up(folder: &Path) -> Result<Result<(), String>> {
    let needed = [packages::ENGINES, packages::BROWSER].concat();
    if let Err(reason) = packages::provide(&needed)? {
        return Ok(Err(reason));
    }
    if let Err(reason) = node() {
        return Ok(Err(reason));
    }
    // What was installed from the same list of packages need not be installed again.
    let lock = fs::read(folder.join("package-lock.json")).context("cannot read end2end/package-lock.json")?;
    let stamp = folder.join("node_modules/.installed-from");
    if fs::read(&stamp).ok().as_ref() != Some(&lock) {
        eprintln!("installing the packages of end2end/ with npm");
        program::run(
            program::command("npm")
                .args(["ci", "--no-audit", "--no-fund"])
                .current_dir(folder)
                // The browser is Debian's.
                .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1"),
        )?;
        fs::write(&stamp, lock)?;
    }
    Ok(Ok(()))
}

/// Where the programs are that browser tests and benches start.
pub(crate) fn programs(workspace: &Workspace, build: Build) -> [(&'static str, std::path::PathBuf); 2] {
    [
        ("LIGHTHOUSE_BIN", workspace.binary(build, "lighthouse")),
        (
            "LIGHTHOUSE_ENGINES_BIN",
            workspace.binary(build, "lighthouse-engines"),
        ),
    ]
}

fn node() -> Result<(), String> {
    let advice =
        format!("the browser lane needs Node {NODE} or later with npm; get it from your distribution");
    if program::find("node").is_none() || program::find("npm").is_none() {
        return Err(advice);
    }
    let version =
        program::read(program::command("node").arg("--version")).map_err(|error| error.to_string())?;
    let major = version
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE) {
        return Err(format!("{advice} (this is {})", version.trim()));
    }
    Ok(())
}

/// How many tests are written down, for when nothing can ask Playwright.
fn written(folder: &Path) -> Result<usize> {
    let mut files = site::Files::new();
    site::collect(folder, "", &mut files)?;
    let count = |text: &[u8]| {
        String::from_utf8_lossy(text)
            .lines()
            .filter(|line| line.trim_start().starts_with("test("))
            .count()
    };
    Ok(files.values().map(|text| count(text)).sum())
}

/// The part of Playwright's report that matters here.
#[derive(Deserialize)]
struct Report {
    stats: Stats,
    #[serde(default)]
    suites: Vec<Value>,
    #[serde(default)]
    errors: Vec<Value>,
}

#[derive(Deserialize)]
struct Stats {
    expected: usize,
    unexpected: usize,
    flaky: usize,
    skipped: usize,
}

fn read(json: &str) -> Result<Tally> {
    let report: Report = serde_json::from_str(json).context("cannot read Playwright's results")?;
    let mut tally = Tally {
        passed: report.stats.expected,
        // Nothing is tried twice, so nothing can be flaky; if it were, it would be a failure.
        failed: report.stats.unexpected + report.stats.flaky,
        skipped: report.stats.skipped,
        ..Tally::default()
    };
    for suite in &report.suites {
        collect_failures(suite, &mut tally.failures);
    }
    if tally.failed == 0 && !report.errors.is_empty() {
        tally.failed = 1;
        tally
            .failures
            .push("Playwright reports an error outside of any test".into());
    }
    Ok(tally)
}

fn collect_failures(suite: &Value, failures: &mut Vec<String>) {
    let list = |key: &str| suite[key].as_array().cloned().unwrap_or_default();
    for spec in list("specs").iter().filter(|spec| spec["ok"] == false) {
        let word = |key: &str| spec[key].as_str().unwrap_or_default().to_owned();
        failures.push(format!("{}: {}", word("file"), word("title")));
    }
    for inner in list("suites") {
        collect_failures(&inner, failures);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_named_wherever_they_are_nested() {
        let tally = read(
            r#"{
                "stats": { "expected": 3, "unexpected": 1, "flaky": 0, "skipped": 2 },
                "suites": [{ "specs": [{ "ok": true }], "suites": [
                    { "specs": [{ "ok": false, "file": "deploy.spec.ts", "title": "an application runs" }] }
                ] }]
            }"#,
        )
        .unwrap();
        assert_eq!(tally.to_string(), "3 passed, 1 failed, 2 skipped");
        assert_eq!(tally.failures, ["deploy.spec.ts: an application runs"]);
    }

    #[test]
    fn an_error_before_the_first_test_is_a_failure() {
        let tally = read(
            r#"{ "stats": { "expected": 0, "unexpected": 0, "flaky": 0, "skipped": 0 }, "errors": [{}] }"#,
        );
        assert_eq!(tally.unwrap().failed, 1);
    }
}
