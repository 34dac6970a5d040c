//! The one writer: writes are done one after the other, each whole or not at all, and answered when they are on
//! the disk.
//!
//! Writes that wait while another one is being put on the disk are committed together: each in a savepoint of its
//! own, one synchronisation for all. So forty instances that write their steps at once do not wait for forty.

use std::sync::{Mutex, PoisonError};

use futures::future::BoxFuture;
use lighthouse_core::store::{StoreError, StoreResult};
use sqlx::{Connection, SqliteConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::error::{Closed, is_full};
use crate::store::within;

/// Writes that may wait.
const QUEUE: usize = 256;

/// Writes that are committed together at most.
const TOGETHER: usize = 64;

/// Hands writes to the task that owns the connection.
#[derive(Debug)]
pub(crate) struct Writer {
    parts: Mutex<Option<Parts>>,
}

#[derive(Debug)]
struct Parts {
    queue: mpsc::Sender<Box<dyn Job>>,
    task: JoinHandle<()>,
}

impl Writer {
    pub(crate) fn start(connection: SqliteConnection) -> Self {
        let (queue, jobs) = mpsc::channel(QUEUE);
        let task = tokio::spawn(work(connection, jobs));
        Self {
            parts: Mutex::new(Some(Parts { queue, task })),
        }
    }

    /// Does some work in a transaction, and returns when it is on the disk. An error takes back all of it.
    pub(crate) async fn write<T, W>(&self, work: W) -> StoreResult<T>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, StoreResult<T>> + Send + 'static,
    {
        let queue = {
            let parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
            parts.as_ref().map(|parts| parts.queue.clone())
        };
        let closed = || StoreError::Failed(Box::new(Closed));
        let queue = queue.ok_or_else(closed)?;
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Call {
            work: Some(work),
            result: None,
            reply,
        });
        within(async {
            queue.send(job).await.map_err(|_| closed())?;
            answer.await.map_err(|_| closed())?
        })
        .await
    }

    /// Finishes what waits, and closes the connection.
    pub(crate) async fn close(&self) {
        let parts = {
            let mut parts = self.parts.lock().unwrap_or_else(PoisonError::into_inner);
            parts.take()
        };
        if let Some(Parts { queue, task }) = parts {
            drop(queue);
            task.await.ok();
        }
    }
}

/// A write on its way.
trait Job: Send {
    /// Does somebody still wait for it?
    fn is_wanted(&self) -> bool;
    /// Does it; `false` when it has to be taken back.
    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> BoxFuture<'c, bool>;
    /// Answers, with its own error or that of the commit.
    fn answer(self: Box<Self>, committed: StoreResult<()>);
}

struct Call<T, W> {
    work: Option<W>,
    result: Option<StoreResult<T>>,
    reply: oneshot::Sender<StoreResult<T>>,
}

impl<T, W> Job for Call<T, W>
where
    T: Send,
    W: for<'c> FnOnce(&'c mut SqliteConnection) -> BoxFuture<'c, StoreResult<T>> + Send,
{
    fn is_wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run<'c>(&'c mut self, connection: &'c mut SqliteConnection) -> BoxFuture<'c, bool> {
        Box::pin(async move {
            let Some(work) = self.work.take() else {
                return false;
            };
            let result = work(connection).await;
            let keep = result.is_ok();
            self.result = Some(result);
            keep
        })
    }

    fn answer(self: Box<Self>, committed: StoreResult<()>) {
        let answer = match (self.result, committed) {
            (Some(Err(own)), _) => Err(own),
            (Some(Ok(value)), Ok(())) => Ok(value),
            (_, Err(cause)) => Err(cause),
            (None, Ok(())) => Err(StoreError::Failed(Box::new(Closed))),
        };
        // Whoever asked may be gone.
        self.reply.send(answer).ok();
    }
}

async fn work(mut connection: SqliteConnection, mut jobs: mpsc::Receiver<Box<dyn Job>>) {
    while let Some(first) = jobs.recv().await {
        let mut batch = vec![first];
        while batch.len() < TOGETHER
            && let Ok(next) = jobs.try_recv()
        {
            batch.push(next);
        }
        batch.retain(|job| job.is_wanted());
        if batch.is_empty() {
            continue;
        }
        let committed = together(&mut connection, &mut batch).await;
        if committed.is_err() {
            // SQLite may have taken the transaction back by itself; then there is nothing to do.
            say(&mut connection, "ROLLBACK").await.ok();
        }
        for job in batch {
            job.answer(committed.as_ref().copied().map_err(again));
        }
    }
    if let Err(cause) = connection.close().await {
        tracing::warn!(%cause, "the store did not close cleanly");
    }
}

async fn together(connection: &mut SqliteConnection, batch: &mut [Box<dyn Job>]) -> Result<(), sqlx::Error> {
    say(connection, "BEGIN IMMEDIATE").await?;
    if let [only] = batch {
        let end = if only.run(connection).await {
            "COMMIT"
        } else {
            "ROLLBACK"
        };
        return say(connection, end).await;
    }
    for job in batch {
        say(connection, "SAVEPOINT job").await?;
        if !job.run(connection).await {
            // Fails when SQLite took everything back: then nothing of the batch was written.
            say(connection, "ROLLBACK TO job").await?;
        }
        say(connection, "RELEASE job").await?;
    }
    say(connection, "COMMIT").await
}

async fn say(connection: &mut SqliteConnection, statement: &'static str) -> Result<(), sqlx::Error> {
    sqlx::query(statement).execute(&mut *connection).await.map(drop)
}

/// The same error for another write of the batch.
fn again(cause: &sqlx::Error) -> StoreError {
    let words = cause.to_string();
    if is_full(cause) {
        StoreError::Full(words.into())
    } else {
        StoreError::Failed(words.into())
    }
}
