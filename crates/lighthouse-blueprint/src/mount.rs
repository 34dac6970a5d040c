//! What is mounted into a container: volumes, paths of the host, memory.

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::cursor::{Cursor, Field};
use crate::findings::{Findings, quoted};
use crate::quantity;
use crate::scalar::Meaning;

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it comes from.
    pub source: MountSource,
    /// The path in the container.
    pub target: String,
    /// Whether the container may only read it.
    pub read_only: bool,
    /// The line that asks for it.
    pub line: u32,
}

/// Where a mount comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountSource {
    /// A volume of the blueprint's `volumes`.
    Named {
        /// Its key there.
        volume: String,
        /// Whether the image's files stay out of a new volume.
        nocopy: bool,
        /// A path inside the volume, instead of its root.
        subpath: Option<String>,
    },
    /// A volume that lives and ends with the container.
    Anonymous {
        /// Whether the image's files stay out of it.
        nocopy: bool,
    },
    /// A path of the host: administrators only.
    Bind {
        /// The absolute path on the host.
        path: String,
        /// How mounts below it travel, such as `rslave`.
        propagation: Option<String>,
        /// Whether a missing path is made, as a directory.
        create_host_path: bool,
        /// `z` (shared) or `Z` (private) relabelling.
        selinux: Option<String>,
    },
    /// Memory.
    Tmpfs {
        /// At most so many bytes.
        size: Option<u64>,
        /// Permission bits.
        mode: Option<u32>,
    },
}

/// An entry of the service key `tmpfs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tmpfs {
    /// The path in the container.
    pub target: String,
    /// Options as the engine takes them, such as `size=64m,mode=1777`.
    pub options: String,
}

/// Reads `volumes` of a service. A later mount on the same path replaces an earlier one.
pub(crate) fn read_mounts(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for item in cursor.items(findings).unwrap_or_default() {
        let mount = if item.is_map() {
            long(&item, findings)
        } else {
            item.filled_text(findings)
                .and_then(|text| short(&item, text, findings))
        };
        let Some(mount) = mount else { continue };
        match mounts.iter_mut().find(|known| known.target == mount.target) {
            Some(known) => {
                findings.warning(
                    Code::Duplicate,
                    item.at(),
                    &item.path,
                    format!(
                        "{} is mounted on line {} already; this one replaces it",
                        quoted(&mount.target),
                        known.line
                    ),
                );
                *known = mount;
            }
            None => mounts.push(mount),
        }
    }
    mounts
}

const PROPAGATIONS: [&str; 6] = ["rprivate", "private", "rshared", "shared", "rslave", "slave"];

/// `[source:]target[:options]`
fn short(item: &Cursor<'_>, text: &str, findings: &mut Findings) -> Option<Mount> {
    let line = item.at().line;
    let parts: Vec<&str> = text.split(':').collect();
    let shown = quoted(text);
    if parts.len() > 3 || parts.iter().any(|part| part.is_empty()) {
        let message = format!("the volume {shown} has to be `source:/path` or `source:/path:ro`");
        return item.refuse(Code::InvalidValue, message, findings);
    }
    let (source, target, options) = match parts[..] {
        [target] => (None, target, ""),
        [source, target] => (Some(source), target, ""),
        [source, target, options] => (Some(source), target, options),
        _ => return None,
    };
    if let Some(source) = source
        && source.len() == 1
        && source.starts_with(|c: char| c.is_ascii_alphabetic())
    {
        let message = format!(
            "Compose takes {} for the letter of a Windows drive; give the volume a name of two letters or more",
            quoted(source)
        );
        return item.refuse(Code::InvalidValue, message, findings);
    }
    let target = container_path(item, target, findings)?;
    let mut mount = Mount {
        source: MountSource::Anonymous { nocopy: false },
        target,
        read_only: false,
        line,
    };
    let (mut nocopy, mut propagation, mut selinux) = (false, None, None);
    for option in options.split(',').filter(|option| !option.is_empty()) {
        match option {
            "ro" => mount.read_only = true,
            "rw" => mount.read_only = false,
            "nocopy" => nocopy = true,
            "z" | "Z" => selinux = Some(option.to_owned()),
            _ if PROPAGATIONS.contains(&option) => propagation = Some(option.to_owned()),
            _ => {
                let message = format!(
                    "the volume {shown} has the option {} that does not exist",
                    quoted(option)
                );
                return item.refuse(Code::InvalidValue, message, findings);
            }
        }
    }
    mount.source = match source {
        None => MountSource::Anonymous { nocopy },
        Some(path) if is_path(path) => MountSource::Bind {
            path: host_path(item, path, findings)?,
            propagation,
            create_host_path: true,
            selinux,
        },
        Some(volume) => MountSource::Named {
            volume: volume.to_owned(),
            nocopy,
            subpath: None,
        },
    };
    Some(mount)
}

