//! Steps that were not planned: putting back what ran before, and a last look before saying that all is well.

use lighthouse_model::container::{ContainerState, Health};
use lighthouse_model::operation::{OperationKind, StepKind, StepStatus};
use lighthouse_model::{ContainerKey, HostId};

use super::{Halt, Now, Running};
use crate::operations::state;
use crate::operations::wait::PLAIN;
use crate::operations::work::{UnitChange, Which};
use crate::store::StepRecord;

impl Running {
    /// Adds the steps that put back what ran before, where something went wrong. `true` when some were added.
    pub(super) async fn add_rescue(&self) -> Result<bool, Halt> {
        let rescue = {
            let now = self.now();
            self.situation(&now).rescue()
        };
        let added: Vec<StepRecord> = rescue
            .into_iter()
            .map(|r| self.added(r.host, r.instance, r.generation, r.kind))
            .collect();
        self.add(added).await
    }

    fn added(&self, host: HostId, instance: String, generation: i64, kind: StepKind) -> StepRecord {
        StepRecord {
            operation: self.id,
            n: 0,
            host,
            subject: instance.clone(),
            instance: Some(instance),
            generation,
            kind,
            intent_at: None,
            outcome_at: None,
            status: StepStatus::Pending,
            code: None,
            message: None,
            detail: None,
        }
    }

    async fn add(&self, mut steps: Vec<StepRecord>) -> Result<bool, Halt> {
        if steps.is_empty() {
            return Ok(false);
        }
        let first = self.now().steps.last().map_or(0, |s| s.n + 1);
        for (n, step) in (first..).zip(&mut steps) {
            step.n = n;
        }
        self.write("add steps", || self.store.add_steps(self.id, self.epoch, &steps))
            .await?;
        self.now().steps.extend(steps);
        self.tell();
        Ok(true)
    }

    /// Before an operation may say that it succeeded: does every instance it made or started still run? Those that
    /// the fleet sees down are looked at once more, in a step of their own.
    pub(super) async fn add_last_look(&self) -> Result<bool, Halt> {
        let doubtful: Vec<StepRecord> = {
            let mut now = self.now();
            let good = now.steps.iter().all(|s| state::is_good(s.status));
            if now.verified || !good {
                return Ok(false);
            }
            now.verified = true;
            let waited = now.steps.iter().filter(|s| s.kind == StepKind::Wait);
            let mut seen: Vec<(HostId, String, i64)> = waited
                .filter_map(|s| Some((s.host, s.instance.clone()?, s.generation)))
                .collect();
            if now.record.kind != OperationKind::Stop {
                let kept = self.work.units.iter().filter(|u| u.change == UnitChange::Keep);
                seen.extend(
                    kept.filter(|u| u.is_up())
                        .map(|u| (u.host, u.name(), u.generation)),
                );
            }
            seen.sort();
            seen.dedup();
            seen.into_iter()
                .filter(|(host, instance, generation)| self.is_seen_down(*host, instance, *generation, &now))
                .map(|(host, instance, generation)| self.added(host, instance, generation, StepKind::Wait))
                .collect()
        };
        self.add(doubtful).await
    }

    fn is_seen_down(&self, host: HostId, instance: &str, generation: i64, now: &Now) -> bool {
        let Some((_, unit, which)) = self.work.unit(instance, generation) else {
            return false;
        };
        let id = match which {
            Which::New => now.made.get(&(unit.name(), unit.generation)).cloned(),
            Which::Old => unit.old.as_ref().and_then(|o| o.container.clone()),
        };
        let Some(id) = id else {
            return false;
        };
        self.fleet.container(&ContainerKey { host, id }).is_some_and(|c| {
            let rule = self.work.templates.get(&unit.service).map_or(PLAIN, |t| t.wait);
            let ordinary = rule.may_finish || rule.to_completion;
            let finished = c.state == ContainerState::Exited && c.exit_code == Some(0) && ordinary;
            (!c.state.is_up() && !finished && c.state != ContainerState::Created)
                || c.state == ContainerState::Restarting
                || c.health == Health::Unhealthy
        })
    }
}
