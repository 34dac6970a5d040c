//! Tests that cargo runs.
//!
//! A test whose path holds `engines::` needs real engines; all others are of the unit lane.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::Result;

use super::tally::Tally;
use crate::packages;
use crate::program::{self, End};
use crate::workspace::{NATIVE, Workspace};

/// What the path of a test on real engines holds.
const ENGINES: &str = "engines::";
/// Names the file where a test that gives up leaves a line with its reason.
const SKIP_LOG: &str = "LIGHTHOUSE_SKIP_LOG";

/// Builds all tests and all programs they start, once for all lanes.
pub(super) fn build(workspace: &Workspace) -> Result<()> {
    let mut cargo = workspace.cargo(&["build", "--bins", "--tests"]);
    program::run(cargo.args(NATIVE))
}

/// Runs the tests that need nothing, xtask's own among them.
pub(super) fn unit(workspace: &Workspace, limit: Duration) -> Result<Tally> {
    let mut cargo = workspace.cargo(&["test", "--no-fail-fast"]);
    cargo.args(NATIVE).args(["--", "--skip", ENGINES]);
    let mut tally = count(workspace, &mut cargo, limit)?;
    let own = count(
        workspace,
        &mut workspace.cargo(&["test", "--package", "xtask"]),
        limit,
    )?;
    tally.add("xtask", own);
    Ok(tally)
}

/// Runs the tests on real engines.
pub(super) fn engines(workspace: &Workspace, limit: Duration) -> Result<Tally> {
    let mut cargo = workspace.cargo(&["test", "--no-fail-fast", "--tests"]);
    cargo.args(NATIVE).args([ENGINES, "--"]);
    if let Err(reason) = packages::provide(packages::ENGINES)? {
        let listed = program::read(cargo.args(["--list", "--format", "terse"]))?;
        let tests = listed.lines().filter(|line| line.ends_with(": test")).count();
        return Ok(Tally::lane_skipped(tests, reason));
    }
    // Engines take memory and processors: what runs beside them makes their tests slow, not fast.
    count(workspace, cargo.arg("--test-threads=2"), limit)
}

fn count(workspace: &Workspace, cargo: &mut Command, limit: Duration) -> Result<Tally> {
    let log = workspace.target().join("skipped.log");
    if log.exists() {
        fs::remove_file(&log)?;
    }
    let mut report = Report::default();
    let end = program::watch(cargo.env(SKIP_LOG, &log), limit, |line| {
        println!("{line}");
        report.read(line);
    })?;
    let noted = fs::read_to_string(&log).unwrap_or_default();
    Ok(report.close(noted.lines().map(str::to_owned).collect(), &end))
}

/// What the test programs said so far.
#[derive(Default)]
struct Report {
    tally: Tally,
    skips: Vec<String>,
}

impl Report {
    fn read(&mut self, line: &str) {
        if let Some((_, result)) = line.split_once("test result: ") {
            self.tally.passed += number_before(result, " passed");
            self.tally.failed += number_before(result, " failed");
            self.tally.skipped += number_before(result, " ignored");
        } else if let Some((_, reason)) = line.split_once("SKIPPED: ") {
            self.skips.push(reason.to_owned());
        } else if let Some(name) = line
            .strip_prefix("test ")
            .and_then(|rest| rest.strip_suffix(" ... FAILED"))
        {
            self.tally.failures.push(name.to_owned());
        }
    }

    /// The result. A test that gives up both prints its reason and leaves it in the log, unless one of them is
    /// lost; the longer list is the right one.
    fn close(mut self, noted: Vec<String>, end: &End) -> Tally {
        self.tally.note_skipped(if noted.len() < self.skips.len() {
            self.skips
        } else {
            noted
        });
        let words = match end {
            End::TimedOut => Some("the lane took more than twice its time and was ended".to_owned()),
            End::Exited(status) if !status.success() && self.tally.failed == 0 => Some(format!(
                "cargo failed ({status}); a test program did not build or did not end by itself"
            )),
            End::Exited(_) => None,
        };
        if let Some(words) = words {
            self.tally.failed += 1;
            self.tally.failures.push(words);
        }
        self.tally
    }
}

/// The number in `3 failed; 2 ignored` that stands before ` failed`.
fn number_before(text: &str, word: &str) -> usize {
    let Some((before, _)) = text.split_once(word) else {
        return 0;
    };
    before
        .rsplit(|c: char| !c.is_ascii_digit())
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;

    fn report(lines: &[&str], code: i32, noted: &[&str]) -> Tally {
        let mut report = Report::default();
        for line in lines {
            report.read(line);
        }
        let end = End::Exited(ExitStatus::from_raw(code << 8));
        report.close(noted.iter().map(|&line| line.to_owned()).collect(), &end)
    }

    #[test]
    fn the_results_of_all_test_programs_are_added() {
        let tally = report(
            &[
                "test a ... ok",
                "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s",
                "test b::c ... FAILED",
                "test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 2.00s",
            ],
            101,
            &[],
        );
        assert_eq!(tally.to_string(), "16 passed, 1 failed, 1 skipped");
        assert_eq!(tally.failures, ["b::c"]);
    }

    #[test]
    fn a_skip_counts_once_although_it_is_told_twice() {
        let lines = [
            "test x::engines::y ... SKIPPED: not root",
            "ok",
            "test result: ok. 5 passed; 0 failed; 0 ignored",
        ];
        assert_eq!(
            report(&lines, 0, &["not root"]).to_string(),
            "4 passed, 0 failed, 1 skipped"
        );
        assert_eq!(
            report(&lines, 0, &[]).to_string(),
            "4 passed, 0 failed, 1 skipped"
        );
    }

    #[test]
    fn a_test_program_that_dies_is_a_failure() {
        let tally = report(&["running 3 tests"], 101, &[]);
        assert_eq!(tally.to_string(), "0 passed, 1 failed, 0 skipped");
    }
}
