//! The truth about an operation in one sentence.
//!
//! It counts instances, not steps, and never says that something is done while one of them is not.

use std::fmt::Write;

use lighthouse_model::operation::{OperationKind, OperationState, StepKind, StepStatus};
use lighthouse_model::{Tone, Verdict};

use super::lost;
use super::state::is_good;
use super::work::{Unit, UnitChange, Work};
use crate::store::StepRecord;

/// What the sentence is told from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Facts<'a> {
    pub(super) kind: OperationKind,
    pub(super) state: OperationState,
    pub(super) work: &'a Work,
    pub(super) steps: &'a [StepRecord],
}

/// How far one instance, or one container, is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Far {
    /// It is as the operation wants it.
    There,
    /// Something is being done to it.
    Busy,
    /// Nothing was begun.
    Waits,
    /// It failed.
    Failed,
    /// Its host cannot be reached and is not waited for.
    Left,
    /// Nobody can tell.
    Unknown,
}

impl Facts<'_> {
    /// The sentence.
    pub(super) fn verdict(&self) -> Verdict {
        let fars = self.fars();
        let total = fars.len();
        let count = |far: Far| fars.iter().filter(|f| **f == far).count();
        let there = count(Far::There);
        let mut words = vec![self.lead(there, total)];
        words.extend(self.trouble());
        words.extend(self.left(count(Far::Left)));
        words.extend(self.put_back());
        words.extend(self.rest(count(Far::Busy), count(Far::Waits)));
        Verdict::new(self.tone(), sentence(&words))
    }

    fn tone(&self) -> Tone {
        let any = |status| self.steps.iter().any(|s| s.status == status);
        match self.state {
            OperationState::Running | OperationState::Pending if any(StepStatus::Failed) => Tone::Failed,
            OperationState::Running | OperationState::Pending if any(StepStatus::Unknown) => Tone::Unknown,
            OperationState::Succeeded if any(StepStatus::Warning) => Tone::Warning,
            state => state.tone(),
        }
    }

    fn fars(&self) -> Vec<Far> {
        if self.work.application.is_none() {
            return self.steps.iter().map(|s| far_of([s].into_iter())).collect();
        }
        self.work
            .units
            .iter()
            .filter(|unit| self.counts(unit))
            .map(|unit| self.far(unit))
            .collect()
    }

    /// Does an instance count in the sentence?
    fn counts(&self, unit: &Unit) -> bool {
        match self.kind {
            OperationKind::Deploy | OperationKind::Scale => {
                unit.change != UnitChange::Remove || !self.makes_any()
            }
            _ => true,
        }
    }

    /// Is there an instance that stays or is made? Else the sentence is about those that go.
    fn makes_any(&self) -> bool {
        self.work.units.iter().any(|u| u.change != UnitChange::Remove)
    }

    fn far(&self, unit: &Unit) -> Far {
        let name = unit.name();
        let generation = if unit.makes() {
            unit.generation
        } else {
            unit.old.as_ref().map_or(unit.generation, |o| o.generation)
        };
        let mine = || {
            self.steps
                .iter()
                .filter(|s| s.instance.as_deref() == Some(&name) && s.generation == generation)
        };
        if unit.makes() {
            // What was put back is not there, however well it had been.
            let gone = mine().any(|s| {
                matches!(s.kind, StepKind::Remove | StepKind::Stop) && s.status != StepStatus::Pending
            });
            if gone {
                return Far::Failed;
            }
        }
        if mine().next().is_none() {
            return if unit.change == UnitChange::Keep {
                Far::There
            } else {
                Far::Waits
            };
        }
        // The name and what becomes of the old container do not decide whether an instance runs.
        far_of(mine().filter(|s| s.kind != StepKind::Rename))
    }

    fn lead(&self, there: usize, total: usize) -> String {
        let noun = if self.work.application.is_some() {
            "instance"
        } else {
            "container"
        };
        let release = self.work.application.as_ref().map_or(0, |a| a.release);
        let done = |one: &str, many: &str| {
            if total == 1 {
                one.to_owned()
            } else {
                many.to_owned()
            }
        };
        let what = match self.kind {
            OperationKind::Deploy | OperationKind::Scale if !self.makes_any() => {
                done("is removed", "are removed")
            }
            OperationKind::Deploy | OperationKind::Scale => done(
                &format!("runs release {release}"),
                &format!("run release {release}"),
            ),
            OperationKind::Start => done("runs", "run"),
            OperationKind::Stop => done("is stopped", "are stopped"),
            OperationKind::Restart => done("was restarted", "were restarted"),
            OperationKind::Remove => done("is removed", "are removed"),
            other => other.to_string(),
        };
        let ended_well = self.state == OperationState::Succeeded;
        match (there, total) {
            (_, 0) if self.state.is_ended() => "There was no instance to change".to_owned(),
            (_, 0) => "There is no instance to change".to_owned(),
            (1, 1) if ended_well => format!("The {noun} {what}"),
            (there, total) if there == total && ended_well => format!("All {total} {noun}s {what}"),
            (there, 1) => format!("{there} of 1 {noun} {what}"),
            (there, total) => format!("{there} of {total} {noun}s {what}"),
        }
    }

    /// The first thing that went wrong, and how many more did.
    fn trouble(&self) -> Vec<String> {
        let wrong: Vec<&StepRecord> = self
            .steps
            .iter()
            .filter(|s| matches!(s.status, StepStatus::Failed | StepStatus::Unknown))
            .collect();
        let Some(first) = wrong
            .iter()
            .find(|s| s.status == StepStatus::Failed)
            .or(wrong.first())
        else {
            return Vec::new();
        };
        let message = first
            .message
            .clone()
            .unwrap_or_else(|| format!("`{}` failed", first.subject));
        let message = message.trim_end_matches('.').to_owned();
        let mut words = if first.status == StepStatus::Unknown {
            vec![format!(
                "what became of `{}` is unknown: {message}",
                first.subject
            )]
        } else {
            vec![message]
        };
        match wrong.len() - 1 {
            0 => {}
            1 => words.push("1 more step has trouble".to_owned()),
            more => words.push(format!("{more} more steps have trouble")),
        }
        words
    }

    /// What could not be reached, and was left where it is.
    fn left(&self, instances: usize) -> Option<String> {
        let first = self.steps.iter().find(|s| lost::is_left(s))?;
        let message = first.message.as_deref().unwrap_or(&first.subject);
        let mut words = message.trim_end_matches('.').to_owned();
        match instances.saturating_sub(1) {
            0 => {}
            1 => words.push_str("; 1 more instance was left"),
            more => write!(words, "; {more} more instances were left").unwrap_or_default(),
        }
        Some(words)
    }

    /// What runs again after a failed rollout.
    fn put_back(&self) -> Option<String> {
        if is_all_good(self.steps) {
            return None;
        }
        let mut releases: Vec<i64> = Vec::new();
        let mut running = 0;
        let replaced = self
            .work
            .units
            .iter()
            .filter(|u| u.makes())
            .filter_map(|u| Some((u, u.old.as_ref()?)));
        for (unit, old) in replaced.filter(|(_, old)| old.was_up) {
            let name = unit.name();
            let of = |kind: StepKind| {
                self.steps
                    .iter()
                    .rfind(|s| {
                        s.kind == kind
                            && s.generation == old.generation
                            && s.instance.as_deref() == Some(&name)
                    })
                    .map(|s| s.status)
            };
            let stopped = of(StepKind::Stop).is_some_and(|s| {
                !matches!(
                    s,
                    StepStatus::Pending | StepStatus::Skipped | StepStatus::Cancelled
                )
            });
            let again = of(StepKind::Wait).is_some_and(is_good);
            if !stopped || again {
                running += 1;
                releases.push(old.release);
            }
        }
        releases.sort_unstable();
        releases.dedup();
        match (running, releases.as_slice()) {
            (0, _) => None,
            (1, [release]) => Some(format!("1 runs release {release} as before")),
            (n, [release]) => Some(format!("{n} run release {release} as before")),
            (n, _) => Some(format!("{n} run what they ran before")),
        }
    }

    fn rest(&self, busy: usize, waits: usize) -> Vec<String> {
        let mut words = Vec::new();
        if self.state.is_ended() {
            match waits {
                0 => {}
                1 => words.push("1 was not begun".to_owned()),
                n => words.push(format!("{n} were not begun")),
            }
            if self.state == OperationState::Cancelled {
                words.push("it was cancelled".to_owned());
            }
        } else {
            match busy {
                0 => {}
                1 => words.push("1 is being changed".to_owned()),
                n => words.push(format!("{n} are being changed")),
            }
            match (waits, busy) {
                (0, _) => {}
                (1, _) => words.push("1 waits".to_owned()),
                (n, _) => words.push(format!("{n} wait")),
            }
        }
        words
    }
}

