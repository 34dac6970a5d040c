//! Sessions as people see them: listing and ending them.

use std::collections::HashMap;

use lighthouse_model::account::SessionRow;
use lighthouse_model::{Action, Actions, Problem, SessionId, UserId};

use crate::access::{Grant, Proof, right};
use crate::audit::Outcome;
use crate::change::Change;
use crate::store::SessionRecord;
use crate::{Console, Result, Viewer};

impl Console {
    /// One's own sessions, newest first.
    pub async fn own_sessions(&self, viewer: &Viewer) -> Result<Vec<SessionRow>> {
        let now = self.clock().now();
        let sessions = self.store().sessions(Some(viewer.user), now).await?;
        let name = viewer.name.to_string();
        Ok(sessions
            .into_iter()
            .map(|one| row(one, name.clone(), viewer))
            .collect())
    }

    /// Everybody's sessions, newest first.
    pub async fn all_sessions(&self, grant: &Grant<right::UsersManage>) -> Result<Vec<SessionRow>> {
        let sessions = self.store().sessions(None, self.clock().now()).await?;
        let users = self.store().users().await?;
        let names: HashMap<_, _> = users.into_iter().map(|user| (user.id, user.name)).collect();
        Ok(sessions
            .into_iter()
            .map(|one| {
                let name = names.get(&one.user).map(ToString::to_string);
                row(one, name.unwrap_or_default(), grant.viewer())
            })
            .collect())
    }

    /// Ends one of one's own sessions.
    pub async fn end_own_session(&self, viewer: &Viewer, id: SessionId) -> Result<()> {
        let sessions = self
            .store()
            .sessions(Some(viewer.user), self.clock().now())
            .await?;
        self.end(viewer, sessions, id).await
    }

    /// Ends anybody's session.
    pub async fn end_session(&self, grant: &Grant<right::UsersManage>, id: SessionId) -> Result<()> {
        let sessions = self.store().sessions(None, self.clock().now()).await?;
        self.end(grant.viewer(), sessions, id).await
    }

    /// Ends all of one's own sessions but the one that asks.
    pub async fn end_other_sessions(&self, viewer: &Viewer) -> Result<()> {
        let but = match viewer.proof {
            Proof::Session(id) => Some(id),
            Proof::Token(_) => None,
        };
        self.end_all_but(viewer.user, but).await?;
        let target = format!("account {}", viewer.name);
        self.record(
            viewer.into(),
            "end-other-sessions",
            target,
            Outcome::Done,
            String::new(),
        )
        .await
    }

    /// Ends an account's sessions, and cuts what they left open.
    pub(super) async fn end_all_but(&self, user: UserId, but: Option<SessionId>) -> Result<()> {
        self.store().remove_sessions_of(user, but).await?;
        self.changes().tell(Change::Rights(user));
        Ok(())
    }

    async fn end(&self, viewer: &Viewer, sessions: Vec<SessionRecord>, id: SessionId) -> Result<()> {
        let found = sessions.into_iter().find(|one| one.id == id);
        let session = found.ok_or_else(|| Problem::not_found("such session"))?;
        self.store().remove_session(id).await?;
        self.changes().tell(Change::Rights(session.user));
        let owner = self.store().user(session.user).await?;
        let target = match owner {
            Some(owner) => format!("a session of account {}", owner.name),
            None => "a session".to_owned(),
        };
        self.record(
            viewer.into(),
            "end-session",
            target,
            Outcome::Done,
            session.address,
        )
        .await
    }
}

fn row(session: SessionRecord, user_name: String, viewer: &Viewer) -> SessionRow {
    SessionRow {
        id: session.id,
        user: session.user,
        user_name,
        agent: session.agent,
        address: session.address,
        created_at: session.created_at,
        last_seen: session.last_seen,
        current: viewer.proof == Proof::Session(session.id),
        allowed: Actions::NONE.with(Action::Revoke),
    }
}
