//! The overview: trouble first, then the map of all hosts, then what is going on.

use std::sync::{Arc, PoisonError};

use lighthouse_model::application::ApplicationRow;
use lighthouse_model::container::ContainerCounts;
use lighthouse_model::host::{HostRow, Liveness};
use lighthouse_model::live::{Attention, MapCell, OverviewView};
use lighthouse_model::operation::{OperationRow, OperationState};
use lighthouse_model::{Action, Actions, Millis, Permission, Tone, Verdict};

use crate::access::{authorize, right};
use crate::fleet::Container;
use crate::store::OperationFilter;
use crate::{Console, Result, Target, Viewer};

/// Cells of the map in all; each host shows its worst containers when there are more.
const CELLS: usize = 5000;
/// Things that need attention in all.
const ATTENTION: usize = 50;
/// Operations that ended, shown at most.
const RECENT: u32 = 10;
/// Operations in progress, shown at most.
const RUNNING: u32 = 50;
/// How long an operation that failed needs attention, in milliseconds.
const FRESH: Millis = 24 * 60 * 60 * 1000;

impl Console {
    pub(super) async fn overview(&self, viewer: &Viewer) -> Result<OverviewView> {
        let hosts = authorize::<right::HostView>(viewer, Target::Installation)?;
        let applications = match authorize::<right::ApplicationView>(viewer, Target::Installation) {
            Ok(grant) => self.application_rows(&grant).await?,
            Err(_) => Vec::new(),
        };
        let (running, recent) = match authorize::<right::OperationView>(viewer, Target::Installation) {
            Ok(grant) => {
                let in_progress = OperationFilter {
                    states: vec![OperationState::Pending, OperationState::Running],
                    limit: RUNNING,
                    ..OperationFilter::default()
                };
                let ended = OperationFilter {
                    states: ended(),
                    limit: RECENT,
                    ..OperationFilter::default()
                };
                (
                    self.operation_rows(&grant, &in_progress).await?,
                    self.operation_rows(&grant, &ended).await?,
                )
            }
            Err(_) => (Vec::new(), Vec::new()),
        };
        let sees_containers = viewer.may(Permission::ContainerView);
        let permissions = hosts.viewer().permissions;
        let (_, (map, counts, mut attention)) = self.fleet().snapshot(|hosts, containers| {
            let room = (CELLS / hosts.len().max(1)).max(20);
            let mut counts = ContainerCounts::default();
            let mut map = Vec::with_capacity(hosts.len());
            let mut attention = Vec::new();
            for host in hosts {
                let row = host.clone().row(permissions);
                attention.extend(of_host(&row));
                let mut here = if sees_containers {
                    containers(host.id)
                } else {
                    Vec::new()
                };
                for container in &here {
                    counts.add(container.verdict.tone);
                }
                here.sort_unstable_by(|a, b| {
                    (a.verdict.tone, &a.name, &a.key).cmp(&(b.verdict.tone, &b.name, &b.key))
                });
                attention.extend(here.iter().take(ATTENTION).filter_map(|c| of_container(c)));
                map.push((row, here.iter().take(room).map(cell).collect::<Vec<_>>()));
            }
            (map, counts, attention)
        });
        attention.extend(applications.iter().filter_map(of_application));
        let now = self.clock().now();
        attention.extend(
            recent
                .iter()
                .filter(|o| superseding(o, &recent))
                .filter_map(|o| of_operation(o, now)),
        );
        attention.sort_by(|a, b| {
            (a.verdict.tone, rank(a), &a.subject).cmp(&(b.verdict.tone, rank(b), &b.subject))
        });
        attention.truncate(ATTENTION);
        let tried = if map.is_empty() {
            let tried = self.tried().read().unwrap_or_else(PoisonError::into_inner);
            tried.clone()
        } else {
            Vec::new()
        };
        Ok(OverviewView {
            attention,
            hosts: map,
            counts,
            applications,
            running,
            recent,
            tried,
            allowed: Actions::NONE
                .with_if(Action::Create, viewer.may(Permission::HostManage))
                .with_if(Action::Deploy, viewer.may(Permission::ApplicationDeploy)),
        })
    }
}

fn ended() -> Vec<OperationState> {
    OperationState::ALL
        .iter()
        .copied()
        .filter(|s| s.is_ended())
        .collect()
}

/// Is it the newest of its target? What came later says how things are now.
fn superseding(operation: &OperationRow, among: &[OperationRow]) -> bool {
    among
        .iter()
        .find(|o| o.target == operation.target)
        .is_some_and(|newest| newest.id == operation.id)
}

/// Hosts stand before what is on them.
fn rank(attention: &Attention) -> u8 {
    match attention.path.split('/').nth(1) {
        Some("hosts") => 0,
        Some("applications") => 1,
        Some("operations") => 2,
        _ => 3,
    }
}

fn cell(container: &Arc<Container>) -> MapCell {
    MapCell {
        key: container.key.clone(),
        name: container.name.clone(),
        tone: container.verdict.tone,
    }
}

fn of_host(row: &HostRow) -> Vec<Attention> {
    let path = format!("/hosts/{}", row.name);
    let about = |verdict: Verdict, since| Attention {
        verdict,
        subject: row.name.to_string(),
        path: path.clone(),
        since,
    };
    let mut all = Vec::new();
    if let Liveness::Suspect { since } | Liveness::Down { since, .. } = row.liveness {
        all.push(about(row.verdict.clone(), Some(since)));
    }
    for note in &row.notes {
        all.push(about(Verdict::new(Tone::Warning, note.clone()), None));
    }
    all
}

fn of_container(container: &Container) -> Option<Attention> {
    matches!(container.verdict.tone, Tone::Failed | Tone::Unknown).then(|| Attention {
        verdict: container.verdict.clone(),
        subject: format!("{} on {}", container.name, container.host),
        path: format!("/containers/{}/{}", container.host, container.key.id),
        since: container.since,
    })
}

fn of_application(row: &ApplicationRow) -> Option<Attention> {
    matches!(row.verdict.tone, Tone::Failed | Tone::Unknown | Tone::Warning).then(|| Attention {
        verdict: row.verdict.clone(),
        subject: row.name.to_string(),
        path: format!("/applications/{}", row.name),
        since: None,
    })
}

fn of_operation(row: &OperationRow, now: Millis) -> Option<Attention> {
    let trouble = matches!(row.state, OperationState::Failed | OperationState::Interrupted);
    let fresh = row.ended_at.is_some_and(|at| now - at < FRESH);
    (trouble && fresh).then(|| Attention {
        verdict: row.verdict.clone(),
        subject: format!("{} {}", row.kind, row.target),
        path: format!("/operations/{}", row.id),
        since: row.ended_at,
    })
}
