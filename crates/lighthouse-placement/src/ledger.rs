//! What is left on each host while instances are being placed.

use std::collections::BTreeMap;

use lighthouse_model::constraint::{Comparison, Constraint, HostAttribute};

use crate::refusal::{Need, Refusal};
use crate::request::{Candidate, HostState, Port, Protocol, ServiceRequest, SwarmRole};

/// One host and what was promised there so far.
#[derive(Debug, Clone)]
pub(crate) struct Ledger<'r> {
    pub(crate) host: &'r Candidate,
    memory: u64,
    nano_cpus: u64,
    instances: u32,
    /// Instances of each service of this application.
    per_service: BTreeMap<&'r str, u32>,
    /// Ports that instances of this application take, by number and protocol.
    ports: BTreeMap<(u16, Protocol), Vec<(Port, String)>>,
}

impl<'r> Ledger<'r> {
    pub(crate) fn new(host: &'r Candidate) -> Self {
        Self {
            host,
            memory: 0,
            nano_cpus: 0,
            instances: 0,
            per_service: BTreeMap::new(),
            ports: BTreeMap::new(),
        }
    }

    /// Why an instance cannot be added; `None` when it can.
    pub(crate) fn refuse(&self, service: &ServiceRequest, number: u32) -> Option<Refusal> {
        self.refuse_state().or_else(|| self.refuse_stay(service, number))
    }

    pub(crate) fn refuse_state(&self) -> Option<Refusal> {
        (self.host.state != HostState::Up).then_some(Refusal::NotUp {
            state: self.host.state,
        })
    }

    /// Why an instance cannot be here, the host's state left aside.
    pub(crate) fn refuse_stay(&self, service: &ServiceRequest, number: u32) -> Option<Refusal> {
        self.refuse_constraint(service)
            .or_else(|| self.refuse_port(service, number))
            .or_else(|| self.refuse_amount(&Need::Instance, service.memory, service.nano_cpus))
    }

    pub(crate) fn refuse_constraint(&self, service: &ServiceRequest) -> Option<Refusal> {
        service.constraints.iter().find_map(|constraint| {
            let found = attribute(self.host, &constraint.attribute);
            let equal = found.as_deref().is_some_and(|found| is_value(constraint, found));
            let met = match constraint.comparison {
                Comparison::Equal => equal,
                Comparison::NotEqual => !equal,
            };
            (!met).then(|| Refusal::Constraint {
                constraint: constraint.clone(),
                service: service.name.clone(),
                found,
            })
        })
    }

    fn refuse_port(&self, service: &ServiceRequest, number: u32) -> Option<Refusal> {
        service.ports.iter().find_map(|port| {
            if let Some(used) = self
                .host
                .used_ports
                .iter()
                .find(|used| used.port.collides_with(port))
            {
                return Some(Refusal::PortTaken {
                    port: *port,
                    service: service.name.clone(),
                    by: used.by.clone(),
                });
            }
            let own = self.ports.get(&(port.number, port.protocol))?;
            let (_, by) = own.iter().find(|(taken, _)| taken.collides_with(port))?;
            let instance = format!("{}-{number}", service.name);
            Some(Refusal::PortOwn {
                port: *port,
                instance,
                by: by.clone(),
            })
        })
    }

    pub(crate) fn refuse_amount(&self, need: &Need, memory: u64, nano_cpus: u64) -> Option<Refusal> {
        let free = self.free_memory();
        if memory > free {
            let total = self.host.memory_total;
            return Some(Refusal::Memory {
                need: need.clone(),
                bytes: memory,
                free,
                total,
            });
        }
        let free = self
            .host
            .nano_cpus_total
            .saturating_sub(self.host.nano_cpus_reserved.saturating_add(self.nano_cpus));
        if nano_cpus > free {
            let total = self.host.nano_cpus_total;
            return Some(Refusal::Cpus {
                need: need.clone(),
                nano_cpus,
                free,
                total,
            });
        }
        None
    }

    fn free_memory(&self) -> u64 {
        self.host
            .memory_total
            .saturating_sub(self.host.memory_reserved.saturating_add(self.memory))
    }

    pub(crate) fn add(&mut self, service: &'r ServiceRequest, number: u32) {
        self.memory = self.memory.saturating_add(service.memory);
        self.nano_cpus = self.nano_cpus.saturating_add(service.nano_cpus);
        self.instances += 1;
        *self.per_service.entry(&service.name).or_default() += 1;
        for port in &service.ports {
            let taken = self.ports.entry((port.number, port.protocol)).or_default();
            taken.push((*port, format!("{}-{number}", service.name)));
        }
    }

    pub(crate) fn count_of(&self, service: &ServiceRequest) -> u32 {
        self.per_service.get(service.name.as_str()).copied().unwrap_or(0)
    }

    /// How much of its memory is reserved, in hundredths.
    pub(crate) fn memory_percent(&self) -> u8 {
        let reserved = u128::from(self.host.memory_reserved.saturating_add(self.memory));
        match (reserved * 100).checked_div(u128::from(self.host.memory_total)) {
            Some(percent) => u8::try_from(percent.min(100)).unwrap_or(100),
            None => 100,
        }
    }

    pub(crate) fn containers(&self) -> u32 {
        self.host.containers.saturating_add(self.instances)
    }

    /// The lower, the better: memory first, then containers, then the name, so that the order is always the same.
    pub(crate) fn load(&self) -> (u8, u32, &'r str) {
        (self.memory_percent(), self.containers(), &self.host.name)
    }
}

fn attribute(host: &Candidate, attribute: &HostAttribute) -> Option<String> {
    let filled = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    match attribute {
        HostAttribute::Id => Some(host.id.to_string()),
        HostAttribute::Hostname => filled(&host.name),
        HostAttribute::Role => Some(
            match host.role {
                SwarmRole::Manager => "manager",
                SwarmRole::Worker => "worker",
            }
            .to_owned(),
        ),
        HostAttribute::Os => filled(&host.os),
        HostAttribute::Arch => filled(&host.arch),
        HostAttribute::Label(key) => host.labels.get(key).cloned(),
    }
}

/// Values are compared without regard to case, as Swarm does; an architecture has two usual names.
fn is_value(constraint: &Constraint, found: &str) -> bool {
    let plain = |text: &str| match text.to_ascii_lowercase().as_str() {
        "amd64" if constraint.attribute == HostAttribute::Arch => "x86_64".to_owned(),
        "arm64" if constraint.attribute == HostAttribute::Arch => "aarch64".to_owned(),
        other => other.to_owned(),
    };
    plain(&constraint.value) == plain(found)
}
