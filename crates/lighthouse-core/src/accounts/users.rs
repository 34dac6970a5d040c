//! Accounts as an administrator manages them, and one's own password.

use lighthouse_model::account::UserRow;
use lighthouse_model::{Action, Actions, Name, Permission, PermissionSet, Problem, Role, UserId};

use super::password::{self, Match};
use crate::access::{Grant, Proof, Target, right};
use crate::audit::{Outcome, Who};
use crate::change::Change;
use crate::identity::NewId;
use crate::store::{StoreError, UserRecord};
use crate::{Console, Error, Result, Secret, Viewer};

/// What to change about an account; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// The role.
    pub role: Option<Role>,
    /// May they sign in?
    pub enabled: Option<bool>,
    /// A new password.
    pub password: Option<Secret<String>>,
}

impl Console {
    /// All accounts.
    pub async fn users(&self, grant: &Grant<right::UsersManage>) -> Result<Vec<UserRow>> {
        let users = self.store().users().await?;
        Ok(users.iter().map(|user| row(user, grant.viewer())).collect())
    }

    /// Makes an account.
    pub async fn add_user(
        &self,
        grant: &Grant<right::UsersManage>,
        name: &str,
        password: &Secret<String>,
        role: Role,
    ) -> Result<UserRow> {
        within_reach(grant.viewer(), role)?;
        let name: Name = name.parse().map_err(|why| Problem::invalid("name", why))?;
        password::check(&name, password)?;
        let user = UserRecord {
            id: UserId::fresh(),
            name,
            password_hash: self.door().hasher.hash(password).await?,
            role,
            enabled: true,
            created_at: self.clock().now(),
            last_sign_in: None,
        };
        match self.store().add_user(&user).await {
            Ok(()) => {}
            Err(StoreError::Taken(_)) => {
                return Err(Problem::NameTaken {
                    what: "account".to_owned(),
                    name: user.name.to_string(),
                }
                .into());
            }
            Err(cause) => return Err(cause.into()),
        }
        self.noted(grant, "add-user", &user, format!("role {role}"))
            .await?;
        Ok(row(&user, grant.viewer()))
    }

    /// Changes the account of the grant.
    pub async fn change_user(
        &self,
        grant: &Grant<right::UsersManage>,
        change: UserChange,
    ) -> Result<UserRow> {
        let user = self.user_of(grant).await?;
        let viewer = grant.viewer();
        within_reach(viewer, user.role)?;
        if let Some(role) = change.role {
            within_reach(viewer, role)?;
        }
        if let Some(password) = &change.password {
            password::check(&user.name, password)?;
            let hash = self.door().hasher.hash(password).await?;
            self.store().set_password(user.id, &hash, None).await?;
            self.end_all_but(user.id, None).await?;
            self.noted(grant, "reset-password", &user, String::new()).await?;
        }
        if let Some(role) = change.role.filter(|role| *role != user.role) {
            let changed = self.store().set_role(user.id, role).await;
            changed.map_err(|cause| last_one(cause, &user))?;
            self.changes().tell(Change::Rights(user.id));
            let detail = format!("from {} to {role}", user.role);
            self.noted(grant, "change-role", &user, detail).await?;
        }
        if let Some(enabled) = change.enabled.filter(|enabled| *enabled != user.enabled) {
            let changed = self.store().set_enabled(user.id, enabled).await;
            changed.map_err(|cause| last_one(cause, &user))?;
            let action = if enabled {
                "enable-user"
            } else {
                self.end_all_but(user.id, None).await?;
                "disable-user"
            };
            self.noted(grant, action, &user, String::new()).await?;
        }
        let user = self.user_of(grant).await?;
        Ok(row(&user, viewer))
    }

    /// Takes the account of the grant away, with its sessions and tokens.
    pub async fn remove_user(&self, grant: &Grant<right::UsersManage>) -> Result<()> {
        let user = self.user_of(grant).await?;
        within_reach(grant.viewer(), user.role)?;
        let removed = self.store().remove_user(user.id).await;
        removed.map_err(|cause| last_one(cause, &user))?;
        self.changes().tell(Change::Rights(user.id));
        self.noted(grant, "remove-user", &user, String::new()).await
    }

    /// Changes one's own password, and ends one's other sessions; all of them when a token asks.
    pub async fn change_own_password(
        &self,
        viewer: &Viewer,
        current: &Secret<String>,
        new: &Secret<String>,
    ) -> Result<()> {
        let this = match viewer.proof {
            Proof::Session(session) => Some(session),
            Proof::Token(_) => None,
        };
        let user = self.store().user(viewer.user).await?;
        let user = user.ok_or_else(|| Problem::not_found("such account"))?;
        // A borrowed session or token guesses no better than a stranger.
        self.try_once(user.name.as_str(), &viewer.address)?;
        let found = self
            .door()
            .hasher
            .compare(current, Some(&user.password_hash))
            .await?;
        let target = format!("account {}", user.name);
        if found == Match::No {
            self.record(
                viewer.into(),
                "change-password",
                target,
                Outcome::Refused,
                String::new(),
            )
            .await?;
            return Err(Problem::invalid("current", "this is not your password").into());
        }
        self.attempts(|throttle| throttle.succeeded(user.name.as_str(), &viewer.address));
        password::check(&user.name, new)?;
        let hash = self.door().hasher.hash(new).await?;
        let old = Some(&user.password_hash);
        self.store().set_password(user.id, &hash, old).await?;
        self.end_all_but(user.id, this).await?;
        self.record(
            viewer.into(),
            "change-password",
            target,
            Outcome::Done,
            String::new(),
        )
        .await
    }

    async fn user_of(&self, grant: &Grant<right::UsersManage>) -> Result<UserRecord> {
        let missing = || Problem::not_found("such account");
        let Target::User(id) = grant.target() else {
            return Err(missing().into());
        };
        Ok(self.store().user(*id).await?.ok_or_else(missing)?)
    }

    async fn noted(
        &self,
        grant: &Grant<right::UsersManage>,
        action: &str,
        user: &UserRecord,
        detail: String,
    ) -> Result<()> {
        let target = format!("account {}", user.name);
        let who = Who::from(grant.viewer());
        self.record(who, action, target, Outcome::Done, detail).await
    }
}

/// Nobody gives, or takes over, more than they have themselves: a token for managing users makes no administrator.
fn within_reach(viewer: &Viewer, role: Role) -> Result<()> {
    let wanted: PermissionSet = role.permissions();
    match wanted.iter().find(|permission| !viewer.may(*permission)) {
        Some(permission) => Err(viewer.forbidden(permission, Target::Installation).into()),
        None => Ok(()),
    }
}

fn last_one(cause: StoreError, user: &UserRecord) -> Error {
    if matches!(cause, StoreError::Stale) {
        let why = format!(
            "`{}` is the last administrator who can sign in. Make another one first.",
            user.name
        );
        return Error::with_cause(Problem::Conflict { why }, cause);
    }
    cause.into()
}

fn row(user: &UserRecord, viewer: &Viewer) -> UserRow {
    let may = viewer.may(Permission::UsersManage) && viewer.permissions.includes(user.role.permissions());
    UserRow {
        id: user.id,
        name: user.name.to_string(),
        role: user.role,
        enabled: user.enabled,
        created_at: user.created_at,
        last_sign_in: user.last_sign_in,
        allowed: Actions::NONE
            .with_if(Action::Edit, may)
            .with_if(Action::Remove, may),
    }
}
