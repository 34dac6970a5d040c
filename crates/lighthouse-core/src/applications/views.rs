//! Applications as screens and the API show them: the desired state beside what the fleet sees.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use lighthouse_blueprint::{Blueprint, Service};
use lighthouse_model::application::{ApplicationRow, ApplicationView, InstanceView, ReleaseRow, ServiceView};
use lighthouse_model::container::{ContainerState, Health};
use lighthouse_model::{
    Action, Actions, ApplicationId, ContainerKey, HostId, Millis, Name, Permission, PermissionSet, Tone,
    Verdict,
};

use super::spec::may_finish;
use crate::access::right;
use crate::fleet::{Container, label};
use crate::hosts::ALL_HOSTS;
use crate::store::{ApplicationRecord, InstanceRecord, ReleaseRecord};
use crate::{Console, Grant, Result};

/// Releases on an application's page.
const RELEASES: u32 = 50;

/// An application with everything its row is told from.
struct Seen {
    record: ApplicationRecord,
    blueprint: Option<Arc<Blueprint>>,
    instances: Vec<SeenInstance>,
    changed_at: Millis,
}

struct SeenInstance {
    record: InstanceRecord,
    container: Option<Arc<Container>>,
    stale_since: Option<Millis>,
    /// Does its host answer, so that what is not seen is not there?
    answers: bool,
}

impl SeenInstance {
    /// Does it do what its service is there for?
    fn is_good(&self, service: Option<&Service>) -> bool {
        self.stale_since.is_none()
            && self.container.as_ref().is_some_and(|c| {
                let up = c.state == ContainerState::Running && c.health != Health::Unhealthy;
                let may_finish = service.is_none_or(may_finish);
                up || may_finish && c.state == ContainerState::Exited && c.exit_code == Some(0)
            })
    }

    fn verdict(&self) -> Verdict {
        match (&self.container, self.stale_since) {
            (Some(container), Some(_)) => Verdict::new(
                Tone::Unknown,
                format!("unknown, last seen {}", container.verdict.words),
            ),
            (Some(container), None) => container.verdict.clone(),
            (None, _) if !self.answers => Verdict::new(Tone::Unknown, "unknown, its host does not answer"),
            (None, _) if self.record.container.is_none() => Verdict::new(Tone::Idle, "not made yet"),
            (None, _) => Verdict::new(Tone::Failed, "its container is gone"),
        }
    }
}

impl Seen {
    fn desired_of(&self, service: &str) -> u32 {
        let said = self.blueprint.as_ref().and_then(|b| b.service(service));
        match (self.record.scale.get(service), said) {
            (Some(chosen), _) => *chosen,
            (None, Some(service)) => service.replicas(),
            (None, None) => 0,
        }
    }

    fn services(&self) -> Vec<String> {
        self.blueprint
            .as_ref()
            .map(|b| b.services.iter().map(|s| s.name.clone()).collect())
            .unwrap_or_default()
    }

    fn desired(&self) -> u32 {
        self.services().iter().map(|s| self.desired_of(s)).sum()
    }

    /// The container that counts for each instance: up before down, new before old.
    fn current(&self) -> Vec<&SeenInstance> {
        let mut best: BTreeMap<(&str, u32), &SeenInstance> = BTreeMap::new();
        for one in &self.instances {
            let rank = |i: &SeenInstance| {
                let up = i.container.as_ref().is_some_and(|c| c.state.is_up());
                (up, i.container.is_some(), i.record.generation)
            };
            let slot = best
                .entry((one.record.service.as_str(), one.record.number))
                .or_insert(one);
            if rank(one) > rank(slot) {
                *slot = one;
            }
        }
        best.into_values().collect()
    }

    fn good(&self, service: Option<&str>) -> u32 {
        let good = self
            .current()
            .into_iter()
            .filter(|i| service.is_none_or(|s| i.record.service == s))
            .filter(|i| i.record.number <= self.desired_of(&i.record.service))
            .filter(|i| i.is_good(self.blueprint.as_ref().and_then(|b| b.service(&i.record.service))))
            .count();
        u32::try_from(good).unwrap_or(u32::MAX)
    }

