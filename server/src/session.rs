//! Browser sessions: `tower-sessions` over the console's own rows.
//!
//! The cookie holds a random id; the store keeps its digest only, with the account it belongs to, so that
//! sessions can be listed and revoked. A session exists only for somebody who signed in.

use std::collections::HashMap;
use std::fmt;
use std::fmt::Write;

use async_trait::async_trait;
use lighthouse_core::access::Proof;
use lighthouse_core::store::SessionRecord;
use lighthouse_core::{Console, Viewer, identity};
use lighthouse_model::{SessionId, UserId};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error as SessionError, Result as SessionResult};
use tower_sessions::{Expiry, Session, SessionManagerLayer, SessionStore};

use crate::problem::Refusal;
use crate::state::AppState;

/// How long a session lasts without being used.
pub const IDLE: time::Duration = time::Duration::days(14);
/// How often the end of a session in use is moved.
const RENEW_EVERY: i64 = 24 * 60 * 60 * 1_000;
/// The key under which a session keeps whose it is.
const KEY: &str = "signed-in";

/// What a session keeps.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignedIn {
    /// The session's public id.
    pub session: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The browser, by its own word.
    pub agent: String,
    /// The address it signed in from.
    pub address: String,
    /// When it signed in.
    pub at: i64,
    /// When its end was last moved.
    #[serde(default)]
    pub renewed: i64,
}

/// The console's rows as a session store.
#[derive(Clone)]
pub struct Rows(pub Console);

impl Rows {
    /// When a session ends that is used now: by the console's clock, not the library's.
    fn end(&self) -> i64 {
        i64::try_from(IDLE.whole_milliseconds()).map_or(i64::MAX, |idle| self.0.clock().now() + idle)
    }
}

impl fmt::Debug for Rows {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rows")
    }
}

/// The layer that reads and writes the cookie.
pub fn layer(console: &Console, cookie: &str, base_path: &str, secure: bool) -> SessionManagerLayer<Rows> {
    let path = if base_path.is_empty() {
        "/".to_owned()
    } else {
        base_path.to_owned()
    };
    SessionManagerLayer::new(Rows(console.clone()))
        .with_name(cookie.to_owned())
        .with_path(path)
        .with_http_only(true)
        .with_same_site(tower_sessions::cookie::SameSite::Lax)
        .with_secure(secure)
        .with_expiry(Expiry::OnInactivity(IDLE))
}

/// Makes the request's session one of a person who just signed in; the id rotates.
pub async fn begin(session: &Session, signed_in: &SignedIn) -> Result<(), Refusal> {
    let failed = |cause| Refusal::from(lighthouse_core::Error::internal("begin a session", cause));
    session.flush().await.map_err(failed)?;
    session.insert(KEY, signed_in).await.map_err(failed)?;
    session.save().await.map_err(failed)
}

/// Ends the request's session.
pub async fn end(session: &Session) -> Result<(), Refusal> {
    session
        .flush()
        .await
        .map_err(|cause| lighthouse_core::Error::internal("end a session", cause).into())
}

/// Whose session it is, with the rights they have now.
pub async fn viewer(state: &AppState, session: &Session, address: &str) -> Result<Option<Viewer>, Refusal> {
    let unavailable =
        |cause| lighthouse_core::Error::with_cause(lighthouse_model::Problem::StoreUnavailable, cause);
    let kept = session.get::<SignedIn>(KEY).await.map_err(unavailable)?;
    let Some(kept) = kept else { return Ok(None) };
    let (user, proof) = (kept.user, Proof::Session(kept.session));
    let now = state.console.clock().now();
    if now - kept.renewed >= RENEW_EVERY {
        // The layer saves what was changed, and sends the cookie again with its new end.
        let renewed = SignedIn { renewed: now, ..kept };
        session.insert(KEY, renewed).await.map_err(unavailable)?;
    }
    Ok(state.console.viewer(user, proof, address).await?)
}

