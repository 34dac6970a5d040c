//! Published and exposed ports.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::cursor::Cursor;
use crate::findings::{Findings, quoted};
use crate::limits::MAX_PORTS;
use crate::scalar::Meaning;

/// A port of the container that is reachable from outside its networks.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Port {
    /// The port inside the container.
    pub target: u16,
    /// The port on the host.
    pub published: Published,
    /// The address of the host that it listens on; all of them when absent.
    pub host_ip: Option<IpAddr>,
    /// The protocol.
    pub protocol: Protocol,
    /// How it is published.
    pub mode: PortMode,
    /// A name for people.
    pub name: Option<String>,
    /// What is spoken over it, such as `http`.
    pub app_protocol: Option<String>,
    /// The line that asks for it.
    pub line: u32,
}

/// The port on the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Published {
    /// The engine chooses a free one.
    Any,
    /// Exactly this one: no second instance on the same host can have it.
    Fixed(u16),
    /// A free one between these two, both included.
    Range(u16, u16),
}

/// A transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Protocol {
    /// `tcp`
    #[default]
    Tcp,
    /// `udp`
    Udp,
    /// `sctp`
    Sctp,
}

impl Protocol {
    /// The word that Compose and the engine use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
            Self::Sctp => "sctp",
        }
    }

    fn from_text(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "tcp" => Some(Self::Tcp),
            "udp" => Some(Self::Udp),
            "sctp" => Some(Self::Sctp),
            _ => None,
        }
    }
}

/// How a port is published. Both publish on the host where the instance runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum PortMode {
    /// `ingress`
    #[default]
    Ingress,
    /// `host`
    Host,
}

/// Ports that other services may reach; a note for people and tools, nothing is opened.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Exposed {
    /// The first port.
    pub first: u16,
    /// The last port, included.
    pub last: u16,
    /// The protocol.
    pub protocol: Protocol,
}

/// Reads `ports`.
pub(crate) fn read_ports(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<Port> {
    let mut ports = Vec::new();
    for item in cursor.items(findings).unwrap_or_default() {
        if item.is_map() {
            ports.extend(long(&item, findings));
        } else if let Some(scalar) = item.scalar() {
            match scalar.meaning {
                Meaning::Integer(_) | Meaning::Text => match short(&scalar.text, item.at().line) {
                    Ok(found) => ports.extend(found),
                    Err(problem) => {
                        let message = format!("the port {} {problem}", quoted(&scalar.text));
                        item.refuse::<()>(Code::InvalidValue, message, findings);
                    }
                },
                _ => drop(item.wrong::<()>("a port such as `8080:80`, or a map", findings)),
            }
        } else {
            item.wrong::<()>("a port such as `8080:80`, or a map", findings);
        }
        if ports.len() > MAX_PORTS {
            cursor.refuse::<()>(
                Code::Limit,
                format!("a service can publish at most {MAX_PORTS} ports"),
                findings,
            );
            ports.truncate(MAX_PORTS);
            break;
        }
    }
    merge(ports)
}

/// The same publication twice is one: the later entry counts, in the place of the first.
fn merge(ports: Vec<Port>) -> Vec<Port> {
    let mut places = HashMap::new();
    let mut merged: Vec<Port> = Vec::new();
    for port in ports {
        match places.entry((port.target, port.published, port.host_ip, port.protocol)) {
            Entry::Occupied(place) => merged[*place.get()] = port,
            Entry::Vacant(place) => {
                place.insert(merged.len());
                merged.push(port);
            }
        }
    }
    merged
}

/// `[[ip:]host:]container[/protocol]`, with ranges.
fn short(text: &str, line: u32) -> Result<Vec<Port>, String> {
    let (rest, protocol) = match text.split_once('/') {
        Some((rest, word)) => (
            rest,
            Protocol::from_text(word).ok_or("has a protocol that is not `tcp`, `udp` or `sctp`")?,
        ),
        None => (text, Protocol::Tcp),
    };
    let (host, target) = match rest.rsplit_once(':') {
        Some((host, target)) => (Some(host), target),
        None => (None, rest),
    };
    let (ip, published) = match host {
        None => (None, ""),
        Some(host) => match host.rsplit_once(':') {
            None => (None, host),
            Some((ip, published)) => (Some(ip), published),
        },
    };
    let host_ip = match ip {
        None | Some("") => None,
        Some(ip) => {
            let bare = ip
                .strip_prefix('[')
                .and_then(|ip| ip.strip_suffix(']'))
                .unwrap_or(ip);
            Some(
                bare.parse()
                    .map_err(|_| format!("has {} where an IP address belongs", quoted(ip)))?,
            )
        }
    };
    let (first, last) = range(target).ok_or("has no port number between 1 and 65535 for the container")?;
    if first == 0 {
        return Err("has the container port 0; ports begin at 1".into());
    }
    let port = |target: u16, published: Published| Port {
        target,
        published,
        host_ip,
        protocol,
        mode: PortMode::Ingress,
        name: None,
        app_protocol: None,
        line,
    };
    if published.is_empty() {
        return Ok((first..=last)
            .map(|target| port(target, Published::Any))
            .collect());
    }
    let (from, to) = range(published).ok_or("has a host port that is not between 0 and 65535")?;
    if from == to && first == last {
        return Ok(vec![port(first, fixed(from))]);
    }
    if first == last {
        return Ok(vec![port(first, Published::Range(from, to))]);
    }
    if to - from != last - first {
        return Err("has two ranges of different length; they must match, port by port".into());
    }
    Ok((first..=last)
        .zip(from..=to)
        .map(|(target, host)| port(target, fixed(host)))
        .collect())
}

/// The host port 0 lets the engine choose.
fn fixed(port: u16) -> Published {
    if port == 0 {
        Published::Any
    } else {
        Published::Fixed(port)
    }
}

/// `80` or `8000-8010`.
fn range(text: &str) -> Option<(u16, u16)> {
    let number = |text: &str| {
        (!text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()))
            .then(|| text.parse().ok())
            .flatten()
    };
    match text.split_once('-') {
        None => number(text).map(|port| (port, port)),
        Some((first, last)) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some((first, last))
        }
    }
}