    fn verdict_of(&self, service: Option<&str>, busy: bool) -> Verdict {
        let desired = service.map_or_else(|| self.desired(), |s| self.desired_of(s));
        let good = self.good(service);
        let mine = || {
            self.current()
                .into_iter()
                .filter(|i| service.is_none_or(|s| i.record.service == s))
        };
        if !self.record.running {
            let up = mine()
                .filter(|i| i.container.as_ref().is_some_and(|c| c.state.is_up()))
                .count();
            return match (up, busy) {
                (0, _) => Verdict::new(Tone::Idle, "stopped"),
                (up, true) => Verdict::new(Tone::Busy, format!("stopping, {up} still up")),
                (up, false) => Verdict::new(Tone::Warning, format!("stopped, but {up} still up")),
            };
        }
        let unknown = mine().filter(|i| i.verdict().tone == Tone::Unknown).count();
        let failed: Vec<String> = mine()
            .filter(|i| i.verdict().tone == Tone::Failed)
            .map(|i| format!("{}-{} {}", i.record.service, i.record.number, i.verdict().words))
            .collect();
        let mut words = match (good, desired) {
            (_, 0) => "no instances wanted".to_owned(),
            (good, desired) if good == desired && desired == 1 => "runs".to_owned(),
            (good, desired) if good == desired => format!("all {desired} run"),
            (good, desired) => format!("{good} of {desired} run"),
        };
        if let Some(first) = failed.first() {
            words.push_str("; ");
            words.push_str(first);
            if failed.len() > 1 {
                write!(words, " and {} more", failed.len() - 1).ok();
            }
        }
        if unknown > 0 {
            write!(words, "; {unknown} unknown").ok();
        }
        let tone = if !failed.is_empty() && !busy {
            Tone::Failed
        } else if unknown > 0 {
            Tone::Unknown
        } else if busy {
            Tone::Busy
        } else if desired == 0 {
            Tone::Idle
        } else if good < desired {
            Tone::Warning
        } else {
            Tone::Good
        };
        Verdict::new(tone, words)
    }
}

impl Console {
    async fn seen(&self, records: Vec<ApplicationRecord>, only: Option<ApplicationId>) -> Result<Vec<Seen>> {
        let mut rows: BTreeMap<ApplicationId, Vec<InstanceRecord>> = BTreeMap::new();
        for row in self.store().instances(only).await? {
            rows.entry(row.application).or_default().push(row);
        }
        let mut by_nonce: BTreeMap<HostId, BTreeMap<String, Arc<Container>>> = BTreeMap::new();
        let mut all = Vec::with_capacity(records.len());
        for record in records {
            let instances = rows
                .remove(&record.id)
                .unwrap_or_default()
                .into_iter()
                .map(|row| {
                    let nonces = by_nonce.entry(row.host).or_insert_with(|| {
                        self.fleet()
                            .containers(row.host)
                            .into_iter()
                            .filter_map(|c| Some((c.labels.get(label::NONCE)?.clone(), c)))
                            .collect()
                    });
                    self.seen_instance(row, nonces)
                })
                .collect();
            let (blueprint, changed_at) = match record.release {
                Some(release) => {
                    let blueprints = self.operations().blueprints();
                    let newest = self.store().releases(record.id, 1).await?;
                    (
                        blueprints.of(record.id, &record.name, release).await,
                        newest.first().map_or(record.created_at, |r| r.at),
                    )
                }
                None => (None, record.created_at),
            };
            all.push(Seen {
                record,
                blueprint,
                instances,
                changed_at,
            });
        }
        Ok(all)
    }

    fn seen_instance(&self, row: InstanceRecord, nonces: &BTreeMap<String, Arc<Container>>) -> SeenInstance {
        let container = row
            .container
            .as_ref()
            .and_then(|id| {
                self.fleet().container(&ContainerKey {
                    host: row.host,
                    id: id.clone(),
                })
            })
            .or_else(|| nonces.get(&row.nonce).cloned());
        let host = self.fleet().host(row.host);
        SeenInstance {
            container,
            stale_since: host.as_ref().and_then(|h| h.liveness.stale_since()),
            answers: host.is_some_and(|h| h.liveness.is_up()),
            record: row,
        }
    }

    fn host_name_of(&self, host: HostId) -> Option<Name> {
        self.fleet().host(host).map(|h| h.name).or_else(|| {
            let id = host.to_string();
            format!("gone-{}", id.get(..8)?).parse().ok()
        })
    }

    fn application_row(&self, seen: &Seen, permissions: PermissionSet) -> ApplicationRow {
        let operation = self.operations().changing(seen.record.id);
        let mut hosts: Vec<Name> = seen
            .instances
            .iter()
            .filter_map(|i| self.host_name_of(i.record.host))
            .collect();
        hosts.sort();
        hosts.dedup();
        ApplicationRow {
            id: seen.record.id,
            name: seen.record.name.clone(),
            generation: seen.record.generation,
            release: seen.record.release,
            verdict: seen.verdict_of(None, operation.is_some()),
            services: u32::try_from(seen.services().len()).unwrap_or(u32::MAX),
            desired: seen.desired(),
            good: seen.good(None),
            hosts,
            changed_at: seen.changed_at,
            operation,
            allowed: allowed(&seen.record, operation.is_some(), permissions),
        }
    }

