//! From a service of a blueprint to the container that an engine is asked for.

use std::collections::BTreeMap;
use std::time::Duration;

use lighthouse_blueprint::{
    Blueprint, Condition, HealthTest, Healthcheck, IpcMode, Mount, MountSource, NetworkMode, PidMode,
    Published, Restart, Service, Tmpfs,
};
use lighthouse_model::container::PublishedPort;
use sha2::{Digest, Sha256};

use crate::engine::{
    ContainerSpec, HealthcheckSpec, MountSpec, NetworkAttachment, NetworkSpec, ObjectName, RestartPolicy,
    Subnet, VolumeSpec,
};
use crate::operations::work::{Shares, Template, WaitRule};

/// A replacement without a health check has to stay up so long before its predecessor goes, in milliseconds.
const MONITOR: u64 = 3000;
/// What a health check of the image may take, of which nothing is known here: the engine's defaults and some slack.
const HEALTH: u64 = 3 * (30_000 + 30_000) + 10_000;
/// What others wait for may run so long.
const COMPLETION: u64 = 30 * 60_000;
/// An instance has to be well after so long in any case.
const DEADLINE: u64 = 60_000;

/// What the instances of a service are made from, and what of it cannot be carried out, a sentence each.
pub(super) fn template(
    blueprint: &Blueprint,
    service: &Service,
    application: &str,
) -> (Template, Vec<String>) {
    let mut refused = Vec::new();
    let spec = container(blueprint, service, application, &mut refused);
    let mut port_ranges = Vec::new();
    for (place, port) in service.ports.iter().enumerate() {
        if let Published::Range(first, last) = port.published {
            port_ranges.push((place, first, last));
        }
    }
    let shares = Shares {
        network: match &service.network_mode {
            Some(NetworkMode::Service(name)) => Some(name.clone()),
            _ => None,
        },
        pid: match &service.pid {
            Some(PidMode::Service(name)) => Some(name.clone()),
            _ => None,
        },
        ipc: match &service.ipc {
            Some(IpcMode::Service(name)) => Some(name.clone()),
            _ => None,
        },
    };
    let fingerprint = fingerprint(&spec, &port_ranges, &shares);
    let template = Template {
        spec,
        fingerprint,
        wait: wait_rule(blueprint, service),
        port_ranges,
        shares,
        nano_cpus_reserved: service.reserved_nano_cpus(),
    };
    (template, refused)
}

/// SHA-256 over everything that an instance is made from. Every map in it is ordered, so equal means equal.
fn fingerprint(spec: &ContainerSpec, port_ranges: &[(usize, u16, u16)], shares: &Shares) -> String {
    let text = serde_json::to_vec(&(spec, port_ranges, shares)).unwrap_or_default();
    hex::encode(Sha256::digest(text))
}

fn container(
    blueprint: &Blueprint,
    service: &Service,
    application: &str,
    refused: &mut Vec<String>,
) -> ContainerSpec {
    let limits = service.deploy.as_ref().and_then(|d| d.limits.as_ref());
    let environment = |(name, value): (&String, &Option<String>)| match value {
        Some(value) => format!("{name}={value}"),
        None => name.clone(),
    };
    let mut mounts: Vec<MountSpec> = Vec::new();
    for one in &service.mounts {
        mounts.extend(mount(blueprint, service, one, application, refused));
    }
    mounts.extend(service.tmpfs.iter().map(|t| tmpfs(service, t, refused)));
    ContainerSpec {
        image: service.image.clone(),
        command: service.command.clone(),
        entrypoint: service.entrypoint.clone(),
        environment: service.environment.iter().map(environment).collect(),
        labels: service.labels.clone(),
        user: service.user.clone(),
        working_dir: service.working_dir.clone(),
        hostname: service.hostname.clone(),
        init: service.init,
        tty: service.tty,
        stdin_open: service.stdin_open,
        read_only: service.read_only,
        cap_add: service.cap_add.clone(),
        cap_drop: service.cap_drop.clone(),
        privileged: service.privileged,
        devices: service
            .devices
            .iter()
            .map(|d| (d.source.clone(), d.target.clone(), d.permissions.clone()))
            .collect(),
        network_mode: service.network_mode.as_ref().and_then(|mode| match mode {
            NetworkMode::Service(_) => None,
            mode => Some(mode.as_text()),
        }),
        pid_mode: service.pid.as_ref().and_then(|mode| match mode {
            PidMode::Service(_) => None,
            mode => Some(mode.as_text()),
        }),
        ipc_mode: service.ipc.as_ref().and_then(|mode| match mode {
            IpcMode::Service(_) => None,
            mode => Some(mode.as_text()),
        }),
        security_opt: service.security_opt.clone(),
        ulimits: service
            .ulimits
            .iter()
            .map(|(name, limit)| (name.clone(), limit.soft, limit.hard))
            .collect(),
        sysctls: service.sysctls.clone(),
        shm_size: service.shm_size,
        extra_hosts: service
            .extra_hosts
            .iter()
            .map(|h| format!("{}:{}", h.name, h.address))
            .collect(),
        dns: service.dns.iter().map(ToString::to_string).collect(),
        stop_signal: service.stop_signal.clone(),
        stop_timeout: service.stop_grace_period.map(seconds),
        expose: service
            .expose
            .iter()
            .flat_map(|e| (e.first..=e.last).map(|port| format!("{port}/{}", e.protocol.as_str())))
            .collect(),
        ports: service.ports.iter().map(port).collect(),
        mounts,
        networks: networks(blueprint, service, application, refused),
        restart: match service.restart {
            None | Some(Restart::No) => RestartPolicy::No,
            Some(Restart::Always) => RestartPolicy::Always,
            Some(Restart::UnlessStopped) => RestartPolicy::UnlessStopped,
            Some(Restart::OnFailure(times)) => RestartPolicy::OnFailure(times),
        },
        healthcheck: service.healthcheck.as_ref().map(healthcheck),
        memory_limit: limits.and_then(|l| l.memory),
        memory_reservation: Some(service.reserved_memory()).filter(|bytes| *bytes > 0),
        nano_cpus: limits.and_then(|l| l.nano_cpus),
        pids_limit: limits.and_then(|l| l.pids),
    }
}

