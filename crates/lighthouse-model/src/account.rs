//! People, sessions, tokens and credentials as screens and the API show them.

use serde::{Deserialize, Serialize};

use crate::{Actions, CredentialId, Millis, PermissionSet, Role, SessionId, TokenId, UserId};

/// A person with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserRow {
    /// Which one.
    pub id: UserId,
    /// The name they sign in with.
    pub name: String,
    /// Their role for the whole installation.
    pub role: Role,
    /// May they sign in?
    pub enabled: bool,
    /// When the account was made.
    pub created_at: Millis,
    /// When they last signed in.
    pub last_sign_in: Option<Millis>,
    /// What the viewer may do with it.
    pub allowed: Actions,
}

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    /// Which one.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// That person's name.
    pub user_name: String,
    /// The browser, by its own word.
    pub agent: String,
    /// The address it was last seen at.
    pub address: String,
    /// When it signed in.
    pub created_at: Millis,
    /// When it was last seen, to the minute.
    pub last_seen: Millis,
    /// Is it the one that asks?
    pub current: bool,
    /// What the viewer may do with it.
    pub allowed: Actions,
}

/// A personal token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRow {
    /// Which one.
    pub id: TokenId,
    /// What its owner calls it.
    pub name: String,
    /// The owner.
    pub user: UserId,
    /// What it may do at most; its owner's rights bound it too.
    pub scope: PermissionSet,
    /// When it was made.
    pub created_at: Millis,
    /// When it stops working.
    pub expires_at: Millis,
    /// When it was last used, to the minute.
    pub last_used: Option<Millis>,
    /// What the viewer may do with it.
    pub allowed: Actions,
}

/// A token at its making: the only time its secret is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewToken {
    /// The row.
    pub row: TokenRow,
    /// The secret.
    pub secret: String,
}

/// A registry's credential, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialRow {
    /// Which one.
    pub id: CredentialId,
    /// The registry's host name, with port if any.
    pub registry: String,
    /// The user name there.
    pub username: String,
    /// When it was last changed.
    pub changed_at: Millis,
    /// What the viewer may do with it.
    pub allowed: Actions,
}

/// One line of the record of who did what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// Its number; older lines have smaller ones.
    pub n: i64,
    /// When.
    pub at: Millis,
    /// Who; empty when nobody was signed in.
    pub actor: String,
    /// From which address.
    pub address: String,
    /// What they did, a stable kebab-case word.
    pub action: String,
    /// On what, in words.
    pub target: String,
    /// `done`, `accepted`, `refused` or `failed`.
    pub outcome: String,
    /// The operation it started.
    pub operation: Option<crate::OperationId>,
    /// Anything else, without secrets.
    pub detail: String,
}
