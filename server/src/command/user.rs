//! `lighthouse user`: what an administrator who cannot sign in can still do at the machine itself.

use std::io::{BufRead, Write};
use std::sync::Arc;

use clap::{Args, Subcommand};
use lighthouse_core::{Secret, SystemClock, accounts};
use lighthouse_store::SqliteStore;

use crate::configuration::{Configuration, Given};

/// What `lighthouse user` takes.
#[derive(Debug, Args)]
pub(super) struct UserCommand {
    #[command(flatten)]
    given: Given,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List accounts
    List,
    /// Give an account a new password, read from standard input, enable it and end its sessions
    ResetPassword {
        /// The account's name
        name: String,
    },
}

/// Runs it. The console must be stopped: two processes never write one data directory.
pub(super) async fn run(command: UserCommand) -> Result<(), String> {
    let configuration = Configuration::resolve(command.given).map_err(|why| why.to_string())?;
    let store = Arc::new(
        SqliteStore::open(&configuration.data)
            .await
            .map_err(|why| why.to_string())?,
    );
    let mut out = std::io::stdout();
    match command.action {
        Action::List => {
            for user in accounts::local::users(&*store)
                .await
                .map_err(|why| why.to_string())?
            {
                let state = if user.enabled { "" } else { " (disabled)" };
                writeln!(out, "{} {}{state}", user.name, user.role).map_err(|why| why.to_string())?;
            }
            Ok(())
        }
        Action::ResetPassword { name } => {
            let mut password = String::new();
            std::io::stdin()
                .lock()
                .read_line(&mut password)
                .map_err(|why| why.to_string())?;
            let password = Secret::new(password.trim_end_matches(['\r', '\n']).to_owned());
            accounts::local::reset_password(&*store, &SystemClock, &name, &password)
                .await
                .map_err(|why| why.to_string())?;
            writeln!(out, "{name} has a new password; their sessions have ended")
                .map_err(|why| why.to_string())
        }
    }
}
