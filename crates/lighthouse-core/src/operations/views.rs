//! Operations as screens and the API show them.

use lighthouse_model::operation::{OperationRow, OperationView, StepView};
use lighthouse_model::{Action, Actions, Name, OperationId, Permission, PermissionSet, Problem, Verdict};

use super::run::{Now, Running};
use super::verdict::{self, Facts};
use super::work::Work;
use super::{Operations, REMEMBERED};
use crate::access::right;
use crate::audit::Outcome;
use crate::store::{OperationFilter, OperationRecord, StepRecord};
use crate::{Console, Grant, Result, Target};

/// Rows of one page at most.
const PAGE: u32 = 200;

impl Console {
    /// Operations, newest first; `before` of the filter is the last id of the page before.
    pub async fn operation_rows(
        &self,
        grant: &Grant<right::OperationView>,
        filter: &OperationFilter,
    ) -> Result<Vec<OperationRow>> {
        let filter = OperationFilter {
            limit: filter.limit.clamp(1, PAGE),
            ..filter.clone()
        };
        let permissions = grant.viewer().permissions;
        let records = self.store().operations(&filter).await?;
        let ids: Vec<OperationId> = records.iter().map(|r| r.id).collect();
        let counts = self.store().step_counts(&ids).await?;
        let mut rows = Vec::with_capacity(records.len());
        for record in records {
            if let Some(running) = self.operations().running(record.id) {
                rows.push(running.row(permissions));
                continue;
            }
            let verdict = self.operations().sentence(&record).await?;
            let (done, total) = counts.get(&record.id).copied().unwrap_or_default();
            rows.push(row(&record, verdict, done, total, permissions));
        }
        Ok(rows)
    }

    /// Operations under way, newest first, from memory.
    pub fn operations_under_way(&self, grant: &Grant<right::OperationView>) -> Vec<OperationRow> {
        let permissions = grant.viewer().permissions;
        let ids = self.operations().under_way();
        ids.into_iter()
            .filter_map(|id| self.operations().running(id))
            .map(|running| running.row(permissions))
            .collect()
    }

    /// The grant's operation with its steps.
    pub async fn operation_view(&self, grant: &Grant<right::OperationView>) -> Result<OperationView> {
        let id = operation_of(grant)?;
        let permissions = grant.viewer().permissions;
        let (record, steps, verdict, now) = if let Some(running) = self.operations().running(id) {
            let now = running.now().clone();
            let verdict = running.verdict(&now);
            (now.record.clone(), now.steps.clone(), verdict, Some(now))
        } else {
            let found = self.store().operation(id).await?;
            let (record, steps) = found.ok_or_else(missing)?;
            let verdict = told(&record, &steps);
            (record, steps, verdict, None)
        };
        let done = steps.iter().filter(|s| s.status.is_ended()).count();
        let row = row(&record, verdict, number(done), number(steps.len()), permissions);
        let steps = steps
            .into_iter()
            .filter_map(|step| self.step_view(step, now.as_ref()))
            .collect();
        Ok(OperationView { row, steps })
    }

    fn step_view(&self, step: StepRecord, now: Option<&Now>) -> Option<StepView> {
        let host_name = self
            .fleet()
            .host(step.host)
            .map(|h| h.name)
            .or_else(|| gone_host(&step))?;
        Some(StepView {
            n: step.n,
            host: step.host,
            host_name,
            subject: step.subject,
            instance: step.instance,
            kind: step.kind,
            status: step.status,
            intent_at: step.intent_at,
            outcome_at: step.outcome_at,
            progress: now.and_then(|now| now.progress.get(&step.n).copied()),
            code: step.code,
            message: step.message,
            detail: step.detail,
        })
    }

    /// Stops the grant's operation at its next step boundary. A rollout puts back what ran before; anything else
    /// stays as it is then.
    ///
    /// # Errors
    /// [`Problem::Conflict`] when it has ended already.
    pub async fn cancel_operation(&self, grant: &Grant<right::ApplicationOperate>) -> Result<()> {
        let id = operation_of(grant)?;
        let Some(running) = self.operations().running(id) else {
            self.store().operation(id).await?.ok_or_else(missing)?;
            return Err(Problem::Conflict {
                why: "This operation has ended already.".to_owned(),
            }
            .into());
        };
        let target = running.now().record.target.clone();
        let who = grant.viewer().into();
        self.record(
            who,
            "cancel-operation",
            target,
            Outcome::Accepted(id),
            String::new(),
        )
        .await?;
        running.cancel();
        Ok(())
    }
}

/// The name shown for a host that is no longer there.
fn gone_host(step: &StepRecord) -> Option<Name> {
    let id = step.host.to_string();
    format!("gone-{}", id.get(..8)?).parse().ok()
}

fn operation_of<R: crate::access::Right>(grant: &Grant<R>) -> Result<OperationId> {
    match grant.target() {
        Target::Operation(id) => Ok(*id),
        _ => Err(missing().into()),
    }
}

fn missing() -> Problem {
    Problem::not_found("such operation")
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn told(record: &OperationRecord, steps: &[StepRecord]) -> Verdict {
    match serde_json::from_str::<Work>(&record.payload) {
        Ok(work) => Facts {
            kind: record.kind,
            state: record.state,
            work: &work,
            steps,
        }
        .verdict(),
        Err(_) => verdict::unreadable(record.state),
    }
}

fn row(
    record: &OperationRecord,
    verdict: Verdict,
    done: u32,
    total: u32,
    permissions: PermissionSet,
) -> OperationRow {
    OperationRow {
        id: record.id,
        kind: record.kind,
        target: record.target.clone(),
        application: record.application,
        actor: record.actor.clone(),
        created_at: record.created_at,
        ended_at: record.ended_at,
        state: record.state,
        verdict,
        steps_done: done,
        steps_total: total,
        allowed: Actions::NONE.with_if(
            Action::Cancel,
            !record.state.is_ended() && permissions.contains(Permission::ApplicationOperate),
        ),
    }
}

impl Running {
    pub(super) fn verdict(&self, now: &Now) -> Verdict {
        Facts {
            kind: now.record.kind,
            state: now.record.state,
            work: &self.work,
            steps: &now.steps,
        }
        .verdict()
    }

    pub(super) fn row(&self, permissions: PermissionSet) -> OperationRow {
        let now = self.now().clone();
        let done = now.steps.iter().filter(|s| s.status.is_ended()).count();
        let verdict = self.verdict(&now);
        row(
            &now.record,
            verdict,
            number(done),
            number(now.steps.len()),
            permissions,
        )
    }
}

impl Operations {
    /// Remembers the sentence of an operation that ended.
    pub(super) fn remember(&self, id: OperationId, running: &Running) {
        let now = running.now().clone();
        self.keep(id, running.verdict(&now));
    }

    fn keep(&self, id: OperationId, verdict: Verdict) {
        let mut sentences = self
            .inner
            .sentences
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        sentences.insert(id, verdict);
        while sentences.len() > REMEMBERED {
            sentences.pop_first();
        }
    }

    /// The sentence of an operation that is not under way here.
    async fn sentence(&self, record: &OperationRecord) -> Result<Verdict> {
        let known = self
            .inner
            .sentences
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(&record.id)
            .cloned();
        if let Some(verdict) = known {
            return Ok(verdict);
        }
        let verdict = match self.inner.store.operation(record.id).await? {
            Some((record, steps)) => told(&record, &steps),
            None => verdict::unreadable(record.state),
        };
        if record.state.is_ended() {
            self.keep(record.id, verdict.clone());
        }
        Ok(verdict)
    }
}
