//! The list of containers as a query, an order and a window show it.
//!
//! A page needs one window once: [`Fleet::page`] selects it without sorting the rest. A follower keeps a
//! [`Listing`] that is sorted once and then moved along with every change.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use lighthouse_model::container::ContainerCounts;
use lighthouse_model::live::{ContainerPage, ContainerSort, ContainerWindow, Revision};
use lighthouse_model::query::Query;
use lighthouse_model::{ContainerKey, HostId, Millis, Name, PermissionSet, Tone};

use super::container::Container;
use super::model::Model;
use super::{Fleet, Inner};

/// Rows in a window at most.
const WINDOW: u32 = 500;
/// With more changes at once than one in so many rows, sorting anew is cheaper.
const REBUILD: usize = 8;

/// A query and an order, ready to be used.
#[derive(Debug, Clone)]
struct Wanted {
    query: Query,
    problem: Option<String>,
    sort: ContainerSort,
    descending: bool,
}

/// The containers that match a query, in order.
pub(crate) struct Listing {
    wanted: Wanted,
    offset: usize,
    limit: usize,
    ordered: Vec<Arc<Container>>,
    matching: HashMap<ContainerKey, Arc<Container>>,
    counts: Tally,
    filled: bool,
}

/// What a window shows at a revision.
pub(crate) struct Seen {
    pub(crate) revision: Revision,
    pub(crate) rows: Vec<Arc<Container>>,
    pub(crate) total: u32,
    pub(crate) counts: ContainerCounts,
    pub(crate) problem: Option<String>,
    pub(crate) hosts_down: Vec<Name>,
    pub(crate) stale: HashMap<HostId, Millis>,
}

/// What to look at again.
#[derive(Debug, Default)]
pub(crate) struct Dirty {
    everything: bool,
    again: bool,
    keys: HashSet<ContainerKey>,
    hosts: HashSet<HostId>,
}

/// More single containers than this are not told apart.
const DIRTY_KEYS: usize = 4096;

impl Dirty {
    pub(crate) fn everything() -> Self {
        Self {
            everything: true,
            ..Self::default()
        }
    }

    pub(crate) fn key(&mut self, key: ContainerKey) {
        if self.everything {
            return;
        }
        self.keys.insert(key);
        if self.keys.len() > DIRTY_KEYS {
            *self = Self::everything();
        }
    }

    pub(crate) fn host(&mut self, host: HostId) {
        self.hosts.insert(host);
    }

    pub(crate) fn all(&mut self) {
        *self = Self::everything();
    }

    /// Nothing changed, but somebody has to be told again.
    pub(crate) fn again(&mut self) {
        self.again = true;
    }

    pub(crate) fn is_clean(&self) -> bool {
        !self.everything && !self.again && self.keys.is_empty() && self.hosts.is_empty()
    }
}

/// Containers by tone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Tally([u32; 7]);

impl Tally {
    const TONES: [Tone; 7] = [
        Tone::Failed,
        Tone::Unknown,
        Tone::Warning,
        Tone::Busy,
        Tone::Good,
        Tone::Done,
        Tone::Idle,
    ];

    fn add(&mut self, tone: Tone) {
        self.0[tone as usize] += 1;
    }

    fn subtract(&mut self, tone: Tone) {
        let slot = &mut self.0[tone as usize];
        *slot = slot.saturating_sub(1);
    }

    fn counts(self) -> ContainerCounts {
        let mut counts = ContainerCounts::default();
        for tone in Self::TONES {
            let n = self.0[tone as usize];
            counts.total += n;
            let slot = match tone {
                Tone::Failed => &mut counts.failed,
                Tone::Unknown => &mut counts.unknown,
                Tone::Warning => &mut counts.warning,
                Tone::Busy => &mut counts.busy,
                Tone::Good => &mut counts.good,
                Tone::Done => &mut counts.done,
                Tone::Idle => &mut counts.idle,
            };
            *slot = n;
        }
        counts
    }
}

impl Wanted {
    fn of(window: &ContainerWindow) -> Self {
        let (query, problem) = match Query::parse(&window.query) {
            Ok(query) => (query, None),
            Err(problem) => (Query::default(), Some(problem.to_string())),
        };
        Self {
            query,
            problem,
            sort: window.sort,
            descending: window.descending,
        }
    }

    fn matches(&self, container: &Container) -> bool {
        self.query.is_empty() || self.query.matches(container)
    }

    /// A total order: the key decides between equals.
    fn compare(&self, a: &Container, b: &Container) -> Ordering {
        let by_name = || a.name.cmp(&b.name);
        let order = match self.sort {
            ContainerSort::State => (a.verdict.tone.cmp(&b.verdict.tone)).then_with(by_name),
            ContainerSort::Name => by_name(),
            ContainerSort::Host => a.host.cmp(&b.host).then_with(by_name),
            ContainerSort::Image => a.image.cmp(&b.image).then_with(by_name),
            ContainerSort::Created => b.created_at.cmp(&a.created_at),
        }
        .then_with(|| a.key.cmp(&b.key));
        if self.descending { order.reverse() } else { order }
    }
}

fn bounds(window: &ContainerWindow) -> (usize, usize) {
    let limit = if window.limit == 0 {
        WINDOW
    } else {
        window.limit.min(WINDOW)
    };
    (window.offset as usize, limit as usize)
}

