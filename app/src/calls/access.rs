//! People, sessions, tokens, credentials, and the record of who did what.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use lighthouse_model::account::{AuditRow, CredentialRow, NewToken, SessionRow, TokenRow, UserRow};
use lighthouse_model::{CredentialId, PermissionSet, Role, SessionId, TokenId, UserId};

use lighthouse_core::Secret;
use lighthouse_core::access::right;
use lighthouse_core::accounts::UserChange;

use crate::failure::Failure;

async fn change_person(user: UserId, change: UserChange) -> Result<(), Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may_to::<right::UsersManage>(lighthouse_core::Target::User(user))?;
    caller.console.change_user(&grant, change).await?;
    Ok(())
}

/// Everybody with an account.
#[server(prefix = "/api/ui", endpoint = "users/list", input = Json)]
pub(crate) async fn list_users() -> Result<Vec<UserRow>, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::UsersManage>()?;
    Ok(caller.console.users(&grant).await?)
}

/// Makes an account.
#[server(prefix = "/api/ui", endpoint = "users/add", input = Json)]
pub(crate) async fn add_user(name: String, password: String, role: Role) -> Result<UserId, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::UsersManage>()?;
    let password = Secret::new(password);
    let row = caller.console.add_user(&grant, &name, &password, role).await?;
    Ok(row.id)
}

/// Changes a person's role, or whether they may sign in.
#[server(prefix = "/api/ui", endpoint = "users/change", input = Json)]
pub(crate) async fn change_user(user: UserId, role: Role, enabled: bool) -> Result<(), Failure> {
    let change = UserChange {
        role: Some(role),
        enabled: Some(enabled),
        ..UserChange::default()
    };
    change_person(user, change).await
}

/// Sets a person's password and ends their sessions.
#[server(prefix = "/api/ui", endpoint = "users/password", input = Json)]
pub(crate) async fn set_user_password(user: UserId, password: String) -> Result<(), Failure> {
    let change = UserChange {
        password: Some(Secret::new(password)),
        ..UserChange::default()
    };
    change_person(user, change).await
}

/// Everybody's sessions.
#[server(prefix = "/api/ui", endpoint = "sessions/all", input = Json)]
pub(crate) async fn list_sessions() -> Result<Vec<SessionRow>, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::UsersManage>()?;
    Ok(caller.console.all_sessions(&grant).await?)
}

/// The caller's own sessions.
#[server(prefix = "/api/ui", endpoint = "sessions/mine", input = Json)]
pub(crate) async fn my_sessions() -> Result<Vec<SessionRow>, Failure> {
    let caller = super::caller::caller()?;
    Ok(caller.console.own_sessions(&caller.viewer).await?)
}

/// Ends anybody's session.
#[server(prefix = "/api/ui", endpoint = "sessions/revoke", input = Json)]
pub(crate) async fn revoke_session(session: SessionId) -> Result<(), Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::UsersManage>()?;
    Ok(caller.console.end_session(&grant, session).await?)
}

/// Ends one of the caller's own sessions.
#[server(prefix = "/api/ui", endpoint = "sessions/end", input = Json)]
pub(crate) async fn end_own_session(session: SessionId) -> Result<(), Failure> {
    let caller = super::caller::caller()?;
    Ok(caller.console.end_own_session(&caller.viewer, session).await?)
}

/// Changes the caller's own password.
#[server(prefix = "/api/ui", endpoint = "password", input = Json)]
pub(crate) async fn change_password(current: String, new: String) -> Result<(), Failure> {
    let caller = super::caller::caller()?;
    let (current, new) = (Secret::new(current), Secret::new(new));
    let done = caller.console.change_own_password(&caller.viewer, &current, &new);
    Ok(done.await?)
}

/// The caller's own tokens.
#[server(prefix = "/api/ui", endpoint = "tokens/mine", input = Json)]
pub(crate) async fn my_tokens() -> Result<Vec<TokenRow>, Failure> {
    let caller = super::caller::caller()?;
    Ok(caller.console.tokens(&caller.viewer).await?)
}

/// Makes a token; its secret is in the answer and nowhere else.
#[server(prefix = "/api/ui", endpoint = "tokens/add", input = Json)]
pub(crate) async fn add_token(name: String, scope: PermissionSet, days: u32) -> Result<NewToken, Failure> {
    let caller = super::caller::caller()?;
    let request = lighthouse_core::accounts::TokenRequest {
        name,
        scope: Some(scope),
        days: Some(days),
    };
    Ok(caller.console.add_token(&caller.viewer, request).await?)
}

/// Ends a token.
#[server(prefix = "/api/ui", endpoint = "tokens/revoke", input = Json)]
pub(crate) async fn revoke_token(token: TokenId) -> Result<(), Failure> {
    let caller = super::caller::caller()?;
    Ok(caller.console.revoke_token(&caller.viewer, token).await?)
}

/// Registry credentials, without their secrets.
#[server(prefix = "/api/ui", endpoint = "credentials/list", input = Json)]
pub(crate) async fn list_credentials() -> Result<Vec<CredentialRow>, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::RegistryManage>()?;
    Ok(caller.console.credentials(&grant).await?)
}

/// Adds or replaces the credential of a registry.
#[server(prefix = "/api/ui", endpoint = "credentials/save", input = Json)]
pub(crate) async fn save_credential(
    registry: String,
    username: String,
    secret: String,
) -> Result<CredentialId, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::RegistryManage>()?;
    let secret = Secret::new(secret);
    let row = caller
        .console
        .save_credential(&grant, &registry, &username, secret);
    Ok(row.await?.id)
}

/// Forgets a credential.
#[server(prefix = "/api/ui", endpoint = "credentials/remove", input = Json)]
pub(crate) async fn remove_credential(credential: CredentialId) -> Result<(), Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::RegistryManage>()?;
    Ok(caller.console.remove_credential(&grant, credential).await?)
}

/// The record of who did what, newest first, older than a line's number if one is given.
#[server(prefix = "/api/ui", endpoint = "audit/list", input = Json)]
pub(crate) async fn list_audit(before: Option<i64>) -> Result<Vec<AuditRow>, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::AuditView>()?;
    Ok(caller.console.audit(&grant, before, 100).await?)
}
