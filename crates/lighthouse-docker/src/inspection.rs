//! Everything an engine tells about one container.

use std::collections::BTreeMap;

use lighthouse_core::engine::{ContainerInspection, ContainerSummary, EngineError};
use lighthouse_model::container::{ContainerState, Health, MountView, PublishedPort};
use serde::Deserialize;

use crate::lenient::or_default;
use crate::moment;
use crate::summary::{every_address, in_order};

/// Health checks told, newest first.
const CHECKS: usize = 5;
/// Characters of each.
const CHECK: usize = 4096;

/// The answer of `/containers/{id}/json`, as far as it is used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Inspected {
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    created: String,
    #[serde(default, deserialize_with = "or_default")]
    path: String,
    #[serde(default, deserialize_with = "or_default")]
    args: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    image: String,
    #[serde(default, deserialize_with = "or_default")]
    restart_count: i64,
    #[serde(default, deserialize_with = "or_default")]
    state: State,
    #[serde(default, deserialize_with = "or_default")]
    config: Config,
    #[serde(default, deserialize_with = "or_default")]
    host_config: HostConfig,
    #[serde(default, deserialize_with = "or_default")]
    mounts: Vec<Mount>,
    #[serde(default, deserialize_with = "or_default")]
    network_settings: NetworkSettings,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    #[serde(default, rename = "OOMKilled", deserialize_with = "or_default")]
    oom_killed: bool,
    #[serde(default, deserialize_with = "or_default")]
    exit_code: i64,
    #[serde(default, deserialize_with = "or_default")]
    error: String,
    #[serde(default, deserialize_with = "or_default")]
    started_at: String,
    #[serde(default, deserialize_with = "or_default")]
    finished_at: String,
    #[serde(default, deserialize_with = "or_default")]
    health: HealthState,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HealthState {
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    #[serde(default, deserialize_with = "or_default")]
    log: Vec<Check>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Check {
    #[serde(default, deserialize_with = "or_default")]
    exit_code: i64,
    #[serde(default, deserialize_with = "or_default")]
    output: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Config {
    #[serde(default, deserialize_with = "or_default")]
    image: String,
    #[serde(default, deserialize_with = "or_default")]
    user: String,
    #[serde(default, deserialize_with = "or_default")]
    tty: bool,
    #[serde(default, deserialize_with = "or_default")]
    env: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    working_dir: String,
    #[serde(default, deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    stop_timeout: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HostConfig {
    #[serde(default, deserialize_with = "or_default")]
    restart_policy: Policy,
    #[serde(default, deserialize_with = "or_default")]
    memory: i64,
    #[serde(default, deserialize_with = "or_default")]
    tmpfs: BTreeMap<String, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Policy {
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    maximum_retry_count: i64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mount {
    #[serde(default, rename = "Type", deserialize_with = "or_default")]
    kind: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    source: String,
    #[serde(default, deserialize_with = "or_default")]
    destination: String,
    #[serde(default, rename = "RW", deserialize_with = "or_default")]
    writable: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct NetworkSettings {
    #[serde(default, deserialize_with = "or_default")]
    networks: BTreeMap<String, Endpoint>,
    #[serde(default, deserialize_with = "or_default")]
    ports: BTreeMap<String, Option<Vec<Binding>>>,
}

#[derive(Debug, Default, Deserialize)]
struct Endpoint {
    #[serde(default, rename = "IPAddress", deserialize_with = "or_default")]
    ipv4: String,
    #[serde(default, rename = "GlobalIPv6Address", deserialize_with = "or_default")]
    ipv6: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Binding {
    #[serde(default, deserialize_with = "or_default")]
    host_ip: String,
    #[serde(default, deserialize_with = "or_default")]
    host_port: String,
}

impl Inspected {
    /// How long it may take to stop by its own setting, in seconds.
    pub(crate) fn stop_timeout(&self) -> Option<u32> {
        self.config.stop_timeout
    }

    /// The answer in our words.
    pub(crate) fn inspection(self) -> Result<ContainerInspection, EngineError> {
        let id = self.id.parse().map_err(|error| EngineError::Garbled {
            what: format!("inspection of a container: {error}"),
        })?;
        let state = ContainerState::from_engine(&self.state.status.to_ascii_lowercase());
        let ended = matches!(
            state,
            ContainerState::Exited | ContainerState::Dead | ContainerState::Restarting
        );
        let summary = ContainerSummary {
            id,
            name: self.name.trim_start_matches('/').to_owned(),
            image: self.config.image,
            image_id: self.image,
            state,
            health: match (state, self.state.health.status.as_str()) {
                (ContainerState::Running, "healthy") => Health::Healthy,
                (ContainerState::Running, "unhealthy") => Health::Unhealthy,
                (ContainerState::Running, "starting") => Health::Starting,
                _ => Health::None,
            },
            exit_code: ended.then_some(self.state.exit_code),
            created_at: moment::parse(&self.created).unwrap_or_default(),
            labels: self.config.labels,
            ports: ports(self.network_settings.ports),
        };
        let command = std::iter::once(self.path)
            .filter(|path| !path.is_empty())
            .chain(self.args)
            .collect();
        let checks = self.state.health.log.into_iter().rev().take(CHECKS);
        Ok(ContainerInspection {
            summary,
            command,
            working_dir: self.config.working_dir,
            user: self.config.user,
            tty: self.config.tty,
            restart_policy: policy(&self.host_config.restart_policy),
            restart_count: u32::try_from(self.restart_count).unwrap_or_default(),
            environment: self.config.env,
            mounts: mounts(self.mounts, self.host_config.tmpfs),
            networks: self
                .network_settings
                .networks
                .into_iter()
                .map(|(name, at)| (name, if at.ipv4.is_empty() { at.ipv6 } else { at.ipv4 }))
                .collect(),
            memory_limit: u64::try_from(self.host_config.memory)
                .ok()
                .filter(|bytes| *bytes != 0),
            started_at: moment::parse(&self.state.started_at),
            finished_at: moment::parse(&self.state.finished_at),
            out_of_memory: self.state.oom_killed,
            engine_error: self.state.error,
            health_log: checks
                .map(|check| (check.exit_code, check.output.chars().take(CHECK).collect()))
                .collect(),
        })
    }
}

fn policy(policy: &Policy) -> String {
    match (policy.name.as_str(), policy.maximum_retry_count) {
        ("", _) => "no".to_owned(),
        ("on-failure", times) if times > 0 => format!("on-failure:{times}"),
        (name, _) => name.to_owned(),
    }
}

fn mounts(mounts: Vec<Mount>, tmpfs: BTreeMap<String, String>) -> Vec<MountView> {
    let mut all: Vec<_> = mounts
        .into_iter()
        .map(|mount| MountView {
            source: if mount.kind == "volume" {
                mount.name
            } else {
                mount.source
            },
            kind: mount.kind,
            target: mount.destination,
            read_only: !mount.writable,
        })
        .collect();
    for (target, options) in tmpfs {
        if !all.iter().any(|mount| mount.target == target) {
            all.push(MountView {
                kind: "tmpfs".to_owned(),
                source: String::new(),
                target,
                read_only: options.split(',').any(|option| option == "ro"),
            });
        }
    }
    all.sort_by(|a, b| a.target.cmp(&b.target));
    all
}

/// `{"80/tcp": [{"HostIp": …, "HostPort": …}], "443/tcp": null}`.
fn ports(ports: BTreeMap<String, Option<Vec<Binding>>>) -> Vec<PublishedPort> {
    in_order(ports.into_iter().flat_map(|(inside, bindings)| {
        let (port, protocol) = inside.split_once('/').unwrap_or((&inside, "tcp"));
        let exposed = port.parse().ok().map(|container_port| PublishedPort {
            address: String::new(),
            host_port: None,
            container_port,
            protocol: protocol.to_owned(),
        });
        let bindings = bindings.unwrap_or_default();
        let published: Vec<_> = exposed
            .iter()
            .flat_map(|exposed| {
                bindings.iter().map(|binding| PublishedPort {
                    address: every_address(binding.host_ip.clone()),
                    host_port: binding.host_port.parse().ok(),
                    ..exposed.clone()
                })
            })
            .collect();
        if published.is_empty() {
            exposed.into_iter().collect()
        } else {
            published
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: serde_json::Value) -> ContainerInspection {
        serde_json::from_value::<Inspected>(json)
            .unwrap()
            .inspection()
            .unwrap()
    }

    #[test]
    fn an_inspection_is_read_from_its_parts() {
        let it = read(serde_json::json!({
            "Id": "c".repeat(64), "Name": "/db", "Created": "2024-02-29T12:34:56.789Z", "Path": "postgres",
            "Args": ["-c", "x=1"], "Image": "sha256:2", "RestartCount": 3,
            "State": {
                "Status": "exited", "OOMKilled": true, "ExitCode": 137, "Error": "",
                "StartedAt": "2024-02-29T12:34:57Z", "FinishedAt": "2024-02-29T12:34:58Z",
                "Health": {"Status": "unhealthy", "Log": [
                    {"ExitCode": 0, "Output": "old"}, {"ExitCode": 1, "Output": "new"},
                ]},
            },
            "Config": {"Image": "postgres", "Tty": false, "Env": ["A=b"], "Labels": {"x": "y"}},
            "HostConfig": {"Memory": 67_108_864, "Tmpfs": {"/run": "ro,size=1m"},
                "RestartPolicy": {"Name": "on-failure", "MaximumRetryCount": 2}},
            "Mounts": [{"Type": "volume", "Name": "data", "Source": "/var/lib/x", "Destination": "/data", "RW": true}],
            "NetworkSettings": {
                "Networks": {"shop": {"IPAddress": "172.18.0.2"}, "six": {"GlobalIPv6Address": "fd00::2"}},
                "Ports": {"5432/tcp": [{"HostIp": "0.0.0.0", "HostPort": "5432"}, {"HostIp": "::", "HostPort": "5432"}],
                    "9187/tcp": null},
            },
        }));
        assert_eq!(it.summary.name, "db");
        assert_eq!(it.summary.exit_code, Some(137));
        assert_eq!(it.summary.health, Health::None, "what ended has no health");
        assert_eq!(it.command, ["postgres", "-c", "x=1"]);
        assert_eq!(it.restart_policy, "on-failure:2");
        assert_eq!(it.memory_limit, Some(64 << 20));
        assert_eq!(it.health_log, [(1, "new".to_owned()), (0, "old".to_owned())]);
        assert_eq!(it.summary.ports.len(), 2);
        assert_eq!(
            it.networks,
            [
                ("shop".to_owned(), "172.18.0.2".to_owned()),
                ("six".to_owned(), "fd00::2".to_owned())
            ]
        );
        let mounts: Vec<_> = it
            .mounts
            .iter()
            .map(|m| (m.kind.as_str(), m.source.as_str(), m.target.as_str(), m.read_only))
            .collect();
        assert_eq!(
            mounts,
            [("volume", "data", "/data", false), ("tmpfs", "", "/run", true)]
        );
    }

    #[test]
    fn a_container_that_never_ran_has_no_times() {
        let it = read(serde_json::json!({
            "Id": "d".repeat(64),
            "State": {"Status": "created", "StartedAt": "0001-01-01T00:00:00Z", "FinishedAt": "0001-01-01T00:00:00Z"},
            "Mounts": null, "NetworkSettings": {"Networks": null, "Ports": null}, "HostConfig": null,
        }));
        assert_eq!((it.started_at, it.finished_at), (None, None));
        assert_eq!(it.summary.exit_code, None);
        assert_eq!(it.restart_policy, "no");
    }
}
