//! Which service comes before which.

use std::collections::HashMap;

use crate::service::Service;

/// Layers of indices, each depending on earlier layers only; or the names of services that wait for each other.
pub(crate) fn of(services: &[Service]) -> Result<Vec<Vec<usize>>, Vec<String>> {
    let index: HashMap<&str, usize> = services
        .iter()
        .enumerate()
        .map(|(at, service)| (service.name.as_str(), at))
        .collect();
    let needs: Vec<Vec<usize>> = services
        .iter()
        .map(|service| {
            service
                .depends_on
                .iter()
                .filter_map(|on| index.get(on.service.as_str()).copied())
                .collect()
        })
        .collect();
    let mut placed = vec![false; services.len()];
    let mut layers = Vec::new();
    let mut left = services.len();
    while left > 0 {
        let layer: Vec<usize> = (0..services.len())
            .filter(|&at| !placed[at] && needs[at].iter().all(|&on| placed[on]))
            .collect();
        if layer.is_empty() {
            return Err(cycle(services, &needs, &placed));
        }
        for &at in &layer {
            placed[at] = true;
        }
        left -= layer.len();
        layers.push(layer);
    }
    Ok(layers)
}

/// Follows unmet needs until a service comes up again.
fn cycle(services: &[Service], needs: &[Vec<usize>], placed: &[bool]) -> Vec<String> {
    let mut way: Vec<usize> = Vec::new();
    let mut next = placed.iter().position(|placed| !placed);
    while let Some(at) = next {
        if let Some(start) = way.iter().position(|&seen| seen == at) {
            way.drain(..start);
            break;
        }
        way.push(at);
        next = needs[at].iter().copied().find(|&on| !placed[on]);
    }
    way.into_iter().map(|at| services[at].name.clone()).collect()
}
