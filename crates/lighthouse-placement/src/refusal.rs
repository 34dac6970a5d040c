//! Why a host does not get an instance.

use std::fmt;

use lighthouse_model::constraint::{Comparison, Constraint};

use crate::amount::{Bytes, Cpus, Names};
use crate::request::{HostState, Port};

/// Why a host does not get an instance. The sentence leaves the host's name to the reader's context.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// It does not answer, or not yet.
    NotUp {
        /// Its state.
        state: HostState,
    },
    /// It does not meet a constraint.
    Constraint {
        /// The constraint.
        constraint: Constraint,
        /// The service that has it.
        service: String,
        /// What the host has instead; `None` when it has nothing of the kind.
        found: Option<String>,
    },
    /// Too little memory is unreserved.
    Memory {
        /// Who needs it.
        need: Need,
        /// How much, in bytes.
        bytes: u64,
        /// How much is free.
        free: u64,
        /// How much the host has.
        total: u64,
    },
    /// Too few processors are unreserved.
    Cpus {
        /// Who needs them.
        need: Need,
        /// How many, in thousand-millionths.
        nano_cpus: u64,
        /// How many are free.
        free: u64,
        /// How many the host has.
        total: u64,
    },
    /// Somebody else has the port.
    PortTaken {
        /// The port.
        port: Port,
        /// The service that needs it.
        service: String,
        /// Who has it.
        by: String,
    },
    /// Another instance of the same application has the port.
    PortOwn {
        /// The port.
        port: Port,
        /// The instance that needs it, such as `web-2`.
        instance: String,
        /// The instance that has it, such as `web-1`.
        by: String,
    },
    /// The services it has to be with are on another host.
    Apart {
        /// That host.
        home: String,
        /// Those services.
        with: Vec<String>,
    },
    /// It would fit here too, and another host was preferred.
    Passed {
        /// That host.
        chosen: String,
    },
}

/// Who needs an amount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// The instance alone.
    Instance,
    /// All instances of services that have to be on one host.
    Together {
        /// Those services.
        services: Vec<String>,
        /// How many instances they have.
        instances: u32,
    },
}

impl Refusal {
    /// Whether the host cannot take the instance at all; the contrary of merely not being the best.
    pub fn is_hard(&self) -> bool {
        !matches!(self, Self::Passed { .. })
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instance => f.write_str("needs"),
            Self::Together { services, instances } => {
                write!(f, "{instances} instances of {} together need", Names(services))
            }
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUp { state } => f.write_str(match state {
                HostState::Up => "is up",
                HostState::Connecting => "has not answered yet",
                HostState::Suspect => "missed its last answers",
                HostState::Down => "does not answer",
            }),
            Self::Constraint {
                constraint,
                service,
                found,
            } => {
                write!(f, "`{service}` asks for `{constraint}`")?;
                match (found, constraint.comparison) {
                    (Some(found), Comparison::Equal) => write!(f, "; here it is `{found}`"),
                    (None, Comparison::Equal) => f.write_str("; here it is not set"),
                    (_, Comparison::NotEqual) => f.write_str("; here it is exactly that"),
                }
            }
            Self::Memory {
                need,
                bytes,
                free,
                total,
            } => write!(
                f,
                "{need} {}; {} of {} are not reserved",
                Bytes(*bytes),
                Bytes(*free),
                Bytes(*total)
            ),
            Self::Cpus {
                need,
                nano_cpus,
                free,
                total,
            } => write!(
                f,
                "{need} {} processors; {} of {} are not reserved",
                Cpus(*nano_cpus),
                Cpus(*free),
                Cpus(*total)
            ),
            Self::PortTaken { port, service, by } => {
                write!(f, "`{service}` publishes port {port}, which {by} has open")
            }
            Self::PortOwn { port, instance, by } => write!(
                f,
                "`{instance}` publishes port {port}, which `{by}` takes on this host already; leave the host port \
                 out, give a range, or lay the service over more hosts"
            ),
            Self::Apart { home, with } => {
                write!(
                    f,
                    "has to be on one host with {}, which are on `{home}`",
                    Names(with)
                )
            }
            Self::Passed { chosen } => write!(f, "fits too; `{chosen}` was preferred"),
        }
    }
}
