//! How often somebody may try: a sliding window for each account and each address, in memory, bounded.
//!
//! Nothing is ever locked for good: an attempt that was refused does not count, so waiting always helps.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use lighthouse_model::Millis;

use crate::identity::digest;

/// The window.
const WINDOW: Millis = 15 * 60 * 1_000;
/// Attempts for one account within the window.
const PER_ACCOUNT: usize = 10;
/// Attempts from one address within the window.
const PER_ADDRESS: usize = 30;
/// Accounts and addresses remembered; beyond, the one that was quiet longest is forgotten.
const REMEMBERED: usize = 20_000;

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Key {
    /// An account's name, whether there is such an account or not; as a digest, so that names of any length fit.
    Account([u8; 32]),
    /// An address; of IPv6 the network that one customer gets.
    Address([u8; 16]),
}

/// Counts attempts.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    attempts: HashMap<Key, VecDeque<Millis>>,
}

/// Come back later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wait {
    /// Seconds.
    pub(super) seconds: u32,
}

impl Throttle {
    /// Counts an attempt before it is made, so that attempts at the same time cannot slip through.
    pub(super) fn attempt(&mut self, name: &str, address: &str, now: Millis) -> Result<(), Wait> {
        let keys = keys(name, address);
        for (key, limit) in keys.iter().flatten() {
            let Some(times) = self.attempts.get_mut(key) else {
                continue;
            };
            while times.front().is_some_and(|at| now - at >= WINDOW) {
                times.pop_front();
            }
            if times.len() >= *limit {
                let oldest = times.front().copied().unwrap_or(now);
                let seconds = (oldest + WINDOW - now).div_euclid(1_000) + 1;
                return Err(Wait {
                    seconds: u32::try_from(seconds).unwrap_or(1),
                });
            }
        }
        for (key, _) in keys.into_iter().flatten() {
            self.make_room(&key, now);
            self.attempts.entry(key).or_default().push_back(now);
        }
        Ok(())
    }

    /// An attempt was right: the account starts afresh, and the address gets its attempt back.
    pub(super) fn succeeded(&mut self, name: &str, address: &str) {
        for (key, _) in keys(name, address).into_iter().flatten() {
            match key {
                Key::Account(_) => {
                    self.attempts.remove(&key);
                }
                Key::Address(_) => {
                    if let Some(times) = self.attempts.get_mut(&key) {
                        times.pop_back();
                    }
                }
            }
        }
    }

    fn make_room(&mut self, key: &Key, now: Millis) {
        if self.attempts.len() < REMEMBERED || self.attempts.contains_key(key) {
            return;
        }
        self.attempts
            .retain(|_, times| times.back().is_some_and(|at| now - at < WINDOW));
        if self.attempts.len() >= REMEMBERED {
            let quietest = self
                .attempts
                .iter()
                .min_by_key(|(_, times)| times.back().copied());
            if let Some(quietest) = quietest.map(|(key, _)| *key) {
                self.attempts.remove(&quietest);
            }
        }
    }
}

fn keys(name: &str, address: &str) -> [Option<(Key, usize)>; 2] {
    let network = address.parse::<IpAddr>().ok().map(|ip| match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
        IpAddr::V6(ip) => {
            let mut octets = ip.octets();
            octets[8..].fill(0);
            octets
        }
    });
    [
        Some((Key::Account(digest(name)), PER_ACCOUNT)),
        network.map(|octets| (Key::Address(octets), PER_ADDRESS)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_may_be_tried_ten_times_and_again_when_the_window_has_passed() {
        let mut throttle = Throttle::default();
        for n in 0..10 {
            let address = format!("10.0.0.{n}");
            assert_eq!(throttle.attempt("ada", &address, 1_000 * n), Ok(()));
        }
        let wait = throttle.attempt("ada", "10.0.1.1", 10_000).unwrap_err();
        assert_eq!(wait.seconds, 891);
        assert_eq!(throttle.attempt("bob", "10.0.1.1", 10_000), Ok(()));
        // Refused attempts do not make it longer.
        for _ in 0..100 {
            assert!(throttle.attempt("ada", "10.0.1.1", 20_000).is_err());
        }
        assert_eq!(throttle.attempt("ada", "10.0.1.1", WINDOW), Ok(()));
        assert!(throttle.attempt("ada", "10.0.1.1", WINDOW).is_err());
    }

    #[test]
    fn an_address_may_try_thirty_times_over_all_accounts() {
        let mut throttle = Throttle::default();
        for n in 0..30 {
            let name = format!("name-{n}");
            assert_eq!(throttle.attempt(&name, "2001:db8::1", 0), Ok(()));
        }
        assert!(throttle.attempt("another", "2001:db8::2", 0).is_err());
        assert_eq!(throttle.attempt("another", "2001:db8:0:1::1", 0), Ok(()));
        assert_eq!(throttle.attempt("third", "not an address", 0), Ok(()));
    }

    #[test]
    fn success_starts_the_account_afresh() {
        let mut throttle = Throttle::default();
        for _ in 0..50 {
            throttle.attempt("ada", "10.0.0.1", 0).unwrap();
            throttle.succeeded("ada", "10.0.0.1");
        }
        for _ in 0..9 {
            throttle.attempt("ada", "10.0.0.1", 0).unwrap();
        }
        throttle.attempt("ada", "10.0.0.1", 0).unwrap();
        throttle.succeeded("ada", "10.0.0.1");
        assert_eq!(throttle.attempt("ada", "10.0.0.1", 0), Ok(()));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut throttle = Throttle::default();
        for n in 0..REMEMBERED + 100 {
            let at = i64::try_from(n).unwrap();
            throttle.attempt(&format!("name-{n}"), "", at).unwrap();
        }
        assert!(throttle.attempts.len() <= REMEMBERED);
    }
}
