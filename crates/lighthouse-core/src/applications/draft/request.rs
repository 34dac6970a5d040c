//! What placement is asked: the blueprint's services, the hosts of the pool, and what runs already.

use std::sync::Arc;

use lighthouse_placement as placement;

use super::{Drafting, replicas};
use crate::fleet::{Container, HostState};

impl Drafting<'_> {
    pub(super) fn request(&self) -> placement::Request {
        let services = self.basis.blueprint.services.iter().map(|service| {
            let named = |m: &lighthouse_blueprint::Mount| match &m.source {
                lighthouse_blueprint::MountSource::Named { volume, .. } => Some(volume.clone()),
                _ => None,
            };
            placement::ServiceRequest {
                name: service.name.clone(),
                replicas: replicas(self.basis, service),
                networks: service.networks.iter().map(|a| a.network.clone()).collect(),
                volumes: service.mounts.iter().filter_map(named).collect(),
                shares_with: service.shares_with().into_iter().map(str::to_owned).collect(),
                memory: service.reserved_memory(),
                nano_cpus: service.reserved_nano_cpus(),
                ports: service
                    .fixed_ports()
                    .map(|(port, number)| placement::Port {
                        ip: port.host_ip,
                        number,
                        protocol: match port.protocol {
                            lighthouse_blueprint::Protocol::Tcp => placement::Protocol::Tcp,
                            lighthouse_blueprint::Protocol::Udp => placement::Protocol::Udp,
                            lighthouse_blueprint::Protocol::Sctp => placement::Protocol::Sctp,
                        },
                    })
                    .collect(),
                constraints: service
                    .deploy
                    .as_ref()
                    .map(|d| d.constraints.clone())
                    .unwrap_or_default(),
                mode: service.lighthouse.placement,
            }
        });
        placement::Request {
            services: services.collect(),
            hosts: self.basis.hosts.iter().map(|h| self.candidate(h)).collect(),
            running: self
                .current
                .values()
                .map(|e| placement::Running {
                    service: e.record.service.clone(),
                    number: e.record.number,
                    host: e.record.host,
                })
                .collect(),
            reach: placement::Reach::Separate,
        }
    }

    fn candidate(&self, host: &HostState) -> placement::Candidate {
        use lighthouse_model::host::Liveness;
        let name = self.basis.name.as_str();
        let (own_memory, own_nano_cpus) = self
            .fleet
            .owned()
            .values()
            .filter(|o| o.host == host.id && o.application.as_str() == name)
            .fold((0_u64, 0_u64), |(memory, nano_cpus), o| {
                (memory + o.memory_reserved, nano_cpus + o.nano_cpus_reserved)
            });
        let others: Vec<Arc<Container>> = self
            .fleet
            .containers(host.id)
            .into_iter()
            .filter(|c| !(c.instance.is_some() && c.application.as_deref() == Some(name)))
            .collect();
        let used_ports = others
            .iter()
            .filter(|c| c.state.is_up())
            .flat_map(|c| {
                c.ports.iter().filter_map(|p| {
                    Some(placement::UsedPort {
                        port: placement::Port {
                            ip: p.address.parse().ok(),
                            number: p.host_port?,
                            protocol: match p.protocol.as_str() {
                                "udp" => placement::Protocol::Udp,
                                "sctp" => placement::Protocol::Sctp,
                                _ => placement::Protocol::Tcp,
                            },
                        },
                        by: format!("container `{}`", c.name),
                    })
                })
            })
            .collect();
        let engine = host.engine.as_ref();
        placement::Candidate {
            id: host.id,
            name: host.name.to_string(),
            labels: host.labels.clone(),
            state: match host.liveness {
                Liveness::Up => placement::HostState::Up,
                Liveness::Connecting => placement::HostState::Connecting,
                Liveness::Suspect { .. } => placement::HostState::Suspect,
                Liveness::Down { .. } => placement::HostState::Down,
            },
            role: placement::SwarmRole::Manager,
            os: engine.map(|e| e.os.clone()).unwrap_or_default(),
            arch: engine.map(|e| e.architecture.clone()).unwrap_or_default(),
            memory_total: engine.map_or(0, |e| e.memory),
            memory_reserved: host.memory_reserved.saturating_sub(own_memory),
            nano_cpus_total: engine.map_or(0, |e| u64::from(e.cpus) * 1_000_000_000),
            nano_cpus_reserved: host.nano_cpus_reserved.saturating_sub(own_nano_cpus),
            containers: u32::try_from(others.len()).unwrap_or(u32::MAX),
            used_ports,
        }
    }
}
