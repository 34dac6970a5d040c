//! Waiting until an instance is well, and deciding when it is not.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use lighthouse_model::container::{ContainerState, Health};
use lighthouse_model::{ContainerId, ContainerKey, Problem};
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::fault::{Acted, Done, Fault};
use super::run::Running;
use super::work::{Unit, UnitChange, WaitRule, Which};
use crate::engine::{ContainerInspection, Engine, LogRequest};
use crate::fleet::Container;
use crate::store::StepRecord;

/// Between two looks when no event tells of a change.
const LOOK: Duration = Duration::from_secs(1);
/// Restarts by the engine after which an instance did not stay up.
const RESTARTS: u32 = 3;
/// Lines of its log that are kept with the step.
const LOG_LINES: u32 = 20;
/// Bytes of its log that are kept with the step.
const LOG_BYTES: usize = 4096;
/// How long the log may take.
const LOG_TIME: Duration = Duration::from_secs(3);

/// What a look at a container said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look {
    /// State.
    pub(super) state: ContainerState,
    /// Health.
    pub(super) health: Health,
    /// How it ended.
    pub(super) exit_code: Option<i64>,
    /// Restarts by the engine since the first look.
    pub(super) restarts: u32,
    /// Was it killed for using too much memory?
    pub(super) out_of_memory: bool,
    /// What the engine says.
    pub(super) engine_error: String,
    /// How long it is up without a restart, as far as we saw.
    pub(super) up: Duration,
    /// How long it is waited for.
    pub(super) waited: Duration,
}

/// What a look means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It is well.
    Well,
    /// It ended as a job ends.
    Finished,
    /// It did not stay up, and why.
    Down(String),
    /// Its health check does not pass.
    NotHealthy,
    /// Look again after this time at the latest.
    Again(Duration),
}

impl WaitRule {
    /// Is an end with exit code 0 an ordinary end? The health check may be the image's own, which no rule knows.
    fn lets_finish(&self, health: Health) -> bool {
        self.to_completion || self.may_finish && health == Health::None
    }

    /// What a look means under this rule.
    pub(super) fn judge(&self, look: &Look) -> Judgement {
        use ContainerState as S;
        let monitor = Duration::from_millis(self.monitor);
        let left = Duration::from_millis(self.deadline).saturating_sub(look.waited);
        let ended = || {
            let code = look.exit_code.map_or_else(
                || "it ended".to_owned(),
                |c| format!("it ended with exit code {c}"),
            );
            match (look.out_of_memory, look.engine_error.is_empty()) {
                (true, _) => format!("{code}, out of memory"),
                (false, false) => format!("{code}: {}", look.engine_error),
                (false, true) => code,
            }
        };
        match look.state {
            S::Exited if look.exit_code == Some(0) && self.lets_finish(look.health) => Judgement::Finished,
            S::Exited | S::Dead | S::Removing => Judgement::Down(ended()),
            S::Restarting if look.restarts >= RESTARTS => {
                Judgement::Down(format!("it was restarted {} times; {}", look.restarts, ended()))
            }
            _ if look.restarts >= RESTARTS => {
                Judgement::Down(format!("it was restarted {} times", look.restarts))
            }
            S::Running if self.to_completion => {
                if left.is_zero() {
                    Judgement::Down("it did not finish in time".to_owned())
                } else {
                    Judgement::Again(LOOK.min(left))
                }
            }
            S::Running => match look.health {
                Health::Healthy => Judgement::Well,
                Health::Unhealthy => Judgement::NotHealthy,
                Health::Starting if left.is_zero() => Judgement::NotHealthy,
                Health::Starting => Judgement::Again(LOOK.min(left)),
                Health::None if look.up >= monitor => Judgement::Well,
                Health::None => Judgement::Again(monitor.saturating_sub(look.up)),
            },
            S::Paused => Judgement::Down("it is paused".to_owned()),
            _ if left.is_zero() => Judgement::Down("it did not start in time".to_owned()),
            _ => Judgement::Again(LOOK.min(left)),
        }
    }
}

