//! What a container's page shows beside its row.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lighthouse_model::container::ContainerDetail;
use lighthouse_model::{ContainerKey, Millis, Permission, PermissionSet};
use tokio::time::timeout;

use crate::engine::ContainerInspection;
use crate::fleet::{Container, Fleet};

/// A page waits no longer for an engine; it then shows what was known before.
const PATIENCE: Duration = Duration::from_secs(2);
/// Inspections kept.
const KEPT: usize = 256;

/// The newest inspection of containers whose pages were looked at.
#[derive(Default)]
pub(crate) struct Inspections {
    kept: Mutex<HashMap<ContainerKey, Kept>>,
}

struct Kept {
    inspection: Arc<ContainerInspection>,
    /// The container as it was then: another one means that it has to be asked for again.
    of: Arc<Container>,
}

impl Inspections {
    /// The inspection of a container as it is now; an older one when its host does not answer; `None` when there
    /// never was one.
    pub(crate) async fn of(
        &self,
        fleet: &Fleet,
        container: &Arc<Container>,
    ) -> Option<Arc<ContainerInspection>> {
        let known = {
            let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
            kept.get(&container.key)
                .map(|k| (Arc::clone(&k.inspection), Arc::ptr_eq(&k.of, container)))
        };
        if let Some((inspection, true)) = known {
            return Some(inspection);
        }
        let older = known.map(|(inspection, _)| inspection);
        let Ok(engine) = fleet.engine(container.key.host) else {
            return older;
        };
        match timeout(PATIENCE, engine.inspect(&container.key.id)).await {
            Ok(Ok(inspection)) => {
                let inspection = Arc::new(inspection);
                let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
                if kept.len() >= KEPT {
                    kept.clear();
                }
                kept.insert(
                    container.key.clone(),
                    Kept {
                        inspection: Arc::clone(&inspection),
                        of: Arc::clone(container),
                    },
                );
                Some(inspection)
            }
            Ok(Err(error)) => {
                tracing::debug!(container = %container.key, %error, "a container could not be inspected");
                older
            }
            Err(_) => older,
        }
    }
}

/// Joins what the fleet knows with an inspection, for a viewer with these permissions.
pub(super) fn view(
    container: &Container,
    inspection: Option<&ContainerInspection>,
    permissions: PermissionSet,
    stale: Option<Millis>,
) -> ContainerDetail {
    let may_read = permissions.contains(Permission::ContainerEnvironment);
    let row = container.row(permissions, stale);
    let history = container.history();
    let labels = container.labels.as_ref().clone();
    let Some(found) = inspection else {
        return ContainerDetail {
            row,
            image_id: container.image_id.clone(),
            command: Vec::new(),
            working_dir: String::new(),
            user: String::new(),
            restart_policy: String::new(),
            restart_count: 0,
            environment: Vec::new(),
            labels,
            mounts: Vec::new(),
            networks: Vec::new(),
            memory_limit: None,
            started_at: None,
            finished_at: None,
            out_of_memory: false,
            engine_error: String::new(),
            health_log: Vec::new(),
            history,
        };
    };
    let environment = found.environment.iter().map(|line| {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        (name.to_owned(), may_read.then(|| value.to_owned()))
    });
    ContainerDetail {
        row,
        image_id: found.summary.image_id.clone(),
        command: found.command.clone(),
        working_dir: found.working_dir.clone(),
        user: found.user.clone(),
        restart_policy: found.restart_policy.clone(),
        restart_count: found.restart_count,
        environment: environment.collect(),
        labels,
        mounts: found.mounts.clone(),
        networks: found.networks.clone(),
        memory_limit: found.memory_limit,
        started_at: found.started_at,
        finished_at: found.finished_at,
        out_of_memory: found.out_of_memory,
        engine_error: found.engine_error.clone(),
        health_log: found.health_log.clone(),
        history,
    }
}
