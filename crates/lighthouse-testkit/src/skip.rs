//! Saying loudly that a test did not run.

use std::{
    fs::OpenOptions,
    io::{self, Write},
};

use crate::programs;

/// Names the file that collects what was skipped, one reason per line.
pub const SKIP_LOG: &str = "LIGHTHOUSE_SKIP_LOG";

/// Programs without which no engine runs here, and the Debian package of each.
const NEEDED: [(&str, &str); 9] = [
    ("dockerd", "docker.io"),
    ("containerd", "containerd"),
    ("runc", "runc"),
    ("ip", "iproute2"),
    ("iptables", "iptables"),
    ("nsenter", "util-linux"),
    ("unshare", "util-linux"),
    ("busybox", "busybox-static"),
    ("find", "findutils"),
];

/// Prints `SKIPPED: reason` and notes it in the file named by [`SKIP_LOG`].
///
/// It writes past the test harness's capture: a skipped test must be seen although it counts as passed there.
pub fn skip(reason: &str) {
    let reason = reason.replace('\n', " ");
    drop(writeln!(io::stdout(), "SKIPPED: {reason}"));
    let Some(path) = std::env::var_os(SKIP_LOG) else {
        return;
    };
    let note = OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(format!("{reason}\n").as_bytes()));
    if let Err(error) = note {
        drop(writeln!(
            io::stderr(),
            "cannot note a skipped test in {}: {error}",
            path.display()
        ));
    }
}

/// Whether engines can run on this machine; if not, why not and what to do.
pub fn engines_can_run() -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Err("engines run in network namespaces, which only Linux has".to_owned());
    }
    if !rustix::process::geteuid().is_root() {
        return Err("engines in network namespaces need root".to_owned());
    }
    let missing: Vec<_> = NEEDED
        .iter()
        .filter(|(program, _)| programs::find(program).is_none())
        .map(|(program, package)| format!("`{program}` (Debian package {package})"))
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        Err(format!("missing: {}", missing.join(", ")))
    }
}
