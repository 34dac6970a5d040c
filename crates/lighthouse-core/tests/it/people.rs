//! A console on a store in memory, with nobody at the other end of any host.

use std::sync::Arc;

use async_trait::async_trait;
use lighthouse_core::access::{Grant, Proof, Right, Target, authorize};
use lighthouse_core::console::Ports;
use lighthouse_core::dial::HostConnection;
use lighthouse_core::engine::{Engine, EngineError, Engines};
use lighthouse_core::identity::{NewId, digest};
use lighthouse_core::store::{AuditLog, AuditRecord, SessionRecord, SessionStore};
use lighthouse_core::{Clock, Console, Secret, Viewer};
use lighthouse_model::{Role, SessionId, UserId};
use lighthouse_testkit::{ManualClock, MemoryStore};

pub(crate) const PASSWORD: &str = "correct horse battery";

struct Nobody;

#[async_trait]
impl Engines for Nobody {
    async fn connect(&self, _: &HostConnection) -> Result<Arc<dyn Engine>, EngineError> {
        Err(EngineError::Unreachable {
            why: "there is nobody".to_owned(),
        })
    }
}

pub(crate) struct Bench {
    pub(crate) console: Console,
    pub(crate) store: MemoryStore,
    pub(crate) clock: Arc<ManualClock>,
}

impl Bench {
    pub(crate) async fn start() -> Self {
        let (store, clock) = (MemoryStore::default(), Arc::new(ManualClock::default()));
        let ports = Ports {
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            store: Arc::new(store.clone()),
            engines: Arc::new(Nobody),
            installation: "test".to_owned(),
        };
        let console = Console::start(ports).await.unwrap();
        Self {
            console,
            store,
            clock,
        }
    }

    /// A console with the administrator `ada`.
    pub(crate) async fn with_administrator() -> (Self, Viewer) {
        let bench = Self::start().await;
        let token = bench.console.setup_token(None).await.unwrap().unwrap();
        let ada = bench
            .console
            .set_up(&token, "ada", &secret(PASSWORD), "10.0.0.1")
            .await
            .unwrap();
        let viewer = bench.session_of(ada).await;
        (bench, viewer)
    }

    /// Makes an account, and returns its viewer in a session of its own.
    pub(crate) async fn person(&self, ada: &Viewer, name: &str, role: Role) -> Viewer {
        let row = self
            .console
            .add_user(&grant(ada, Target::Installation), name, &secret(PASSWORD), role)
            .await
            .unwrap();
        self.session_of(row.id).await
    }

    pub(crate) async fn session_of(&self, user: UserId) -> Viewer {
        let id = SessionId::fresh();
        let now = self.clock.now();
        let session = SessionRecord {
            id,
            digest: digest(&id.to_string()),
            user,
            data: "{}".to_owned(),
            agent: "Firefox".to_owned(),
            address: "10.0.0.1".to_owned(),
            created_at: now,
            last_seen: now,
            expires_at: now + 1_000_000_000,
        };
        self.store.save_session(&session).await.unwrap();
        self.console
            .viewer(user, Proof::Session(id), "10.0.0.1")
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn record(&self) -> Vec<AuditRecord> {
        let rows = self.store.audit(None, 1_000).await.unwrap();
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// The newest row as `actor action outcome target`.
    pub(crate) async fn newest(&self) -> String {
        let row = self.record().await.remove(0);
        format!("{} {} {} {}", row.actor, row.action, row.outcome, row.target)
    }
}

pub(crate) fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

pub(crate) fn grant<R: Right>(viewer: &Viewer, target: Target) -> Grant<R> {
    authorize(viewer, target).unwrap()
}
