//! What happens to one instance, and why.

use lighthouse_blueprint::Service;
use lighthouse_model::HostId;
use lighthouse_model::container::{ContainerState, Health};
use lighthouse_model::plan::Change;

use super::existing::Existing;
use super::objects::nonce;
use super::{Drafting, Purpose};
use crate::Result;
use crate::operations::work::{OldContainer, Template, Unit, UnitChange};

impl Drafting<'_> {
    /// Why an instance's container is not what the blueprint asks for.
    pub(super) fn differs(&self, existing: &Existing) -> Option<String> {
        let template = self.work.templates.get(&existing.record.service)?;
        if existing.record.fingerprint == template.fingerprint {
            return None;
        }
        let image = existing.container.as_ref().map(|c| c.image.as_str());
        Some(match image {
            Some(image) if image != template.spec.image => {
                format!("its image changes from `{image}` to `{}`", template.spec.image)
            }
            _ => "its settings change".to_owned(),
        })
    }

    /// Why an instance has to be replaced although it is what the blueprint asks for.
    fn is_not_well(&self, existing: &Existing) -> Option<String> {
        let container = existing.container.as_ref()?;
        let may_finish = self
            .work
            .templates
            .get(&existing.record.service)
            .is_some_and(|t| t.wait.may_finish);
        let newer = self
            .facts
            .images
            .get(&(existing.record.host, container.image.clone()))
            .is_some_and(|id| *id != container.image_id);
        match (container.state, container.health) {
            (ContainerState::Running, Health::Unhealthy) => Some("it is unhealthy".to_owned()),
            (ContainerState::Running, _) if newer => {
                Some(format!("its host has a newer `{}`", container.image))
            }
            (ContainerState::Running, _) => None,
            (ContainerState::Exited, _) if may_finish && container.exit_code == Some(0) => None,
            _ => Some(format!("it does not run ({})", container.verdict.words)),
        }
    }

    pub(super) fn change(
        &mut self,
        key: &(String, u32),
        host: HostId,
    ) -> Result<(Change, Vec<String>, Unit)> {
        let (service, number) = key;
        let grace = self.grace(service);
        let Some(existing) = self.current.get(key) else {
            return Ok((
                Change::Create,
                Vec::new(),
                self.fresh(service, *number, host, None)?,
            ));
        };
        let moves = existing.record.host != host;
        let only_scales = self.basis.purpose == Purpose::Scale;
        let reason = if only_scales {
            None
        } else {
            self.differs(existing).or_else(|| self.is_not_well(existing))
        };
        if only_scales || (reason.is_none() && !moves) {
            return Ok((Change::Keep, Vec::new(), existing.unit(UnitChange::Keep, grace)));
        }
        let old = existing.old(grace);
        let stop_first = !moves && self.must_stop_first(service);
        let mut unit = self.fresh(service, *number, host, Some(old))?;
        let mut why: Vec<String> = reason
            .into_iter()
            .map(|r| format!("it is replaced because {r}"))
            .collect();
        if stop_first {
            unit.change = UnitChange::ReplaceStopFirst;
            why.push(
                "the old one stops before the new one starts, because it has a fixed port or address, or writes to \
                 a volume"
                    .to_owned(),
            );
            self.warn_once(format!(
                "Each instance of `{service}` is away for a moment: it has a fixed port or address, or writes to a \
                 volume, so the old one stops before the new one starts."
            ));
        } else {
            unit.change = UnitChange::ReplaceStartFirst;
        }
        if moves && self.work.templates.get(service).is_some_and(has_volume) {
            self.warn_once(format!(
                "`{service}` moves to another host; the data in its volumes stays where it was."
            ));
        }
        Ok((Change::Replace, why, unit))
    }

    fn must_stop_first(&self, service: &str) -> bool {
        let fixed_address = self.work.templates.get(service).is_some_and(|t| {
            t.spec
                .networks
                .iter()
                .any(|n| n.ipv4.is_some() || n.ipv6.is_some())
        });
        fixed_address
            || self
                .basis
                .blueprint
                .service(service)
                .is_some_and(Service::must_stop_first)
    }

    fn fresh(&self, service: &str, number: u32, host: HostId, old: Option<OldContainer>) -> Result<Unit> {
        Ok(Unit {
            service: service.to_owned(),
            number,
            host,
            change: UnitChange::Create,
            generation: self.basis.subject.generation,
            nonce: nonce()?,
            old,
        })
    }
}

fn has_volume(template: &Template) -> bool {
    use crate::engine::MountSpec;
    template
        .spec
        .mounts
        .iter()
        .any(|m| matches!(m, MountSpec::Volume { name: Some(_), .. }))
}
