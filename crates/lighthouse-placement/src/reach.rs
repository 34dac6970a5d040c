//! Which services can no longer be reached by name.

use std::collections::{BTreeMap, BTreeSet};

use lighthouse_model::HostId;

use crate::group::share_network;
use crate::outcome::{Placed, Unreachable};
use crate::request::{Reach, Request};

/// Pairs of services that share a network, where one runs on a host without the other.
pub(crate) fn unreachable(request: &Request, instances: &[Placed]) -> Vec<Unreachable> {
    if request.reach == Reach::Connected {
        return Vec::new();
    }
    let mut hosts_of: BTreeMap<&str, BTreeSet<HostId>> = BTreeMap::new();
    for placed in instances {
        let hosts = hosts_of.entry(placed.service.as_str()).or_default();
        hosts.extend(placed.outcome.host());
    }
    let mut found = Vec::new();
    for from in &request.services {
        for to in &request.services {
            if from.name == to.name || !share_network(from, to) {
                continue;
            }
            let (Some(here), Some(there)) =
                (hosts_of.get(from.name.as_str()), hosts_of.get(to.name.as_str()))
            else {
                continue;
            };
            let names: Vec<String> = request
                .hosts
                .iter()
                .filter(|host| here.contains(&host.id) && !there.contains(&host.id))
                .map(|host| host.name.clone())
                .collect();
            if !names.is_empty() && !there.is_empty() {
                found.push(Unreachable {
                    from: from.name.clone(),
                    hosts: names,
                    service: to.name.clone(),
                });
            }
        }
    }
    found
}
