//! Build, run, test, bench and demo: `cargo xtask …`.
//!
//! Everything a contributor or the continuous integration needs, with cargo as the only prerequisite. Nothing
//! of the product is linked here: programs are started, files are written. Figures and the tally of the tests go
//! to standard output, everything else to standard error.

#![expect(
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "this program talks to a person at a terminal"
)]

mod bench;
mod budget;
mod check;
mod image;
mod lanes;
mod packages;
mod program;
mod site;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::lanes::Lane;
use crate::workspace::{Build, Workspace};

/// The tasks of the Lighthouse workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build the site (WASM, styles, public files) and the server
    Build {
        /// Optimise the server and embed the site in it
        #[arg(long)]
        release: bool,
    },
    /// Build everything and serve it on 127.0.0.1:3000
    Run {
        /// Run the optimised server
        #[arg(long)]
        release: bool,
        /// Arguments for `lighthouse`, such as `-- serve --data DIR`
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Check format, lints, dependencies, files and sizes
    Check,
    /// Run the tests of every lane, or of the lanes named
    Test {
        /// Which tests: those of one process, those on real engines, those in a browser
        #[arg(value_enum)]
        lanes: Vec<Lane>,
    },
    /// Measure; prints one JSON object per figure
    Bench {
        /// Which bench; all of them when none is named
        name: Option<String>,
    },
    /// Start three engines, a registry and a sample application, and open Lighthouse on them (root, Linux)
    Demo {
        /// Show the optimised server
        #[arg(long)]
        release: bool,
        /// Arguments for the demo program
        #[arg(last = true)]
        arguments: Vec<OsString>,
    },
    /// Gather in `target/image` what the Dockerfile puts into an image
    Image {
        /// Take the server built for development
        #[arg(long)]
        debug: bool,
    },
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<ExitCode> {
    let workspace = Workspace::find()?;
    match task {
        Task::Build { release } => {
            site::build(&workspace)?;
            let server = workspace.build_server(Build::of(release))?;
            eprintln!("built `{}`", server.display());
        }
        Task::Run { release, arguments } => {
            site::build(&workspace)?;
            let server = workspace.build_server(Build::of(release))?;
            program::become_program(program::command(server).args(arguments))?;
        }
        Task::Check => check::check(&workspace)?,
        Task::Test { lanes } => return lanes::test(&workspace, &lanes),
        Task::Bench { name } => bench::run(&workspace, name.as_deref())?,
        Task::Demo { release, arguments } => demo(&workspace, Build::of(release), arguments)?,
        Task::Image { debug } => {
            let build = Build::of(!debug);
            site::build(&workspace)?;
            workspace.build_server(build)?;
            image::gather(&workspace, build)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Builds the server and the program that shows it, and becomes that program.
fn demo(workspace: &Workspace, build: Build, arguments: Vec<OsString>) -> Result<()> {
    packages::provide(packages::ENGINES)?
        .map_err(|reason| anyhow::anyhow!("the demo cannot run: {reason}"))?;
    site::build(workspace)?;
    let mut cargo = workspace.cargo(&[
        "build",
        "--package",
        "lighthouse-server",
        "--package",
        "lighthouse-testkit",
    ]);
    program::run(cargo.arg("--bins").args(build.arguments()))?;
    let mut demo = program::command(workspace.binary(build, "lighthouse-demo"));
    demo.args(arguments)
        .env("LIGHTHOUSE_BIN", workspace.binary(build, "lighthouse"));
    program::become_program(&mut demo)?;
    Ok(())
}
