//! The tests, in three lanes: within one process, on real engines, in a browser.
//!
//! A lane that cannot run here is counted as skipped, test by test; a lane without a single test is an error. The
//! last line printed is the tally of all lanes.

pub(crate) mod browser;
mod native;
mod tally;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::ValueEnum;

use self::tally::Tally;
use crate::budget::Spent;
use crate::workspace::Workspace;

/// How far beyond its budget a lane may go before it is ended: what hangs must not hang for ever.
const PATIENCE: u32 = 2;

/// A kind of tests with what they need in common.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Lane {
    /// Needs nothing but this program
    Unit,
    /// Needs root on Linux and Debian's `docker.io`
    Engines,
    /// Needs the engines, Chromium, and Node 20 or later
    Browser,
}

impl Lane {
    const ALL: [Self; 3] = [Self::Unit, Self::Engines, Self::Browser];

    fn name(self) -> &'static str {
        match self {
            Self::Unit => "unit",
            Self::Engines => "engines",
            Self::Browser => "browser",
        }
    }

    fn budget(self) -> Duration {
        let minutes = match self {
            Self::Unit => 8,
            Self::Engines => 12,
            Self::Browser => 10,
        };
        Duration::from_secs(minutes * 60)
    }

    fn run(self, workspace: &Workspace) -> Result<Tally> {
        let limit = self.budget() * PATIENCE;
        match self {
            Self::Unit => native::unit(workspace, limit),
            Self::Engines => native::engines(workspace, limit),
            Self::Browser => browser::run(workspace, limit),
        }
    }
}

/// Runs the lanes asked for, all when none is, and prints the tally.
pub(crate) fn test(workspace: &Workspace, lanes: &[Lane]) -> Result<ExitCode> {
    // What is built belongs to the time for builds, not to a lane's.
    native::build(workspace)?;
    let mut whole = Tally::default();
    let mut told = Vec::new();
    for lane in Lane::ALL
        .into_iter()
        .filter(|lane| lanes.is_empty() || lanes.contains(lane))
    {
        eprintln!("test: {}", lane.name());
        let started = Instant::now();
        let mut tally = lane
            .run(workspace)
            .unwrap_or_else(|error| Tally::failure(format!("{error:#}")));
        if tally.is_empty() {
            tally = Tally::failure("no test ran in this lane".into());
        }
        let spent = Spent {
            time: started.elapsed(),
            budget: lane.budget(),
        };
        told.push(format!("{:<8} {tally} in {spent}", lane.name()));
        whole.add(lane.name(), tally);
    }
    println!();
    for reason in &whole.skips {
        println!("skipped: {reason}");
    }
    for failure in &whole.failures {
        println!("failed: {failure}");
    }
    for line in told {
        println!("{line}");
    }
    println!("{whole}");
    Ok(if whole.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
