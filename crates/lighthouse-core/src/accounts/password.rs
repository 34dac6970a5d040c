//! Passwords: what is taken, and how it is kept.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use lighthouse_model::{Name, Problem};
use tokio::sync::Semaphore;

use crate::{Error, Result, Secret, identity};

/// Hashes at once: each takes 46 MiB and a core.
pub(super) const AT_ONCE: usize = 4;

/// Callers that may wait for their turn.
const WAITING: usize = 64;

/// Memory in KiB, passes, lanes.
const COST: (u32, u32, u32) = (47_104, 2, 1);

const SHORTEST: usize = 10;
const LONGEST: usize = 1_024;

/// What is compared with when there is no such account, so that the answer takes as long. Nobody knows a password
/// for it: its hash was never made from one.
const NOBODY: &str =
    "$argon2id$v=19$m=47104,t=2,p=1$bGlnaHRob3VzZS1ub2JvZHk$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Makes and compares hashes, a few at once.
#[derive(Debug)]
pub(super) struct Hasher {
    turns: Arc<Semaphore>,
    waiting: AtomicUsize,
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    /// It is another password.
    No,
    /// It is the one.
    Yes,
    /// It is the one, and its hash should be made again at today's cost.
    Outdated,
}

/// Checks that a new password may be used for this account.
pub(super) fn check(name: &Name, password: &Secret<String>) -> Result<()> {
    let text = password.expose();
    let why = if text.chars().count() < SHORTEST {
        "a password has at least 10 characters"
    } else if text.len() > LONGEST {
        "a password has at most 1,024 bytes"
    } else if is_name(name.as_str(), text) {
        "a password is not the name"
    } else if text.chars().all(|c| text.starts_with(c)) {
        "a password is not one character again and again"
    } else {
        return Ok(());
    };
    Err(Problem::invalid("password", why).into())
}

/// Is it only the name, once or several times?
fn is_name(name: &str, text: &str) -> bool {
    let text = text.to_lowercase();
    !name.is_empty() && text.replace(name, "").trim().is_empty()
}

impl Hasher {
    pub(super) fn new(turns: Arc<Semaphore>) -> Self {
        Self {
            turns,
            waiting: AtomicUsize::new(0),
        }
    }

    /// A new hash, in PHC form.
    pub(super) async fn hash(&self, password: &Secret<String>) -> Result<Secret<String>> {
        let password = password.clone();
        self.work(move || {
            let salt: [u8; 16] = identity::random_bytes()?;
            let failed =
                |cause: argon2::password_hash::Error| Error::internal("hash a password", cause.to_string());
            let hash: PasswordHash = argon2()?
                .hash_password_with_salt(password.expose().as_bytes(), &salt)
                .map_err(failed)?;
            Ok(Secret::new(hash.to_string()))
        })
        .await?
    }

    /// Compares a password with a hash, or with nobody's.
    pub(super) async fn compare(
        &self,
        password: &Secret<String>,
        hash: Option<&Secret<String>>,
    ) -> Result<Match> {
        // What is too long for any account is compared as nothing, which takes as long.
        let fits = password.expose().len() <= LONGEST;
        let given = if fits {
            password.clone()
        } else {
            Secret::new(String::new())
        };
        let exists = hash.is_some();
        let hash = hash.cloned().unwrap_or_else(|| Secret::new(NOBODY.to_owned()));
        let found = self
            .work(move || {
                let stored = PasswordHash::new(hash.expose())
                    .map_err(|cause| Error::internal("read a password hash", cause.to_string()))?;
                let hasher = argon2()?;
                if hasher
                    .verify_password(given.expose().as_bytes(), &stored)
                    .is_err()
                {
                    return Ok(Match::No);
                }
                let cost = Params::try_from(&stored).map(|p| (p.m_cost(), p.t_cost(), p.p_cost()));
                let current = stored.algorithm.as_str() == "argon2id" && cost.is_ok_and(|cost| cost == COST);
                Ok::<_, Error>(if current { Match::Yes } else { Match::Outdated })
            })
            .await??;
        Ok(if exists && fits { found } else { Match::No })
    }

    async fn work<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let place = Place::take(&self.waiting).ok_or(Problem::TooMany { retry_after: 5 })?;
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let turn = turn.map_err(|cause| Error::internal("wait for a turn", cause))?;
        drop(place);
        let done = tokio::task::spawn_blocking(move || {
            // The turn ends with the work, even when nobody waits for it any more.
            let _turn = turn;
            work()
        });
        done.await
            .map_err(|cause| Error::internal("hash a password", cause))
    }
}

/// A place among those who wait; given back when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let before = waiting.fetch_add(1, Ordering::AcqRel);
        let place = Self(waiting);
        (before < WAITING).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn argon2() -> Result<Argon2<'static>> {
    let (memory, passes, lanes) = COST;
    let params = Params::new(memory, passes, lanes, None)
        .map_err(|cause| Error::internal("set the cost of a password", cause.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    fn hasher() -> Hasher {
        Hasher::new(Arc::new(Semaphore::new(AT_ONCE)))
    }

    #[test]
    fn short_endless_and_obvious_passwords_are_refused_in_words() {
        let name: Name = "administrator".parse().unwrap();
        for (bad, why) in [
            ("short", "at least 10"),
            (&*"x".repeat(1_025), "at most 1,024"),
            ("Administrator", "not the name"),
            ("administratoradministrator", "not the name"),
            ("aaaaaaaaaaaa", "again and again"),
        ] {
            let refusal = check(&name, &secret(bad)).unwrap_err().to_string();
            assert!(refusal.contains(why), "{refusal}");
        }
        assert!(check(&name, &secret("correct horse battery")).is_ok());
        assert!(check(&name, &secret("дзесяць літар")).is_ok());
    }

    #[tokio::test]
    async fn a_password_matches_its_own_hash_only() {
        let hasher = hasher();
        let hash = hasher.hash(&secret("correct horse")).await.unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=47104,t=2,p=1$"));
        let compare = async |text: &str, hash| hasher.compare(&secret(text), hash).await.unwrap();
        assert_eq!(compare("correct horse", Some(&hash)).await, Match::Yes);
        assert_eq!(compare("correct mule", Some(&hash)).await, Match::No);
        assert_eq!(compare("correct horse", None).await, Match::No);
        assert_eq!(compare(&"x".repeat(2_000), Some(&hash)).await, Match::No);
        assert_ne!(hash, hasher.hash(&secret("correct horse")).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_outdated() {
        let cheap = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(8_192, 1, 1, None).unwrap(),
        );
        let hash: PasswordHash = cheap
            .hash_password_with_salt(b"correct horse", b"sixteen bytes ok")
            .unwrap();
        let hash = Secret::new(hash.to_string());
        let found = hasher().compare(&secret("correct horse"), Some(&hash)).await;
        assert_eq!(found.unwrap(), Match::Outdated);
    }
}
