//! Users, sessions, tokens, registry credentials and the record.

use lighthouse_model::account::{AuditRow, CredentialRow, NewToken, SessionRow, TokenRow, UserRow};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Timestamp, actions};

/// A person with an account.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct User {
    /// Its id.
    pub id: String,
    /// The name they sign in with.
    pub name: String,
    /// `viewer`, `operator` or `administrator`.
    pub role: String,
    /// May they sign in?
    pub enabled: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When they last signed in.
    pub last_sign_in: Option<Timestamp>,
    /// What the asker may do with it.
    pub allowed: Vec<String>,
}

impl From<UserRow> for User {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            role: row.role.to_string(),
            enabled: row.enabled,
            created_at: row.created_at.into(),
            last_sign_in: row.last_sign_in.map(Into::into),
            allowed: actions(row.allowed),
        }
    }
}

/// A new password of one's own.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordChange {
    /// The password as it is now.
    pub current: String,
    /// The new one.
    pub new: String,
}

/// An account to make.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    /// The name they sign in with.
    pub name: String,
    /// Their first password.
    pub password: String,
    /// `viewer`, `operator` or `administrator`.
    pub role: String,
}

/// A change of an account; absent fields stay as they are.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserChange {
    /// Their role.
    pub role: Option<String>,
    /// May they sign in?
    pub enabled: Option<bool>,
    /// A new password.
    pub password: Option<String>,
}

/// A signed-in browser.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Session {
    /// Its id.
    pub id: String,
    /// Whose.
    pub user: String,
    /// The browser, by its own word.
    pub agent: String,
    /// The address it was last seen at.
    pub address: String,
    /// When it signed in.
    pub created_at: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Self {
            id: row.id.to_string(),
            user: row.user_name,
            agent: row.agent,
            address: row.address,
            created_at: row.created_at.into(),
            last_seen: row.last_seen.into(),
        }
    }
}

/// A personal token, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Token {
    /// Its id.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// What it may do at most; its owner's rights bound it too.
    pub scope: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was last used.
    pub last_used: Option<Timestamp>,
}

impl From<TokenRow> for Token {
    fn from(row: TokenRow) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name,
            scope: row.scope.iter().map(|p| p.to_string()).collect(),
            created_at: row.created_at.into(),
            expires_at: row.expires_at.into(),
            last_used: row.last_used.map(Into::into),
        }
    }
}

/// A token to make.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenRequest {
    /// What you call it.
    pub name: String,
    /// Permissions such as `container:view`; absent is everything you may do.
    pub scope: Option<Vec<String>>,
    /// Days until it stops working, 1 to 365.
    #[schema(minimum = 1, maximum = 365, default = 90)]
    pub days: Option<u32>,
}

/// A token at its making: the only time its secret is shown.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TokenMade {
    /// What the list tells too.
    #[serde(flatten)]
    pub token: Token,
    /// The secret.
    pub secret: String,
}

impl From<NewToken> for TokenMade {
    fn from(made: NewToken) -> Self {
        Self {
            token: made.row.into(),
            secret: made.secret,
        }
    }
}

/// A registry's credential, without its secret.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Credential {
    /// Its id.
    pub id: String,
    /// The registry's host name.
    pub registry: String,
    /// The user name there.
    pub username: String,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

impl From<CredentialRow> for Credential {
    fn from(row: CredentialRow) -> Self {
        Self {
            id: row.id.to_string(),
            registry: row.registry,
            username: row.username,
            changed_at: row.changed_at.into(),
        }
    }
}

/// A credential to keep, in place of the one for the same registry.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewCredential {
    /// The registry's host name, with port if any.
    pub registry: String,
    /// The user name there.
    pub username: String,
    /// The password or token; write-only.
    pub secret: String,
}

/// A line of the record of who did what.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RecordLine {
    /// Its number; older lines have smaller ones.
    pub n: i64,
    /// When.
    pub at: Timestamp,
    /// Who; empty when nobody was signed in.
    pub actor: String,
    /// From which address.
    pub address: String,
    /// What they did, a stable word such as `deploy`.
    pub action: String,
    /// To what, in words.
    pub target: String,
    /// `done`, `accepted`, `refused` or `failed`.
    pub outcome: String,
    /// The operation it started.
    pub operation: Option<String>,
    /// Anything else.
    pub detail: String,
}

impl From<AuditRow> for RecordLine {
    fn from(row: AuditRow) -> Self {
        Self {
            n: row.n,
            at: row.at.into(),
            actor: row.actor,
            address: row.address,
            action: row.action,
            target: row.target,
            outcome: row.outcome,
            operation: row.operation.map(|id| id.to_string()),
            detail: row.detail,
        }
    }
}
