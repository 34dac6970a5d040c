//! Networks: those that a blueprint defines and how a service joins them.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::cursor::Cursor;
use crate::findings::{Findings, quoted};
use crate::pairs;

/// A network of a blueprint.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Network {
    /// Its key in the blueprint; `default` for the one that is always there.
    pub key: String,
    /// A name of its own on the hosts, instead of one made from application and key.
    pub name: Option<String>,
    /// Whether it exists already and stays when the application goes.
    pub external: bool,
    /// The driver; the host's usual one when absent.
    pub driver: Option<String>,
    /// Options for the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// Addresses.
    pub ipam: Ipam,
    /// Whether it has no way out.
    pub internal: bool,
    /// Whether other containers may join it.
    pub attachable: bool,
    /// IPv6.
    pub enable_ipv6: Option<bool>,
    /// IPv4; on when absent.
    pub enable_ipv4: Option<bool>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// The line that defines it; 0 for an implicit `default`.
    pub line: u32,
}

/// Address management of a network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ipam {
    /// The driver.
    pub driver: Option<String>,
    /// Ranges of addresses.
    pub pools: Vec<IpamPool>,
    /// Options for the driver.
    pub options: BTreeMap<String, String>,
}

/// One range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IpamPool {
    /// The subnet, such as `172.28.0.0/16`.
    pub subnet: Option<String>,
    /// Where containers get theirs from.
    pub ip_range: Option<String>,
    /// The gateway.
    pub gateway: Option<IpAddr>,
    /// Addresses that are taken, by host name.
    pub aux_addresses: BTreeMap<String, String>,
}

/// How a service joins a network.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Attachment {
    /// The key of the network.
    pub network: String,
    /// More names of the service there.
    pub aliases: Vec<String>,
    /// A fixed IPv4 address.
    pub ipv4_address: Option<Ipv4Addr>,
    /// A fixed IPv6 address.
    pub ipv6_address: Option<Ipv6Addr>,
    /// Addresses for the link only.
    pub link_local_ips: Vec<IpAddr>,
    /// A fixed MAC address.
    pub mac_address: Option<String>,
    /// Options for the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// The order in which networks are joined, the highest first.
    pub priority: Option<i64>,
    /// Which network gives the default route, the highest.
    pub gw_priority: Option<i64>,
    /// The line that asks for it; 0 for the implicit `default`.
    pub line: u32,
}

impl Attachment {
    /// The implicit membership in the network `default`.
    pub(crate) fn implicit() -> Self {
        Self {
            network: "default".into(),
            ..Self::default()
        }
    }
}

