//! How often somebody may ask: a token bucket per person and per token, 20 a second with a burst of 60.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Requests a second, in the long run.
const RATE: f64 = 20.0;
/// Requests at once.
const BURST: f64 = 60.0;
/// Buckets kept; full ones are forgotten first.
const BUCKETS: usize = 10_000;

/// Token buckets by key.
#[derive(Debug)]
pub struct RateLimit<K> {
    buckets: Mutex<HashMap<K, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn refilled(self, now: Instant) -> Self {
        let gained = now.saturating_duration_since(self.at).as_secs_f64() * RATE;
        Self {
            left: (self.left + gained).min(BURST),
            at: now,
        }
    }
}

impl<K> Default for RateLimit<K> {
    fn default() -> Self {
        Self {
            buckets: Mutex::new(HashMap::new()),
        }
    }
}

impl<K: Hash + Eq> RateLimit<K> {
    /// Takes one request from a bucket.
    ///
    /// # Errors
    /// The seconds to wait, rounded up, when the bucket is empty.
    pub fn take(&self, key: K, now: Instant) -> Result<(), u32> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS && !buckets.contains_key(&key) {
            buckets.retain(|_, bucket| bucket.refilled(now).left < BURST);
        }
        let bucket = buckets.entry(key).or_insert(Bucket { left: BURST, at: now });
        *bucket = bucket.refilled(now);
        if bucket.left < 1.0 {
            return Err(1);
        }
        bucket.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_of_sixty_then_twenty_a_second() {
        let limit = RateLimit::default();
        let start = Instant::now();
        for _ in 0..60 {
            assert_eq!(limit.take("ada", start), Ok(()));
        }
        assert_eq!(limit.take("ada", start), Err(1));
        assert_eq!(limit.take("bob", start), Ok(()));
        let later = start + Duration::from_secs(1);
        let passed = (0..40).filter(|_| limit.take("ada", later).is_ok()).count();
        assert_eq!(passed, 20);
    }
}
