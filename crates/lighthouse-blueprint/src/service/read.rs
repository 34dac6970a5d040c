//! Reads one entry of `services`.

use std::collections::HashSet;
use std::net::IpAddr;

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use super::{ExtraHost, Options, PlacementMode, Restart, Service, Ulimit};
use crate::cursor::{Cursor, Field};
use crate::findings::{Findings, quoted};
use crate::keys::{SERVICE_KEYS, unsupported_in_service};
use crate::{
    dependency, device, health, image, mount, name, namespace, network, pairs, port, quantity, resources,
    shell,
};

/// A service as its own text gives it; the document adds the rest.
pub(crate) struct Draft<'t> {
    pub(crate) service: Service,
    /// The value of `env_file`.
    pub(crate) env_file: Option<Cursor<'t>>,
    /// The value of `environment`.
    pub(crate) environment: Option<Cursor<'t>>,
}

/// Reads a service.
pub(crate) fn read<'t>(field: &Field<'t>, findings: &mut Findings) -> Option<Draft<'t>> {
    let cursor = &field.value;
    let mut draft = Draft {
        service: Service {
            name: field.key.to_owned(),
            line: field.at.line,
            ..Service::default()
        },
        env_file: None,
        environment: None,
    };
    let mut has_image = false;
    for field in cursor.fields(findings)? {
        draft.service.lines.insert(field.key.to_owned(), field.at.line);
        has_image |= matches!(field.key, "image" | "build");
        match field.key {
            "env_file" => draft.env_file = Some(field.value),
            "environment" => draft.environment = Some(field.value),
            _ => read_field(&mut draft.service, &field, findings),
        }
    }
    if !has_image {
        findings.error(
            Code::Missing,
            field.at,
            &cursor.path,
            format!("the service {} has no `image`", quoted(field.key)),
        );
    }
    consistency(&draft.service, cursor, findings);
    Some(draft)
}

fn read_field(service: &mut Service, field: &Field<'_>, findings: &mut Findings) {
    let value = &field.value;
    let owned = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    match field.key {
        "image" => service.image = read_image(value, findings).unwrap_or_default(),
        "command" => service.command = command(value, findings),
        "entrypoint" => service.entrypoint = command(value, findings),
        "ports" => service.ports = port::read_ports(value, findings),
        "expose" => service.expose = port::read_exposed(value, findings),
        "volumes" => service.mounts = mount::read_mounts(value, findings),
        "tmpfs" => service.tmpfs = mount::read_tmpfs(value, findings),
        "networks" => service.networks = network::read_attachments(value, findings),
        "network_mode" => service.network_mode = namespace::read_network_mode(value, findings),
        "depends_on" => service.depends_on = dependency::read(value, findings),
        "healthcheck" => service.healthcheck = health::read(value, findings),
        "restart" => service.restart = restart(value, findings),
        "labels" => service.labels = pairs::labels(value, findings),
        "user" => service.user = owned(value.text(findings)),
        "working_dir" => service.working_dir = owned(value.text(findings)),
        "hostname" => service.hostname = hostname(value, findings),
        "init" => service.init = value.boolean(findings),
        "tty" => service.tty = value.boolean(findings).unwrap_or_default(),
        "stdin_open" => service.stdin_open = value.boolean(findings).unwrap_or_default(),
        "read_only" => service.read_only = value.boolean(findings).unwrap_or_default(),
        "cap_add" => service.cap_add = capabilities(value, findings),
        "cap_drop" => service.cap_drop = capabilities(value, findings),
        "privileged" => service.privileged = value.boolean(findings).unwrap_or_default(),
        "devices" => service.devices = device::read(value, findings),
        "pid" => service.pid = namespace::read_pid(value, findings),
        "ipc" => service.ipc = namespace::read_ipc(value, findings),
        "security_opt" => service.security_opt = security_options(value, findings),
        "ulimits" => ulimits(service, value, findings),
        "sysctls" => service.sysctls = pairs::filled(pairs::read(value, findings)),
        "shm_size" => service.shm_size = bytes(value, findings),
        "extra_hosts" => service.extra_hosts = extra_hosts(value, findings),
        "dns" => service.dns = name_servers(value, findings),
        "stop_signal" => service.stop_signal = stop_signal(value, findings),
        "stop_grace_period" => service.stop_grace_period = health::duration(value, findings),
        "deploy" => service.deploy = (!value.is_null()).then(|| resources::read(value, findings)),
        "profiles" => service.profiles = profiles(value, findings),
        "x-lighthouse" => service.lighthouse = options(value, findings),
        _ if field.is_extension() => {}
        key => match unsupported_in_service(key) {
            Some(advice) => field.unsupported(advice, findings),
            None => field.unknown(&SERVICE_KEYS, findings),
        },
    }
}

