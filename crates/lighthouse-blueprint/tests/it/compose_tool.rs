//! The reference implementation of Compose, fetched once into the build folder.
//!
//! Debian's `docker-compose` of the release after the usual one is a single static program: the package is
//! downloaded with the machine's own package tool, under lists of its own, and unpacked, not installed.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

const RELEASE: &str = "trixie";

/// The program, or why it cannot be had.
pub(crate) fn find() -> Result<&'static Path, &'static str> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match FOUND.get_or_init(fetch) {
        Ok(path) => Ok(path),
        Err(reason) => Err(reason),
    }
}

/// The program, or a loud word that the test is skipped.
pub(crate) fn find_or_skip(test: &str) -> Option<&'static Path> {
    match find() {
        Ok(path) => Some(path),
        Err(reason) => {
            skip(test, reason);
            None
        }
    }
}

/// Says that a test did not happen, on the screen and in the log that counts such tests.
pub(crate) fn skip(test: &str, reason: &str) {
    let line = format!("SKIPPED: {test}: {reason}");
    eprintln!("{line}");
    if let Some(log) = std::env::var_os("LIGHTHOUSE_SKIP_LOG") {
        let file = fs::OpenOptions::new().create(true).append(true).open(log);
        if let Ok(mut file) = file {
            drop(writeln!(file, "{line}"));
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the reference is a program of its own, and only tests run it"
)]
pub(crate) fn command(program: &Path) -> Command {
    Command::new(program)
}

fn fetch() -> Result<PathBuf, String> {
    let tools = target_folder().join("tools").join("docker-compose");
    let program = tools.join("root/usr/libexec/docker/cli-plugins/docker-compose");
    if program.is_file() {
        return Ok(program);
    }
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) && !cfg!(target_os = "linux") {
        return Err("Debian packages run on Linux only".into());
    }
    let own = tempfile::Builder::new()
        .prefix("docker-compose-")
        .tempdir_in(target_folder())
        .map_err(|error| format!("no folder can be made below the build folder: {error}"))?;
    for folder in ["lists/partial", "cache/archives/partial", "root"] {
        fs::create_dir_all(own.path().join(folder)).map_err(|error| error.to_string())?;
    }
    let sources = own.path().join("sources.list");
    fs::write(&sources, source_list()?).map_err(|error| error.to_string())?;
    apt(own.path(), &["update"])?;
    apt(own.path(), &["download", "docker-compose"])?;
    let package = fs::read_dir(own.path())
        .map_err(|error| error.to_string())?
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .ok_or("the package tool reported success and left no package")?;
    run(command(Path::new("dpkg"))
        .arg("-x")
        .arg(&package)
        .arg(own.path().join("root")))?;
    let parent = tools.parent().ok_or("the build folder has no parent")?;
    fs::create_dir_all(parent).map_err(|error| error.to_string())?;
    // Another test run may have been faster; its copy is as good.
    if fs::rename(own.path(), &tools).is_ok() {
        let _ = own.keep();
    }
    if program.is_file() {
        Ok(program)
    } else {
        Err("the package holds no docker-compose".into())
    }
}

/// The mirror that the machine uses itself, with the release changed.
fn source_list() -> Result<String, String> {
    let mut texts = vec![fs::read_to_string("/etc/apt/sources.list").unwrap_or_default()];
    for entry in fs::read_dir("/etc/apt/sources.list.d")
        .into_iter()
        .flatten()
        .flatten()
    {
        texts.push(fs::read_to_string(entry.path()).unwrap_or_default());
    }
    let mirror = texts
        .iter()
        .flat_map(|text| text.lines())
        .filter(|line| !line.trim_start().starts_with('#'))
        .flat_map(str::split_whitespace)
        .find(|word| word.starts_with("http") && word.trim_end_matches('/').ends_with("/debian"))
        .ok_or("this machine's package sources name no Debian mirror")?;
    Ok(format!("deb {mirror} {RELEASE} main\n"))
}

fn apt(own: &Path, words: &[&str]) -> Result<(), String> {
    let path = |name: &str| own.join(name).display().to_string();
    run(command(Path::new("apt-get"))
        .current_dir(own)
        .arg("-qq")
        .args(["-o", &format!("Dir::Etc::sourcelist={}", path("sources.list"))])
        .args(["-o", "Dir::Etc::sourceparts=/dev/null"])
        .args(["-o", &format!("Dir::State::lists={}", path("lists"))])
        .args(["-o", &format!("Dir::Cache={}", path("cache"))])
        .args([
            "-o",
            "APT::Sandbox::User=root",
            "-o",
            "Acquire::http::Timeout=20",
            "-o",
            "Acquire::Retries=1",
        ])
        .args(words))
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .output()
        .map_err(|error| format!("{} cannot be run: {error}", name(command)))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!(
        "{} failed: {}",
        name(command),
        words.lines().last().unwrap_or("without a word")
    ))
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

/// The build folder: the one above this test program.
fn target_folder() -> PathBuf {
    let program = std::env::current_exe().expect("a test knows where it is");
    program
        .ancestors()
        .find(|path| path.join("CACHEDIR.TAG").is_file())
        .map_or_else(std::env::temp_dir, Path::to_path_buf)
}
