//! Following a window of the list of containers: only rows that changed are sent.

use std::collections::HashMap;
use std::sync::Arc;

use lighthouse_model::container::{ContainerCounts, ContainerRow};
use lighthouse_model::live::{ContainerWindow, Revision, TopicChange, TopicData};
use lighthouse_model::{ContainerKey, HostId, Millis, Name, PermissionSet};

use crate::fleet::{Container, Dirty, Fleet, Listing};

/// What a tab was last told of its window.
struct Told {
    order: Vec<ContainerKey>,
    rows: HashMap<ContainerKey, (Arc<Container>, Option<Millis>)>,
    total: u32,
    counts: ContainerCounts,
    hosts_down: Vec<Name>,
    permissions: PermissionSet,
}

/// A followed window.
pub(super) struct Window {
    listing: Listing,
    told: Option<Told>,
}

/// What to send.
pub(super) enum News {
    Snapshot(Revision, Box<TopicData>),
    Change(Revision, TopicChange),
    Nothing,
}

impl Window {
    pub(super) fn new(window: &ContainerWindow) -> Self {
        Self {
            listing: Listing::new(window),
            told: None,
        }
    }

    /// Follows another window; keeps the work done when only its place changed.
    pub(super) fn turn(&mut self, from: &ContainerWindow, to: &ContainerWindow) {
        if !self.listing.scroll(from, to) {
            self.listing = Listing::new(to);
        }
        self.told = None;
    }

    /// Forgets what was told: the next news are everything.
    pub(super) fn forget(&mut self) {
        self.told = None;
    }

    /// Takes what is shown at this moment as told, when the tab's page was rendered at this very revision.
    pub(super) fn catch_up(&mut self, fleet: &Fleet, revision: Revision, permissions: PermissionSet) -> bool {
        let seen = fleet.see(&mut self.listing, &Dirty::everything());
        if seen.revision != revision || seen.problem.is_some() {
            return false;
        }
        let mut rows = remembered(&seen.rows, &seen.stale);
        // Of a flapping container the model may know more than was told so far.
        rows.retain(|_, (container, _)| container.deaths == 0);
        self.told = Some(Told {
            order: seen.rows.iter().map(|c| c.key.clone()).collect(),
            rows,
            total: seen.total,
            counts: seen.counts,
            hosts_down: seen.hosts_down,
            permissions,
        });
        true
    }

    pub(super) fn news(&mut self, fleet: &Fleet, dirty: &Dirty, permissions: PermissionSet) -> News {
        let seen = fleet.see(&mut self.listing, dirty);
        let order: Vec<ContainerKey> = seen.rows.iter().map(|c| c.key.clone()).collect();
        let rows = remembered(&seen.rows, &seen.stale);
        let told = Told {
            order,
            rows,
            total: seen.total,
            counts: seen.counts,
            hosts_down: seen.hosts_down.clone(),
            permissions,
        };
        let before = self.told.replace(told);
        let before = before.filter(|b| b.hosts_down == seen.hosts_down && b.permissions == permissions);
        let (Some(before), Some(told)) = (before, &self.told) else {
            let revision = seen.revision;
            let data = Box::new(TopicData::Containers(seen.page(permissions)));
            return News::Snapshot(revision, data);
        };
        let mut changed: Vec<ContainerRow> = Vec::new();
        for container in &seen.rows {
            let stale = seen.stale.get(&container.key.host).copied();
            let row = || container.row(permissions, stale);
            match before.rows.get(&container.key) {
                Some((same, of)) if Arc::ptr_eq(same, container) && *of == stale => {}
                // Not everything that is known of a container is in its row.
                Some((other, of)) => {
                    let row = row();
                    if other.row(permissions, *of) != row {
                        changed.push(row);
                    }
                }
                None => changed.push(row()),
            }
        }
        let order = (before.order != told.order).then(|| told.order.clone());
        if changed.is_empty() && order.is_none() && before.total == told.total && before.counts == told.counts
        {
            return News::Nothing;
        }
        News::Change(
            seen.revision,
            TopicChange::Containers {
                rows: changed,
                order,
                total: seen.total,
                counts: seen.counts,
            },
        )
    }
}

fn remembered(
    rows: &[Arc<Container>],
    stale: &HashMap<HostId, Millis>,
) -> HashMap<ContainerKey, (Arc<Container>, Option<Millis>)> {
    rows.iter()
        .map(|c| {
            let of = stale.get(&c.key.host).copied();
            (c.key.clone(), (Arc::clone(c), of))
        })
        .collect()
}
