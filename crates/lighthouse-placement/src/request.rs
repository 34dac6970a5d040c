//! What placement is asked: services, hosts, and what runs already.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use lighthouse_model::HostId;
use lighthouse_model::constraint::{Constraint, PlacementMode};

/// Everything that placement looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The services of the application, in the order of the blueprint.
    pub services: Vec<ServiceRequest>,
    /// The hosts of the pool, whatever their state.
    pub hosts: Vec<Candidate>,
    /// The instances of this application that exist.
    pub running: Vec<Running>,
    /// Whether instances on different hosts can reach each other by name.
    pub reach: Reach,
}

/// Whether containers on different hosts share networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Each host has networks of its own.
    Separate,
    /// An overlay joins them.
    Connected,
}

/// A service that wants hosts for its instances.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ServiceRequest {
    /// Its name.
    pub name: String,
    /// How many instances it shall have.
    pub replicas: u32,
    /// The networks it joins, by key, the implicit `default` included.
    pub networks: Vec<String>,
    /// The named volumes it mounts, by key.
    pub volumes: Vec<String>,
    /// The services whose namespaces it shares.
    pub shares_with: Vec<String>,
    /// Memory that is kept free for each instance, in bytes.
    pub memory: u64,
    /// Processors that are kept free for each instance, in thousand-millionths.
    pub nano_cpus: u64,
    /// Ports of the host that each instance takes for itself.
    pub ports: Vec<Port>,
    /// Conditions on the host.
    pub constraints: Vec<Constraint>,
    /// What the blueprint says about its placement.
    pub mode: Option<PlacementMode>,
}

/// A port of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Port {
    /// The address; all addresses when absent.
    pub ip: Option<IpAddr>,
    /// The number.
    pub number: u16,
    /// The protocol.
    pub protocol: Protocol,
}

impl Port {
    /// Whether two of them cannot be open at the same time.
    pub fn collides_with(&self, other: &Self) -> bool {
        let every = |ip: Option<IpAddr>| ip.is_none_or(|ip| ip.is_unspecified());
        self.number == other.number
            && self.protocol == other.protocol
            && (every(self.ip) || every(other.ip) || self.ip == other.ip)
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let protocol = match self.protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        };
        match self.ip {
            Some(IpAddr::V6(ip)) => write!(f, "[{ip}]:{}/{protocol}", self.number),
            Some(IpAddr::V4(ip)) => write!(f, "{ip}:{}/{protocol}", self.number),
            None => write!(f, "{}/{protocol}", self.number),
        }
    }
}

/// A transport protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Protocol {
    /// `tcp`
    #[default]
    Tcp,
    /// `udp`
    Udp,
    /// `sctp`
    Sctp,
}

/// A host that could take instances.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which one.
    pub id: HostId,
    /// Its name.
    pub name: String,
    /// Its labels in Lighthouse.
    pub labels: BTreeMap<String, String>,
    /// Whether it answers.
    pub state: HostState,
    /// What it is in a swarm.
    pub role: SwarmRole,
    /// Such as `linux`; empty when it never answered.
    pub os: String,
    /// Such as `x86_64`; empty when it never answered.
    pub arch: String,
    /// Its memory in bytes.
    pub memory_total: u64,
    /// Memory reserved there by **other** applications, in bytes.
    pub memory_reserved: u64,
    /// Its processors in thousand-millionths.
    pub nano_cpus_total: u64,
    /// Processors reserved there by **other** applications.
    pub nano_cpus_reserved: u64,
    /// How many containers it has, those of this application left out.
    pub containers: u32,
    /// Ports that are open there, those of this application's own instances left out.
    pub used_ports: Vec<UsedPort>,
}

/// Whether a host answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostState {
    /// It does.
    Up,
    /// It has not answered yet since the console started.
    Connecting,
    /// It missed answers.
    Suspect,
    /// It does not answer.
    Down,
}

/// What a host is in a swarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum SwarmRole {
    /// A manager, or a host outside any swarm.
    #[default]
    Manager,
    /// A worker.
    Worker,
}

/// A port that something has open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedPort {
    /// The port.
    pub port: Port,
    /// Who has it, as people call it, such as `container grafana` or `blog-web-1`.
    pub by: String,
}

/// An instance of this application that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Running {
    /// Its service.
    pub service: String,
    /// Its number within the service, from 1.
    pub number: u32,
    /// Where it is.
    pub host: HostId,
}