    /// All applications, trouble first.
    pub async fn application_rows(
        &self,
        grant: &Grant<right::ApplicationView>,
    ) -> Result<Vec<ApplicationRow>> {
        let records = self.store().applications().await?;
        let permissions = grant.viewer().permissions;
        let seen = self.seen(records, None).await?;
        let mut rows: Vec<ApplicationRow> = seen
            .iter()
            .map(|s| self.application_row(s, permissions))
            .collect();
        rows.sort_by(|a, b| (a.verdict.tone, &a.name).cmp(&(b.verdict.tone, &b.name)));
        Ok(rows)
    }

    /// The grant's application, whole.
    pub async fn application_view(&self, grant: &Grant<right::ApplicationView>) -> Result<ApplicationView> {
        let record = self.granted_application(grant).await?;
        let permissions = grant.viewer().permissions;
        let id = record.id;
        let pool = self.pool_name(&record).await?;
        let releases = self.store().releases(id, RELEASES).await?;
        let seen = self.seen(vec![record], Some(id)).await?;
        let Some(seen) = seen.into_iter().next() else {
            return Err(lighthouse_model::Problem::not_found("such application").into());
        };
        let row = self.application_row(&seen, permissions);
        let busy = row.operation.is_some();
        let operate = permissions.contains(Permission::ApplicationOperate) && !busy;
        let services = seen
            .blueprint
            .iter()
            .flat_map(|b| &b.services)
            .map(|service| ServiceView {
                name: service.name.clone(),
                image: service.image.clone(),
                desired: seen.desired_of(&service.name),
                good: seen.good(Some(&service.name)),
                verdict: seen.verdict_of(Some(&service.name), busy),
                allowed: Actions::NONE.with_if(Action::Scale, operate),
            })
            .collect();
        let mut instances: Vec<InstanceView> = seen
            .instances
            .iter()
            .filter_map(|i| {
                Some(InstanceView {
                    name: format!("{}-{}", i.record.service, i.record.number),
                    service: i.record.service.clone(),
                    number: i.record.number,
                    host: i.record.host,
                    host_name: self.host_name_of(i.record.host)?,
                    container: i.container.as_ref().map(|c| c.row(permissions, i.stale_since)),
                    verdict: i.verdict(),
                })
            })
            .collect();
        instances
            .sort_by(|a, b| (&a.host_name, &a.service, a.number).cmp(&(&b.host_name, &b.service, b.number)));
        Ok(ApplicationView {
            row,
            pool,
            services,
            instances,
            releases: releases.into_iter().map(release_row).collect(),
        })
    }

    async fn pool_name(&self, record: &ApplicationRecord) -> Result<Name> {
        let named = match record.pool {
            Some(id) => {
                let pools = self.store().pools().await?;
                pools.into_iter().find(|p| p.id == id).map(|p| p.name)
            }
            None => None,
        };
        match named {
            Some(name) => Ok(name),
            None => Ok(ALL_HOSTS
                .parse()
                .map_err(|e| crate::Error::internal("name the pool of all hosts", e))?),
        }
    }

    /// Releases of the grant's application, newest first.
    pub async fn releases(
        &self,
        grant: &Grant<right::ApplicationView>,
        limit: u32,
    ) -> Result<Vec<ReleaseRow>> {
        let record = self.granted_application(grant).await?;
        let releases = self.store().releases(record.id, limit.clamp(1, 500)).await?;
        Ok(releases.into_iter().map(release_row).collect())
    }
}

fn release_row(release: ReleaseRecord) -> ReleaseRow {
    ReleaseRow {
        number: release.number,
        at: release.at,
        author: release.author,
        reason: release.reason,
        operation: release.operation,
        images: release.images,
    }
}

/// What may be done with an application: nothing while an operation changes it, but reading.
fn allowed(record: &ApplicationRecord, busy: bool, permissions: PermissionSet) -> Actions {
    let operate = permissions.contains(Permission::ApplicationOperate) && !busy;
    let deploy = permissions.contains(Permission::ApplicationDeploy);
    Actions::NONE
        .with_if(Action::Start, operate && !record.running)
        .with_if(Action::Stop, operate && record.running)
        .with_if(Action::Restart, operate && record.running)
        .with_if(Action::Scale, operate && record.running)
        .with_if(Action::Deploy, deploy)
        .with_if(Action::Remove, deploy && !busy)
        .with_if(Action::Logs, permissions.contains(Permission::ContainerView))
}
