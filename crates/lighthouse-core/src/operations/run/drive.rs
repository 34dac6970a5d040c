//! The driver of one operation: begins what may begin, and waits for what is under way or silent.

use std::sync::Arc;
use std::time::Duration;

use lighthouse_model::HostId;
use lighthouse_model::operation::{OperationState, StepStatus};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::{Halt, Running};
use crate::operations::act::Attempt;
use crate::operations::fault::not_begun;
use crate::store::{StepOutcome, StepRecord};

/// Between two looks whether a silent host answers again.
const SILENCE_LOOK: Duration = Duration::from_secs(2);
/// Looks at a step whose host answers but whose own calls do not, before it is given up.
const STUCK_LOOKS: u32 = 5;
/// How long steps may take to reach a boundary when the console stops.
const BOUNDARY: Duration = Duration::from_secs(15);

/// What the driver does after nothing more may begin.
enum Rest {
    /// There is more to do.
    More,
    /// Nothing more will happen.
    End,
}

/// What a step's task brings back.
type Finished = (u32, Result<(), Halt>);

impl Running {
    /// Drives the operation to its end.
    pub(in crate::operations) async fn drive(self: Arc<Self>) {
        let halt = self.drive_to_end().await;
        if let Err(halt) = halt {
            tracing::info!(operation = %self.id, ?halt, "an operation is left for another executor");
        }
        self.release_containers();
    }

    async fn drive_to_end(self: &Arc<Self>) -> Result<(), Halt> {
        let mut tasks: JoinSet<Finished> = JoinSet::new();
        let mut under_way: Vec<u32> = Vec::new();
        self.take_up(&mut tasks, &mut under_way);
        if self.now().record.state != OperationState::Running {
            self.set_state(OperationState::Running).await?;
        }
        loop {
            let moves = {
                let now = self.now();
                self.situation(&now).moves()
            };
            for n in moves.skip {
                let why = "Not begun: something before it did not succeed.";
                self.end(n, not_begun(StepStatus::Skipped, why)).await?;
            }
            for n in moves.cancel {
                // One that already queues for its host sees for itself that it was cancelled.
                if !under_way.contains(&n) {
                    let why = "Not begun: the operation was cancelled.";
                    self.end(n, not_begun(StepStatus::Cancelled, why)).await?;
                }
            }
            for n in moves.begin {
                if !under_way.contains(&n) && !self.stop.is_cancelled() {
                    under_way.push(n);
                    self.launch(&mut tasks, n, Attempt::First);
                }
            }
            if tasks.is_empty() {
                if self.stop.is_cancelled() {
                    return Err(Halt::Stopping);
                }
                match self.rest(&mut tasks, &mut under_way).await? {
                    Rest::More => continue,
                    Rest::End => return self.finish().await,
                }
            }
            let mut cancelled = self.cancelled.subscribe();
            let was = *cancelled.borrow_and_update();
            tokio::select! {
                Some(ended) = tasks.join_next() => {
                    if let Ok((n, result)) = ended {
                        under_way.retain(|one| *one != n);
                        result?;
                    } else {
                        // A panic in a step: its intent has no outcome, and it is looked at like after a restart.
                        self.take_up_lost(&mut tasks, &mut under_way).await?;
                    }
                }
                Ok(()) = cancelled.changed(), if !was => {}
                () = self.stop.cancelled() => {
                    timeout(BOUNDARY, async { while tasks.join_next().await.is_some() {} }).await.ok();
                    return Err(Halt::Stopping);
                }
                () = sleep(SILENCE_LOOK), if self.has_silence() => {
                    self.look_again(&mut tasks, &mut under_way);
                }
            }
            self.add_rescue().await?;
        }
    }

    fn launch(self: &Arc<Self>, tasks: &mut JoinSet<Finished>, n: u32, attempt: Attempt) {
        let running = Arc::clone(self);
        tasks.spawn(async move { (n, running.step(n, attempt).await) });
    }

    /// Looks at what was begun before this executor.
    fn take_up(self: &Arc<Self>, tasks: &mut JoinSet<Finished>, under_way: &mut Vec<u32>) {
        let begun: Vec<_> = {
            let now = self.now();
            let begun = |s: &&StepRecord| s.status == StepStatus::Running;
            now.steps.iter().filter(begun).map(|s| s.n).collect()
        };
        for n in begun {
            under_way.push(n);
            self.launch(tasks, n, Attempt::Again);
        }
    }

