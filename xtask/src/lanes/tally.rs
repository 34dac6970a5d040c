//! Counting results.

use std::fmt;

/// How many tests ended how.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) passed: usize,
    pub(super) failed: usize,
    pub(super) skipped: usize,
    /// What failed, by name or in words.
    pub(super) failures: Vec<String>,
    /// Why something was skipped, each reason once.
    pub(super) skips: Vec<String>,
}

impl Tally {
    /// Something outside of any test failed.
    pub(super) fn failure(words: String) -> Self {
        Self {
            failed: 1,
            failures: vec![words],
            ..Self::default()
        }
    }

    /// A whole lane of tests cannot run here.
    pub(super) fn lane_skipped(tests: usize, reason: String) -> Self {
        Self {
            skipped: tests,
            skips: vec![reason],
            ..Self::default()
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.passed + self.failed + self.skipped == 0
    }

    /// Adds what happened in a lane.
    pub(super) fn add(&mut self, lane: &str, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
        self.failures
            .extend(other.failures.into_iter().map(|words| format!("{lane}: {words}")));
        self.skips
            .extend(other.skips.into_iter().map(|words| format!("{lane}: {words}")));
    }

    /// Takes tests that gave up, although their runner counts them as passed, out of those that passed.
    pub(super) fn note_skipped(&mut self, reasons: Vec<String>) {
        let count = reasons.len().min(self.passed);
        self.passed -= count;
        self.skipped += count;
        self.skips.extend(reasons);
        self.skips.sort();
        self.skips.dedup();
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} passed, {} failed, {} skipped",
            self.passed, self.failed, self.skipped
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_that_gave_up_did_not_pass() {
        let mut tally = Tally {
            passed: 3,
            ..Tally::default()
        };
        tally.note_skipped(vec!["no root".into(), "no root".into()]);
        assert_eq!(tally.to_string(), "1 passed, 0 failed, 2 skipped");
        assert_eq!(tally.skips, ["no root"]);
    }

    #[test]
    fn lanes_add_up() {
        let mut whole = Tally::default();
        whole.add(
            "unit",
            Tally {
                passed: 2,
                ..Tally::default()
            },
        );
        whole.add("engines", Tally::lane_skipped(4, "not root".into()));
        whole.add("browser", Tally::failure("no page".into()));
        assert_eq!(whole.to_string(), "2 passed, 1 failed, 4 skipped");
        assert_eq!(whole.failures, ["browser: no page"]);
        assert_eq!(whole.skips, ["engines: not root"]);
    }
}
