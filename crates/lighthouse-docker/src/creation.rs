//! A container to make, in the engine's words.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, DeviceMapping, EndpointIpamConfig, EndpointSettings, HealthConfig, HostConfig,
    Mount, MountBindOptions, MountTmpfsOptions, MountType, MountVolumeOptions, NetworkingConfig, PortBinding,
    ResourcesUlimits, RestartPolicy as EnginePolicy, RestartPolicyNameEnum,
};
use lighthouse_core::engine::{
    ContainerSpec, EngineError, HealthcheckSpec, MountSpec, NetworkAttachment, RestartPolicy,
};

use crate::version::ApiVersion;

/// The body of a creation, and the networks that can only be joined afterwards.
pub(crate) fn body(
    spec: &ContainerSpec,
    version: ApiVersion,
) -> Result<(ContainerCreateBody, &[NetworkAttachment]), EngineError> {
    let at_once = if version.has(ApiVersion::MANY_NETWORKS) {
        spec.networks.len()
    } else {
        spec.networks.len().min(1)
    };
    let (now, later) = spec.networks.split_at(at_once);
    let healthcheck = spec
        .healthcheck
        .as_ref()
        .map(|check| health(check, version))
        .transpose()?;
    let body = ContainerCreateBody {
        image: Some(spec.image.clone()),
        cmd: spec.command.clone(),
        entrypoint: spec.entrypoint.clone(),
        env: some(&spec.environment),
        labels: Some(spec.labels.clone().into_iter().collect()),
        user: spec.user.clone(),
        working_dir: spec.working_dir.clone(),
        hostname: spec.hostname.clone(),
        tty: Some(spec.tty),
        open_stdin: Some(spec.stdin_open),
        stop_signal: spec.stop_signal.clone(),
        stop_timeout: spec.stop_timeout.map(i64::from),
        exposed_ports: Some(exposed(spec)),
        healthcheck,
        host_config: Some(host_config(spec)),
        networking_config: Some(NetworkingConfig {
            endpoints_config: Some(
                now.iter()
                    .map(|network| (network.network.to_string(), endpoint(network)))
                    .collect(),
            ),
        }),
        ..ContainerCreateBody::default()
    };
    Ok((body, later))
}

/// A network's endpoint, at creation or afterwards.
pub(crate) fn endpoint(network: &NetworkAttachment) -> EndpointSettings {
    let fixed = network.ipv4.is_some() || network.ipv6.is_some();
    EndpointSettings {
        aliases: some(&network.aliases),
        ipam_config: fixed.then(|| EndpointIpamConfig {
            ipv4_address: network.ipv4.clone(),
            ipv6_address: network.ipv6.clone(),
            link_local_ips: None,
        }),
        ..EndpointSettings::default()
    }
}

fn host_config(spec: &ContainerSpec) -> HostConfig {
    let (binds, mounts) = mounts(&spec.mounts);
    HostConfig {
        init: spec.init,
        readonly_rootfs: Some(spec.read_only),
        cap_add: some(&spec.cap_add),
        cap_drop: some(&spec.cap_drop),
        privileged: Some(spec.privileged),
        devices: some(&spec.devices).map(|devices| devices.into_iter().map(device).collect()),
        network_mode: spec
            .network_mode
            .clone()
            .or_else(|| spec.networks.first().map(|first| first.network.to_string())),
        pid_mode: spec.pid_mode.clone(),
        ipc_mode: spec.ipc_mode.clone(),
        security_opt: some(&spec.security_opt),
        ulimits: some(&spec.ulimits).map(|limits| limits.into_iter().map(ulimit).collect()),
        sysctls: (!spec.sysctls.is_empty()).then(|| spec.sysctls.clone().into_iter().collect()),
        shm_size: spec.shm_size.map(signed),
        extra_hosts: some(&spec.extra_hosts),
        dns: some(&spec.dns),
        port_bindings: Some(port_bindings(spec)),
        binds: some(&binds),
        mounts: some(&mounts),
        restart_policy: Some(restart(spec.restart)),
        memory: spec.memory_limit.map(signed),
        memory_reservation: spec.memory_reservation.map(signed),
        nano_cpus: spec.nano_cpus.map(signed),
        pids_limit: spec.pids_limit,
        ..HostConfig::default()
    }
}