    /// After a task was lost: what it had begun has an unknown outcome.
    async fn take_up_lost(
        self: &Arc<Self>,
        tasks: &mut JoinSet<Finished>,
        under_way: &mut Vec<u32>,
    ) -> Result<(), Halt> {
        while let Some(ended) = tasks.join_next().await {
            if let Ok((n, result)) = ended {
                under_way.retain(|one| *one != n);
                result?;
            }
        }
        for n in std::mem::take(under_way) {
            let running = self
                .now()
                .steps
                .iter()
                .any(|s| s.n == n && s.status == StepStatus::Running);
            if running {
                let lost = lighthouse_model::Problem::Interrupted;
                self.end(
                    n,
                    StepOutcome {
                        status: StepStatus::Unknown,
                        code: Some(lost.code().to_owned()),
                        message: Some(lost.to_string()),
                        detail: None,
                    },
                )
                .await?;
            }
        }
        Ok(())
    }

    fn has_silence(&self) -> bool {
        let now = self.now();
        now.steps
            .iter()
            .any(|s| s.status == StepStatus::Unknown && !now.given_up.contains(&s.n))
    }

    /// Looks again at steps with an unknown outcome whose host answers.
    fn look_again(self: &Arc<Self>, tasks: &mut JoinSet<Finished>, under_way: &mut Vec<u32>) {
        let lost: Vec<HostId> = {
            let mut hosts: Vec<HostId> = self.now().steps.iter().map(|s| s.host).collect();
            hosts.sort();
            hosts.dedup();
            hosts.retain(|host| self.is_lost(*host));
            hosts
        };
        let again: Vec<u32> = {
            let mut now = self.now();
            let cancelled = *self.cancelled.borrow();
            let silent: Vec<(u32, HostId)> = now
                .steps
                .iter()
                .filter(|s| s.status == StepStatus::Unknown && !now.given_up.contains(&s.n))
                .filter(|s| !under_way.contains(&s.n))
                .map(|s| (s.n, s.host))
                .collect();
            let mut again = Vec::new();
            for (n, host) in silent {
                let looks = now.looks.get(&n).copied().unwrap_or(0);
                let answers = self.fleet.engine(host).is_ok();
                if !answers && lost.contains(&host) {
                    again.push(n);
                } else if self.fleet.host(host).is_none() || looks >= STUCK_LOOKS || (cancelled && !answers) {
                    now.given_up.push(n);
                } else if answers {
                    now.looks.insert(n, looks + 1);
                    again.push(n);
                }
            }
            again
        };
        for n in again {
            under_way.push(n);
            self.launch(tasks, n, Attempt::Again);
        }
    }

    /// Nothing runs and nothing may begin: is there something to wait for, to put back, or to look at?
    async fn rest(
        self: &Arc<Self>,
        tasks: &mut JoinSet<Finished>,
        under_way: &mut Vec<u32>,
    ) -> Result<Rest, Halt> {
        if self.has_silence() {
            let mut hosts = self.fleet.host_changed();
            tokio::select! {
                () = sleep(SILENCE_LOOK) => {}
                _ = hosts.changed() => {}
                () = self.given_up_on() => {}
                () = self.stop.cancelled() => return Err(Halt::Stopping),
            }
            self.look_again(tasks, under_way);
            return Ok(Rest::More);
        }
        if self.add_rescue().await? || self.add_last_look().await? {
            return Ok(Rest::More);
        }
        let pending = self.now().steps.iter().any(|s| s.status == StepStatus::Pending);
        if pending {
            // Cannot happen while the graph is sound; an operation must end all the same.
            let left: Vec<u32> = {
                let now = self.now();
                let open = |s: &&StepRecord| s.status == StepStatus::Pending;
                now.steps.iter().filter(open).map(|s| s.n).collect()
            };
            for n in left {
                let why = "Not begun: something before it did not succeed.";
                self.end(n, not_begun(StepStatus::Skipped, why)).await?;
            }
        }
        Ok(Rest::End)
    }
}
