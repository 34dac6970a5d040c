//! Build, run, test, bench and demo: `cargo xtask …`.
//!
//! Everything a contributor or the continuous integration needs, with cargo as the only prerequisite. Nothing
//! of the product is linked here: programs are started, files are written. Figures meant for machines go to
//! standard output, everything for people to standard error.

#![expect(clippy::print_stderr, reason = "this program talks to a person at a terminal")]

mod budget;
mod program;
mod site;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

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
}

fn main() -> ExitCode {
    match perform(&Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: &Task) -> Result<()> {
    let workspace = Workspace::find()?;
    match task {
        Task::Build { release } => {
            site::build(&workspace)?;
            workspace.build_server(if *release { Build::Release } else { Build::Debug })?;
        }
    }
    Ok(())
}