/// What no single key can tell.
fn consistency(service: &Service, cursor: &Cursor<'_>, findings: &mut Findings) {
    use namespace::NetworkMode;
    let Some(mode) = &service.network_mode else { return };
    if service.lines.contains_key("networks") {
        let message = "`network_mode` and `networks` exclude each other; keep one of them";
        cursor.refuse::<()>(Code::Conflict, message, findings);
    }
    if !service.ports.is_empty()
        && matches!(
            mode,
            NetworkMode::Host | NetworkMode::Service(_) | NetworkMode::Container(_)
        )
    {
        let message = format!(
            "`ports` cannot be published with `network_mode: {}`: the container has no network of its own",
            mode.as_text()
        );
        cursor.refuse::<()>(Code::Conflict, message, findings);
    }
}

fn read_image(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<String> {
    let text = cursor.filled_text(findings)?;
    match image::check(text) {
        Ok(()) => Some(text.to_owned()),
        Err(problem) => {
            let message = format!("the image {} {problem}", quoted(text));
            cursor.refuse(Code::InvalidValue, message, findings)
        }
    }
}

/// A command: nothing keeps the image's, a text is split into words, a list is taken as it is.
fn command(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<Vec<String>> {
    if cursor.is_null() {
        return None;
    }
    if cursor.is_list() {
        return cursor
            .texts(findings)
            .map(|words| words.into_iter().map(str::to_owned).collect());
    }
    let text = cursor.text(findings)?;
    match shell::split(text) {
        Ok(split) => {
            if let Some(operator) = split.cut_at {
                findings.warning(
                    Code::InvalidValue,
                    cursor.at(),
                    &cursor.path,
                    format!(
                        "no shell runs this command, and Compose reads it only up to `{operator}`; write \
                         `[\"sh\", \"-c\", \"…\"]` to have a shell",
                    ),
                );
            }
            Some(split.words)
        }
        Err(problem) => cursor.invalid(format!("cannot be split into words: {problem}"), findings),
    }
}

fn restart(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<Restart> {
    let text = cursor.text(findings)?;
    let policy = match text {
        "no" => Some(Restart::No),
        "always" => Some(Restart::Always),
        "unless-stopped" => Some(Restart::UnlessStopped),
        "on-failure" => Some(Restart::OnFailure(None)),
        _ => text
            .strip_prefix("on-failure:")
            .and_then(|times| times.parse().ok())
            .map(|times| Restart::OnFailure(Some(times))),
    };
    policy.or_else(|| {
        cursor.invalid(
            format!(
                "has to be `no`, `always`, `unless-stopped`, `on-failure` or `on-failure:3`, not {}",
                quoted(text)
            ),
            findings,
        )
    })
}

fn hostname(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<String> {
    let text = cursor.text(findings)?;
    if text.is_empty() {
        return None;
    }
    if network::is_host_name(text) && text.len() <= 64 {
        return Some(text.to_owned());
    }
    cursor.invalid(format!("has to be a host name, not {}", quoted(text)), findings)
}

fn capabilities(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for item in cursor.items(findings).unwrap_or_default() {
        let Some(text) = item.text(findings) else { continue };
        if text.is_empty() || text.len() > 64 || !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            let message = format!("{} is not a capability such as `NET_ADMIN`", quoted(text));
            item.refuse::<()>(Code::InvalidValue, message, findings);
        } else if !found.iter().any(|known| known == text) {
            found.push(text.to_owned());
        }
    }
    found
}

fn security_options(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for item in cursor.items(findings).unwrap_or_default() {
        let Some(text) = item.filled_text(findings) else {
            continue;
        };
        if found.iter().any(|known| known == text) {
            let message = format!("{} stands here twice", quoted(text));
            item.refuse::<()>(Code::Duplicate, message, findings);
            continue;
        }
        let profile = text
            .strip_prefix("seccomp")
            .and_then(|rest| rest.strip_prefix(['=', ':']));
        if profile.is_some_and(|profile| !matches!(profile, "unconfined" | "builtin")) {
            let message = "a seccomp profile in a file is not supported: Lighthouse reads no files; use \
                           `seccomp=unconfined` or leave it out";
            item.refuse::<()>(Code::UnsupportedValue, message, findings);
            continue;
        }
        found.push(text.to_owned());
    }
    found
}

fn ulimits(service: &mut Service, cursor: &Cursor<'_>, findings: &mut Findings) {
    for field in cursor.fields(findings).unwrap_or_default() {
        if field.key.is_empty() || !field.key.bytes().all(|b| b.is_ascii_lowercase()) {
            let message = format!("{} is not a limit such as `nofile` or `nproc`", quoted(field.key));
            field.value.refuse::<()>(Code::InvalidValue, message, findings);
            continue;
        }
        if let Some(limit) = ulimit(&field.value, findings) {
            service.ulimits.insert(field.key.to_owned(), limit);
        }
    }
}

fn ulimit(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<Ulimit> {
    if !cursor.is_map() {
        let both = limit(cursor, findings)?;
        return Some(Ulimit {
            soft: both,
            hard: both,
        });
    }
    let (mut soft, mut hard) = (None, None);
    for field in cursor.fields(findings)? {
        match field.key {
            "soft" => soft = Some(limit(&field.value, findings)?),
            "hard" => hard = Some(limit(&field.value, findings)?),
            _ if field.is_extension() => {}
            _ => field.unknown(&["soft", "hard"], findings),
        }
    }
    match (soft, hard) {
        (Some(soft), Some(hard)) if hard != -1 && (soft > hard || soft == -1) => {
            cursor.refuse(Code::Conflict, "the soft limit is above the hard one", findings)
        }
        (Some(soft), Some(hard)) => Some(Ulimit { soft, hard }),
        _ => cursor.refuse(Code::Missing, "a limit needs both `soft` and `hard`", findings),
    }
}

fn limit(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<i64> {
    let value = cursor.integer(findings)?;
    if value >= -1 {
        Some(value)
    } else {
        cursor.invalid("has to be a count, or -1 for no limit", findings)
    }
}

fn bytes(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<u64> {
    let text = cursor.text_or_number(findings)?;
    quantity::bytes(text)
        .filter(|&bytes| i64::try_from(bytes).is_ok())
        .or_else(|| cursor.invalid("has to be a number of bytes, such as `64m`", findings))
}

fn extra_hosts(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<ExtraHost> {
    let mut found = Vec::new();
    if cursor.is_map() {
        for field in cursor.fields(findings).unwrap_or_default() {
            for address in field.value.texts_or_one(findings).unwrap_or_default() {
                found.extend(extra_host(field.key, address, &field.value, findings));
            }
        }
        return found;
    }
    for item in cursor.items(findings).unwrap_or_default() {
        let Some(text) = item.text(findings) else { continue };
        if let Some((name, address)) = text.split_once('=').or_else(|| text.split_once(':')) {
            found.extend(extra_host(name, address, &item, findings));
        } else {
            let message = format!("{} has no address; write `name=10.0.0.1`", quoted(text));
            item.refuse::<()>(Code::InvalidValue, message, findings);
        }
    }
    found
}

fn extra_host(name: &str, address: &str, cursor: &Cursor<'_>, findings: &mut Findings) -> Option<ExtraHost> {
    let bare = address
        .strip_prefix('[')
        .and_then(|inner| inner.strip_suffix(']'))
        .unwrap_or(address);
    if !network::is_host_name(name) {
        let message = format!("{} is not a host name", quoted(name));
        return cursor.refuse(Code::InvalidValue, message, findings);
    }
    if bare != "host-gateway" && bare.parse::<IpAddr>().is_err() {
        let message = format!("{} is neither an IP address nor `host-gateway`", quoted(address));
        return cursor.refuse(Code::InvalidValue, message, findings);
    }
    Some(ExtraHost {
        name: name.to_owned(),
        address: bare.to_owned(),
    })
}

fn name_servers(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for text in cursor.texts_or_one(findings).unwrap_or_default() {
        if let Ok(address) = text.parse() {
            if !found.contains(&address) {
                found.push(address);
            }
        } else {
            let message = format!("the name server {} is not an IP address", quoted(text));
            cursor.refuse::<()>(Code::InvalidValue, message, findings);
        }
    }
    found
}

fn stop_signal(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<String> {
    let text = cursor.text_or_number(findings)?;
    let number = text.parse::<u8>().is_ok_and(|number| (1..=64).contains(&number));
    let word = text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.len() <= 16
        && text
            .bytes()
            .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || matches!(b, b'+' | b'-'));
    if number || word {
        return Some(text.to_owned());
    }
    cursor.invalid(
        format!("has to be a signal such as `SIGINT`, not {}", quoted(text)),
        findings,
    )
}

fn profiles(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<String> {
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    for item in cursor.items(findings).unwrap_or_default() {
        let Some(text) = item.text(findings) else { continue };
        if let Err(problem) = name::check(text) {
            let message = format!("the profile {} {problem}", quoted(text));
            item.refuse::<()>(Code::InvalidValue, message, findings);
        } else if seen.insert(text) {
            found.push(text.to_owned());
        }
    }
    found
}

fn options(cursor: &Cursor<'_>, findings: &mut Findings) -> Options {
    let mut options = Options::default();
    for field in cursor.fields(findings).unwrap_or_default() {
        match field.key {
            "placement" => match field.value.text(findings) {
                Some("spread") => options.placement = Some(PlacementMode::Spread),
                Some("pack") => options.placement = Some(PlacementMode::Pack),
                Some(_) => drop(
                    field
                        .value
                        .invalid::<()>("has to be `spread` or `pack`", findings),
                ),
                None => {}
            },
            _ => field.unknown(&["placement"], findings),
        }
    }
    options
}
