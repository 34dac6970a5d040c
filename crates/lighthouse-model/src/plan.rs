//! What a change would do: where each instance would go and why.

use serde::{Deserialize, Serialize};

use crate::{Diagnostic, HostId, Name};

/// What a change would do, shown before it starts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanView {
    /// The application's name.
    pub application: String,
    /// The application's generation the plan was made for; `None` for a new one.
    pub base_generation: Option<i64>,
    /// Findings in the blueprint. With an error among them the rest is empty.
    pub diagnostics: Vec<Diagnostic>,
    /// What the blueprint means, service by service.
    pub services: Vec<PlannedService>,
    /// What happens to each instance, in order.
    pub instances: Vec<PlannedInstance>,
    /// Networks to be made: host and name.
    pub networks: Vec<(Name, String)>,
    /// Volumes to be made: host and name.
    pub volumes: Vec<(Name, String)>,
    /// Things to know before pressing the button.
    pub warnings: Vec<String>,
    /// Why it cannot be applied; empty when it can.
    pub obstacles: Vec<String>,
}

impl PlanView {
    /// Can it be applied?
    pub fn is_applicable(&self) -> bool {
        self.obstacles.is_empty()
            && !self
                .diagnostics
                .iter()
                .any(|d| d.severity == crate::diagnostic::Severity::Error)
    }

    /// Would it change nothing?
    pub fn is_unchanged(&self) -> bool {
        self.instances.iter().all(|i| i.change == Change::Keep)
    }
}

/// A service in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedService {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Its instances.
    pub replicas: u32,
    /// What else it means, a line each: ports, volumes, networks, dependencies, limits.
    pub facts: Vec<String>,
    /// The blueprint's line it begins at.
    pub line: u32,
}

/// What happens to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It stays as it is.
    Keep,
    /// It is made.
    Create,
    /// A new one takes its place.
    Replace,
    /// It is taken away.
    Remove,
}

/// What happens to one instance, where and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedInstance {
    /// Such as `web-2`.
    pub name: String,
    /// Its service.
    pub service: String,
    /// Its number within the service, from 1.
    pub number: u32,
    /// What happens.
    pub change: Change,
    /// The host, unless no host fits.
    pub host: Option<HostId>,
    /// That host's name.
    pub host_name: Option<Name>,
    /// Why it goes there, or why it is replaced, a sentence each.
    pub why: Vec<String>,
    /// Each refused host, and why not.
    pub refused: Vec<Refusal>,
}

/// A host that cannot take an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The host.
    pub host: Name,
    /// Why not, in a sentence.
    pub why: String,
}
