//! Personal tokens: rights for scripts, no wider than their owner's.

use lighthouse_model::account::{NewToken, TokenRow};
use lighthouse_model::{Action, Actions, Millis, Permission, PermissionSet, Problem, TokenId};

use crate::access::Proof;
use crate::audit::Outcome;
use crate::change::Change;
use crate::identity::{self, NewId};
use crate::store::TokenRecord;
use crate::{Console, Result, Secret, Target, Viewer};

/// What every token begins with, so that scanners for leaked secrets know it.
const PREFIX: &str = "lh_";
const DAY: Millis = 24 * 60 * 60 * 1_000;
const DAYS: u32 = 90;
const MOST_DAYS: u32 = 365;
/// Tokens of one account.
const MOST: usize = 50;
/// How exactly the last use is kept.
const SEEN_EVERY: Millis = 60_000;

/// A token to make.
#[derive(Debug, Clone, Default)]
pub struct TokenRequest {
    /// What its owner calls it.
    pub name: String,
    /// What it may do at most; `None` is all that its maker may.
    pub scope: Option<PermissionSet>,
    /// Days until it ends, 1 to 365; `None` is 90.
    pub days: Option<u32>,
}

impl Console {
    /// Who a token speaks for, with the rights both have now; `None` when it is not a token, ended, or its owner
    /// may not sign in.
    pub async fn viewer_of_token(&self, token: &Secret<String>, address: &str) -> Result<Option<Viewer>> {
        if !token.expose().starts_with(PREFIX) {
            return Ok(None);
        }
        let now = self.clock().now();
        let digest = identity::digest(token.expose());
        let Some(token) = self.store().token(digest, now).await? else {
            return Ok(None);
        };
        let proof = Proof::Token(token.id);
        let Some(viewer) = self.viewer(token.user, proof, address).await? else {
            return Ok(None);
        };
        if token.last_used.is_none_or(|at| now - at >= SEEN_EVERY)
            && let Err(error) = self.store().touch_token(token.id, now).await
        {
            // Reading goes on when nothing can be written.
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "the use of a token could not be noted"
            );
        }
        Ok(Some(Viewer {
            permissions: viewer.permissions.intersection(token.scope),
            ..viewer
        }))
    }

    /// One's own tokens, newest first.
    pub async fn tokens(&self, viewer: &Viewer) -> Result<Vec<TokenRow>> {
        let tokens = self.store().tokens(viewer.user).await?;
        Ok(tokens.iter().map(row).collect())
    }

    /// Makes a token of one's own. Its secret is in the answer and nowhere else.
    pub async fn add_token(&self, viewer: &Viewer, request: TokenRequest) -> Result<NewToken> {
        let name = request.name.trim();
        if name.is_empty() || name.chars().count() > 100 || name.chars().any(char::is_control) {
            let why = "a token has a name of 1 to 100 characters, on one line";
            return Err(Problem::invalid("name", why).into());
        }
        let days = request.days.unwrap_or(DAYS);
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(Problem::invalid("days", "a token lasts 1 to 365 days").into());
        }
        let scope = request.scope.unwrap_or(viewer.permissions);
        if let Some(permission) = scope.iter().find(|permission| !viewer.may(*permission)) {
            return Err(viewer.forbidden(permission, Target::Installation).into());
        }
        if scope == PermissionSet::EMPTY {
            let why = "a token that may do nothing is of no use; name at least one permission";
            return Err(Problem::invalid("scope", why).into());
        }
        let now = self.clock().now();
        let others = self.store().tokens(viewer.user).await?;
        if others.iter().filter(|one| one.expires_at > now).count() >= MOST {
            return Err(Problem::Conflict {
                why: "You have 50 tokens. Revoke one that is not used any more.".to_owned(),
            }
            .into());
        }
        let mut expires_at = now + i64::from(days) * DAY;
        if let Proof::Token(maker) = viewer.proof {
            // A token makes none that outlives it.
            let maker = others.iter().find(|one| one.id == maker);
            expires_at = maker.map_or(now, |maker| maker.expires_at.min(expires_at));
        }
        let secret = format!("{PREFIX}{}", hex::encode(identity::random_bytes::<20>()?));
        let token = TokenRecord {
            id: TokenId::fresh(),
            user: viewer.user,
            name: name.to_owned(),
            digest: identity::digest(&secret),
            scope,
            created_at: now,
            expires_at,
            last_used: None,
        };
        self.store().add_token(&token).await?;
        let words: Vec<_> = scope.iter().map(Permission::as_str).collect();
        let target = format!("token {name}");
        self.record(viewer.into(), "add-token", target, Outcome::Done, words.join(" "))
            .await?;
        Ok(NewToken {
            row: row(&token),
            secret,
        })
    }

    /// Ends one of one's own tokens.
    pub async fn revoke_token(&self, viewer: &Viewer, id: TokenId) -> Result<()> {
        let tokens = self.store().tokens(viewer.user).await?;
        let token = tokens.into_iter().find(|one| one.id == id);
        let token = token.ok_or_else(|| Problem::not_found("such token"))?;
        self.store().remove_token(viewer.user, id).await?;
        self.changes().tell(Change::Rights(viewer.user));
        let target = format!("token {}", token.name);
        self.record(
            viewer.into(),
            "revoke-token",
            target,
            Outcome::Done,
            String::new(),
        )
        .await
    }
}

fn row(token: &TokenRecord) -> TokenRow {
    TokenRow {
        id: token.id,
        name: token.name.clone(),
        user: token.user,
        scope: token.scope,
        created_at: token.created_at,
        expires_at: token.expires_at,
        last_used: token.last_used,
        allowed: Actions::NONE.with(Action::Revoke),
    }
}
