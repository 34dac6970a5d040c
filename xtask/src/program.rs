//! Starting other programs.

use std::ffi::OsStr;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// A command to fill in: the only place of this crate that makes one.
#[expect(
    clippy::disallowed_methods,
    reason = "starting programs is what this crate is for"
)]
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}

/// Runs a program to its end, its output going where ours goes; anything but success is an error.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", describe(command)))?;
    if status.success() {
        return Ok(());
    }
    bail!("{} failed ({status})", describe(command))
}

/// The command line as a person would type it.
pub(crate) fn describe(command: &Command) -> String {
    let program = command.get_program().to_string_lossy();
    let name = program.rsplit('/').next().unwrap_or(&program);
    let mut text = format!("`{name}");
    for argument in command.get_args() {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text.push('`');
    text
}
