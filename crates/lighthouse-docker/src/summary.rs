//! Containers as an engine's list tells them.

use std::collections::{BTreeMap, BTreeSet};

use lighthouse_core::engine::{ContainerSummary, EngineError};
use lighthouse_model::container::{ContainerState, Health, PublishedPort};
use serde::Deserialize;

use crate::lenient::or_default;

/// One line of `/containers/json`, as far as it is used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct ListedContainer {
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    names: Vec<String>,
    #[serde(default, deserialize_with = "or_default")]
    image: String,
    #[serde(default, rename = "ImageID", deserialize_with = "or_default")]
    image_id: String,
    #[serde(default, deserialize_with = "or_default")]
    created: i64,
    #[serde(default, deserialize_with = "or_default")]
    ports: Vec<ListedPort>,
    #[serde(default, deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "or_default")]
    state: String,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
}

#[derive(Debug, Deserialize)]
struct ListedPort {
    #[serde(default, rename = "IP", deserialize_with = "or_default")]
    ip: String,
    #[serde(rename = "PrivatePort")]
    inside: u16,
    #[serde(default, rename = "PublicPort", deserialize_with = "or_default")]
    outside: u16,
    #[serde(default, rename = "Type", deserialize_with = "or_default")]
    protocol: String,
}

impl ListedContainer {
    /// The line in our words. A line without a full id makes the whole list useless: it would look shorter than
    /// it is.
    pub(crate) fn summary(self) -> Result<ContainerSummary, EngineError> {
        let id = self.id.parse().map_err(|error| EngineError::Garbled {
            what: format!("list of containers: {error}"),
        })?;
        let ports = self.ports.into_iter().map(|port| PublishedPort {
            address: every_address(port.ip),
            host_port: Some(port.outside).filter(|port| *port != 0),
            container_port: port.inside,
            protocol: port.protocol,
        });
        Ok(ContainerSummary {
            id,
            name: own_name(&self.names),
            image: self.image,
            image_id: self.image_id,
            state: ContainerState::from_engine(&self.state.to_ascii_lowercase()),
            health: health_in(&self.status),
            exit_code: exit_code_in(&self.status),
            created_at: self.created.saturating_mul(1000),
            labels: self.labels,
            ports: in_order(ports),
        })
    }
}

/// An engine that listens on both families says so twice.
pub(crate) fn every_address(address: String) -> String {
    if matches!(address.as_str(), "0.0.0.0" | "::") {
        String::new()
    } else {
        address
    }
}

/// Each port once, by number.
pub(crate) fn in_order(ports: impl Iterator<Item = PublishedPort>) -> Vec<PublishedPort> {
    let ports: BTreeSet<_> = ports
        .map(|port| (port.container_port, port.protocol.clone(), port))
        .collect();
    ports.into_iter().map(|(.., port)| port).collect()
}

/// A linked container has further names with a slash inside.
fn own_name(names: &[String]) -> String {
    let mut plain = names
        .iter()
        .map(|name| name.strip_prefix('/').unwrap_or(name))
        .filter(|name| !name.contains('/'));
    plain.next().unwrap_or_default().to_owned()
}

/// `Up 3 seconds (healthy)`.
fn health_in(status: &str) -> Health {
    if status.ends_with("(healthy)") {
        Health::Healthy
    } else if status.ends_with("(unhealthy)") {
        Health::Unhealthy
    } else if status.ends_with("(health: starting)") || status.ends_with("(starting)") {
        Health::Starting
    } else {
        Health::None
    }
}

/// `Exited (137) 2 minutes ago`, `Restarting (1) 5 seconds ago`.
fn exit_code_in(status: &str) -> Option<i64> {
    let rest = status
        .strip_prefix("Exited (")
        .or_else(|| status.strip_prefix("Restarting ("))?;
    rest.split_once(')')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(json: serde_json::Value) -> ContainerSummary {
        serde_json::from_value::<ListedContainer>(json)
            .unwrap()
            .summary()
            .unwrap()
    }

    #[test]
    fn a_line_of_the_list_is_read_from_its_words() {
        let summary = one(serde_json::json!({
            "Id": "a".repeat(64),
            "Names": ["/other/alias", "/shop-web-1"],
            "Image": "nginx:1.27",
            "ImageID": "sha256:1",
            "Created": 1_700_000_000,
            "Ports": [
                {"PrivatePort": 443, "Type": "tcp"},
                {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
                {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
                {"IP": "127.0.0.1", "PrivatePort": 80, "PublicPort": 8081, "Type": "tcp"},
            ],
            "Labels": {"a": "b"},
            "State": "running",
            "Status": "Up 3 seconds (healthy)",
            "NetworkSettings": {"Networks": null},
        }));
        assert_eq!(summary.name, "shop-web-1");
        assert_eq!(summary.state, ContainerState::Running);
        assert_eq!(summary.health, Health::Healthy);
        assert_eq!(summary.created_at, 1_700_000_000_000);
        let ports: Vec<_> = summary
            .ports
            .iter()
            .map(|p| (p.address.as_str(), p.host_port, p.container_port))
            .collect();
        assert_eq!(
            ports,
            [
                ("", Some(8080), 80),
                ("127.0.0.1", Some(8081), 80),
                ("", None, 443)
            ]
        );
    }

    #[test]
    fn nothing_but_the_id_is_needed_and_no_word_is_too_new() {
        let summary = one(serde_json::json!({
            "Id": "b".repeat(64), "Names": null, "Labels": null, "Ports": null, "State": "hibernating",
        }));
        assert_eq!(summary.state, ContainerState::Unknown);
        assert_eq!(summary.exit_code, None);
    }

    #[test]
    fn the_status_tells_health_and_exit_code() {
        for (status, health, code) in [
            ("Up 3 seconds", Health::None, None),
            ("Up 3 seconds (health: starting)", Health::Starting, None),
            ("Up 2 hours (unhealthy)", Health::Unhealthy, None),
            ("Up 2 hours (Paused)", Health::None, None),
            ("Exited (137) 2 minutes ago", Health::None, Some(137)),
            ("Exited (0) Less than a second ago", Health::None, Some(0)),
            ("Restarting (1) 5 seconds ago", Health::None, Some(1)),
            ("Created", Health::None, None),
            ("Dead", Health::None, None),
            ("Removal In Progress", Health::None, None),
            ("Exited (x", Health::None, None),
            ("", Health::None, None),
        ] {
            assert_eq!(
                (health_in(status), exit_code_in(status)),
                (health, code),
                "{status}"
            );
        }
    }

    #[test]
    fn a_line_without_a_full_id_spoils_the_list() {
        let line: ListedContainer = serde_json::from_value(serde_json::json!({"Id": "abc"})).unwrap();
        assert!(matches!(line.summary(), Err(EngineError::Garbled { .. })));
    }
}
