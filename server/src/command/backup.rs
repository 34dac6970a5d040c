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
    /// Write a copy of the database and of the key that opens it; also while the console runs
    Create {
        /// The directory to make; it must not exist
        directory: PathBuf,
    },
    /// Put a copy in the place of the database; the console must be stopped
    Restore {
        /// The directory with the copy
        directory: PathBuf,
    },
}

/// Runs it.
pub(super) async fn run(command: BackupCommand) -> Result<(), String> {
    let configuration = Configuration::resolve(command.given).map_err(|why| why.to_string())?;
    match command.action {
        Action::Create { directory } => lighthouse_store::back_up(&configuration.data, &directory).await,
        Action::Restore { directory } => lighthouse_store::restore(&configuration.data, &directory),
    }
    .map_err(|why| why.to_string())
}
