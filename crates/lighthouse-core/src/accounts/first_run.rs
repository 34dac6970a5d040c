//! The first run: whoever holds the one-time token names the first administrator.

use lighthouse_model::{Problem, Role, UserId};

use super::password;
use crate::audit::{Outcome, Who};
use crate::identity::{self, NewId};
use crate::store::{StoreError, UserRecord};
use crate::{Console, Error, Result, Secret};

/// A token that is given by a person is not shorter than this.
const SHORTEST_TOKEN: usize = 32;

impl Console {
    /// Is there an account?
    pub async fn is_set_up(&self) -> Result<bool> {
        Ok(!self.store().users().await?.is_empty())
    }

    /// Makes the one-time token, or keeps the one given, in place of the one before. `None` once an account exists.
    pub async fn setup_token(&self, given: Option<Secret<String>>) -> Result<Option<Secret<String>>> {
        if self.is_set_up().await? {
            return Ok(None);
        }
        let token = match given {
            Some(given) if given.expose().len() < SHORTEST_TOKEN => {
                return Err(Problem::invalid("setup-token", "it has at least 32 characters").into());
            }
            Some(given) => given,
            None => identity::random_secret()?,
        };
        let digest = identity::digest(token.expose());
        match self.store().set_setup_digest(digest).await {
            Ok(()) => Ok(Some(token)),
            Err(StoreError::Taken(_)) => Ok(None),
            Err(cause) => Err(cause.into()),
        }
    }

    /// Makes the first administrator. Of any number of attempts with the right token exactly one succeeds.
    pub async fn set_up(
        &self,
        token: &Secret<String>,
        name: &str,
        password: &Secret<String>,
        address: &str,
    ) -> Result<UserId> {
        let digest = identity::digest(token.expose());
        // The token comes first: a stranger without it learns nothing and costs nothing.
        self.is_token(digest, address).await?;
        let name: lighthouse_model::Name = name.parse().map_err(|why| Problem::invalid("name", why))?;
        password::check(&name, password)?;
        // One after the other, and looked at again: only the first one costs a hash.
        let _turn = self.door().first_run.lock().await;
        self.is_token(digest, address).await?;
        let now = self.clock().now();
        let user = UserRecord {
            id: UserId::fresh(),
            name,
            password_hash: self.door().hasher.hash(password).await?,
            role: Role::Administrator,
            enabled: true,
            created_at: now,
            last_sign_in: Some(now),
        };
        if !self.store().add_first_user(digest, &user).await? {
            return Err(too_late());
        }
        let who = Who {
            actor: user.name.as_str(),
            address,
        };
        self.record(
            who,
            "set-up",
            "the installation".to_owned(),
            Outcome::Done,
            String::new(),
        )
        .await?;
        Ok(user.id)
    }

    /// Refuses what is not the token that is waiting.
    async fn is_token(&self, digest: [u8; 32], address: &str) -> Result<()> {
        match self.store().setup_digest().await? {
            None => Err(too_late()),
            Some(expected) if expected != digest => {
                let who = Who::stranger(address);
                let target = "the installation".to_owned();
                self.record(who, "set-up", target, Outcome::Refused, "wrong token".to_owned())
                    .await?;
                let why = "this is not the newest link; the terminal of the console shows it";
                Err(Problem::invalid("token", why).into())
            }
            Some(_) => Ok(()),
        }
    }
}

fn too_late() -> Error {
    let why = "Somebody has set this console up already. Sign in instead.".to_owned();
    Problem::Conflict { why }.into()
}
