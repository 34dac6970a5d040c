//! The sources of a session: those that are there at the start, and those that join later.

use std::collections::HashSet;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use lighthouse_model::container::Management;
use lighthouse_model::log::LogLine;
use lighthouse_model::{ContainerKey, Name};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;

use super::ring::Ring;
use super::source::{Beginning, Source};
use super::{LogFilter, LogOptions};
use crate::change::{Change, Changes};
use crate::fleet::{Container, Fleet};

/// Sources in one session at most.
const SOURCES: usize = 200;
/// The beginnings of all sources are waited for no longer than this, so that they can be merged by time.
const MERGE: Duration = Duration::from_millis(1200);

/// Whose log it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Scope {
    /// One container's.
    Container(ContainerKey),
    /// That of all instances of an application.
    Application(Name),
}

impl Scope {
    /// Does a container belong to it?
    pub(super) fn has(&self, container: &Container) -> bool {
        match self {
            Self::Container(key) => container.key == *key,
            Self::Application(name) => {
                container.management == Management::Managed
                    && container.application.as_deref() == Some(name.as_str())
            }
        }
    }

    /// The containers that belong to it now, by host and name.
    pub(super) fn containers(&self, fleet: &Fleet) -> Vec<Arc<Container>> {
        let mut all = match self {
            Self::Container(key) => fleet.container(key).into_iter().collect(),
            Self::Application(_) => {
                let hosts = fleet.hosts();
                let known = hosts.iter().flat_map(|host| fleet.containers(host.id));
                known.filter(|c| self.has(c)).collect::<Vec<_>>()
            }
        };
        all.sort_by(|a, b| (&a.name, &a.host).cmp(&(&b.name, &b.host)));
        all
    }
}

/// Owns the sources of one session.
pub(super) struct Gather {
    pub(super) fleet: Fleet,
    pub(super) changes: Arc<Changes>,
    pub(super) stop: CancellationToken,
    pub(super) scope: Scope,
    pub(super) options: LogOptions,
    pub(super) filter: Arc<RwLock<LogFilter>>,
    pub(super) ring: Arc<Ring>,
}

struct Sources {
    running: JoinSet<()>,
    known: HashSet<ContainerKey>,
    go: watch::Receiver<bool>,
    next: u32,
}

impl Gather {
    pub(super) async fn run(self) {
        let mut changes = self.changes.follow();
        let (go, waiting) = watch::channel(false);
        let mut sources = Sources {
            running: JoinSet::new(),
            known: HashSet::new(),
            go: waiting,
            next: 0,
        };
        let beginnings: Vec<_> = self
            .scope
            .containers(&self.fleet)
            .into_iter()
            .take(SOURCES)
            .map(|container| {
                let (sender, receiver) = oneshot::channel();
                self.add(&mut sources, &container, Some(sender));
                receiver
            })
            .collect();
        for line in merged(beginnings).await {
            self.ring.line(line);
        }
        go.send_replace(true);
        let joins = self.options.follow && matches!(self.scope, Scope::Application(_));
        loop {
            if !joins && sources.running.is_empty() {
                self.ring.closed("There is nothing more to follow.");
                return;
            }
            tokio::select! {
                () = self.stop.cancelled() => {
                    self.ring.closed("The console is stopping.");
                    return;
                }
                Some(_) = sources.running.join_next(), if !sources.running.is_empty() => {}
                change = changes.recv(), if joins => match change {
                    Ok(change) => self.changed(&mut sources, &change.change),
                    Err(RecvError::Lagged(_)) => self.look(&mut sources),
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    fn add(
        &self,
        sources: &mut Sources,
        container: &Container,
        beginning: Option<oneshot::Sender<Beginning>>,
    ) {
        if sources.running.len() >= SOURCES || !sources.known.insert(container.key.clone()) {
            return;
        }
        let source = Source::new(
            self.fleet.clone(),
            container.key.clone(),
            sources.next,
            (self.options.tail, self.options.follow),
            Arc::clone(&self.filter),
            Arc::clone(&self.ring),
        );
        sources.next += 1;
        sources.running.spawn(source.run(beginning, sources.go.clone()));
    }

    fn changed(&self, sources: &mut Sources, change: &Change) {
        match change {
            Change::Container(key) if !sources.known.contains(key) => {
                if let Some(container) = self.fleet.container(key)
                    && self.scope.has(&container)
                {
                    self.add(sources, &container, None);
                }
            }
            Change::Containers(_) => self.look(sources),
            _ => {}
        }
    }

    fn look(&self, sources: &mut Sources) {
        for container in self.scope.containers(&self.fleet) {
            self.add(sources, &container, None);
        }
    }
}

/// The beginnings by time. Who comes late tells its own.
async fn merged(beginnings: Vec<oneshot::Receiver<Beginning>>) -> Vec<LogLine> {
    let until = Instant::now() + MERGE;
    let mut lines = Vec::new();
    for mut beginning in beginnings {
        let first = if let Ok(first) = timeout_at(until, &mut beginning).await {
            first.ok()
        } else {
            beginning.close();
            beginning.try_recv().ok()
        };
        lines.extend(first.into_iter().flatten());
    }
    lines.sort_by_key(|line| line.at);
    lines
}
