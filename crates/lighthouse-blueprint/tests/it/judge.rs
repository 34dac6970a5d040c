//! The reference implementation judges the loader: same file in, same model out.

use std::fs;
use std::path::{Path, PathBuf};

use lighthouse_blueprint::{canonical, load};
use lighthouse_model::diagnostic::{DiagnosticCode, Severity};
use serde_json::Value;

use crate::compose_tool;
use crate::samples::{self, Sample};

/// Keys of the Specification that Lighthouse refuses by name. A file with one of them has no common model.
const REFUSED: [&str; 8] = [
    "build",
    "secrets",
    "configs",
    "container_name",
    "links",
    "extends",
    "logging",
    "mem_limit",
];

#[test]
fn our_own_files_mean_what_the_reference_takes_them_for() {
    let Some(tool) = compose_tool::find_or_skip("judge of our own files") else {
        return;
    };
    let samples = samples::all();
    assert!(samples.len() >= 40, "only {} files", samples.len());
    let mut different = Vec::new();
    for sample in &samples {
        if let Err(difference) = compare(tool, sample) {
            different.push(format!("{}: {difference}", sample.name));
        }
    }
    assert!(
        different.is_empty(),
        "{} of {} differ:\n{}",
        different.len(),
        samples.len(),
        different.join("\n")
    );
}

#[test]
fn real_files_mean_what_the_reference_takes_them_for_or_name_the_key_that_is_missing() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/formats/compose");
    if !folder.is_dir() {
        compose_tool::skip("judge of real files", "the folder ../shared/data is not there");
        return;
    }
    let Some(tool) = compose_tool::find_or_skip("judge of real files") else {
        return;
    };
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .expect("the folder can be read")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert!(!files.is_empty());
    let (mut same, mut refused) = (0, 0);
    for file in files {
        let text = fs::read_to_string(&file).expect("the file can be read");
        let sample = Sample::alone(&file.display().to_string(), &text);
        let expected = refused_keys(&text);
        match load(&sample.source()) {
            Ok(_) => {
                assert!(
                    expected.is_empty(),
                    "{} has {expected:?} and was accepted",
                    sample.name
                );
                compare(tool, &sample).unwrap_or_else(|difference| panic!("{}: {difference}", sample.name));
                same += 1;
            }
            Err(broken) => {
                let errors: Vec<_> = broken
                    .diagnostics
                    .iter()
                    .filter(|found| found.severity == Severity::Error)
                    .collect();
                for (key, line) in &expected {
                    assert!(
                        errors
                            .iter()
                            .any(|error| error.code == DiagnosticCode::UnsupportedKey
                                && error.line == *line
                                && error.message.contains(&format!("`{key}`"))),
                        "{}: `{key}` on line {line} is not named: {errors:#?}",
                        sample.name
                    );
                }
                for error in errors {
                    let key = error.message.split('`').nth(1).unwrap_or_default();
                    let line = text
                        .lines()
                        .nth(error.line as usize - 1)
                        .unwrap_or_default()
                        .trim_start();
                    let named = error.code == DiagnosticCode::UnsupportedKey && line.starts_with(key);
                    let relative = error.code == DiagnosticCode::UnsupportedValue
                        && error.message.contains("relative to a folder");
                    assert!(named || relative, "{}: {error}", sample.name);
                }
                refused += 1;
            }
        }
    }
    println!("{same} files with the same model, {refused} with a key or a relative path that is named");
}

/// The lines on which a refused key stands, found without a YAML reader.
fn refused_keys(text: &str) -> Vec<(&'static str, u32)> {
    let mut found = Vec::new();
    for (line, words) in (1..).zip(text.lines()) {
        let words = words.trim_start();
        if let Some(key) = REFUSED.iter().find(|key| {
            words
                .strip_prefix(**key)
                .is_some_and(|rest| rest.trim_end() == ":" || rest.starts_with(": "))
        }) {
            found.push((*key, line));
        }
    }
    found
}

/// Compares our canonical form with theirs.
fn compare(tool: &Path, sample: &Sample) -> Result<(), String> {
    let theirs = theirs(tool, sample)?;
    let loaded = load(&sample.source()).map_err(|broken| format!("we refuse it: {broken}"))?;
    let name = theirs["name"].as_str().unwrap_or_default();
    let ours = plain(canonical::blueprint(&loaded.blueprint, name));
    let theirs = plain(theirs);
    if ours == theirs {
        return Ok(());
    }
    let mut differences = Vec::new();
    walk(&ours, &theirs, "", &mut differences);
    Err(differences.join("\n    "))
}