/// The sign-in page that leads back to `wanted`.
pub fn login_path(wanted: &str) -> String {
    if wanted == "/" {
        return "/login".to_owned();
    }
    let mut next = String::with_capacity(wanted.len());
    for byte in wanted.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~') {
            next.push(char::from(byte));
        } else {
            // Writing to a `String` cannot fail.
            write!(next, "%{byte:02X}").ok();
        }
    }
    format!("/login?next={next}")
}

/// A place inside this console to go to after signing in; anything else becomes the overview.
pub fn safe_next(next: &str) -> &str {
    let inside = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains('\\')
        && !next.chars().any(char::is_control)
        && next.len() <= 2048;
    if inside { next } else { "/" }
}

fn digest(id: &Id) -> [u8; 32] {
    identity::digest(&id.to_string())
}

fn text(record: &Record) -> SessionResult<String> {
    serde_json::to_string(&record.data).map_err(|why| SessionError::Encode(why.to_string()))
}

fn backend(cause: impl fmt::Display) -> SessionError {
    SessionError::Backend(cause.to_string())
}

#[async_trait]
impl SessionStore for Rows {
    async fn create(&self, record: &mut Record) -> SessionResult<()> {
        let Some(value) = record.data.get(KEY) else {
            return Ok(());
        };
        // Emptied, a record keeps its id: whoever knew it before must not know it after.
        record.id = Id::default();
        let kept: SignedIn =
            serde_json::from_value(value.clone()).map_err(|why| SessionError::Decode(why.to_string()))?;
        let data = text(record)?;
        self.0
            .keep_session(&SessionRecord {
                id: kept.session,
                digest: digest(&record.id),
                user: kept.user,
                data,
                agent: kept.agent,
                address: kept.address,
                created_at: kept.at,
                last_seen: self.0.clock().now(),
                expires_at: self.end(),
            })
            .await
            .map_err(backend)
    }

    async fn save(&self, record: &Record) -> SessionResult<()> {
        // A session that was ended in between never comes back.
        self.0
            .renew_session(digest(&record.id), &text(record)?, self.end())
            .await
            .map_err(backend)?;
        Ok(())
    }

    async fn load(&self, id: &Id) -> SessionResult<Option<Record>> {
        let Some(row) = self.0.session_by_digest(digest(id)).await.map_err(backend)? else {
            return Ok(None);
        };
        if let Err(why) = self.0.touch_session(&row, &row.address).await {
            // Reading goes on when nothing can be written.
            tracing::warn!(%why, "the use of a session could not be noted");
        }
        let data: HashMap<String, serde_json::Value> =
            serde_json::from_str(&row.data).map_err(|why| SessionError::Decode(why.to_string()))?;
        let expiry_date = OffsetDateTime::from_unix_timestamp_nanos(i128::from(row.expires_at) * 1_000_000)
            .map_err(|why| SessionError::Decode(why.to_string()))?;
        Ok(Some(Record {
            id: *id,
            data,
            expiry_date,
        }))
    }

    async fn delete(&self, id: &Id) -> SessionResult<()> {
        match self.0.session_by_digest(digest(id)).await.map_err(backend)? {
            Some(row) => self.0.forget_session(row.id).await.map_err(backend),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_stays_inside() {
        assert_eq!(safe_next("/hosts/eu-1?x=1"), "/hosts/eu-1?x=1");
        for bad in [
            "https://evil.example",
            "//evil.example",
            "/\\evil",
            "hosts",
            "",
            "/a\nb",
        ] {
            assert_eq!(safe_next(bad), "/", "{bad}");
        }
    }

    #[test]
    fn the_way_back_survives_the_query() {
        assert_eq!(
            login_path("/containers?q=app:shop&sort=name"),
            "/login?next=/containers%3Fq%3Dapp%3Ashop%26sort%3Dname"
        );
    }
}
