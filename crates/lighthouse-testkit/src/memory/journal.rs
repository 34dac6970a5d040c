//! The operations journal and the record of who did what.

use std::collections::BTreeMap;

use async_trait::async_trait;
use lighthouse_core::store::{
    Acceptance, AuditLog, AuditRecord, Journal, OperationFilter, OperationRecord, StepOutcome, StepRecord,
    StoreError, StoreResult,
};
use lighthouse_model::operation::{OperationState, StepStatus};
use lighthouse_model::{ApplicationId, Millis, OperationId};

use super::{MemoryStore, Tables};

impl Tables {
    /// Refuses when an operation other than `but` is active for an application.
    fn nothing_active(&self, application: Option<ApplicationId>, but: OperationId) -> StoreResult<()> {
        let Some(application) = application else {
            return Ok(());
        };
        let active = self
            .operations
            .values()
            .map(|(one, _)| one)
            .find(|one| one.application == Some(application) && one.id != but && !one.state.is_ended());
        match active {
            Some(one) => Err(StoreError::Busy {
                operation: one.id,
                actor: one.actor.clone(),
            }),
            None => Ok(()),
        }
    }

    fn owned(&mut self, id: OperationId, epoch: i64) -> StoreResult<&mut (OperationRecord, Vec<StepRecord>)> {
        let found = self.operations.get_mut(&id).ok_or(StoreError::Missing)?;
        if found.0.epoch == epoch {
            Ok(found)
        } else {
            Err(StoreError::Stale)
        }
    }

    fn open_step(&mut self, id: OperationId, epoch: i64, n: u32) -> StoreResult<&mut StepRecord> {
        let (_, steps) = self.owned(id, epoch)?;
        let step = steps.iter_mut().find(|step| step.n == n);
        let step = step.ok_or(StoreError::Missing)?;
        if step.status.is_ended() && step.status != StepStatus::Unknown {
            return Err(StoreError::Stale);
        }
        Ok(step)
    }

    fn check(&self, with: &Acceptance) -> StoreResult<()> {
        if let Some(application) = &with.application {
            let taken = |one: &&lighthouse_core::store::ApplicationRecord| {
                one.name == application.name && one.id != application.id
            };
            if self.applications.values().find(taken).is_some() {
                return Err(StoreError::Taken("application name"));
            }
            let stored = self.applications.get(&application.id);
            if stored.map_or(0, |one| one.generation) != application.generation - 1 {
                return Err(StoreError::Stale);
            }
        }
        if let Some(release) = &with.release
            && self.releases.contains_key(&(release.application, release.number))
        {
            return Err(StoreError::Taken("release number"));
        }
        Ok(())
    }
}

#[async_trait]
impl Journal for MemoryStore {
    async fn accept(
        &self,
        operation: &OperationRecord,
        steps: &[StepRecord],
        with: &Acceptance,
        audit: &AuditRecord,
    ) -> StoreResult<()> {
        let mut tables = self.write()?;
        tables.nothing_active(operation.application, operation.id)?;
        tables.check(with)?;
        if let Some(application) = &with.application {
            tables.applications.insert(application.id, application.clone());
        }
        if let Some(release) = &with.release {
            let key = (release.application, release.number);
            tables.releases.insert(key, release.clone());
        }
        let row = (operation.clone(), steps.to_vec());
        tables.operations.insert(operation.id, row);
        tables.audit.push(audit.clone());
        Ok(())
    }

    async fn add_steps(&self, operation: OperationId, epoch: i64, steps: &[StepRecord]) -> StoreResult<()> {
        let mut tables = self.write()?;
        let (record, stored) = tables.owned(operation, epoch)?;
        if record.state.is_ended() {
            return Err(StoreError::Stale);
        }
        if steps.iter().any(|step| stored.iter().any(|one| one.n == step.n)) {
            return Err(StoreError::Taken("step number"));
        }
        stored.extend_from_slice(steps);
        stored.sort_by_key(|step| step.n);
        Ok(())
    }

