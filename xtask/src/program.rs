//! Starting other programs, watching them, and ending them.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};

/// How long a program that is told to end may take to clean up behind itself.
const GRACE: Duration = Duration::from_secs(20);

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

/// Runs a program to its end and gives what it printed; anything but success is an error.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", describe(command)))?;
    if !output.status.success() {
        bail!("{} failed ({})", describe(command), output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("{} printed no text", describe(command)))
}

/// Becomes another program, so that Ctrl-C and the exit status are its own. Returns only when that fails.
pub(crate) fn become_program(command: &mut Command) -> Result<Infallible> {
    let error = command.exec();
    Err(anyhow!(error).context(format!("cannot start {}", describe(command))))
}

/// How a watched program ended.
pub(crate) enum End {
    /// By itself.
    Exited(ExitStatus),
    /// By us, with everything it had started, because its time was up.
    TimedOut,
}

/// Runs a program, gives each line of its standard output to `see`, and ends it with all its children when it
/// has not ended by itself in time.
pub(crate) fn watch(command: &mut Command, limit: Duration, mut see: impl FnMut(&str)) -> Result<End> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", describe(command)))?;
    let output = child.stdout.take().context("the program has no output to read")?;
    let id = child.id();
    let (ended, end) = mpsc::channel::<()>();
    // Ends when the sender is dropped: the program's output is closed then.
    let warden = thread::spawn(move || {
        let timed_out = end.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout);
        if timed_out {
            signal("TERM", &family(id));
            if end.recv_timeout(GRACE) == Err(mpsc::RecvTimeoutError::Timeout) {
                signal("KILL", &family(id));
            }
        }
        timed_out
    });
    for line in BufReader::new(output).split(b'\n') {
        see(String::from_utf8_lossy(&line?).trim_end_matches('\r'));
    }
    let status = child.wait()?;
    drop(ended);
    let timed_out = warden
        .join()
        .map_err(|_| anyhow!("the thread that watches the time failed"))?;
    Ok(if timed_out {
        End::TimedOut
    } else {
        End::Exited(status)
    })
}

/// A process and everything below it.
fn family(id: u32) -> Vec<u32> {
    let mut members = vec![id];
    let mut next = 0;
    while let Some(parent) = members.get(next).copied() {
        let path = format!("/proc/{parent}/task/{parent}/children");
        let children = fs::read_to_string(path).unwrap_or_default();
        members.extend(
            children
                .split_whitespace()
                .filter_map(|child| child.parse::<u32>().ok()),
        );
        next += 1;
    }
    members
}

fn signal(name: &str, processes: &[u32]) {
    let ids = processes.iter().map(ToString::to_string);
    // A process may be gone by now; there is nothing to do about any other failure either.
    drop(
        command("kill")
            .arg(format!("-{name}"))
            .args(ids)
            .stderr(Stdio::null())
            .status(),
    );
}

/// Finds a program where a shell would, and in the folders of the administrator's programs.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| is_file(file))
}

fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    fn a_program_is_seen_line_by_line() {
        let mut lines = Vec::new();
        let mut shell = command("sh");
        shell.args(["-c", "echo one; printf two; exit 3"]);
        let end = watch(&mut shell, Duration::from_secs(60), |line| {
            lines.push(line.to_owned());
        })
        .unwrap();
        assert_eq!(lines, ["one", "two"]);
        assert!(matches!(end, End::Exited(status) if status.code() == Some(3)));
    }

    #[test]
    fn a_program_that_hangs_is_ended_with_its_children() {
        let started = Instant::now();
        let mut shell = command("sh");
        // The child holds the output open: only its end lets the reader go on.
        shell.args(["-c", "sleep 300 & wait"]);
        let end = watch(&mut shell, Duration::from_millis(200), |_| ()).unwrap();
        assert!(matches!(end, End::TimedOut));
        assert!(started.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn a_failed_program_is_named_with_its_arguments() {
        let error = run(command("sh").args(["-c", "exit 1"])).unwrap_err().to_string();
        assert_eq!(error, "`sh -c exit 1` failed (exit status: 1)");
    }
}