fn is_all_good(steps: &[StepRecord]) -> bool {
    steps
        .iter()
        .all(|s| is_good(s.status) || matches!(s.status, StepStatus::Pending | StepStatus::Running))
}

/// How far the object of these steps is.
fn far_of<'s>(steps: impl Iterator<Item = &'s StepRecord>) -> Far {
    let mut begun = false;
    let mut all = true;
    let mut unknown = false;
    let mut left = false;
    for step in steps {
        match step.status {
            StepStatus::Failed => return Far::Failed,
            StepStatus::Unknown => unknown = true,
            StepStatus::Warning if lost::is_left(step) => left = true,
            StepStatus::Succeeded | StepStatus::Warning => begun = true,
            StepStatus::Running => {
                begun = true;
                all = false;
            }
            _ => all = false,
        }
    }
    match (all, begun) {
        _ if unknown => Far::Unknown,
        (true, _) if left => Far::Left,
        (true, _) => Far::There,
        (false, true) => Far::Busy,
        (false, false) => Far::Waits,
    }
}

fn sentence(words: &[String]) -> String {
    let mut text = words.join("; ");
    text.push('.');
    text
}

/// The sentence before anything is known of an operation's work.
pub(super) fn unreadable(state: OperationState) -> Verdict {
    Verdict::new(state.tone(), "What it did cannot be read any more.")
}