    async fn begin_step(&self, operation: OperationId, epoch: i64, n: u32, at: Millis) -> StoreResult<()> {
        let mut tables = self.write()?;
        let step = tables.open_step(operation, epoch, n)?;
        step.intent_at = Some(at);
        step.outcome_at = None;
        step.status = StepStatus::Running;
        Ok(())
    }

    async fn end_step(
        &self,
        operation: OperationId,
        epoch: i64,
        n: u32,
        at: Millis,
        outcome: &StepOutcome,
    ) -> StoreResult<()> {
        let mut tables = self.write()?;
        let step = tables.open_step(operation, epoch, n)?;
        step.outcome_at = Some(at);
        step.status = outcome.status;
        step.code.clone_from(&outcome.code);
        step.message.clone_from(&outcome.message);
        step.detail.clone_from(&outcome.detail);
        Ok(())
    }

    async fn set_state(
        &self,
        operation: OperationId,
        epoch: i64,
        state: OperationState,
        at: Millis,
    ) -> StoreResult<()> {
        let mut tables = self.write()?;
        let (record, _) = tables.owned(operation, epoch)?;
        if record.state.is_ended() && record.state != OperationState::Interrupted {
            return Err(StoreError::Stale);
        }
        let application = record.application;
        if !state.is_ended() {
            tables.nothing_active(application, operation)?;
        }
        let (record, _) = tables.owned(operation, epoch)?;
        record.state = state;
        record.ended_at = state.is_ended().then_some(at);
        Ok(())
    }

    async fn take_over(&self, operation: OperationId) -> StoreResult<i64> {
        let mut tables = self.write()?;
        let found = tables.operations.get_mut(&operation);
        let (record, _) = found.ok_or(StoreError::Missing)?;
        record.epoch += 1;
        Ok(record.epoch)
    }

    async fn operation(&self, id: OperationId) -> StoreResult<Option<(OperationRecord, Vec<StepRecord>)>> {
        Ok(self.read().operations.get(&id).cloned())
    }

    async fn operations(&self, filter: &OperationFilter) -> StoreResult<Vec<OperationRecord>> {
        let tables = self.read();
        let wanted = tables
            .operations
            .values()
            .rev()
            .map(|(one, _)| one)
            .filter(|one| {
                filter.application.is_none_or(|id| one.application == Some(id))
                    && filter.before.is_none_or(|before| one.id < before)
                    && (filter.states.is_empty() || filter.states.contains(&one.state))
            });
        Ok(wanted
            .take(filter.limit as usize)
            .map(|one| OperationRecord {
                payload: String::new(),
                ..one.clone()
            })
            .collect())
    }

    async fn step_counts(&self, ids: &[OperationId]) -> StoreResult<BTreeMap<OperationId, (u32, u32)>> {
        let tables = self.read();
        let found = ids.iter().filter_map(|id| tables.operations.get(id));
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        Ok(found
            .map(|(operation, steps)| {
                let ended = steps.iter().filter(|step| step.status.is_ended()).count();
                (operation.id, (count(ended), count(steps.len())))
            })
            .collect())
    }

    async fn unfinished(&self) -> StoreResult<Vec<(OperationRecord, Vec<StepRecord>)>> {
        let tables = self.read();
        let all = tables.operations.values();
        Ok(all.filter(|(one, _)| !one.state.is_ended()).cloned().collect())
    }
}

#[async_trait]
impl AuditLog for MemoryStore {
    async fn append(&self, record: &AuditRecord) -> StoreResult<()> {
        self.write()?.audit.push(record.clone());
        Ok(())
    }

    async fn audit(&self, before: Option<i64>, limit: u32) -> StoreResult<Vec<(i64, AuditRecord)>> {
        let tables = self.read();
        let numbered = (1..).zip(&tables.audit).collect::<Vec<(i64, _)>>();
        let newest_first = numbered.into_iter().rev();
        Ok(newest_first
            .filter(|(place, _)| before.is_none_or(|before| *place < before))
            .take(limit as usize)
            .map(|(place, record)| (place, record.clone()))
            .collect())
    }
}
