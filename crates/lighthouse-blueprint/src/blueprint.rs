//! The blueprint: what a document means once everything in it is resolved.

use std::collections::BTreeMap;
use std::fmt;

use lighthouse_model::diagnostic::{Diagnostic, Severity};

use crate::network::Network;
use crate::order;
use crate::service::Service;
use crate::volume::Volume;

/// What a blueprint is read from.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The Compose file.
    pub text: &'a str,
    /// The name under which it is deployed, when it is known; the file's own `name` otherwise.
    pub application: Option<&'a str>,
    /// The `.env` text: the only place where variables get their values.
    pub env: Option<&'a str>,
    /// The texts behind `env_file`, by path as the Compose file writes it.
    pub env_files: &'a BTreeMap<String, String>,
    /// The active profiles; `*` is all of them.
    pub profiles: &'a [String],
}

impl<'a> Source<'a> {
    /// A Compose file alone.
    pub fn of(text: &'a str) -> Self {
        static NO_FILES: BTreeMap<String, String> = BTreeMap::new();
        Self {
            text,
            application: None,
            env: None,
            env_files: &NO_FILES,
            profiles: &[],
        }
    }
}

/// A blueprint that can be deployed, and what is worth knowing about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// The blueprint.
    pub blueprint: Blueprint,
    /// Warnings and notes, in the order of the text.
    pub notes: Vec<Diagnostic>,
}

/// Why a text is not a blueprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct Broken {
    /// Everything that was found, in the order of the text; at least one is an error.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut errors = self
            .diagnostics
            .iter()
            .filter(|found| found.severity == Severity::Error);
        match errors.next() {
            Some(first) => first.fmt(f)?,
            None => f.write_str("the blueprint cannot be read")?,
        }
        match errors.count() {
            0 => Ok(()),
            1 => f.write_str(" (and 1 more error)"),
            more => write!(f, " (and {more} more errors)"),
        }
    }
}

/// A named set of services with their networks and volumes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Blueprint {
    /// The name the file gives itself.
    pub name: Option<String>,
    /// The active services, in the order of the file.
    pub services: Vec<Service>,
    /// The networks that active services use.
    pub networks: Vec<Network>,
    /// The volumes that active services use.
    pub volumes: Vec<Volume>,
    /// Services that are left out because none of their profiles is active.
    pub inactive: Vec<String>,
}

impl Blueprint {
    /// A service by name.
    pub fn service(&self, name: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.name == name)
    }

    /// The services in layers: each depends only on earlier layers. Starting goes forward, stopping back.
    pub fn start_order(&self) -> Vec<Vec<&Service>> {
        // A loaded blueprint has no cycle; an order without the services in one is the best there is for others.
        let layers = order::of(&self.services).unwrap_or_default();
        layers
            .into_iter()
            .map(|layer| layer.into_iter().map(|at| &self.services[at]).collect())
            .collect()
    }

    /// The keys of the networks that a service joins, the implicit `default` included.
    pub fn networks_of<'b>(&'b self, service: &'b Service) -> impl Iterator<Item = &'b Network> {
        service.networks.iter().filter_map(|attachment| {
            self.networks
                .iter()
                .find(|network| network.key == attachment.network)
        })
    }

    /// The name of a network on the hosts.
    pub fn network_name(&self, application: &str, network: &Network) -> String {
        resource_name(
            application,
            network.name.as_deref(),
            network.external,
            &network.key,
        )
    }

    /// The name of a volume on the hosts.
    pub fn volume_name(&self, application: &str, volume: &Volume) -> String {
        resource_name(application, volume.name.as_deref(), volume.external, &volume.key)
    }
}

fn resource_name(application: &str, name: Option<&str>, external: bool, key: &str) -> String {
    match name {
        Some(name) => name.to_owned(),
        None if external => key.to_owned(),
        None => format!("{application}_{key}"),
    }
}