impl Listing {
    /// A listing that [`Fleet::see`] fills when it is first looked at.
    pub(crate) fn new(window: &ContainerWindow) -> Self {
        let (offset, limit) = bounds(window);
        Self {
            wanted: Wanted::of(window),
            offset,
            limit,
            ordered: Vec::new(),
            matching: HashMap::new(),
            counts: Tally::default(),
            filled: false,
        }
    }

    /// Moves the window; `false` when the query or the order is another one and a new listing is needed.
    pub(crate) fn scroll(&mut self, from: &ContainerWindow, to: &ContainerWindow) -> bool {
        let same = from.query == to.query && from.sort == to.sort && from.descending == to.descending;
        if same {
            (self.offset, self.limit) = bounds(to);
        }
        same
    }

    fn rebuild(&mut self, model: &Model) {
        self.filled = true;
        self.counts = Tally::default();
        self.matching.clear();
        self.ordered = model
            .all_containers()
            .filter(|c| self.wanted.matches(c))
            .cloned()
            .collect();
        for container in &self.ordered {
            self.counts.add(container.verdict.tone);
            self.matching.insert(container.key.clone(), Arc::clone(container));
        }
        let wanted = &self.wanted;
        self.ordered.sort_unstable_by(|a, b| wanted.compare(a, b));
    }

    fn move_one(&mut self, key: &ContainerKey, now: Option<&Arc<Container>>) {
        let now = now.filter(|c| self.wanted.matches(c));
        let place = |ordered: &[Arc<Container>], c: &Container, wanted: &Wanted| {
            ordered.binary_search_by(|other| wanted.compare(other, c))
        };
        if let Some(before) = self.matching.remove(key) {
            self.counts.subtract(before.verdict.tone);
            if let Ok(at) = place(&self.ordered, &before, &self.wanted) {
                self.ordered.remove(at);
            }
        }
        if let Some(now) = now {
            self.counts.add(now.verdict.tone);
            self.matching.insert(key.clone(), Arc::clone(now));
            if let Err(at) = place(&self.ordered, now, &self.wanted) {
                self.ordered.insert(at, Arc::clone(now));
            }
        }
    }

    fn update(&mut self, model: &Model, dirty: &Dirty) {
        if !self.filled || dirty.everything || dirty.keys.len() * REBUILD > self.ordered.len() + 64 {
            self.rebuild(model);
            return;
        }
        for key in &dirty.keys {
            self.move_one(key, model.container(key));
        }
        // A host that only changed its liveness keeps its containers: compare before moving anything.
        for host in &dirty.hosts {
            let known = model.hosts.get(host);
            let gone: Vec<ContainerKey> = self
                .matching
                .keys()
                .filter(|key| key.host == *host && known.is_none_or(|h| !h.containers.contains_key(&key.id)))
                .cloned()
                .collect();
            for key in gone {
                self.move_one(&key, None);
            }
            for container in known.into_iter().flat_map(|h| h.containers.values()) {
                let same = self
                    .matching
                    .get(&container.key)
                    .is_some_and(|before| Arc::ptr_eq(before, container));
                if !same {
                    self.move_one(&container.key, Some(container));
                }
            }
        }
    }
}

impl Fleet {
    /// Moves a listing along and returns what its window shows now.
    pub(crate) fn see(&self, listing: &mut Listing, dirty: &Dirty) -> Seen {
        let model = self.inner.read();
        listing.update(&model, dirty);
        let rows = listing
            .ordered
            .iter()
            .skip(listing.offset)
            .take(listing.limit)
            .cloned()
            .collect();
        self.inner
            .seen(&model, rows, listing.counts, listing.wanted.problem.clone())
    }

    /// What a window shows now, without keeping anything.
    pub(crate) fn page(&self, window: &ContainerWindow) -> Seen {
        let wanted = Wanted::of(window);
        let (offset, limit) = bounds(window);
        let model = self.inner.read();
        let mut counts = Tally::default();
        let mut matching: Vec<&Arc<Container>> = model
            .all_containers()
            .filter(|c| wanted.matches(c))
            .inspect(|c| counts.add(c.verdict.tone))
            .collect();
        let end = offset + limit;
        if end < matching.len() {
            matching.select_nth_unstable_by(end, |a, b| wanted.compare(a, b));
            matching.truncate(end);
        }
        matching.sort_unstable_by(|a, b| wanted.compare(a, b));
        let rows = matching.into_iter().skip(offset).cloned().collect();
        self.inner.seen(&model, rows, counts, wanted.problem)
    }
}

impl Inner {
    fn seen(&self, model: &Model, rows: Vec<Arc<Container>>, counts: Tally, problem: Option<String>) -> Seen {
        let counts = counts.counts();
        Seen {
            revision: self.changes.revision(),
            rows,
            total: counts.total,
            counts,
            problem,
            hosts_down: model.hosts_down(),
            stale: model.stale(),
        }
    }
}

impl Seen {
    /// The page a viewer with these permissions sees.
    pub(crate) fn page(self, permissions: PermissionSet) -> ContainerPage {
        let stale = self.stale;
        ContainerPage {
            rows: self
                .rows
                .iter()
                .map(|c| c.row(permissions, stale.get(&c.key.host).copied()))
                .collect(),
            total: self.total,
            counts: self.counts,
            query_problem: self.problem,
            hosts_down: self.hosts_down,
        }
    }
}
