//! Signing in and out. Unknown account, wrong password and disabled account are one answer in the same time.

use std::sync::PoisonError;

use lighthouse_model::{Problem, UserId};

use super::password::Match;
use super::throttle::{Throttle, Wait};
use crate::audit::{Outcome, Who};
use crate::change::Change;
use crate::store::StoreError;
use crate::{Console, Result, Secret, Viewer};

impl Console {
    /// Checks a name and a password, and returns whose they are.
    ///
    /// # Errors
    /// [`Problem::SignInFailed`] whatever was wrong; [`Problem::TooMany`] after ten attempts on the account or
    /// thirty from the address within 15 minutes.
    pub async fn sign_in(&self, name: &str, password: &Secret<String>, address: &str) -> Result<UserId> {
        let name = name.trim().to_ascii_lowercase();
        self.try_once(&name, address)?;
        let user = self.store().user_by_name(&name).await?;
        let hash = user.as_ref().map(|user| &user.password_hash);
        let found = self.door().hasher.compare(password, hash).await?;
        // People type passwords into the wrong field: a name is written down only when it is somebody's.
        let target = match &user {
            Some(user) => format!("account {}", user.name),
            None => "an unknown account".to_owned(),
        };
        let user = match (user, found) {
            (Some(user), Match::Yes | Match::Outdated) if user.enabled => user,
            _ => {
                let who = Who::stranger(address);
                self.record(who, "sign-in", target, Outcome::Refused, String::new())
                    .await?;
                return Err(Problem::SignInFailed.into());
            }
        };
        self.attempts(|throttle| throttle.succeeded(&name, address));
        if found == Match::Outdated {
            let newer = self.door().hasher.hash(password).await?;
            let old = Some(&user.password_hash);
            match self.store().set_password(user.id, &newer, old).await {
                // Somebody changed it in this moment: theirs stays.
                Ok(()) | Err(StoreError::Stale) => {}
                Err(cause) => return Err(cause.into()),
            }
        }
        let now = self.clock().now();
        self.store().note_sign_in(user.id, now).await?;
        self.store().purge_sessions(now).await?;
        let who = Who {
            actor: user.name.as_str(),
            address,
        };
        self.record(who, "sign-in", target, Outcome::Done, String::new())
            .await?;
        Ok(user.id)
    }

    /// Notes that somebody signed out, and cuts what they left open.
    pub async fn signed_out(&self, viewer: &Viewer) {
        let target = format!("account {}", viewer.name);
        let noted = self.record(
            Who::from(viewer),
            "sign-out",
            target,
            Outcome::Done,
            String::new(),
        );
        if let Err(error) = noted.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a sign-out could not be noted"
            );
        }
        self.changes().tell(Change::Rights(viewer.user));
    }

    /// Counts an attempt, or tells how long to wait.
    pub(super) fn try_once(&self, name: &str, address: &str) -> Result<()> {
        let now = self.clock().now();
        self.attempts(|throttle| throttle.attempt(name, address, now))
            .map_err(|Wait { seconds }| Problem::TooMany { retry_after: seconds }.into())
    }

    pub(super) fn attempts<T>(&self, act: impl FnOnce(&mut Throttle) -> T) -> T {
        let mut throttle = self
            .door()
            .throttle
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        act(&mut throttle)
    }
}
