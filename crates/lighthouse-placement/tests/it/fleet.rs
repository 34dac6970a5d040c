//! Hosts and services for tests.

use std::collections::BTreeMap;
use std::fmt::Write;

use lighthouse_model::HostId;
use lighthouse_placement::{
    Candidate, Comparison, Constraint, HostAttribute, HostState, Outcome, Placement, Port, Protocol, Reach,
    Request, Running, ServiceRequest, SwarmRole, UsedPort,
};
use uuid::Uuid;

pub(crate) const MIB: u64 = 1 << 20;
pub(crate) const GIB: u64 = 1 << 30;

/// The id of the host with this number.
pub(crate) fn id(number: u128) -> HostId {
    HostId::from_uuid(Uuid::from_u128(number))
}

/// A host that is up, with 2 GiB and 2 processors, all free.
pub(crate) fn host(number: u128, name: &str) -> Candidate {
    Candidate {
        id: id(number),
        name: name.to_owned(),
        labels: BTreeMap::new(),
        state: HostState::Up,
        role: SwarmRole::Manager,
        os: "linux".to_owned(),
        arch: "x86_64".to_owned(),
        memory_total: 2 * GIB,
        memory_reserved: 0,
        nano_cpus_total: 2_000_000_000,
        nano_cpus_reserved: 0,
        containers: 0,
        used_ports: Vec::new(),
    }
}

/// `eu-1` to `eu-n`.
pub(crate) fn hosts(count: u128) -> Vec<Candidate> {
    (1..=count)
        .map(|number| host(number, &format!("eu-{number}")))
        .collect()
}

/// A service with its networks.
pub(crate) fn service(name: &str, replicas: u32, networks: &[&str]) -> ServiceRequest {
    ServiceRequest {
        name: name.to_owned(),
        replicas,
        networks: networks.iter().map(|&network| network.to_owned()).collect(),
        ..ServiceRequest::default()
    }
}

pub(crate) fn port(number: u16) -> Port {
    Port {
        ip: None,
        number,
        protocol: Protocol::Tcp,
    }
}

pub(crate) fn used(number: u16, by: &str) -> UsedPort {
    UsedPort {
        port: port(number),
        by: by.to_owned(),
    }
}

pub(crate) fn label(key: &str, comparison: Comparison, value: &str) -> Constraint {
    Constraint {
        attribute: HostAttribute::Label(key.to_owned()),
        comparison,
        value: value.to_owned(),
    }
}

pub(crate) fn running(service: &str, number: u32, on: u128) -> Running {
    Running {
        service: service.to_owned(),
        number,
        host: id(on),
    }
}

pub(crate) fn request(services: Vec<ServiceRequest>, hosts: Vec<Candidate>) -> Request {
    Request {
        services,
        hosts,
        running: Vec::new(),
        reach: Reach::Separate,
    }
}

/// What runs after a placement was carried out.
pub(crate) fn carried_out(placement: &Placement) -> Vec<Running> {
    placement
        .instances
        .iter()
        .filter_map(|placed| {
            let host = placed.outcome.host()?;
            Some(Running {
                service: placed.service.clone(),
                number: placed.number,
                host,
            })
        })
        .collect()
}

/// The answer in words.
pub(crate) fn told(request: &Request) -> String {
    let placement = lighthouse_placement::place(request);
    let name = |id: HostId| {
        request
            .hosts
            .iter()
            .find(|host| host.id == id)
            .map_or("a host outside the pool", |host| &host.name)
    };
    let mut out = String::new();
    for placed in &placement.instances {
        let outcome = match placed.outcome {
            Outcome::Stays { host } => format!("stays on {}", name(host)),
            Outcome::Goes { host, from: None } => format!("goes to {}", name(host)),
            Outcome::Goes {
                host,
                from: Some(from),
            } => format!("moves from {} to {}", name(from), name(host)),
            Outcome::Unknown { host } => format!("unknown on {}", name(host)),
            Outcome::Nowhere { .. } => "has no host".to_owned(),
        };
        writeln!(out, "{} {outcome}", placed.name()).expect("a string grows");
        for reason in &placed.reasons {
            writeln!(out, "    because {reason}").expect("a string grows");
        }
        for refused in &placed.refused {
            writeln!(out, "    {refused}").expect("a string grows");
        }
    }
    for surplus in &placement.surplus {
        writeln!(
            out,
            "{}-{} on {} is too much",
            surplus.service,
            surplus.number,
            name(surplus.host)
        )
        .expect("a string grows");
    }
    for unreachable in &placement.unreachable {
        writeln!(out, "{unreachable}").expect("a string grows");
    }
    out
}
