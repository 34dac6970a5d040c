//! The next Debian release's engine, unpacked beside the installed one.
//!
//! Only a folder of our own is touched: own package lists, own status file, no system configuration. The
//! mirror is the one that the machine's own sources name.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

use crate::{
    BenchError,
    programs::{finish, program},
};

const CACHE: &str = "/var/cache/lighthouse-testkit";
const RELEASE: &str = "trixie";
/// Debian's `runc` of this machine serves both.
const PACKAGES: [&str; 2] = ["docker.io", "containerd"];
/// Not asked again so soon after it could not be had.
const GIVE_UP_FOR: Duration = Duration::from_mins(10);

/// The root it is unpacked under, or `None` after saying why not. Asked once per process.
pub(super) fn unpacked_or_loudly_none() -> Option<PathBuf> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND
        .get_or_init(|| match unpacked() {
            Ok(root) => Some(root),
            Err(error) => {
                drop(writeln!(
                    io::stderr(),
                    "WARNING: the newer engine cannot be had, the installed one takes its place: {error}"
                ));
                None
            }
        })
        .clone()
}

fn unpacked() -> Result<PathBuf, BenchError> {
    let cache = Path::new(CACHE);
    let root = cache.join(RELEASE);
    if root.is_dir() {
        return Ok(root);
    }
    fs::create_dir_all(cache).map_err(BenchError::path("create", cache))?;
    let lock_path = cache.join("lock");
    let lock = File::create(&lock_path).map_err(BenchError::path("create", &lock_path))?;
    lock.lock().map_err(BenchError::path("lock", &lock_path))?;
    // Somebody else may have fetched it, or failed to, while we waited.
    if root.is_dir() {
        return Ok(root);
    }
    let failed = cache.join("failed");
    let recently = fs::metadata(&failed)
        .and_then(|data| data.modified())
        .is_ok_and(|then| then.elapsed().is_ok_and(|age| age < GIVE_UP_FOR));
    if recently {
        let why = fs::read_to_string(&failed).unwrap_or_default();
        return Err(BenchError::NotPossible(format!(
            "tried less than ten minutes ago: {why}"
        )));
    }
    let work = cache.join("work");
    drop(fs::remove_dir_all(&work));
    let fetched = fetch(&work).and_then(|()| {
        fs::rename(work.join("root"), &root).map_err(BenchError::path("put the engine into", &root))
    });
    drop(fs::remove_dir_all(&work));
    match fetched {
        Ok(()) => drop(fs::remove_file(&failed)),
        Err(ref error) => drop(fs::write(&failed, error.to_string())),
    }
    fetched.map(|()| root)
}

fn fetch(work: &Path) -> Result<(), BenchError> {
    for folder in ["lists/partial", "archives/partial", "debs", "root"] {
        let path = work.join(folder);
        fs::create_dir_all(&path).map_err(BenchError::path("create", &path))?;
    }
    let sources = work.join("sources.list");
    fs::write(&sources, source_line()?).map_err(BenchError::path("write", &sources))?;
    let dir = work.display();
    let options = [
        format!("Dir::Etc::sourcelist={dir}/sources.list"),
        "Dir::Etc::sourceparts=/dev/null".to_owned(),
        "Dir::Etc::preferencesparts=/dev/null".to_owned(),
        format!("Dir::State::lists={dir}/lists"),
        format!("Dir::Cache={dir}"),
        format!("Dir::Cache::archives={dir}/archives"),
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false".to_owned(),
        "Acquire::Retries=1".to_owned(),
        "Acquire::http::Timeout=20".to_owned(),
        "Acquire::https::Timeout=20".to_owned(),
        "APT::Sandbox::User=root".to_owned(),
        "APT::Update::Post-Invoke=".to_owned(),
        "APT::Update::Post-Invoke-Success=".to_owned(),
        "APT::Update::Error-Mode=any".to_owned(),
    ];
    let apt = |arguments: &[&str]| {
        let mut command = program("apt-get");
        for option in &options {
            command.args(["-o", option]);
        }
        finish(command.args(arguments).current_dir(work.join("debs")))
    };
    apt(&["-qq", "update"])?;
    let mut download = vec!["-qq", "download"];
    download.extend(PACKAGES);
    apt(&download)?;
    let debs = work.join("debs");
    for deb in fs::read_dir(&debs)
        .map_err(BenchError::path("read", &debs))?
        .flatten()
    {
        finish(program("dpkg").arg("-x").arg(deb.path()).arg(work.join("root")))?;
    }
    Ok(())
}

/// A line for the newer release at the mirror this machine uses.
fn source_line() -> Result<String, BenchError> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(parts) = fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(parts.flatten().map(|part| part.path()));
    }
    files
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .find_map(|text| line_from(&text))
        .ok_or_else(|| {
            BenchError::NotPossible("this machine's package sources name no Debian mirror".to_owned())
        })
}

/// Understands both forms of source files; the first source with suite `bookworm` is Debian's own mirror.
fn line_from(text: &str) -> Option<String> {
    const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let make = |uri: &str, key: &str| format!("deb [signed-by={key}] {uri} {RELEASE} main\n");
    for line in text.lines() {
        let words: Vec<_> = line.split_whitespace().collect();
        if words.first() == Some(&"deb") {
            let plain: Vec<_> = words.iter().skip_while(|word| !word.contains("://")).collect();
            if let [uri, suite, ..] = plain[..]
                && *suite == "bookworm"
            {
                return Some(make(uri, KEYRING));
            }
        }
    }
    text.split("\n\n").find_map(|stanza| {
        let field = |name: &str| {
            stanza.lines().find_map(|line| {
                line.strip_prefix(name)?
                    .trim_start()
                    .strip_prefix(':')
                    .map(str::trim)
            })
        };
        let uri = field("URIs")?.split_whitespace().next()?;
        let first = field("Suites")?.split_whitespace().next()?;
        (first == "bookworm").then(|| make(uri, field("Signed-By").unwrap_or(KEYRING)))
    })
}

#[cfg(test)]
mod tests {
    use super::line_from;

    #[test]
    fn the_mirror_is_taken_from_a_stanza() {
        let text = "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n\
                    Components: main\nSigned-By: /k.gpg\n\nTypes: deb\nURIs: http://other/\nSuites: bookworm-security\n";
        assert_eq!(
            line_from(text).as_deref(),
            Some("deb [signed-by=/k.gpg] http://mirror.example/debian trixie main\n")
        );
    }

    #[test]
    fn the_mirror_is_taken_from_a_line() {
        let text = "# comment\ndeb [arch=amd64] https://mirror.example/debian bookworm main contrib\n";
        assert!(
            line_from(text)
                .unwrap()
                .contains("https://mirror.example/debian trixie main")
        );
        assert_eq!(line_from("deb http://mirror.example/node nodistro main\n"), None);
    }
}
