//! Which services have to be on one host.

use crate::request::{Reach, Request, ServiceRequest};
use lighthouse_model::constraint::PlacementMode;

/// Services that go to one host, or one service whose instances may be anywhere. Indices into the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) services: Vec<usize>,
    pub(crate) together: bool,
}

/// Divides the services; groups are in the order of their first service.
pub(crate) fn divide(request: &Request) -> Vec<Group> {
    let services = &request.services;
    let mut roots: Vec<usize> = (0..services.len()).collect();
    for left in 0..services.len() {
        for right in left + 1..services.len() {
            if tied(&services[left], &services[right], request.reach) {
                let (a, b) = (root(&roots, left), root(&roots, right));
                let (low, high) = (a.min(b), a.max(b));
                roots[high] = low;
            }
        }
    }
    let mut groups: Vec<(usize, Group)> = Vec::new();
    for at in 0..services.len() {
        let root = root(&roots, at);
        match groups.iter_mut().find(|(known, _)| *known == root) {
            Some((_, group)) => {
                group.services.push(at);
                group.together = true;
            }
            None => groups.push((
                root,
                Group {
                    services: vec![at],
                    together: false,
                },
            )),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

fn root(roots: &[usize], mut at: usize) -> usize {
    while roots[at] != at {
        at = roots[at];
    }
    at
}

/// A shared namespace or volume works on one host only, always. A shared network does so on separate hosts,
/// unless the blueprint lets go of it.
fn tied(left: &ServiceRequest, right: &ServiceRequest, reach: Reach) -> bool {
    let namespaces = left.shares_with.contains(&right.name) || right.shares_with.contains(&left.name);
    let volumes = left.volumes.iter().any(|volume| right.volumes.contains(volume));
    let spread = |service: &ServiceRequest| service.mode == Some(PlacementMode::Spread);
    let networks = reach == Reach::Separate && !spread(left) && !spread(right) && share_network(left, right);
    namespaces || volumes || networks
}

pub(crate) fn share_network(left: &ServiceRequest, right: &ServiceRequest) -> bool {
    left.networks
        .iter()
        .any(|network| right.networks.contains(network))
}
