//! Volumes that a blueprint defines.

use std::collections::BTreeMap;

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::cursor::Cursor;
use crate::findings::{Findings, quoted};
use crate::{network, pairs};

/// A volume of a blueprint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Volume {
    /// Its key in the blueprint.
    pub key: String,
    /// A name of its own on the hosts, instead of one made from application and key.
    pub name: Option<String>,
    /// Whether it exists already and stays when the application goes.
    pub external: bool,
    /// The driver; `local` when absent.
    pub driver: Option<String>,
    /// Options for the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The line that defines it.
    pub line: u32,
}

const KEYS: [&str; 5] = ["name", "driver", "driver_opts", "external", "labels"];

/// Reads one entry of the top-level `volumes`.
pub(crate) fn read(key: &str, line: u32, cursor: &Cursor<'_>, findings: &mut Findings) -> Volume {
    let mut volume = Volume {
        key: key.to_owned(),
        line,
        ..Volume::default()
    };
    let mut others = None;
    for field in cursor.fields_or_null(findings).unwrap_or_default() {
        let value = &field.value;
        match field.key {
            "name" => volume.name = network::resource_name(value, findings).or(volume.name.take()),
            "external" => {
                let (external, name) = network::external(value, findings);
                volume.external = external;
                volume.name = name.or(volume.name.take());
                continue;
            }
            "driver" => volume.driver = value.filled_text(findings).map(str::to_owned),
            "driver_opts" => {
                volume.driver_opts = pairs::options(value, findings);
                relative_device(&volume, value, findings);
            }
            "labels" => volume.labels = pairs::labels(value, findings),
            _ if field.is_extension() => continue,
            _ => {
                field.unknown(&KEYS, findings);
                continue;
            }
        }
        if field.key != "name" {
            others = Some(field.key);
        }
    }
    if let (true, Some(other)) = (volume.external, others) {
        let message = format!(
            "the volume {} is external, so `{other}` has no meaning: it exists already",
            quoted(key)
        );
        cursor.refuse::<()>(Code::Conflict, message, findings);
    }
    volume
}

/// A bind in the clothes of a volume needs an absolute path as any bind does.
fn relative_device(volume: &Volume, cursor: &Cursor<'_>, findings: &mut Findings) {
    let Some(device) = volume.driver_opts.get("device") else {
        return;
    };
    let is_bind = volume
        .driver_opts
        .get("o")
        .is_some_and(|o| o.split(',').any(|word| word.ends_with("bind")));
    if is_bind && !device.starts_with('/') {
        let message = format!(
            "{} is relative to a folder that no host has; give the absolute path on the host",
            quoted(device)
        );
        cursor.refuse::<()>(Code::UnsupportedValue, message, findings);
    }
}
