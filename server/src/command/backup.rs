//! `lighthouse backup`: a consistent copy of the database, also while the console runs, and back again.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::configuration::{Configuration, Given};

/// What `lighthouse backup` takes.
#[derive(Debug, Args)]
pub(super) struct BackupCommand {
    #[command(flatten)]
    given: Given,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a copy of the database; also while the console runs
    Create {
        /// The file to write; it must not exist. Keep `installation.key` from the data directory apart from it
        file: PathBuf,
    },
    /// Put a copy in the place of the database; the console must be stopped
    Restore {
        /// The copy
        file: PathBuf,
    },
}

/// Runs it.
pub(super) async fn run(command: BackupCommand) -> Result<(), String> {
    let configuration = Configuration::resolve(command.given).map_err(|why| why.to_string())?;
    match command.action {
        Action::Create { file } => lighthouse_store::back_up(&configuration.data, &file).await,
        Action::Restore { file } => lighthouse_store::restore(&configuration.data, &file),
    }
    .map_err(|why| why.to_string())
}