fn is_path(source: &str) -> bool {
    source.starts_with(['.', '/', '~']) || source.starts_with("\\\\")
}

/// A path of the host has to be absolute: the blueprint lies in the console, not in a folder of the host.
fn host_path(cursor: &Cursor<'_>, path: &str, findings: &mut Findings) -> Option<String> {
    if path.starts_with('/') {
        return Some(path.to_owned());
    }
    let message = format!(
        "{} is relative to a folder that no host has; Lighthouse sends no files: give the absolute path on the \
         host, or use a named volume",
        quoted(path)
    );
    cursor.refuse(Code::UnsupportedValue, message, findings)
}

fn container_path(cursor: &Cursor<'_>, path: &str, findings: &mut Findings) -> Option<String> {
    let plain = plain_path(path);
    if path.starts_with('/') && plain != "/" {
        return Some(plain);
    }
    let message = format!(
        "{} has to be an absolute path in the container, below `/`",
        quoted(path)
    );
    cursor.refuse(Code::InvalidValue, message, findings)
}

/// A path without double slashes, a slash at its end, `.` and `..`: two spellings of one path are one mount.
fn plain_path(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

const KEYS: [&str; 8] = [
    "type",
    "source",
    "target",
    "read_only",
    "consistency",
    "bind",
    "volume",
    "tmpfs",
];

#[derive(Default)]
struct Long {
    kind: Option<String>,
    source: Option<String>,
    target: Option<String>,
    read_only: bool,
    propagation: Option<String>,
    create_host_path: bool,
    selinux: Option<String>,
    nocopy: bool,
    subpath: Option<String>,
    size: Option<u64>,
    mode: Option<u32>,
}

fn long(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<Mount> {
    let mut found = Long::default();
    for field in cursor.fields(findings)? {
        long_field(&mut found, &field, findings)?;
    }
    let Some(kind) = found.kind else {
        return cursor.refuse(
            Code::Missing,
            "this mount has no `type`: `volume`, `bind` or `tmpfs`",
            findings,
        );
    };
    let Some(target) = found.target else {
        return cursor.refuse(
            Code::Missing,
            "this mount has no `target`, the path in the container",
            findings,
        );
    };
    let source = match (kind.as_str(), found.source) {
        ("volume", None) => MountSource::Anonymous { nocopy: found.nocopy },
        ("volume", Some(volume)) => MountSource::Named {
            volume,
            nocopy: found.nocopy,
            subpath: found.subpath,
        },
        ("bind", Some(path)) => MountSource::Bind {
            path: host_path(cursor, &path, findings)?,
            propagation: found.propagation,
            create_host_path: found.create_host_path,
            selinux: found.selinux,
        },
        ("bind", None) => {
            return cursor.refuse(
                Code::Missing,
                "this bind has no `source`, the path on the host",
                findings,
            );
        }
        ("tmpfs", None) => MountSource::Tmpfs {
            size: found.size,
            mode: found.mode,
        },
        ("tmpfs", Some(_)) => {
            return cursor.refuse(Code::Conflict, "a `tmpfs` mount has no `source`", findings);
        }
        _ => {
            let message = format!(
                "mounts of type {} are not supported; use `volume`, `bind` or `tmpfs`",
                quoted(&kind)
            );
            return cursor.refuse(Code::UnsupportedValue, message, findings);
        }
    };
    Some(Mount {
        source,
        target,
        read_only: found.read_only,
        line: cursor.at().line,
    })
}

fn long_field(found: &mut Long, field: &Field<'_>, findings: &mut Findings) -> Option<()> {
    let value = &field.value;
    match field.key {
        "type" => found.kind = Some(value.text(findings)?.to_owned()),
        "source" => {
            let text = value.text(findings)?;
            found.source = (!text.is_empty()).then(|| text.to_owned());
        }
        "target" => found.target = Some(container_path(value, value.text(findings)?, findings)?),
        "read_only" => found.read_only = value.boolean(findings)?,
        // It has meant nothing to engines on Linux since it was invented.
        "consistency" => {
            value.text(findings)?;
            findings.note(
                Code::Obsolete,
                field.at,
                &value.path,
                "`consistency` means nothing on Linux hosts",
            );
        }
        "bind" => {
            for field in value.fields_or_null(findings)? {
                match field.key {
                    "propagation" => {
                        let word = field.value.text(findings)?;
                        if !PROPAGATIONS.contains(&word) {
                            let problem =
                                format!("has to be one of {}", crate::cursor::listed(&PROPAGATIONS));
                            return field.value.invalid(problem, findings);
                        }
                        found.propagation = Some(word.to_owned());
                    }
                    "create_host_path" => found.create_host_path = field.value.boolean(findings)?,
                    "selinux" => match field.value.text(findings)? {
                        word @ ("z" | "Z") => found.selinux = Some(word.to_owned()),
                        _ => return field.value.invalid("has to be `z` or `Z`", findings),
                    },
                    "recursive" => field.unsupported("is not supported yet", findings),
                    _ if field.is_extension() => {}
                    _ => field.unknown(&["propagation", "create_host_path", "selinux"], findings),
                }
            }
        }
        "volume" => {
            for field in value.fields_or_null(findings)? {
                match field.key {
                    "nocopy" => found.nocopy = field.value.boolean(findings)?,
                    "subpath" => found.subpath = Some(field.value.filled_text(findings)?.to_owned()),
                    "labels" => field.unsupported("is not supported yet; label the volume itself", findings),
                    _ if field.is_extension() => {}
                    _ => field.unknown(&["nocopy", "subpath"], findings),
                }
            }
        }
        "tmpfs" => {
            for field in value.fields_or_null(findings)? {
                match field.key {
                    "size" => found.size = Some(size(&field.value, findings)?).filter(|&size| size > 0),
                    "mode" => found.mode = Some(mode(&field.value, findings)?),
                    _ if field.is_extension() => {}
                    _ => field.unknown(&["size", "mode"], findings),
                }
            }
        }
        "image" | "cluster" => field.unsupported("mounts are not supported", findings),
        _ if field.is_extension() => {}
        _ => field.unknown(&KEYS, findings),
    }
    Some(())
}

fn size(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<u64> {
    let text = cursor.text_or_number(findings)?;
    quantity::bytes(text).or_else(|| cursor.invalid("has to be a number of bytes, such as `64m`", findings))
}

/// Permission bits are a number in the file (`0755` and `0o755` are octal there), or octal text.
fn mode(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<u32> {
    let bits = match cursor.scalar() {
        Some(scalar) => match scalar.meaning {
            Meaning::Integer(bits) => u32::try_from(bits).ok(),
            Meaning::Text => u32::from_str_radix(scalar.text.trim_start_matches("0o"), 8).ok(),
            _ => None,
        },
        None => None,
    };
    bits.filter(|&bits| bits <= 0o7777)
        .or_else(|| cursor.invalid("has to be permission bits such as `0755`", findings))
}

/// Reads the service key `tmpfs`.
pub(crate) fn read_tmpfs(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<Tmpfs> {
    let mut found: Vec<Tmpfs> = Vec::new();
    for text in cursor.texts_or_one(findings).unwrap_or_default() {
        let (target, options) = text.split_once(':').unwrap_or((text, ""));
        let Some(target) = container_path(cursor, target, findings) else {
            continue;
        };
        let entry = Tmpfs {
            target,
            options: options.to_owned(),
        };
        if !found.contains(&entry) {
            found.push(entry);
        }
    }
    found
}
