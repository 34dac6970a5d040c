//! Programs that tests and the demo need from the system.
//!
//! As root on Debian they are installed; everywhere else they are named, with how to get them.

use std::fs;

use anyhow::Result;

use crate::program;

/// A program and the Debian package that brings it.
type Needed = (&'static str, &'static str);

/// For engines side by side on this machine.
pub(crate) const ENGINES: &[Needed] = &[
    ("dockerd", "docker.io"),
    ("ip", "iproute2"),
    ("iptables", "iptables"),
    ("busybox", "busybox-static"),
    ("docker-registry", "docker-registry"),
];

/// For pages in a browser, on those engines.
pub(crate) const BROWSER: &[Needed] = &[("chromium", "chromium")];

/// Sees to it that the programs are there. The inner error says in words what is missing and how to get it; the
/// outer one is an installation that failed.
pub(crate) fn provide(needed: &[Needed]) -> Result<Result<(), String>> {
    let missing: Vec<_> = needed
        .iter()
        .filter(|(name, _)| program::find(name).is_none())
        .collect();
    let packages: Vec<_> = missing.iter().map(|(_, package)| *package).collect();
    let on_debian = fs::exists("/etc/debian_version").unwrap_or(false);
    let may_install = is_root() && on_debian;
    if !missing.is_empty() && !may_install {
        let names: Vec<_> = missing.iter().map(|(name, _)| *name).collect();
        let packages = packages.join(" ");
        return Ok(Err(if on_debian {
            format!(
                "missing: {}; install with `sudo apt-get install {packages}`",
                names.join(", ")
            )
        } else {
            format!("missing: {} (Debian's packages are {packages})", names.join(", "))
        }));
    }
    if !missing.is_empty() {
        eprintln!("installing {} from Debian", packages.join(", "));
        program::run(program::command("apt-get").args(["--quiet", "update"]))?;
        program::run(
            program::command("apt-get")
                .args(["--quiet", "--yes", "--no-install-recommends", "install"])
                .args(packages)
                .env("DEBIAN_FRONTEND", "noninteractive"),
        )?;
    }
    if needed.iter().any(|(name, _)| *name == "dockerd") && !is_root() {
        return Ok(Err(
            "engines in network namespaces need root; run the same command as root".into(),
        ));
    }
    Ok(Ok(()))
}

/// Whether this process may do everything on this machine.
pub(crate) fn is_root() -> bool {
    let Ok(status) = fs::read_to_string("/proc/self/status") else {
        return false;
    };
    let ids = status.lines().find_map(|line| line.strip_prefix("Uid:"));
    ids.and_then(|ids| ids.split_whitespace().nth(1)) == Some("0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_already_is_not_asked_for() {
        assert_eq!(provide(&[("sh", "dash")]).unwrap(), Ok(()));
    }
}
