//! What placement answers.

use std::fmt;

use lighthouse_model::HostId;

use crate::amount::Names;
use crate::refusal::Refusal;
use crate::request::Running;

/// The answer: every wanted instance, in the order of services and numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Every instance that shall exist.
    pub instances: Vec<Placed>,
    /// Instances that exist and shall not: of services that went away, beyond the replicas, or doubled.
    pub surplus: Vec<Running>,
    /// Services that cannot be reached by name from where others are.
    pub unreachable: Vec<Unreachable>,
}

impl Placement {
    /// Whether every instance has a host.
    pub fn is_complete(&self) -> bool {
        self.instances
            .iter()
            .all(|placed| placed.outcome.host().is_some())
    }

    /// The instances without a host.
    pub fn homeless(&self) -> impl Iterator<Item = &Placed> {
        self.instances
            .iter()
            .filter(|placed| placed.outcome.host().is_none())
    }
}

/// One instance and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Its service.
    pub service: String,
    /// Its number within the service, from 1.
    pub number: u32,
    /// Where it goes.
    pub outcome: Outcome,
    /// Why it goes there.
    pub reasons: Vec<Reason>,
    /// Every other host, and why not.
    pub refused: Vec<RefusedHost>,
}

impl Placed {
    /// Its name within the application, such as `web-2`.
    pub fn name(&self) -> String {
        format!("{}-{}", self.service, self.number)
    }
}

/// Where an instance goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is there and stays.
    Stays {
        /// The host.
        host: HostId,
    },
    /// It is made there.
    Goes {
        /// The host.
        host: HostId,
        /// The host that it leaves, when it exists already.
        from: Option<HostId>,
    },
    /// It was there when its host last answered, and is left alone.
    Unknown {
        /// The host.
        host: HostId,
    },
    /// No host can take it.
    Nowhere {
        /// Where it is now, when it exists and may not stay.
        from: Option<HostId>,
    },
}

impl Outcome {
    /// The host where it will be.
    pub fn host(&self) -> Option<HostId> {
        match self {
            Self::Stays { host } | Self::Goes { host, .. } | Self::Unknown { host } => Some(*host),
            Self::Nowhere { .. } => None,
        }
    }
}

/// A host that does not get an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedHost {
    /// Which one.
    pub host: HostId,
    /// Its name.
    pub name: String,
    /// Why not.
    pub why: Refusal,
}

impl fmt::Display for RefusedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = if self.why.is_hard() {
            "refused"
        } else {
            "not taken"
        };
        write!(f, "`{}` {verb}: {}", self.name, self.why)
    }
}

/// Why an instance goes where it goes, or nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// It is there already.
    AlreadyThere,
    /// It is there as far as anybody knows; the host does not answer.
    StateUnknown,
    /// It has to be on one host with others.
    Together {
        /// Those services.
        with: Vec<String>,
    },
    /// Its service is laid over as many hosts as possible, and this one has the fewest of it.
    Spread,
    /// Its service is kept on as few hosts as possible.
    Packed,
    /// No other host can take it.
    OnlyHost,
    /// Of the hosts that can take it, this one is the least loaded.
    LeastLoaded {
        /// How many can.
        of: usize,
        /// How much of its memory is reserved, in hundredths, before this instance.
        memory_percent: u8,
        /// How many containers it has, before this instance.
        containers: u32,
    },
    /// It cannot stay where it is.
    Moved {
        /// The host that it leaves.
        from: String,
        /// Why; `None` when that host is not in the pool any more.
        why: Option<Refusal>,
    },
    /// There is no host at all.
    NoHosts,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AlreadyThere => f.write_str("it is there already"),
            Self::StateUnknown => f.write_str("it was there when the host last answered; it is left alone"),
            Self::Together { with } => {
                write!(
                    f,
                    "it shares a network, a volume or a namespace with {} and stays together",
                    Names(with)
                )
            }
            Self::Spread => f.write_str("its service is laid over as many hosts as possible"),
            Self::Packed => f.write_str("its service is kept on as few hosts as possible"),
            Self::OnlyHost => f.write_str("it is the only host that can take it"),
            Self::LeastLoaded {
                of,
                memory_percent,
                containers,
            } => {
                let noun = if *containers == 1 {
                    "container"
                } else {
                    "containers"
                };
                write!(
                    f,
                    "it is the least loaded of {of} hosts that can take it ({memory_percent} % of its memory \
                     reserved, {containers} {noun})"
                )
            }
            Self::Moved { from, why: Some(why) } => write!(f, "it cannot stay on `{from}`: {why}"),
            Self::Moved { from, why: None } => {
                write!(f, "it cannot stay on `{from}`, which is not in the pool")
            }
            Self::NoHosts => f.write_str("the pool has no hosts"),
        }
    }
}

/// A service that another one cannot reach by name from some of its hosts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreachable {
    /// The service that looks.
    pub from: String,
    /// The hosts, by name, where it runs and the other does not.
    pub hosts: Vec<String>,
    /// The service that is not there.
    pub service: String,
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` on {} cannot reach `{}` by name: it runs on other hosts, and these share no network",
            self.from,
            Names(&self.hosts),
            self.service
        )
    }
}