fn seconds(duration: Duration) -> u32 {
    let whole = duration.as_secs() + u64::from(duration.subsec_nanos() > 0);
    u32::try_from(whole).unwrap_or(u32::MAX)
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn port(port: &lighthouse_blueprint::Port) -> PublishedPort {
    PublishedPort {
        address: port.host_ip.map(|ip| ip.to_string()).unwrap_or_default(),
        host_port: match port.published {
            Published::Fixed(number) => Some(number),
            Published::Any | Published::Range(..) => None,
        },
        container_port: port.target,
        protocol: port.protocol.as_str().to_owned(),
    }
}

fn healthcheck(check: &Healthcheck) -> HealthcheckSpec {
    let test = if check.is_disabled() {
        vec!["NONE".to_owned()]
    } else {
        match &check.test {
            None | Some(HealthTest::None) => Vec::new(),
            Some(HealthTest::Command(words)) => {
                let mut test = vec!["CMD".to_owned()];
                test.extend(words.iter().cloned());
                test
            }
            Some(HealthTest::Shell(line)) => vec!["CMD-SHELL".to_owned(), line.clone()],
        }
    };
    HealthcheckSpec {
        test,
        interval: check.interval.map(millis),
        timeout: check.timeout.map(millis),
        retries: check.retries,
        start_period: check.start_period.map(millis),
        start_interval: check.start_interval.map(millis),
    }
}

fn wait_rule(blueprint: &Blueprint, service: &Service) -> WaitRule {
    let to_completion = blueprint
        .services
        .iter()
        .flat_map(|s| &s.depends_on)
        .any(|d| d.service == service.name && d.condition == Condition::Completed);
    let deadline = match &service.healthcheck {
        _ if to_completion => COMPLETION,
        Some(check) if check.is_disabled() => DEADLINE,
        Some(check) => {
            let interval = check.interval.map_or(30_000, millis);
            let timeout = check.timeout.map_or(30_000, millis);
            let retries = u64::from(check.retries.unwrap_or(3).max(1));
            let start = check.start_period.map_or(0, millis);
            let all = retries.saturating_mul(interval.saturating_add(timeout));
            start.saturating_add(all).saturating_add(10_000).max(DEADLINE)
        }
        None => HEALTH,
    };
    WaitRule {
        monitor: MONITOR,
        deadline,
        to_completion,
        may_finish: may_finish(service),
    }
}

/// Is an end with exit code 0 an ordinary end of this service? Not when the engine would start it again, and not
/// when its health is asked for: that is asked of what is meant to go on.
pub(super) fn may_finish(service: &Service) -> bool {
    let ends = matches!(service.restart, None | Some(Restart::No | Restart::OnFailure(_)));
    ends && service.healthcheck.as_ref().is_none_or(Healthcheck::is_disabled)
}

fn networks(
    blueprint: &Blueprint,
    service: &Service,
    application: &str,
    refused: &mut Vec<String>,
) -> Vec<NetworkAttachment> {
    let mut wanted: Vec<_> = service.networks.iter().collect();
    wanted.sort_by_key(|a| std::cmp::Reverse(a.priority.unwrap_or(0)));
    let mut joined = Vec::new();
    for attachment in wanted {
        let Some(network) = blueprint.networks.iter().find(|n| n.key == attachment.network) else {
            continue;
        };
        let unsupported = [
            (!attachment.link_local_ips.is_empty(), "link_local_ips"),
            (attachment.mac_address.is_some(), "mac_address"),
            (!attachment.driver_opts.is_empty(), "driver_opts"),
            (attachment.gw_priority.is_some(), "gw_priority"),
        ];
        for (_, key) in unsupported.iter().filter(|(given, _)| *given) {
            refused.push(format!(
                "Line {}: `{key}` of the network `{}` in `{}` is not carried out yet; take it away.",
                attachment.line, network.key, service.name
            ));
        }
        let mut aliases = vec![service.name.clone()];
        aliases.extend(attachment.aliases.iter().filter(|a| **a != service.name).cloned());
        match blueprint.network_name(application, network).parse::<ObjectName>() {
            Ok(name) => joined.push(NetworkAttachment {
                network: name,
                aliases,
                ipv4: attachment.ipv4_address.map(|ip| ip.to_string()),
                ipv6: attachment.ipv6_address.map(|ip| ip.to_string()),
            }),
            Err(error) => refused.push(format!(
                "Line {}: the network `{}` cannot be named: {error}.",
                network.line, network.key
            )),
        }
    }
    joined
}

fn mount(
    blueprint: &Blueprint,
    service: &Service,
    mount: &Mount,
    application: &str,
    refused: &mut Vec<String>,
) -> Option<MountSpec> {
    let target = mount.target.clone();
    let mut refuse = |what: &str| {
        refused.push(format!(
            "Line {}: `{what}` of a mount in `{}` is not carried out yet; take it away.",
            mount.line, service.name
        ));
    };
    match &mount.source {
        MountSource::Named {
            volume,
            nocopy,
            subpath,
        } => {
            if subpath.is_some() {
                refuse("subpath");
            }
            let found = blueprint.volumes.iter().find(|v| v.key == *volume)?;
            let name = blueprint.volume_name(application, found);
            let Ok(name) = name.parse() else {
                refused.push(format!(
                    "Line {}: the volume `{name}` has no usable name.",
                    found.line
                ));
                return None;
            };
            Some(MountSpec::Volume {
                name: Some(name),
                target,
                read_only: mount.read_only,
                no_copy: *nocopy,
            })
        }
        MountSource::Anonymous { nocopy } => Some(MountSpec::Volume {
            name: None,
            target,
            read_only: mount.read_only,
            no_copy: *nocopy,
        }),
        MountSource::Bind {
            path,
            propagation,
            create_host_path,
            selinux,
        } => {
            if propagation.is_some() {
                refuse("propagation");
            }
            if selinux.is_some() {
                refuse("selinux");
            }
            Some(MountSpec::Bind {
                source: path.clone(),
                target,
                read_only: mount.read_only,
                create_source: *create_host_path,
            })
        }
        MountSource::Tmpfs { size, mode } => Some(MountSpec::Tmpfs {
            target,
            size: *size,
            mode: *mode,
        }),
    }
}

/// An entry of `tmpfs`: of its options, size and mode are carried out.
fn tmpfs(service: &Service, tmpfs: &Tmpfs, refused: &mut Vec<String>) -> MountSpec {
    let mut size = None;
    let mut mode = None;
    for option in tmpfs.options.split(',').filter(|o| !o.is_empty()) {
        let read = match option.split_once('=') {
            Some(("size", text)) => {
                size = bytes(text);
                size.is_some()
            }
            Some(("mode", text)) => {
                mode = u32::from_str_radix(text, 8).ok();
                mode.is_some()
            }
            // What an engine does with memory mounts anyway.
            _ => matches!(option, "rw" | "nosuid" | "nodev" | "noexec"),
        };
        if !read {
            refused.push(format!(
                "The option `{option}` of the memory mount `{}` in `{}` is not carried out; `size` and `mode` are.",
                tmpfs.target, service.name
            ));
        }
    }
    MountSpec::Tmpfs {
        target: tmpfs.target.clone(),
        size,
        mode,
    }
}

/// `64m` and the like, in bytes.
fn bytes(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match lower.get(digits.len()..)? {
        "" | "b" => 1,
        "k" | "kb" => 1 << 10,
        "m" | "mb" => 1 << 20,
        "g" | "gb" => 1 << 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// A network of a blueprint as an engine is asked for it; without our labels.
pub(super) fn network(network: &lighthouse_blueprint::Network) -> NetworkSpec {
    NetworkSpec {
        driver: network.driver.clone().unwrap_or_default(),
        options: network.driver_opts.clone(),
        internal: network.internal,
        attachable: network.attachable,
        ipv6: network.enable_ipv6,
        labels: network.labels.clone(),
        subnets: network
            .ipam
            .pools
            .iter()
            .filter_map(|pool| {
                Some(Subnet {
                    range: pool.subnet.clone()?,
                    gateway: pool.gateway.map(|ip| ip.to_string()),
                    given_out: pool.ip_range.clone(),
                    taken: pool.aux_addresses.clone(),
                })
            })
            .collect(),
        address_driver: network.ipam.driver.clone().unwrap_or_default(),
        address_options: network.ipam.options.clone(),
    }
}

/// What of the networks cannot be carried out, a sentence each.
pub(super) fn refused_networks(blueprint: &Blueprint) -> Vec<String> {
    let mut refused = Vec::new();
    for network in &blueprint.networks {
        let mut refuse = |what: &str| {
            refused.push(format!(
                "Line {}: {what} of the network `{}`.",
                network.line, network.key
            ));
        };
        if network.enable_ipv4 == Some(false) {
            refuse("engines of today give every network IPv4; take away `enable_ipv4`");
        }
        if network.ipam.pools.iter().any(|pool| pool.subnet.is_none()) {
            refuse("a range of addresses needs its `subnet`; add it to `ipam.config`");
        }
    }
    refused
}

/// A volume of a blueprint as an engine is asked for it; without our labels.
pub(super) fn volume(volume: &lighthouse_blueprint::Volume) -> VolumeSpec {
    VolumeSpec {
        driver: volume.driver.clone().unwrap_or_default(),
        options: volume.driver_opts.clone(),
        labels: volume.labels.clone(),
    }
}

/// What a service means, a line each, for the one who deploys it.
pub(super) fn facts(service: &Service) -> Vec<String> {
    let mut facts = Vec::new();
    for port in &service.ports {
        let protocol = port.protocol.as_str();
        facts.push(match port.published {
            Published::Fixed(number) => {
                format!("Port {number} of its host leads to {}/{protocol}.", port.target)
            }
            Published::Range(first, last) => {
                format!(
                    "A port from {first} to {last} of its host leads to {}/{protocol}.",
                    port.target
                )
            }
            Published::Any => format!("A free port of its host leads to {}/{protocol}.", port.target),
        });
    }
    let volumes: Vec<String> = service
        .mounts
        .iter()
        .map(|m| match &m.source {
            MountSource::Named { volume, .. } => format!("volume `{volume}` at `{}`", m.target),
            MountSource::Anonymous { .. } => format!("a volume of its own at `{}`", m.target),
            MountSource::Bind { path, .. } => format!("the host's `{path}` at `{}`", m.target),
            MountSource::Tmpfs { .. } => format!("memory at `{}`", m.target),
        })
        .collect();
    if !volumes.is_empty() {
        facts.push(format!("Mounts {}.", volumes.join(", ")));
    }
    let networks: Vec<&str> = service.networks.iter().map(|n| n.network.as_str()).collect();
    if !networks.is_empty() && networks != ["default"] {
        facts.push(format!("Joins {}.", networks.join(", ")));
    }
    if let Some(mode) = &service.network_mode {
        facts.push(format!("Network mode `{}`.", mode.as_text()));
    }
    for dependency in &service.depends_on {
        let until = match dependency.condition {
            Condition::Started => "was started",
            Condition::Healthy => "is healthy",
            Condition::Completed => "has finished",
        };
        facts.push(format!("Starts when `{}` {until}.", dependency.service));
    }
    if service.reserved_memory() > 0 {
        facts.push(format!(
            "Reserves {} of memory.",
            mebibytes(service.reserved_memory())
        ));
    }
    if let Some(limit) = service
        .deploy
        .as_ref()
        .and_then(|d| d.limits.as_ref())
        .and_then(|l| l.memory)
    {
        facts.push(format!("May use {} of memory.", mebibytes(limit)));
    }
    if service.healthcheck.as_ref().is_some_and(|h| !h.is_disabled()) {
        facts.push("Has to pass its health check.".to_owned());
    }
    facts
}

fn mebibytes(bytes: u64) -> String {
    if bytes >= 1 << 20 {
        format!("{} MiB", bytes >> 20)
    } else {
        format!("{} KiB", bytes >> 10)
    }
}

/// All templates of a blueprint, and what of it cannot be carried out.
pub(super) fn templates(
    blueprint: &Blueprint,
    application: &str,
) -> (BTreeMap<String, Template>, Vec<String>) {
    let mut refused = Vec::new();
    let templates = blueprint
        .services
        .iter()
        .map(|service| {
            let (template, problems) = template(blueprint, service, application);
            refused.extend(problems);
            (service.name.clone(), template)
        })
        .collect();
    (templates, refused)
}
