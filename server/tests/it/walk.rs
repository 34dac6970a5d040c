//! The authorization walk: every call there is, asked by everybody there is.
//!
//! The lists of calls come from what is served: a server function or a route that has no line in the tables fails
//! here. Each line names the one permission that the call needs; what everybody gets follows from it.

mod api;
mod calls;
mod doors;
mod refusals;
mod sockets;

use http::{Method, StatusCode};
use lighthouse_model::{Permission, PermissionSet, Role};

use crate::console::{Answer, Bench, Pass};

/// What the gate says when the kind of object is not to be seen.
const HIDDEN: &str = "such page or object";

/// How a call went, as far as the gate is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// 401: who is asking?
    SignIn,
    /// 404: there is no such thing for this one.
    Hidden,
    /// 403: there is, but it is not for this one.
    Forbidden,
    /// Past the gate, whatever became of it then.
    Through,
}

impl Fate {
    fn of(answer: &Answer) -> Self {
        match answer.status {
            StatusCode::UNAUTHORIZED => Self::SignIn,
            StatusCode::FORBIDDEN => Self::Forbidden,
            StatusCode::NOT_FOUND if answer.body.contains(HIDDEN) => Self::Hidden,
            _ => Self::Through,
        }
    }

    /// What somebody with these rights should meet at a call that needs this one.
    fn expected(rights: PermissionSet, needed: Option<Permission>) -> Self {
        match needed {
            None => Self::Through,
            Some(needed) if rights.contains(needed) => Self::Through,
            Some(needed) if rights.contains(sight(needed)) => Self::Forbidden,
            Some(_) => Self::Hidden,
        }
    }
}

/// The permission to see the kind of object: written down here again, so that a mistake there shows.
fn sight(needed: Permission) -> Permission {
    match needed.as_str().split(':').next() {
        Some("container") => Permission::ContainerView,
        Some("application") => Permission::ApplicationView,
        Some("host") => Permission::HostView,
        _ => needed,
    }
}

/// Somebody who asks.
struct Asker {
    who: String,
    pass: Pass,
    /// `None` for a stranger.
    rights: Option<PermissionSet>,
}

impl Asker {
    fn expected(&self, needed: Option<Permission>) -> Fate {
        self.rights
            .map_or(Fate::SignIn, |rights| Fate::expected(rights, needed))
    }
}

/// A stranger and every role, by session.
async fn people(bench: &Bench) -> Vec<Asker> {
    let mut askers = vec![Asker {
        who: "stranger".to_owned(),
        pass: Pass::Nothing,
        rights: None,
    }];
    for role in Role::ALL {
        askers.push(Asker {
            who: role.to_string(),
            pass: bench.signed_in(role.as_str()).await,
            rights: Some(role.permissions()),
        });
    }
    askers
}

/// Tokens: each with one right, all rights of each role, and one whose owner has lost what it was made for.
async fn tokens(bench: &Bench) -> Vec<Asker> {
    let mut askers = vec![Asker {
        who: "no token".to_owned(),
        pass: Pass::Bearer("lh_0123456789012345678901234567890123456789".to_owned()),
        rights: None,
    }];
    for permission in Permission::ALL {
        let scope = PermissionSet::EMPTY.with(*permission);
        askers.push(Asker {
            who: format!("token for {permission}"),
            pass: bench.token("administrator", Some(scope)).await,
            rights: Some(scope),
        });
    }
    for role in Role::ALL {
        askers.push(Asker {
            who: format!("token of {role}"),
            pass: bench.token(role.as_str(), None).await,
            rights: Some(role.permissions()),
        });
    }
    askers
}

/// Asks, and says what differs from what should be.
async fn judge(
    bench: &Bench,
    asker: &Asker,
    (method, path): (Method, &str),
    body: Option<serde_json::Value>,
    expected: Fate,
) -> Option<String> {
    let answer = bench.ask(&asker.pass, method.clone(), path, body).await;
    let fate = Fate::of(&answer);
    let unwell = answer.status == StatusCode::INTERNAL_SERVER_ERROR
        || answer.status == StatusCode::METHOD_NOT_ALLOWED
        || answer.status == StatusCode::TOO_MANY_REQUESTS;
    (fate != expected || unwell).then(|| {
        format!(
            "{} {method} {path}: {expected:?} expected, {fate:?} met ({} {})",
            asker.who,
            answer.status,
            answer.body.chars().take(200).collect::<String>()
        )
    })
}

fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
