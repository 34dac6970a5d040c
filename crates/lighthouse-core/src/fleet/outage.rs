//! How long a host has been silent, what that means, and when to try again.

use std::time::Duration;

use lighthouse_model::Millis;
use lighthouse_model::host::Liveness;
use tokio::time::Instant;

use super::model::Blame;
use crate::engine::EngineError;

/// Between two signs of life that are asked for.
pub(super) const PING_EVERY: Duration = Duration::from_secs(3);
/// Silence until a host is suspect: two signs of life were asked for and not given.
pub(super) const SUSPECT_AFTER: Duration = Duration::from_secs(6);
/// Silence until a host is down.
pub(super) const DOWN_AFTER: Duration = Duration::from_secs(9);
/// The first and the longest wait before the next attempt; each wait is a random part of it.
pub(super) const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// What timers may be early or late by.
pub(super) const JITTER: Duration = Duration::from_millis(500);

/// An engine that stops kills its containers for at most so long before it goes, in milliseconds.
const DYING: Millis = 12_000;

/// Waits that double, each a random part of itself (full jitter).
#[derive(Debug)]
pub(super) struct Backoff {
    bound: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { bound: RETRY.0 }
    }
}

impl Backoff {
    pub(super) fn next(&mut self) -> Duration {
        let bound = self.bound;
        self.bound = (bound * 2).min(RETRY.1);
        bound.mul_f64(fastrand::f64())
    }
}

/// A time without answers, from its first missed one.
#[derive(Debug)]
pub(super) struct Outage {
    /// When it began, by the console's clock.
    since: Millis,
    /// When it is long enough for *down*.
    down_at: Instant,
    /// The machine answered and the engine did not: it restarts.
    restart: bool,
    /// What the last attempt said.
    reason: String,
}

impl Outage {
    pub(super) fn begin(since: Millis, age: Duration, reason: String) -> Self {
        Self {
            since,
            down_at: Instant::now() + DOWN_AFTER.saturating_sub(age),
            restart: false,
            reason,
        }
    }

    /// The first attempt to reach a host at all failed: there is nothing to wait for before saying so.
    pub(super) fn at_once(since: Millis, error: &EngineError) -> Self {
        let mut outage = Self::begin(since, DOWN_AFTER, String::new());
        outage.failed(error);
        outage
    }

    /// One more attempt failed.
    pub(super) fn failed(&mut self, error: &EngineError) {
        self.restart |= is_refusal(error);
        self.reason = error.to_string();
    }

    pub(super) const fn down_at(&self) -> Instant {
        self.down_at
    }

    pub(super) fn liveness(&self) -> Liveness {
        if Instant::now() >= self.down_at {
            Liveness::Down {
                since: self.since,
                reason: self.reason.clone(),
            }
        } else {
            Liveness::Suspect { since: self.since }
        }
    }

    /// What ended containers may be blamed on once the host is back.
    pub(super) fn blame(&self) -> Blame {
        Blame {
            words: if self.restart {
                "when its engine restarted"
            } else {
                "while its host did not answer"
            },
            from: if self.restart {
                self.since - DYING
            } else {
                self.since
            },
        }
    }
}

/// The machine is there and the engine is not: nothing listens, or its socket is gone.
fn is_refusal(error: &EngineError) -> bool {
    let EngineError::Unreachable { why } = error else {
        return false;
    };
    let why = why.to_lowercase();
    ["refused", "no such", "not running", "does not exist"]
        .iter()
        .any(|sign| why.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_their_bound_and_are_random() {
        let mut backoff = Backoff::default();
        for _ in 0..20 {
            assert!(backoff.next() <= RETRY.1);
        }
        assert_eq!(backoff.bound, RETRY.1);
    }

    #[tokio::test(start_paused = true)]
    async fn an_outage_is_suspect_first_and_down_after_nine_seconds() {
        let mut outage = Outage::begin(1000, Duration::ZERO, "silence".into());
        assert_eq!(outage.liveness(), Liveness::Suspect { since: 1000 });
        outage.failed(&EngineError::Unreachable {
            why: "connection refused".into(),
        });
        tokio::time::advance(DOWN_AFTER).await;
        assert_eq!(
            outage.liveness(),
            Liveness::Down {
                since: 1000,
                reason: "connection refused".into()
            }
        );
        assert_eq!(outage.blame().words, "when its engine restarted");
    }
}
