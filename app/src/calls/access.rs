//! People, sessions, tokens, credentials, and the record of who did what.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use lighthouse_model::account::{AuditRow, CredentialRow, NewToken, SessionRow, TokenRow, UserRow};
use lighthouse_model::{CredentialId, PermissionSet, Role, SessionId, TokenId, UserId};

use crate::failure::Failure;

/// Everybody with an account.
#[server(prefix = "/api/ui", endpoint = "users/list", input = Json)]
pub(crate) async fn list_users() -> Result<Vec<UserRow>, Failure> {
    super::unbuilt()
}

/// Makes an account.
#[server(prefix = "/api/ui", endpoint = "users/add", input = Json)]
pub(crate) async fn add_user(name: String, password: String, role: Role) -> Result<UserId, Failure> {
    let _ = (name, password, role);
    super::unbuilt()
}

/// Changes a person's role, or whether they may sign in.
#[server(prefix = "/api/ui", endpoint = "users/change", input = Json)]
pub(crate) async fn change_user(user: UserId, role: Role, enabled: bool) -> Result<(), Failure> {
    let _ = (user, role, enabled);
    super::unbuilt()
}

/// Sets a person's password and ends their sessions.
#[server(prefix = "/api/ui", endpoint = "users/password", input = Json)]
pub(crate) async fn set_user_password(user: UserId, password: String) -> Result<(), Failure> {
    let _ = (user, password);
    super::unbuilt()
}

/// Everybody's sessions.
#[server(prefix = "/api/ui", endpoint = "sessions/all", input = Json)]
pub(crate) async fn list_sessions() -> Result<Vec<SessionRow>, Failure> {
    super::unbuilt()
}

/// The caller's own sessions.
#[server(prefix = "/api/ui", endpoint = "sessions/mine", input = Json)]
pub(crate) async fn my_sessions() -> Result<Vec<SessionRow>, Failure> {
    super::unbuilt()
}

/// Ends a session: the caller's own, or anybody's for those who manage users.
#[server(prefix = "/api/ui", endpoint = "sessions/revoke", input = Json)]
pub(crate) async fn revoke_session(session: SessionId) -> Result<(), Failure> {
    let _ = session;
    super::unbuilt()
}

/// Changes the caller's own password.
#[server(prefix = "/api/ui", endpoint = "password", input = Json)]
pub(crate) async fn change_password(current: String, new: String) -> Result<(), Failure> {
    let _ = (current, new);
    super::unbuilt()
}

/// The caller's own tokens.
#[server(prefix = "/api/ui", endpoint = "tokens/mine", input = Json)]
pub(crate) async fn my_tokens() -> Result<Vec<TokenRow>, Failure> {
    super::unbuilt()
}

/// Makes a token; its secret is in the answer and nowhere else.
#[server(prefix = "/api/ui", endpoint = "tokens/add", input = Json)]
pub(crate) async fn add_token(name: String, scope: PermissionSet, days: u32) -> Result<NewToken, Failure> {
    let _ = (name, scope, days);
    super::unbuilt()
}

/// Ends a token.
#[server(prefix = "/api/ui", endpoint = "tokens/revoke", input = Json)]
pub(crate) async fn revoke_token(token: TokenId) -> Result<(), Failure> {
    let _ = token;
    super::unbuilt()
}

/// Registry credentials, without their secrets.
#[server(prefix = "/api/ui", endpoint = "credentials/list", input = Json)]
pub(crate) async fn list_credentials() -> Result<Vec<CredentialRow>, Failure> {
    super::unbuilt()
}

/// Adds or replaces the credential of a registry.
#[server(prefix = "/api/ui", endpoint = "credentials/save", input = Json)]
pub(crate) async fn save_credential(
    registry: String,
    username: String,
    secret: String,
) -> Result<CredentialId, Failure> {
    let _ = (registry, username, secret);
    super::unbuilt()
}

/// Forgets a credential.
#[server(prefix = "/api/ui", endpoint = "credentials/remove", input = Json)]
pub(crate) async fn remove_credential(credential: CredentialId) -> Result<(), Failure> {
    let _ = credential;
    super::unbuilt()
}

/// The record of who did what, newest first, older than a line's number if one is given.
#[server(prefix = "/api/ui", endpoint = "audit/list", input = Json)]
pub(crate) async fn list_audit(before: Option<i64>) -> Result<Vec<AuditRow>, Failure> {
    let _ = before;
    super::unbuilt()
}
