//! Programs of this machine. The one place of the test bench that starts any.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use crate::BenchError;

/// A command to be started; nothing is read from the terminal.
#[expect(
    clippy::disallowed_methods,
    reason = "the test bench drives programs; nothing of this ships"
)]
pub fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null());
    command
}

/// Runs a program to its end and gives its standard output; any other end than success is an error.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Result<String, BenchError> {
    finish(program(name).args(arguments))
}

/// Runs a prepared command to its end, as [`run`] does.
pub(crate) fn finish(command: &mut Command) -> Result<String, BenchError> {
    let words = || {
        let words: Vec<_> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        words.join(" ")
    };
    let line = words();
    let output = command
        .output()
        .map_err(BenchError::io(format!("start `{line}`")))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(BenchError::Program {
        command: line,
        status: output.status,
        stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
    })
}

/// Where a program lies, looked for in `PATH` and where Debian keeps programs of the administrator.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/sbin", "/usr/bin", "/sbin", "/bin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
