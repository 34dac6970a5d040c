//! The operations journal.

use std::collections::BTreeMap;

use async_trait::async_trait;
use lighthouse_core::store::{
    Acceptance, AuditRecord, Journal, OperationFilter, OperationRecord, StepOutcome, StepRecord, StoreError,
    StoreResult,
};
use lighthouse_model::operation::{OperationKind, OperationState, StepKind, StepStatus};
use lighthouse_model::{ApplicationId, Millis, OperationId};
use sqlx::sqlite::SqliteRow;
use sqlx::{Connection, SqliteConnection};

use crate::SqliteStore;
use crate::applications::{add_release, put};
use crate::audit;
use crate::error::{failed, taken};
use crate::rows::{Columns, Id, json, one};
use crate::seal::Place;
use crate::store::within;

fn place(row: &str) -> Place<'_> {
    Place {
        table: "operation",
        column: "payload",
        row,
    }
}

fn step(row: &SqliteRow) -> StoreResult<StepRecord> {
    let columns = Columns::of("step", row);
    Ok(StepRecord {
        operation: columns.id("operation")?,
        n: columns.number("n")?,
        host: columns.id("host")?,
        subject: columns.get("subject")?,
        instance: columns.get("instance")?,
        generation: columns.get("generation")?,
        kind: columns.read("kind", StepKind::from_word)?,
        intent_at: columns.get("intent_at")?,
        outcome_at: columns.get("outcome_at")?,
        status: columns.read("status", StepStatus::from_word)?,
        code: columns.get("code")?,
        message: columns.get("message")?,
        detail: columns.get("detail")?,
    })
}

/// An operation but for its payload.
fn summary(row: &SqliteRow) -> StoreResult<OperationRecord> {
    let columns = Columns::of("operation", row);
    Ok(OperationRecord {
        id: columns.id("id")?,
        kind: columns.read("kind", OperationKind::from_word)?,
        target: columns.get("target")?,
        application: columns.opt_id("application")?,
        actor: columns.get("actor")?,
        grant: columns.json("grant")?,
        epoch: columns.get("epoch")?,
        state: columns.read("state", OperationState::from_word)?,
        created_at: columns.get("created_at")?,
        ended_at: columns.get("ended_at")?,
        payload: String::new(),
    })
}

async fn steps_of(c: &mut SqliteConnection, operation: OperationId) -> StoreResult<Vec<StepRecord>> {
    let rows = sqlx::query("SELECT * FROM step WHERE operation = ?1 ORDER BY n")
        .bind(operation.key())
        .fetch_all(c)
        .await
        .map_err(failed)?;
    rows.iter().map(step).collect()
}

/// Refuses when an operation other than `but` is active for the application.
async fn nothing_active(
    c: &mut SqliteConnection,
    application: Option<ApplicationId>,
    but: OperationId,
) -> StoreResult<()> {
    let Some(application) = application else {
        return Ok(());
    };
    let active = sqlx::query(
        "SELECT id, actor FROM operation \
         WHERE application = ?1 AND state IN ('pending', 'running') AND id <> ?2",
    )
    .bind(application.key())
    .bind(but.key())
    .fetch_optional(c)
    .await
    .map_err(failed)?;
    match active {
        Some(row) => {
            let columns = Columns::of("operation", &row);
            Err(StoreError::Busy {
                operation: columns.id("id")?,
                actor: columns.get("actor")?,
            })
        }
        None => Ok(()),
    }
}

