//! The legal moves of operations and steps: pure functions, the only place that knows them.

use lighthouse_model::operation::{OperationState, StepStatus};

/// May a step go from one status to another?
///
/// *Unknown* is no end: it becomes something definite, or is looked at again, once somebody can tell.
pub const fn step_may(from: StepStatus, to: StepStatus) -> bool {
    use StepStatus as S;
    match from {
        S::Pending => matches!(to, S::Running | S::Skipped | S::Cancelled),
        S::Running => matches!(
            to,
            S::Running | S::Succeeded | S::Warning | S::Failed | S::Skipped | S::Unknown
        ),
        S::Unknown => matches!(
            to,
            S::Running | S::Succeeded | S::Warning | S::Failed | S::Unknown
        ),
        _ => false,
    }
}

/// May an operation go from one state to another? An interrupted one may be taken up again.
pub const fn operation_may(from: OperationState, to: OperationState) -> bool {
    use OperationState as S;
    match from {
        S::Pending => !matches!(to, S::Pending),
        S::Running => !matches!(to, S::Pending | S::Running),
        S::Interrupted => matches!(to, S::Running),
        _ => false,
    }
}

/// Did a step do what it should, so that what comes after it may begin?
pub const fn is_good(status: StepStatus) -> bool {
    matches!(status, StepStatus::Succeeded | StepStatus::Warning)
}

/// How an operation ended, told from its steps. It never succeeded while one of them did not.
pub fn end_of(steps: impl IntoIterator<Item = StepStatus>, cancelled: bool) -> OperationState {
    let mut failed = false;
    let mut unknown = false;
    let mut unfinished = false;
    for status in steps {
        match status {
            StepStatus::Succeeded | StepStatus::Warning => {}
            StepStatus::Failed => failed = true,
            StepStatus::Unknown => unknown = true,
            _ => unfinished = true,
        }
    }
    if unknown {
        OperationState::Interrupted
    } else if cancelled && (unfinished || failed) {
        OperationState::Cancelled
    } else if failed || unfinished {
        OperationState::Failed
    } else {
        OperationState::Succeeded
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_status() -> impl Strategy<Value = StepStatus> {
        proptest::sample::select(StepStatus::ALL)
    }

    fn any_state() -> impl Strategy<Value = OperationState> {
        proptest::sample::select(OperationState::ALL)
    }

    proptest! {
        #[test]
        fn a_step_that_ended_for_good_never_changes(from in any_status(), to in any_status()) {
            if from.is_ended() && from != StepStatus::Unknown {
                prop_assert!(!step_may(from, to));
            }
        }

        #[test]
        fn no_step_begins_twice_or_returns_to_pending(from in any_status()) {
            prop_assert!(!step_may(from, StepStatus::Pending));
        }

        #[test]
        fn no_outcome_without_an_intent(to in any_status()) {
            let outcome = matches!(to, StepStatus::Succeeded | StepStatus::Warning | StepStatus::Failed);
            prop_assert!(!(outcome && step_may(StepStatus::Pending, to)));
        }

        #[test]
        fn an_operation_that_ended_stays_ended_unless_it_was_interrupted(from in any_state(), to in any_state()) {
            if from.is_ended() && from != OperationState::Interrupted {
                prop_assert!(!operation_may(from, to));
            }
        }

        #[test]
        fn an_operation_succeeds_only_when_every_step_did(
            steps in proptest::collection::vec(any_status(), 0..12),
            cancelled: bool,
        ) {
            let good = steps.iter().all(|s| is_good(*s));
            let end = end_of(steps.iter().copied(), cancelled);
            prop_assert_eq!(end == OperationState::Succeeded, good);
            if steps.contains(&StepStatus::Unknown) {
                prop_assert_eq!(end, OperationState::Interrupted);
            }
        }
    }
}
