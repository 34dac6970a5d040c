//! What may happen next in an operation: a pure function of its steps.

use lighthouse_model::HostId;
use lighthouse_model::operation::{StepKind, StepStatus};

use super::state::is_good;
use super::work::{OnFailure, Unit, UnitChange, Which, Work};
use crate::store::StepRecord;

/// What is asked of the rest of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// Go on.
    On,
    /// A person stopped it: nothing that is not begun begins.
    Cancelled,
}

/// What may happen now.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Moves {
    /// Steps that may begin.
    pub(crate) begin: Vec<u32>,
    /// Steps that will never begin, because something before them failed.
    pub(crate) skip: Vec<u32>,
    /// Steps that will never begin, because a person stopped the operation.
    pub(crate) cancel: Vec<u32>,
}

/// Everything the next moves depend on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'a> {
    /// The work.
    pub(crate) work: &'a Work,
    /// The steps as they are, in order.
    pub(crate) steps: &'a [StepRecord],
    /// Steps whose outcome is unknown and is no longer waited for.
    pub(crate) given_up: &'a [u32],
    /// What is asked.
    pub(crate) course: Course,
}

impl Situation<'_> {
    fn planned(&self) -> usize {
        self.work.after.len()
    }

    fn is_planned(&self, step: &StepRecord) -> bool {
        usize::try_from(step.n).is_ok_and(|n| n < self.planned())
    }

    fn step(&self, n: u32) -> Option<&StepRecord> {
        self.steps.get(usize::try_from(n).ok()?)
    }

    /// Did it fail for good?
    fn is_bad(&self, step: &StepRecord) -> bool {
        match step.status {
            StepStatus::Failed | StepStatus::Skipped | StepStatus::Cancelled => true,
            StepStatus::Unknown => self.given_up.contains(&step.n),
            _ => false,
        }
    }

    /// Has the point been passed after which nothing is put back: is every new instance well?
    pub(crate) fn is_committed(&self) -> bool {
        self.steps
            .iter()
            .filter(|s| self.is_planned(s) && s.kind == StepKind::Wait)
            .all(|s| is_good(s.status))
    }

    /// Has something gone wrong, or been stopped, after which what ran before has to run again?
    pub(crate) fn puts_back(&self) -> bool {
        self.work.on_failure == OnFailure::PutBack && !self.is_committed() && self.is_halted()
    }

    /// Is nothing begun any more?
    fn is_halted(&self) -> bool {
        self.course == Course::Cancelled
            || (self.work.on_failure == OnFailure::PutBack
                && self.steps.iter().any(|s| self.is_planned(s) && self.is_bad(s)))
    }

    /// Does a host leave us without an answer? Then a rollout does not widen.
    fn waits_for_an_answer(&self) -> bool {
        self.work.on_failure == OnFailure::PutBack
            && self
                .steps
                .iter()
                .any(|s| s.status == StepStatus::Unknown && !self.given_up.contains(&s.n))
    }

    /// What may happen now.
    pub(crate) fn moves(&self) -> Moves {
        let mut moves = Moves::default();
        let committed = self.is_committed();
        let halted = self.is_halted() && !committed;
        let waits = self.waits_for_an_answer();
        let preparation = || self.steps.iter().filter(|s| s.n < self.work.prepared);
        let prepared = preparation().all(|s| is_good(s.status));
        let unprepared = preparation().any(|s| self.is_bad(s));
        for step in self.steps.iter().filter(|s| s.status == StepStatus::Pending) {
            let planned = self.is_planned(step);
            if planned && self.course == Course::Cancelled && !committed {
                moves.cancel.push(step.n);
                continue;
            }
            let after_preparation = planned && step.n >= self.work.prepared;
            let commits = planned && step.n >= self.work.commit;
            let mut ready = (prepared || !after_preparation) && (committed || !commits);
            let mut never = unprepared && after_preparation;
            for edge in self.work.edges(step, self.steps) {
                let Some(before) = self.step(edge.step) else {
                    continue;
                };
                let ended = before.status.is_ended()
                    && (before.status != StepStatus::Unknown || self.given_up.contains(&before.n));
                if edge.end_is_enough {
                    ready &= ended;
                } else {
                    ready &= is_good(before.status);
                    never |= self.is_bad(before) || moves.skip.contains(&before.n);
                }
            }
            if never || (planned && halted) {
                moves.skip.push(step.n);
            } else if ready && !(planned && waits) {
                moves.begin.push(step.n);
            }
        }
        moves
    }

    /// The step of a unit's container, among those that were planned.
    fn of_unit(&self, unit: &Unit, which: Which, kind: StepKind) -> Option<&StepRecord> {
        let generation = match which {
            Which::New => unit.generation,
            Which::Old => unit.old.as_ref()?.generation,
        };
        let name = unit.name();
        self.steps.iter().find(|s| {
            self.is_planned(s)
                && s.kind == kind
                && s.generation == generation
                && s.instance.as_deref() == Some(&name)
        })
    }

    /// Steps that put back what ran before, for every unit that was touched, is at rest and has none yet.
    pub(crate) fn rescue(&self) -> Vec<Rescue> {
        if !self.puts_back() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for unit in &self.work.units {
            let name = unit.name();
            let mine = |s: &&StepRecord| s.instance.as_deref() == Some(&name);
            let at_rest = self.steps.iter().filter(mine).all(|s| {
                s.status.is_ended() && (s.status != StepStatus::Unknown || self.given_up.contains(&s.n))
            });
            let has_some = self.steps.iter().filter(mine).any(|s| !self.is_planned(s));
            if at_rest && !has_some {
                self.rescue_unit(unit, &mut found);
            }
        }
        found
    }

    fn rescue_unit(&self, unit: &Unit, found: &mut Vec<Rescue>) {
        let happened = |which, kind| {
            self.of_unit(unit, which, kind).is_some_and(|s| {
                matches!(
                    s.status,
                    StepStatus::Succeeded | StepStatus::Warning | StepStatus::Unknown | StepStatus::Failed
                )
            })
        };
        let made = self
            .of_unit(unit, Which::New, StepKind::Create)
            .is_some_and(|s| is_good(s.status) || s.status == StepStatus::Unknown);
        let started = happened(Which::New, StepKind::Start);
        let stopped = happened(Which::Old, StepKind::Stop) && unit.old.as_ref().is_some_and(|o| o.was_up);
        let new = |kind| Rescue {
            host: unit.host,
            instance: unit.name(),
            generation: unit.generation,
            kind,
        };
        let old = |kind| Rescue {
            host: unit.old.as_ref().map_or(unit.host, |o| o.host),
            instance: unit.name(),
            generation: unit.old.as_ref().map_or(unit.generation, |o| o.generation),
            kind,
        };
        let moves_away = unit.old.as_ref().is_some_and(|o| o.host != unit.host);
        if unit.change == UnitChange::ReplaceStartFirst || moves_away {
            if stopped {
                found.extend([old(StepKind::Start), old(StepKind::Wait)]);
            }
            if made && started {
                found.push(new(StepKind::Stop));
            }
            if made {
                found.push(new(StepKind::Remove));
            }
        } else {
            if made && started {
                found.push(new(StepKind::Stop));
            }
            if made {
                found.push(new(StepKind::Remove));
            }
            if stopped {
                found.extend([old(StepKind::Start), old(StepKind::Wait)]);
            }
        }
    }
}

/// A step that puts something back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rescue {
    /// Where.
    pub(crate) host: HostId,
    /// Of which instance.
    pub(crate) instance: String,
    /// Of which generation.
    pub(crate) generation: i64,
    /// What.
    pub(crate) kind: StepKind,
}