async fn insert_step(c: &mut SqliteConnection, operation: OperationId, step: &StepRecord) -> StoreResult<()> {
    sqlx::query(
        "INSERT INTO step (operation, n, host, subject, instance, generation, kind, intent_at, outcome_at, \
         status, code, message, detail) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    )
    .bind(operation.key())
    .bind(step.n)
    .bind(step.host.key())
    .bind(&step.subject)
    .bind(&step.instance)
    .bind(step.generation)
    .bind(step.kind.as_str())
    .bind(step.intent_at)
    .bind(step.outcome_at)
    .bind(step.status.as_str())
    .bind(&step.code)
    .bind(&step.message)
    .bind(&step.detail)
    .execute(c)
    .await
    .map(drop)
    .map_err(taken("step number"))
}

async fn insert_operation(
    c: &mut SqliteConnection,
    operation: &OperationRecord,
    grant: &str,
    payload: &[u8],
) -> StoreResult<()> {
    sqlx::query(
        "INSERT INTO operation (id, kind, target, application, actor, grant, epoch, state, created_at, \
         ended_at, payload) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    )
    .bind(operation.id.key())
    .bind(operation.kind.as_str())
    .bind(&operation.target)
    .bind(operation.application.map(|id| id.key()))
    .bind(&operation.actor)
    .bind(grant)
    .bind(operation.epoch)
    .bind(operation.state.as_str())
    .bind(operation.created_at)
    .bind(operation.ended_at)
    .bind(payload)
    .execute(c)
    .await
    .map(drop)
    .map_err(taken("operation id"))
}

/// The state of an operation, and its application, when the epoch is the writer's.
async fn owned(
    c: &mut SqliteConnection,
    operation: OperationId,
    epoch: i64,
) -> StoreResult<(OperationState, Option<ApplicationId>)> {
    let row = sqlx::query("SELECT epoch, state, application FROM operation WHERE id = ?1")
        .bind(operation.key())
        .fetch_optional(c)
        .await
        .map_err(failed)?
        .ok_or(StoreError::Missing)?;
    let columns = Columns::of("operation", &row);
    if columns.get::<i64>("epoch")? != epoch {
        return Err(StoreError::Stale);
    }
    Ok((
        columns.read("state", OperationState::from_word)?,
        columns.opt_id("application")?,
    ))
}

/// Tells why a step was not written: it is not there, or its time is over.
async fn why_not(c: &mut SqliteConnection, operation: OperationId, n: u32) -> StoreError {
    let there = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM step WHERE operation = ?1 AND n = ?2")
        .bind(operation.key())
        .bind(n)
        .fetch_one(c)
        .await;
    match there {
        Ok(0) => StoreError::Missing,
        Ok(_) => StoreError::Stale,
        Err(cause) => failed(cause),
    }
}

impl SqliteStore {
    fn whole(&self, row: &SqliteRow) -> StoreResult<OperationRecord> {
        let columns = Columns::of("operation", row);
        let mut record = summary(row)?;
        let opened = self.unseal(place(&record.id.to_string()), columns.get("payload")?)?;
        let payload = std::str::from_utf8(&opened).map_err(|_| columns.senseless("payload"))?;
        payload.clone_into(&mut record.payload);
        Ok(record)
    }
}

#[async_trait]
impl Journal for SqliteStore {
    async fn accept(
        &self,
        operation: &OperationRecord,
        steps: &[StepRecord],
        with: &Acceptance,
        audit: &AuditRecord,
    ) -> StoreResult<()> {
        let payload = self.seal(place(&operation.id.to_string()), operation.payload.as_bytes())?;
        let grant = json(&operation.grant)?;
        let release = with.release.as_ref();
        let release = release.map(|release| self.seal_release(release)).transpose()?;
        let application = with.application.clone();
        let (operation, steps, audit) = (operation.clone(), steps.to_vec(), audit.clone());
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    nothing_active(c, operation.application, operation.id).await?;
                    if let Some(application) = &application
                        && !put(c, application).await?
                    {
                        return Err(StoreError::Stale);
                    }
                    if let Some(release) = &release {
                        add_release(c, release).await?;
                    }
                    insert_operation(c, &operation, &grant, &payload).await?;
                    for step in &steps {
                        insert_step(c, operation.id, step).await?;
                    }
                    audit::append(c, &audit).await
                })
            })
            .await
    }

    async fn add_steps(&self, operation: OperationId, epoch: i64, steps: &[StepRecord]) -> StoreResult<()> {
        let steps = steps.to_vec();
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let (state, _) = owned(c, operation, epoch).await?;
                    if state.is_ended() {
                        return Err(StoreError::Stale);
                    }
                    for step in &steps {
                        insert_step(c, operation, step).await?;
                    }
                    Ok(())
                })
            })
            .await
    }

    async fn begin_step(&self, operation: OperationId, epoch: i64, n: u32, at: Millis) -> StoreResult<()> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE step SET intent_at = ?4, outcome_at = NULL, status = 'running' \
                         WHERE operation = ?1 AND n = ?3 AND status IN ('pending', 'running', 'unknown') \
                         AND EXISTS (SELECT 1 FROM operation WHERE id = ?1 AND epoch = ?2)",
                    )
                    .bind(operation.key())
                    .bind(epoch)
                    .bind(n)
                    .bind(at)
                    .execute(&mut *c)
                    .await
                    .map_err(failed)?;
                    match done.rows_affected() {
                        0 => Err(why_not(c, operation, n).await),
                        _ => Ok(()),
                    }
                })
            })
            .await
    }

    async fn end_step(
        &self,
        operation: OperationId,
        epoch: i64,
        n: u32,
        at: Millis,
        outcome: &StepOutcome,
    ) -> StoreResult<()> {
        let outcome = outcome.clone();
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let done = sqlx::query(
                        "UPDATE step SET outcome_at = ?4, status = ?5, code = ?6, message = ?7, detail = ?8 \
                         WHERE operation = ?1 AND n = ?3 AND status IN ('pending', 'running', 'unknown') \
                         AND EXISTS (SELECT 1 FROM operation WHERE id = ?1 AND epoch = ?2)",
                    )
                    .bind(operation.key())
                    .bind(epoch)
                    .bind(n)
                    .bind(at)
                    .bind(outcome.status.as_str())
                    .bind(&outcome.code)
                    .bind(&outcome.message)
                    .bind(&outcome.detail)
                    .execute(&mut *c)
                    .await
                    .map_err(failed)?;
                    match done.rows_affected() {
                        0 => Err(why_not(c, operation, n).await),
                        _ => Ok(()),
                    }
                })
            })
            .await
    }

    async fn set_state(
        &self,
        operation: OperationId,
        epoch: i64,
        state: OperationState,
        at: Millis,
    ) -> StoreResult<()> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let (before, application) = owned(c, operation, epoch).await?;
                    if before.is_ended() && before != OperationState::Interrupted {
                        return Err(StoreError::Stale);
                    }
                    if !state.is_ended() {
                        nothing_active(c, application, operation).await?;
                    }
                    sqlx::query("UPDATE operation SET state = ?2, ended_at = ?3 WHERE id = ?1")
                        .bind(operation.key())
                        .bind(state.as_str())
                        .bind(state.is_ended().then_some(at))
                        .execute(c)
                        .await
                        .map(drop)
                        .map_err(failed)
                })
            })
            .await
    }

    async fn take_over(&self, operation: OperationId) -> StoreResult<i64> {
        self.writer
            .write(move |c| {
                Box::pin(async move {
                    let done = sqlx::query("UPDATE operation SET epoch = epoch + 1 WHERE id = ?1")
                        .bind(operation.key())
                        .execute(&mut *c)
                        .await
                        .map_err(failed)?;
                    one(done.rows_affected())?;
                    sqlx::query_scalar("SELECT epoch FROM operation WHERE id = ?1")
                        .bind(operation.key())
                        .fetch_one(c)
                        .await
                        .map_err(failed)
                })
            })
            .await
    }

    async fn operation(&self, id: OperationId) -> StoreResult<Option<(OperationRecord, Vec<StepRecord>)>> {
        within(async {
            let mut c = self.reader().await?;
            // One view of both tables.
            let mut view = c.begin().await.map_err(failed)?;
            let row = sqlx::query("SELECT * FROM operation WHERE id = ?1")
                .bind(id.key())
                .fetch_optional(&mut *view)
                .await
                .map_err(failed)?;
            let Some(row) = row else { return Ok(None) };
            let record = self.whole(&row)?;
            let steps = steps_of(&mut view, id).await?;
            view.commit().await.map_err(failed)?;
            Ok(Some((record, steps)))
        })
        .await
    }

    async fn operations(&self, filter: &OperationFilter) -> StoreResult<Vec<OperationRecord>> {
        let words: Vec<_> = filter.states.iter().map(|state| state.as_str()).collect();
        let states = json(&words)?;
        self.rows(
            sqlx::query(
                "SELECT id, kind, target, application, actor, grant, epoch, state, created_at, ended_at \
                 FROM operation WHERE (?1 IS NULL OR application = ?1) AND (?2 IS NULL OR id < ?2) \
                 AND (?3 = '[]' OR state IN (SELECT value FROM json_each(?3))) ORDER BY id DESC LIMIT ?4",
            )
            .bind(filter.application.map(|id| id.key()))
            .bind(filter.before.map(|id| id.key()))
            .bind(&states)
            .bind(filter.limit),
            summary,
        )
        .await
    }

    async fn step_counts(&self, ids: &[OperationId]) -> StoreResult<BTreeMap<OperationId, (u32, u32)>> {
        let keys: Vec<_> = ids.iter().map(|id| hex::encode(id.key())).collect();
        let keys = json(&keys)?;
        within(async {
            let mut c = self.reader().await?;
            let rows = sqlx::query(
                "SELECT operation.id AS id, count(step.n) AS steps, \
                 count(step.n) FILTER (WHERE status NOT IN ('pending', 'running')) AS ended \
                 FROM operation LEFT JOIN step ON step.operation = operation.id \
                 WHERE operation.id IN (SELECT unhex(value) FROM json_each(?1)) GROUP BY operation.id",
            )
            .bind(keys)
            .fetch_all(&mut *c)
            .await
            .map_err(failed)?;
            let counts = rows.iter().map(|row| {
                let columns = Columns::of("step", row);
                Ok((
                    columns.id("id")?,
                    (columns.number("ended")?, columns.number("steps")?),
                ))
            });
            counts.collect()
        })
        .await
    }

    async fn unfinished(&self) -> StoreResult<Vec<(OperationRecord, Vec<StepRecord>)>> {
        within(async {
            let mut c = self.reader().await?;
            let mut view = c.begin().await.map_err(failed)?;
            let rows =
                sqlx::query("SELECT * FROM operation WHERE state IN ('pending', 'running') ORDER BY id")
                    .fetch_all(&mut *view)
                    .await
                    .map_err(failed)?;
            let mut found = Vec::with_capacity(rows.len());
            for row in &rows {
                let record = self.whole(row)?;
                let steps = steps_of(&mut view, record.id).await?;
                found.push((record, steps));
            }
            view.commit().await.map_err(failed)?;
            Ok(found)
        })
        .await
    }
}
