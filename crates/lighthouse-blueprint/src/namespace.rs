//! Namespaces that a container shares with the host, a service of its application or another container.

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::cursor::Cursor;
use crate::findings::{Findings, quoted};

/// `network_mode`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NetworkMode {
    /// No network at all.
    None,
    /// The engine's own bridge, without names.
    Bridge,
    /// The network of the host: administrators only.
    Host,
    /// The network of a service of this blueprint.
    Service(String),
    /// The network of any container: administrators only.
    Container(String),
}

/// `pid`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PidMode {
    /// The processes of the host: administrators only.
    Host,
    /// The processes of a service of this blueprint.
    Service(String),
    /// The processes of any container: administrators only.
    Container(String),
}

/// `ipc`
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IpcMode {
    /// No shared memory mount.
    None,
    /// Its own.
    Private,
    /// Its own, open to others that ask for it.
    Shareable,
    /// That of the host: administrators only.
    Host,
    /// That of a service of this blueprint.
    Service(String),
    /// That of any container: administrators only.
    Container(String),
}

impl NetworkMode {
    /// The text that Compose uses.
    pub fn as_text(&self) -> String {
        match self {
            Self::None => "none".into(),
            Self::Bridge => "bridge".into(),
            Self::Host => "host".into(),
            Self::Service(name) => format!("service:{name}"),
            Self::Container(name) => format!("container:{name}"),
        }
    }
}

impl PidMode {
    /// The text that Compose uses.
    pub fn as_text(&self) -> String {
        match self {
            Self::Host => "host".into(),
            Self::Service(name) => format!("service:{name}"),
            Self::Container(name) => format!("container:{name}"),
        }
    }
}

impl IpcMode {
    /// The text that Compose uses.
    pub fn as_text(&self) -> String {
        match self {
            Self::None => "none".into(),
            Self::Private => "private".into(),
            Self::Shareable => "shareable".into(),
            Self::Host => "host".into(),
            Self::Service(name) => format!("service:{name}"),
            Self::Container(name) => format!("container:{name}"),
        }
    }
}

pub(crate) fn read_network_mode(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<NetworkMode> {
    let text = cursor.filled_text(findings)?;
    match text {
        "none" => return Some(NetworkMode::None),
        "bridge" => return Some(NetworkMode::Bridge),
        "host" => return Some(NetworkMode::Host),
        _ => {}
    }
    match shared(cursor, text, findings)? {
        Some(Shared::Service(name)) => Some(NetworkMode::Service(name)),
        Some(Shared::Container(name)) => Some(NetworkMode::Container(name)),
        None => {
            let message = format!(
                "the network mode {} is not supported; use `none`, `bridge`, `host`, `service:NAME` or \
                 `container:NAME`, or join a network with `networks`",
                quoted(text)
            );
            cursor.refuse(Code::UnsupportedValue, message, findings)
        }
    }
}

pub(crate) fn read_pid(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<PidMode> {
    if cursor.is_null() {
        return None;
    }
    let text = cursor.text(findings)?;
    match text {
        "" => return None,
        "host" => return Some(PidMode::Host),
        _ => {}
    }
    match shared(cursor, text, findings)? {
        Some(Shared::Service(name)) => Some(PidMode::Service(name)),
        Some(Shared::Container(name)) => Some(PidMode::Container(name)),
        None => cursor.invalid("has to be `host`, `service:NAME` or `container:NAME`", findings),
    }
}

pub(crate) fn read_ipc(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<IpcMode> {
    let text = cursor.filled_text(findings)?;
    match text {
        "none" => return Some(IpcMode::None),
        "private" => return Some(IpcMode::Private),
        "shareable" => return Some(IpcMode::Shareable),
        "host" => return Some(IpcMode::Host),
        _ => {}
    }
    match shared(cursor, text, findings)? {
        Some(Shared::Service(name)) => Some(IpcMode::Service(name)),
        Some(Shared::Container(name)) => Some(IpcMode::Container(name)),
        None => cursor.invalid(
            "has to be `none`, `private`, `shareable`, `host`, `service:NAME` or `container:NAME`",
            findings,
        ),
    }
}

enum Shared {
    Service(String),
    Container(String),
}

/// The forms that all three have. The outer `None` means that a finding was made.
#[expect(
    clippy::option_option,
    reason = "found wrong, absent and present are three things"
)]
fn shared(cursor: &Cursor<'_>, text: &str, findings: &mut Findings) -> Option<Option<Shared>> {
    if let Some(name) = text.strip_prefix("service:") {
        return match crate::name::check(name) {
            Ok(()) => Some(Some(Shared::Service(name.to_owned()))),
            Err(problem) => cursor.invalid(format!("names a service: {} {problem}", quoted(name)), findings),
        };
    }
    if let Some(name) = text.strip_prefix("container:") {
        // The engine's own rule for names; ids are a part of it.
        let start = name.starts_with(|c: char| c.is_ascii_alphanumeric());
        let good = name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        if start && good && (2..=255).contains(&name.len()) {
            return Some(Some(Shared::Container(name.to_owned())));
        }
        return cursor.invalid(
            format!("names {}, which no container can be called", quoted(name)),
            findings,
        );
    }
    Some(None)
}