fn theirs(tool: &Path, sample: &Sample) -> Result<Value, String> {
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let file = folder.path().join("compose.yaml");
    fs::write(&file, &sample.text).map_err(|error| error.to_string())?;
    let mut command = compose_tool::command(tool);
    command
        .env_clear()
        .current_dir(folder.path())
        .arg("-f")
        .arg(&file)
        .args(["-p", "sample"]);
    if sample.text.lines().any(|line| line.starts_with("name:")) {
        // Without a name from outside, the file's own counts.
        command = compose_tool::command(tool);
        command
            .env_clear()
            .current_dir(folder.path())
            .arg("-f")
            .arg(&file);
    }
    if let Some(env) = &sample.env {
        fs::write(folder.path().join("variables"), env).map_err(|error| error.to_string())?;
        command.args(["--env-file", "variables"]);
    }
    for (path, text) in &sample.env_files {
        fs::write(folder.path().join(path), text).map_err(|error| error.to_string())?;
    }
    for profile in &sample.profiles {
        command.args(["--profile", profile]);
    }
    let output = command
        .args(["config", "--format", "json"])
        .output()
        .map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(format!(
            "the reference refuses it: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    // It writes every dollar sign twice, so that its output could be read again.
    let text = String::from_utf8_lossy(&output.stdout).replace("$$", "$");
    serde_json::from_str(&text).map_err(|error| error.to_string())
}

/// Takes away what has no meaning: order where order does not count, and empty maps that stand for nothing.
fn plain(value: Value) -> Value {
    fn tidy(key: &str, value: Value) -> Option<Value> {
        match value {
            Value::Object(entries) => {
                let mut entries: serde_json::Map<_, _> = entries
                    .into_iter()
                    .filter(|(key, _)| key != "x-lighthouse" && !key.starts_with("x-"))
                    .filter_map(|(key, value)| tidy(&key, value).map(|value| (key, value)))
                    .collect();
                // One number stands for two equal limits.
                if entries.len() == 2
                    && entries.contains_key("soft")
                    && entries.get("soft") == entries.get("hard")
                {
                    return entries.get("soft").cloned();
                }
                // The host port 0 lets the engine choose, as no port does.
                if entries.get("published").is_some_and(|port| port == "0") {
                    entries.remove("published");
                }
                // A network joined with nothing said is one joined with an empty map.
                if key == "default" && entries.is_empty() {
                    return Some(Value::Null);
                }
                let nothing = matches!(key, "volume" | "bind" | "tmpfs") && entries.is_empty();
                (!nothing).then_some(Value::Object(entries))
            }
            Value::Array(items) => {
                let mut items: Vec<Value> = items.into_iter().filter_map(|item| tidy("", item)).collect();
                if key == "expose" {
                    for item in &mut items {
                        let bare = item.as_str().map(|text| text.trim_end_matches("/tcp").to_owned());
                        *item = Value::from(bare);
                    }
                }
                if matches!(key, "ports" | "expose" | "extra_hosts") {
                    items.sort_by_key(Value::to_string);
                }
                Some(Value::Array(items))
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(whole(value)),
        }
    }
    tidy("", value).unwrap_or(Value::Null)
}

/// `1` and `1.0` are one number, and a host port 0 is none.
fn whole(value: Value) -> Value {
    match value.as_f64() {
        Some(number) if value.is_number() => Value::from(number),
        _ => value,
    }
}

fn walk(ours: &Value, theirs: &Value, path: &str, out: &mut Vec<String>) {
    match (ours, theirs) {
        (Value::Object(left), Value::Object(right)) => {
            for key in left
                .keys()
                .chain(right.keys().filter(|key| !left.contains_key(*key)))
            {
                let null = Value::String("(absent)".into());
                let (a, b) = (left.get(key).unwrap_or(&null), right.get(key).unwrap_or(&null));
                walk(a, b, &format!("{path}.{key}"), out);
            }
        }
        _ if ours == theirs => {}
        _ => out.push(format!("{path}: ours {ours}, theirs {theirs}")),
    }
}