/// The rule for containers without a template. An instance that takes nobody's place is watched shorter: nothing is
/// lost when it falls later.
pub(super) const PLAIN: WaitRule = WaitRule {
    monitor: 1000,
    deadline: 60_000,
    to_completion: false,
    may_finish: true,
};

impl Running {
    /// Waits until the container of an instance is well.
    pub(super) async fn wait(
        &self,
        engine: &dyn Engine,
        step: &StepRecord,
        key: &ContainerKey,
        unit: &Unit,
        which: Which,
    ) -> Acted {
        let template = self.work.templates.get(&unit.service);
        let mut rule = template.map_or(PLAIN, |t| t.wait);
        if !matches!(
            unit.change,
            UnitChange::ReplaceStartFirst | UnitChange::ReplaceStopFirst
        ) {
            rule.monitor = rule.monitor.min(PLAIN.monitor);
        }
        let begun = Instant::now();
        let mut up_since = begun;
        // A new container counts its restarts from nothing.
        let mut first_restarts = (which == Which::New).then_some(0);
        let mut seen_restarts = 0;
        let mut watch = self.fleet.watch_container(key);
        let checked = template.is_none_or(|t| t.spec.healthcheck.is_some() || rule.to_completion);
        if which == Which::New && !checked {
            // It was started a moment ago: unless the fleet hears otherwise, there is nothing to see before its time.
            self.pause(
                step,
                &mut watch,
                (ContainerState::Running, Health::None),
                Duration::from_millis(rule.monitor),
            )
            .await?;
        }
        loop {
            let seen = self.answer(step, engine.inspect(&key.id).await)?;
            let base = *first_restarts.get_or_insert(seen.restart_count);
            if seen.restart_count != seen_restarts || seen.summary.state != ContainerState::Running {
                if seen.restart_count != base || seen.summary.state != ContainerState::Running {
                    up_since = Instant::now();
                }
                seen_restarts = seen.restart_count;
            }
            let look = Look {
                state: seen.summary.state,
                health: seen.summary.health,
                exit_code: seen.summary.exit_code,
                restarts: seen.restart_count.saturating_sub(base),
                out_of_memory: seen.out_of_memory,
                engine_error: seen.engine_error.clone(),
                up: up_since.elapsed(),
                waited: begun.elapsed(),
            };
            let again = match rule.judge(&look) {
                Judgement::Well => return Ok(Done::plainly()),
                Judgement::Finished => return Ok(Done::noting("It ran and finished with exit code 0.")),
                Judgement::Down(why) => return Err(self.did_not_stay(engine, step, key, &seen, why).await),
                Judgement::NotHealthy => {
                    return Err(self.not_healthy(step, &seen, begun.elapsed()));
                }
                Judgement::Again(after) => after,
            };
            let before = (look.state, look.health);
            self.pause(step, &mut watch, before, again).await?;
        }
    }

    /// Waits for a time, until the fleet sees something new, or until nobody waits any more.
    async fn pause(
        &self,
        step: &StepRecord,
        watch: &mut watch::Receiver<Option<Arc<Container>>>,
        before: (ContainerState, Health),
        time: Duration,
    ) -> Result<(), Fault> {
        tokio::select! {
            () = sleep(time) => Ok(()),
            () = changed(watch, before) => Ok(()),
            () = self.given_up_on(), if self.is_planned(step) => {
                let why = "It was not waited for any longer: the operation was cancelled.".to_owned();
                Err(Problem::Conflict { why }.into())
            }
        }
    }

    async fn did_not_stay(
        &self,
        engine: &dyn Engine,
        step: &StepRecord,
        key: &ContainerKey,
        seen: &ContainerInspection,
        why: String,
    ) -> Fault {
        Fault {
            problem: Problem::DidNotStayUp {
                host: self.host_name(step.host),
                instance: step.subject.clone(),
                why,
            },
            detail: log_tail(engine, &key.id, seen.tty).await,
            silent: false,
        }
    }