const KEYS: [&str; 7] = [
    "name",
    "mode",
    "host_ip",
    "target",
    "published",
    "protocol",
    "app_protocol",
];

fn long(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<Port> {
    let mut target = None;
    let mut port = Port {
        target: 0,
        published: Published::Any,
        host_ip: None,
        protocol: Protocol::Tcp,
        mode: PortMode::Ingress,
        name: None,
        app_protocol: None,
        line: cursor.at().line,
    };
    for field in cursor.fields(findings)? {
        let value = &field.value;
        match field.key {
            "target" => {
                let text = value.text_or_number(findings)?;
                match range(text) {
                    Some((first, last)) if first == last && first > 0 => target = Some(first),
                    _ => return value.invalid("has to be a port between 1 and 65535", findings),
                }
            }
            "published" => {
                let text = value.text_or_number(findings)?;
                port.published = match range(text) {
                    _ if text.is_empty() => Published::Any,
                    Some((first, last)) if first == last => fixed(first),
                    Some((first, last)) => Published::Range(first, last),
                    None => {
                        return value
                            .invalid("has to be a port such as `8080` or a range `8080-8090`", findings);
                    }
                };
            }
            "host_ip" => {
                let text = value.text(findings)?;
                if !text.is_empty() {
                    match text.parse() {
                        Ok(ip) => port.host_ip = Some(ip),
                        Err(_) => return value.invalid("has to be an IP address", findings),
                    }
                }
            }
            "protocol" => match Protocol::from_text(value.text(findings)?) {
                Some(protocol) => port.protocol = protocol,
                None => return value.invalid("has to be `tcp`, `udp` or `sctp`", findings),
            },
            "mode" => match value.text(findings)? {
                "ingress" => port.mode = PortMode::Ingress,
                "host" => port.mode = PortMode::Host,
                _ => return value.invalid("has to be `ingress` or `host`", findings),
            },
            "name" => port.name = Some(value.text(findings)?.to_owned()),
            "app_protocol" => port.app_protocol = Some(value.text(findings)?.to_owned()),
            _ if field.is_extension() => {}
            _ => field.unknown(&KEYS, findings),
        }
    }
    match target {
        Some(target) => Some(Port { target, ..port }),
        None => cursor.refuse(
            Code::Missing,
            "this port has no `target`, the port of the container",
            findings,
        ),
    }
}

/// Reads `expose`.
pub(crate) fn read_exposed(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<Exposed> {
    let mut exposed = Vec::new();
    for item in cursor.items(findings).unwrap_or_default() {
        let text = match item.scalar() {
            Some(scalar) if matches!(scalar.meaning, Meaning::Integer(_) | Meaning::Text) => &scalar.text,
            _ => {
                item.wrong::<()>("a port such as `3000` or `8080-8085/tcp`", findings);
                continue;
            }
        };
        let (ports, protocol) = match text.split_once('/') {
            Some((ports, word)) => (ports, Protocol::from_text(word)),
            None => (text.as_str(), Some(Protocol::Tcp)),
        };
        match (range(ports), protocol) {
            (Some((first, last)), Some(protocol)) if first > 0 => {
                let entry = Exposed {
                    first,
                    last,
                    protocol,
                };
                if !exposed.contains(&entry) {
                    exposed.push(entry);
                }
            }
            _ => {
                let message = format!(
                    "{} is not a port to expose; write `3000` or `8080-8085/udp`, the container's side only",
                    quoted(text)
                );
                item.refuse::<()>(Code::InvalidValue, message, findings);
            }
        }
        if exposed.len() > MAX_PORTS {
            let message = format!("a service can expose at most {MAX_PORTS} ports or ranges");
            cursor.refuse::<()>(Code::Limit, message, findings);
            break;
        }
    }
    exposed
}
