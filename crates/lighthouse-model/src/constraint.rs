//! Conditions on hosts, as a blueprint states them and placement checks them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A condition that a host must meet, such as `node.labels.disk == ssd`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Constraint {
    /// What is compared.
    pub attribute: HostAttribute,
    /// How it is compared.
    pub comparison: Comparison,
    /// What it is compared with.
    pub value: String,
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = match self.comparison {
            Comparison::Equal => "==",
            Comparison::NotEqual => "!=",
        };
        write!(f, "{} {sign} {}", self.attribute, self.value)
    }
}

/// Whether the values must agree or differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
}

/// What a constraint can ask about a host.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostAttribute {
    /// `node.id`: the id that Lighthouse gave the host.
    Id,
    /// `node.hostname`: the name of the host in Lighthouse.
    Hostname,
    /// `node.role`: `manager` or `worker`; a host outside a swarm is a manager of itself.
    Role,
    /// `node.platform.os`, such as `linux`.
    Os,
    /// `node.platform.arch`, such as `x86_64` or `aarch64`.
    Arch,
    /// `node.labels.KEY`: a label of the host in Lighthouse.
    Label(String),
}

impl fmt::Display for HostAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id => f.write_str("node.id"),
            Self::Hostname => f.write_str("node.hostname"),
            Self::Role => f.write_str("node.role"),
            Self::Os => f.write_str("node.platform.os"),
            Self::Arch => f.write_str("node.platform.arch"),
            Self::Label(key) => write!(f, "node.labels.{key}"),
        }
    }
}

/// How the instances of a service are laid over hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlacementMode {
    /// Over as many hosts as possible.
    Spread,
    /// On as few hosts as possible.
    Pack,
}

impl fmt::Display for PlacementMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Spread => "spread",
            Self::Pack => "pack",
        })
    }
}