fn exposed(spec: &ContainerSpec) -> Vec<String> {
    let mut ports: Vec<_> = spec
        .ports
        .iter()
        .map(|port| format!("{}/{}", port.container_port, port.protocol))
        .chain(spec.expose.iter().cloned())
        .collect();
    ports.sort();
    ports.dedup();
    ports
}

fn port_bindings(spec: &ContainerSpec) -> HashMap<String, Option<Vec<PortBinding>>> {
    let mut bindings: HashMap<String, Option<Vec<PortBinding>>> = HashMap::new();
    for port in &spec.ports {
        bindings
            .entry(format!("{}/{}", port.container_port, port.protocol))
            .or_default()
            .get_or_insert_default()
            .push(PortBinding {
                host_ip: Some(port.address.clone()),
                // Empty: the engine takes a free one.
                host_port: Some(port.host_port.map(|port| port.to_string()).unwrap_or_default()),
            });
    }
    bindings
}

/// Binds in the old form make a missing host path; mounts refuse it. A colon in a path fits only the second.
fn mounts(specs: &[MountSpec]) -> (Vec<String>, Vec<Mount>) {
    let mut binds = Vec::new();
    let mut mounts = Vec::new();
    for spec in specs {
        match spec {
            MountSpec::Bind {
                source,
                target,
                read_only,
                create_source: true,
            } if !source.contains(':') && !target.contains(':') => {
                let mode = if *read_only { "ro" } else { "rw" };
                binds.push(format!("{source}:{target}:{mode}"));
            }
            other => mounts.push(mount(other)),
        }
    }
    (binds, mounts)
}

fn mount(spec: &MountSpec) -> Mount {
    match spec {
        MountSpec::Volume {
            name,
            target,
            read_only,
            no_copy,
        } => Mount {
            typ: Some(MountType::VOLUME),
            source: name.as_ref().map(ToString::to_string),
            target: Some(target.clone()),
            read_only: Some(*read_only),
            volume_options: no_copy.then(|| MountVolumeOptions {
                no_copy: Some(true),
                ..MountVolumeOptions::default()
            }),
            ..Mount::default()
        },
        MountSpec::Bind {
            source,
            target,
            read_only,
            create_source,
        } => Mount {
            typ: Some(MountType::BIND),
            source: Some(source.clone()),
            target: Some(target.clone()),
            read_only: Some(*read_only),
            bind_options: create_source.then(|| MountBindOptions {
                create_mountpoint: Some(true),
                ..MountBindOptions::default()
            }),
            ..Mount::default()
        },
        MountSpec::Tmpfs { target, size, mode } => Mount {
            typ: Some(MountType::TMPFS),
            target: Some(target.clone()),
            tmpfs_options: Some(MountTmpfsOptions {
                size_bytes: size.map(signed),
                mode: mode.map(i64::from),
                options: None,
            }),
            ..Mount::default()
        },
    }
}

fn device((outside, inside, permissions): (String, String, String)) -> DeviceMapping {
    DeviceMapping {
        path_on_host: Some(outside),
        path_in_container: Some(inside),
        cgroup_permissions: Some(permissions),
    }
}

fn ulimit((name, soft, hard): (String, i64, i64)) -> ResourcesUlimits {
    ResourcesUlimits {
        name: Some(name),
        soft: Some(soft),
        hard: Some(hard),
    }
}

fn restart(policy: RestartPolicy) -> EnginePolicy {
    let (name, times) = match policy {
        RestartPolicy::No => (RestartPolicyNameEnum::NO, None),
        RestartPolicy::Always => (RestartPolicyNameEnum::ALWAYS, None),
        RestartPolicy::UnlessStopped => (RestartPolicyNameEnum::UNLESS_STOPPED, None),
        RestartPolicy::OnFailure(times) => (RestartPolicyNameEnum::ON_FAILURE, times),
    };
    EnginePolicy {
        name: Some(name),
        maximum_retry_count: times.map(i64::from),
    }
}