/// Reads `networks` of a service.
pub(crate) fn read_attachments(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<Attachment> {
    let mut found: Vec<Attachment> = Vec::new();
    if cursor.is_list() {
        for item in cursor.items(findings).unwrap_or_default() {
            let Some(network) = item.text(findings) else {
                continue;
            };
            if found.iter().any(|known| known.network == network) {
                let message = format!("the network {} stands here twice", quoted(network));
                item.refuse::<()>(Code::Duplicate, message, findings);
                continue;
            }
            found.push(Attachment {
                network: network.to_owned(),
                line: item.at().line,
                ..Attachment::default()
            });
        }
    } else if cursor.is_map() {
        for field in cursor.fields(findings).unwrap_or_default() {
            let line = field.at.line;
            let attachment = Attachment {
                network: field.key.to_owned(),
                line,
                ..Attachment::default()
            };
            found.push(attach(attachment, &field.value, findings));
        }
    } else {
        cursor.wrong::<()>("a list of networks, or a map of networks to options", findings);
    }
    found
}

const ATTACHMENT_KEYS: [&str; 8] = [
    "aliases",
    "ipv4_address",
    "ipv6_address",
    "link_local_ips",
    "mac_address",
    "driver_opts",
    "priority",
    "gw_priority",
];

fn attach(mut to: Attachment, cursor: &Cursor<'_>, findings: &mut Findings) -> Attachment {
    for field in cursor.fields_or_null(findings).unwrap_or_default() {
        let value = &field.value;
        match field.key {
            "aliases" => {
                for alias in value.texts(findings).unwrap_or_default() {
                    if to.aliases.iter().any(|known| known == alias) {
                        continue;
                    }
                    if is_host_name(alias) {
                        to.aliases.push(alias.to_owned());
                    } else {
                        let message = format!("the alias {} is not a host name", quoted(alias));
                        value.refuse::<()>(Code::InvalidValue, message, findings);
                    }
                }
            }
            "ipv4_address" => to.ipv4_address = parsed(value, "an IPv4 address", findings),
            "ipv6_address" => to.ipv6_address = parsed(value, "an IPv6 address", findings),
            "link_local_ips" => {
                for item in value.items(findings).unwrap_or_default() {
                    to.link_local_ips
                        .extend(parsed::<IpAddr>(&item, "an IP address", findings));
                }
            }
            "mac_address" => to.mac_address = mac_address(value, findings),
            "driver_opts" => to.driver_opts = pairs::options(value, findings),
            "priority" => to.priority = value.integer(findings),
            "gw_priority" => to.gw_priority = value.integer(findings),
            "interface_name" => field.unsupported("is not supported yet", findings),
            _ if field.is_extension() => {}
            _ => field.unknown(&ATTACHMENT_KEYS, findings),
        }
    }
    to
}

fn parsed<T: std::str::FromStr>(cursor: &Cursor<'_>, wanted: &str, findings: &mut Findings) -> Option<T> {
    let text = cursor.text(findings)?;
    match text.parse() {
        Ok(value) => Some(value),
        Err(_) => cursor.invalid(
            format!("has to be {wanted}; here stands {}", quoted(text)),
            findings,
        ),
    }
}

fn mac_address(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<String> {
    let text = cursor.text(findings)?;
    let parts: Vec<&str> = text.split([':', '-']).collect();
    let good = parts.len() == 6
        && parts
            .iter()
            .all(|part| part.len() == 2 && part.bytes().all(|b| b.is_ascii_hexdigit()));
    if good {
        return Some(text.to_owned());
    }
    cursor.invalid("has to be a MAC address such as `02:42:ac:11:65:43`", findings)
}

const NETWORK_KEYS: [&str; 10] = [
    "name",
    "driver",
    "driver_opts",
    "ipam",
    "external",
    "internal",
    "attachable",
    "enable_ipv4",
    "enable_ipv6",
    "labels",
];

/// Reads one entry of the top-level `networks`.
pub(crate) fn read(key: &str, line: u32, cursor: &Cursor<'_>, findings: &mut Findings) -> Network {
    let mut network = Network {
        key: key.to_owned(),
        line,
        ..Network::default()
    };
    let mut others = None;
    for field in cursor.fields_or_null(findings).unwrap_or_default() {
        let value = &field.value;
        match field.key {
            "name" => network.name = resource_name(value, findings).or(network.name.take()),
            "external" => {
                let (external, name) = external(value, findings);
                network.external = external;
                network.name = name.or(network.name.take());
                continue;
            }
            "driver" => network.driver = value.filled_text(findings).map(str::to_owned),
            "driver_opts" => network.driver_opts = pairs::options(value, findings),
            "ipam" => network.ipam = ipam(value, findings),
            "internal" => network.internal = value.boolean(findings).unwrap_or_default(),
            "attachable" => network.attachable = value.boolean(findings).unwrap_or_default(),
            "enable_ipv4" => network.enable_ipv4 = value.boolean(findings),
            "enable_ipv6" => network.enable_ipv6 = value.boolean(findings),
            "labels" => network.labels = pairs::labels(value, findings),
            _ if field.is_extension() => continue,
            _ => {
                field.unknown(&NETWORK_KEYS, findings);
                continue;
            }
        }
        if field.key != "name" {
            others = Some(field.key);
        }
    }
    if let (true, Some(other)) = (network.external, others) {
        let message = format!(
            "the network {} is external, so `{other}` has no meaning: it exists already",
            quoted(key)
        );
        cursor.refuse::<()>(Code::Conflict, message, findings);
    }
    network
}

/// Reads `external`: `true`, or the old form `external: {name: …}`.
pub(crate) fn external(cursor: &Cursor<'_>, findings: &mut Findings) -> (bool, Option<String>) {
    if !cursor.is_map() {
        return (cursor.boolean(findings).unwrap_or_default(), None);
    }
    let mut name = None;
    for field in cursor.fields(findings).unwrap_or_default() {
        match field.key {
            "name" => name = resource_name(&field.value, findings),
            _ => field.unknown(&["name"], findings),
        }
    }
    (true, name)
}

/// A name of a network or volume on the hosts, by the engine's rule.
pub(crate) fn resource_name(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<String> {
    let text = cursor.text(findings)?;
    let start = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    let good = text
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    if start && good && text.len() <= 255 {
        return Some(text.to_owned());
    }
    cursor.invalid(
        format!(
            "has to be letters, digits, `-`, `_` and `.`, not {}",
            quoted(text)
        ),
        findings,
    )
}

fn ipam(cursor: &Cursor<'_>, findings: &mut Findings) -> Ipam {
    let mut ipam = Ipam::default();
    for field in cursor.fields_or_null(findings).unwrap_or_default() {
        let value = &field.value;
        match field.key {
            "driver" => ipam.driver = value.filled_text(findings).map(str::to_owned),
            "options" => ipam.options = pairs::options(value, findings),
            "config" => {
                for item in value.items(findings).unwrap_or_default() {
                    ipam.pools.extend(pool(&item, findings));
                }
            }
            _ if field.is_extension() => {}
            _ => field.unknown(&["driver", "config", "options"], findings),
        }
    }
    ipam
}

fn pool(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<IpamPool> {
    let mut pool = IpamPool::default();
    for field in cursor.fields(findings)? {
        let value = &field.value;
        match field.key {
            "subnet" => pool.subnet = subnet(value, findings),
            "ip_range" => pool.ip_range = subnet(value, findings),
            "gateway" => pool.gateway = parsed(value, "an IP address", findings),
            "aux_addresses" => {
                for field in value.fields(findings).unwrap_or_default() {
                    if let Some(address) = parsed::<IpAddr>(&field.value, "an IP address", findings) {
                        pool.aux_addresses
                            .insert(field.key.to_owned(), address.to_string());
                    }
                }
            }
            _ if field.is_extension() => {}
            _ => field.unknown(&["subnet", "ip_range", "gateway", "aux_addresses"], findings),
        }
    }
    Some(pool)
}

fn subnet(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<String> {
    let text = cursor.text(findings)?;
    let good = text.split_once('/').is_some_and(|(address, bits)| {
        let most = match address.parse() {
            Ok(IpAddr::V4(_)) => 32,
            Ok(IpAddr::V6(_)) => 128,
            Err(_) => return false,
        };
        bits.parse::<u8>().is_ok_and(|bits| bits <= most)
    });
    if good {
        return Some(text.to_owned());
    }
    cursor.invalid(
        format!("has to be a range such as `172.28.0.0/16`, not {}", quoted(text)),
        findings,
    )
}

/// A name that can stand in `/etc/hosts` or the engine's name service.
pub(crate) fn is_host_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text.split('.').all(|part| {
            !part.is_empty()
                && part.len() <= 63
                && !part.starts_with('-')
                && !part.ends_with('-')
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}