    fn not_healthy(&self, step: &StepRecord, seen: &ContainerInspection, waited: Duration) -> Fault {
        let output = seen.health_log.first().map_or("", |(_, text)| text.trim());
        Fault {
            problem: Problem::NotHealthy {
                host: self.host_name(step.host),
                instance: step.subject.clone(),
                seconds: u32::try_from(waited.as_secs()).unwrap_or(u32::MAX),
                output: output.chars().take(200).collect(),
            },
            detail: Some(
                seen.health_log
                    .iter()
                    .map(|(code, text)| format!("exit {code}: {}", text.trim()))
                    .collect::<Vec<_>>()
                    .join("\n"),
            ),
            silent: false,
        }
    }
}

/// Resolves when what the fleet knows of a container is not what was seen.
async fn changed(watch: &mut watch::Receiver<Option<Arc<Container>>>, before: (ContainerState, Health)) {
    loop {
        if watch.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
        let now = watch.borrow_and_update().as_ref().map(|c| (c.state, c.health));
        if now.is_some_and(|now| now != before) {
            return;
        }
    }
}

/// The last lines a container wrote, for the step that says that it did not stay up.
async fn log_tail(engine: &dyn Engine, id: &ContainerId, tty: bool) -> Option<String> {
    let request = LogRequest {
        tail: Some(LOG_LINES),
        follow: false,
        since: None,
        tty,
    };
    let read = async {
        let mut lines = engine.logs(id, request).await.ok()?;
        let mut text = String::new();
        while let Some(Ok(line)) = lines.next().await {
            if text.len() > LOG_BYTES {
                break;
            }
            text.extend(
                String::from_utf8_lossy(&line.text)
                    .chars()
                    .filter(|c| !c.is_control() || *c == '\t')
                    .take(400),
            );
            text.push('\n');
        }
        Some(text)
    };
    timeout(LOG_TIME, read)
        .await
        .ok()
        .flatten()
        .filter(|t| !t.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: WaitRule = WaitRule {
        monitor: 3000,
        deadline: 60_000,
        to_completion: false,
        may_finish: false,
    };

    fn look(state: ContainerState, health: Health) -> Look {
        Look {
            state,
            health,
            exit_code: None,
            restarts: 0,
            out_of_memory: false,
            engine_error: String::new(),
            up: Duration::ZERO,
            waited: Duration::ZERO,
        }
    }

    #[test]
    fn without_a_health_check_it_has_to_stay_up() {
        let mut seen = look(ContainerState::Running, Health::None);
        assert_eq!(RULE.judge(&seen), Judgement::Again(Duration::from_secs(3)));
        seen.up = Duration::from_secs(3);
        assert_eq!(RULE.judge(&seen), Judgement::Well);
    }

    #[test]
    fn a_finished_job_is_well_only_when_it_may_finish() {
        let mut seen = look(ContainerState::Exited, Health::None);
        seen.exit_code = Some(0);
        assert!(matches!(RULE.judge(&seen), Judgement::Down(_)));
        let job = WaitRule {
            may_finish: true,
            ..RULE
        };
        assert_eq!(job.judge(&seen), Judgement::Finished);
        seen.health = Health::Starting;
        assert!(matches!(job.judge(&seen), Judgement::Down(_)));
        seen.health = Health::None;
        seen.exit_code = Some(1);
        assert!(matches!(job.judge(&seen), Judgement::Down(_)));
    }

    #[test]
    fn a_flapping_instance_did_not_stay_up() {
        let mut seen = look(ContainerState::Running, Health::None);
        seen.restarts = 3;
        assert!(matches!(RULE.judge(&seen), Judgement::Down(_)));
    }

    #[test]
    fn a_health_check_that_never_ends_is_not_healthy_at_the_deadline() {
        let mut seen = look(ContainerState::Running, Health::Starting);
        assert!(matches!(RULE.judge(&seen), Judgement::Again(_)));
        seen.waited = Duration::from_secs(60);
        assert_eq!(RULE.judge(&seen), Judgement::NotHealthy);
    }
}
