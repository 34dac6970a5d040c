//! What can be done at the machine itself, by somebody who may read the data directory but cannot sign in.

use lighthouse_model::Problem;

use super::{Door, password};
use crate::audit::{self, Outcome, Who};
use crate::store::{Store, UserRecord};
use crate::{Clock, Result, Secret};

/// All accounts.
pub async fn users(store: &dyn Store) -> Result<Vec<UserRecord>> {
    Ok(store.users().await?)
}

/// Gives an account a new password, lets it sign in again, and ends its sessions.
pub async fn reset_password(
    store: &dyn Store,
    clock: &dyn Clock,
    name: &str,
    password: &Secret<String>,
) -> Result<()> {
    let user = store.user_by_name(name).await?;
    let user = user.ok_or_else(|| Problem::not_found(format!("account `{name}`")))?;
    password::check(&user.name, password)?;
    let hash = Door::default().hasher.hash(password).await?;
    store.set_password(user.id, &hash, None).await?;
    store.set_enabled(user.id, true).await?;
    store.remove_sessions_of(user.id, None).await?;
    let target = format!("account {}", user.name);
    let detail = "from the command line".to_owned();
    let who = Who::stranger("this machine");
    let line = audit::line(clock, who, "reset-password", target, Outcome::Done, detail);
    Ok(store.append(&line).await?)
}
