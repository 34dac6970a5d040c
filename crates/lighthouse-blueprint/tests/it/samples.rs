//! The sample files of `tests/data`: `NAME.yaml`, with `NAME.env`, `NAME.profiles` and `NAME.files/…` beside it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use lighthouse_blueprint::Source;

/// A Compose file with what belongs to it.
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) env: Option<String>,
    pub(crate) env_files: BTreeMap<String, String>,
    pub(crate) profiles: Vec<String>,
}

impl Sample {
    pub(crate) fn alone(name: &str, text: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: text.to_owned(),
            env: None,
            env_files: BTreeMap::new(),
            profiles: Vec::new(),
        }
    }

    pub(crate) fn source(&self) -> Source<'_> {
        let application = if self.text.lines().any(|line| line.starts_with("name:")) {
            None
        } else {
            Some("sample")
        };
        Source {
            text: &self.text,
            application,
            env: self.env.as_deref(),
            env_files: &self.env_files,
            profiles: &self.profiles,
        }
    }
}

/// All samples, by name.
pub(crate) fn all() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    let mut names: Vec<String> = fs::read_dir(&folder)
        .expect("the samples are there")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".yaml").map(str::to_owned))
        .collect();
    names.sort();
    names.iter().map(|name| one(&folder, name)).collect()
}

fn one(folder: &Path, name: &str) -> Sample {
    let read = |ending: &str| fs::read_to_string(folder.join(format!("{name}.{ending}"))).ok();
    let mut sample = Sample::alone(name, &read("yaml").expect("a sample can be read"));
    sample.env = read("env");
    sample.profiles = read("profiles")
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    for entry in fs::read_dir(folder.join(format!("{name}.files")))
        .into_iter()
        .flatten()
        .flatten()
    {
        let file = entry.file_name().into_string().expect("a plain name");
        sample.env_files.insert(
            file,
            fs::read_to_string(entry.path()).expect("a file can be read"),
        );
    }
    sample
}
