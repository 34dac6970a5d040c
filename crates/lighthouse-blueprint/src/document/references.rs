//! What refers to what: profiles, dependencies, networks, volumes.

use std::collections::{BTreeSet, HashSet};

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use super::Reader;
use crate::findings::{Mark, quoted};
use crate::mount::MountSource;
use crate::network::Network;
use crate::service::Service;
use crate::volume::Volume;

impl Reader<'_> {
    /// Takes out the services whose profiles are not active and gives their names.
    pub(super) fn deactivate(&self, services: &mut Vec<Service>) -> Vec<String> {
        let mut inactive = Vec::new();
        services.retain(|service| {
            let active = service.profiles.is_empty()
                || service.profiles.iter().any(|profile| {
                    self.source
                        .profiles
                        .iter()
                        .any(|active| active == profile || active == "*")
                });
            if !active {
                inactive.push(service.name.clone());
            }
            active
        });
        inactive
    }

    pub(super) fn dependencies(&mut self, services: &[Service], inactive: &[String]) {
        let known: BTreeSet<&str> = services.iter().map(|service| service.name.as_str()).collect();
        for service in services {
            for dependency in &service.depends_on {
                let wanted = dependency.service.as_str();
                let sleeping = inactive.iter().any(|name| name == wanted);
                if known.contains(wanted) || (sleeping && !dependency.required) {
                    continue;
                }
                let reason = if sleeping {
                    "belongs to a profile that is not active"
                } else {
                    "does not exist"
                };
                self.findings.error(
                    Code::UndefinedReference,
                    Mark {
                        line: dependency.line,
                        column: 1,
                    },
                    format!("services.{}.depends_on", service.name),
                    format!(
                        "{} needs the service {}, which {reason}",
                        quoted(&service.name),
                        quoted(wanted)
                    ),
                );
            }
        }
    }

    /// The networks that are used, in the order of the document, the implicit `default` last.
    pub(super) fn networks(&mut self, services: &[Service], defined: Vec<Network>) -> Vec<Network> {
        let known: HashSet<&str> = defined.iter().map(|network| network.key.as_str()).collect();
        let mut used: HashSet<&str> = HashSet::new();
        for service in services {
            for attachment in &service.networks {
                let key = attachment.network.as_str();
                used.insert(key);
                if key != "default" && !known.contains(key) {
                    self.findings.error(
                        Code::UndefinedReference,
                        Mark {
                            line: attachment.line,
                            column: 1,
                        },
                        format!("services.{}.networks", service.name),
                        format!(
                            "{} joins the network {}, which is not defined under the top-level `networks`",
                            quoted(&service.name),
                            quoted(key)
                        ),
                    );
                }
            }
        }
        let mut networks = Vec::new();
        for network in defined {
            if used.remove(network.key.as_str()) {
                networks.push(network);
            } else if network.key != "default" {
                self.unused("network", &network.key, network.line);
            }
        }
        if used.contains("default") {
            networks.push(Network {
                key: "default".into(),
                ..Network::default()
            });
        }
        networks
    }

    /// The volumes that are used, in the order of the document.
    pub(super) fn volumes(&mut self, services: &[Service], defined: Vec<Volume>) -> Vec<Volume> {
        let known: HashSet<&str> = defined.iter().map(|volume| volume.key.as_str()).collect();
        let mut used = HashSet::new();
        for service in services {
            for mount in &service.mounts {
                let MountSource::Named { volume, .. } = &mount.source else {
                    continue;
                };
                used.insert(volume.as_str());
                if !known.contains(volume.as_str()) {
                    self.findings.error(
                        Code::UndefinedReference,
                        Mark {
                            line: mount.line,
                            column: 1,
                        },
                        format!("services.{}.volumes", service.name),
                        format!(
                            "{} mounts the volume {}, which is not defined under the top-level `volumes`",
                            quoted(&service.name),
                            quoted(volume)
                        ),
                    );
                }
            }
        }
        let mut volumes = Vec::new();
        for volume in defined {
            if used.contains(volume.key.as_str()) {
                volumes.push(volume);
            } else {
                self.unused("volume", &volume.key, volume.line);
            }
        }
        volumes
    }

    fn unused(&mut self, what: &str, key: &str, line: u32) {
        self.findings.note(
            Code::Obsolete,
            Mark { line, column: 1 },
            format!("{what}s.{key}"),
            format!(
                "no active service uses the {what} {}; it is not created",
                quoted(key)
            ),
        );
    }

    pub(super) fn cycle(&mut self, services: &[Service], cycle: &[String]) {
        let line = cycle
            .first()
            .and_then(|first| services.iter().find(|service| &service.name == first))
            .map_or(1, |service| {
                service.lines.get("depends_on").copied().unwrap_or(service.line)
            });
        let mut way: Vec<String> = cycle.iter().map(|name| quoted(name)).collect();
        way.extend(cycle.first().map(|name| quoted(name)));
        self.findings.error(
            Code::Cycle,
            Mark { line, column: 1 },
            cycle
                .first()
                .map(|name| format!("services.{name}.depends_on"))
                .unwrap_or_default(),
            format!(
                "these services wait for each other and none can start: {}",
                way.join(" → ")
            ),
        );
    }
}
