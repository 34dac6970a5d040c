//! A clock for tests.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use lighthouse_core::Clock;
use lighthouse_model::Millis;

/// Stands still until it is told to move.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl Default for ManualClock {
    /// Starts on 2026-01-01, 00:00 UTC.
    fn default() -> Self {
        Self(AtomicI64::new(1_767_225_600_000))
    }
}

impl ManualClock {
    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(by, Ordering::AcqRel);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::Acquire)
    }
}
