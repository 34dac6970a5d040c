//! The command line: `lighthouse [serve]`, `user`, `backup`, each with `--help`.

mod backup;
mod nearby;
mod serve;
mod user;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::configuration::{Configuration, Given};
use crate::telemetry;

/// One console for applications that run as containers on many Docker hosts.
#[derive(Debug, Parser)]
#[command(name = "lighthouse", version, about, args_conflicts_with_subcommands = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Given,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the console (the default)
    Serve(Given),
    /// Manage accounts while the console is stopped
    User(user::UserCommand),
    /// Copy the data directory's database while the console runs
    Backup(backup::BackupCommand),
}

/// Runs the command line.
pub fn main() -> ExitCode {
    let line = CommandLine::parse();
    match run(line) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            // The last word goes to the person at the terminal, whatever the log filter says.
            writeln!(std::io::stderr(), "lighthouse: {why}").ok();
            ExitCode::FAILURE
        }
    }
}

fn run(line: CommandLine) -> Result<(), String> {
    let command = line.command.unwrap_or(Command::Serve(line.serve));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|why| format!("the asynchronous runtime cannot start: {why}"))?;
    match command {
        Command::Serve(given) => {
            let configuration = resolve(given)?;
            telemetry::begin(configuration.log_format, &configuration.log)?;
            runtime.block_on(serve::serve(configuration))
        }
        Command::User(command) => runtime.block_on(user::run(command)),
        Command::Backup(command) => runtime.block_on(backup::run(command)),
    }
}

fn resolve(given: Given) -> Result<Configuration, String> {
    Configuration::resolve(given).map_err(|why| why.to_string())
}