fn health(check: &HealthcheckSpec, version: ApiVersion) -> Result<HealthConfig, EngineError> {
    if check.start_interval.is_some() && !version.has(ApiVersion::START_INTERVAL) {
        return Err(version.too_old("`start_interval` of a health check", ApiVersion::START_INTERVAL));
    }
    // The engine counts in nanoseconds.
    let nanos = |millis: Option<u64>| millis.map(|millis| signed(millis.saturating_mul(1_000_000)));
    Ok(HealthConfig {
        test: some(&check.test),
        interval: nanos(check.interval),
        timeout: nanos(check.timeout),
        retries: check.retries.map(i64::from),
        start_period: nanos(check.start_period),
        start_interval: nanos(check.start_interval),
    })
}

/// Engines read numbers as signed.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Nothing rather than an empty list, which some engines take for a setting.
fn some<T: Clone>(list: &[T]) -> Option<Vec<T>> {
    (!list.is_empty()).then(|| list.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;
    use lighthouse_model::container::PublishedPort;

    fn network(name: &str) -> NetworkAttachment {
        NetworkAttachment {
            network: name.parse().unwrap(),
            aliases: vec!["web".to_owned()],
            ipv4: None,
            ipv6: None,
        }
    }

    #[test]
    fn an_older_engine_is_given_one_network_and_the_rest_follow() {
        let spec = ContainerSpec {
            networks: vec![network("front"), network("back")],
            ..ContainerSpec::default()
        };
        for (version, at_once) in [(ApiVersion::new(1, 43), 1), (ApiVersion::new(1, 44), 2)] {
            let (body, later) = body(&spec, version).unwrap();
            let endpoints = body.networking_config.unwrap().endpoints_config.unwrap();
            assert_eq!(endpoints.len(), at_once);
            assert_eq!(later.len(), 2 - at_once);
            assert!(endpoints.contains_key("front"));
            assert_eq!(
                body.host_config.unwrap().network_mode.as_deref(),
                Some("front"),
                "or the engine joins its own bridge as well"
            );
        }
    }

    #[test]
    fn a_start_interval_is_refused_where_the_engine_would_ignore_it() {
        let spec = ContainerSpec {
            healthcheck: Some(HealthcheckSpec {
                test: vec!["CMD".to_owned(), "true".to_owned()],
                interval: Some(500),
                timeout: None,
                retries: Some(2),
                start_period: None,
                start_interval: Some(100),
            }),
            ..ContainerSpec::default()
        };
        assert!(matches!(
            body(&spec, ApiVersion::new(1, 41)),
            Err(EngineError::TooOld { .. })
        ));
        let (body, _) = body(&spec, ApiVersion::new(1, 45)).unwrap();
        let check = body.healthcheck.unwrap();
        assert_eq!(check.interval, Some(500_000_000));
        assert_eq!(check.start_interval, Some(100_000_000));
    }

    #[test]
    fn ports_are_exposed_and_bound() {
        let port = |host_port, container_port| PublishedPort {
            address: String::new(),
            host_port,
            container_port,
            protocol: "tcp".to_owned(),
        };
        let spec = ContainerSpec {
            ports: vec![port(Some(8080), 80), port(None, 80)],
            expose: vec!["80/tcp".to_owned(), "9000/udp".to_owned()],
            ..ContainerSpec::default()
        };
        let (body, _) = body(&spec, ApiVersion::NEWEST).unwrap();
        assert_eq!(body.exposed_ports.unwrap(), ["80/tcp", "9000/udp"]);
        let bindings = body.host_config.unwrap().port_bindings.unwrap();
        let ports: Vec<_> = bindings["80/tcp"]
            .iter()
            .flatten()
            .map(|binding| binding.host_port.as_deref().unwrap())
            .collect();
        assert_eq!(ports, ["8080", ""]);
    }

    #[test]
    fn a_bind_makes_its_source_only_when_told_to() {
        let bind = |source: &str, create_source| MountSpec::Bind {
            source: source.to_owned(),
            target: "/in".to_owned(),
            read_only: true,
            create_source,
        };
        let (binds, mounts) = mounts(&[bind("/a", true), bind("/b", false), bind("/c:d", true)]);
        assert_eq!(binds, ["/a:/in:ro"]);
        let sources: Vec<_> = mounts.iter().map(|m| m.source.as_deref().unwrap()).collect();
        assert_eq!(sources, ["/b", "/c:d"]);
    }
}
