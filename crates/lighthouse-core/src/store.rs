//! The store port: what outlives the process.
//!
//! Each trait is one concern; [`Store`] is all of them. Every write is one committed transaction when its call
//! returns. Adapters seal what is marked *sealed* and answer within two seconds.

use std::collections::BTreeMap;

use async_trait::async_trait;
use lighthouse_model::application::BlueprintText;
use lighthouse_model::operation::{OperationKind, OperationState, StepKind, StepStatus};
use lighthouse_model::{
    ApplicationId, ContainerId, CredentialId, HostId, Millis, Name, OperationId, PermissionSet, PoolId, Role,
    SessionId, TokenId, UserId,
};

use crate::Secret;
use crate::access::GrantRecord;
use crate::dial::HostConnection;

/// Why the store did not do it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A name or key is taken.
    #[error("`{0}` is taken")]
    Taken(&'static str),
    /// The row is not there.
    #[error("no such row")]
    Missing,
    /// The row changed since it was read, or the writer's epoch is over.
    #[error("the row changed in between")]
    Stale,
    /// Another operation is active.
    #[error("operation {operation} is active")]
    Busy {
        /// Which one.
        operation: OperationId,
        /// Who started it.
        actor: String,
    },
    /// There is no space left.
    #[error("no space left for the store")]
    Full(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Anything else.
    #[error("the store failed")]
    Failed(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// The store's result.
pub type StoreResult<T> = Result<T, StoreError>;

/// Everything the console keeps.
pub trait Store:
    Installation
    + HostStore
    + AccountStore
    + SessionStore
    + TokenStore
    + CredentialStore
    + ApplicationStore
    + Journal
    + AuditLog
{
}

impl<T> Store for T where
    T: Installation
        + HostStore
        + AccountStore
        + SessionStore
        + TokenStore
        + CredentialStore
        + ApplicationStore
        + Journal
        + AuditLog
{
}

/// The installation itself.
#[async_trait]
pub trait Installation: Send + Sync {
    /// Its id, made once: the label `io.lighthouse.installation` on everything we create.
    fn installation_id(&self) -> &str;
    /// Can the store be written to now?
    async fn ready(&self) -> StoreResult<()>;
    /// A setting.
    async fn setting(&self, key: &str) -> StoreResult<Option<String>>;
    /// Keeps a setting.
    async fn set_setting(&self, key: &str, value: &str) -> StoreResult<()>;
}

/// A host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRecord {
    /// Which one.
    pub id: HostId,
    /// Its name; unique.
    pub name: Name,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// How it is reached; sealed.
    pub connection: HostConnection,
    /// The engine id it had when it last answered.
    pub engine_id: Option<String>,
    /// When it was added.
    pub created_at: Millis,
    /// Incremented by every edit.
    pub version: i64,
}

/// A pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolRecord {
    /// Which one.
    pub id: PoolId,
    /// Its name; unique.
    pub name: Name,
    /// Its label query.
    pub query: String,
}

/// Hosts and pools.
#[async_trait]
pub trait HostStore: Send + Sync {
    /// All hosts.
    async fn hosts(&self) -> StoreResult<Vec<HostRecord>>;
    /// Adds one. [`StoreError::Taken`] when the name is.
    async fn add_host(&self, host: &HostRecord) -> StoreResult<()>;
    /// Replaces one whose stored version is `host.version - 1`; else [`StoreError::Stale`].
    async fn update_host(&self, host: &HostRecord) -> StoreResult<()>;
    /// Notes the engine id last seen.
    async fn set_engine_id(&self, host: HostId, engine_id: &str) -> StoreResult<()>;
    /// Takes one away.
    async fn remove_host(&self, host: HostId) -> StoreResult<()>;
    /// All pools.
    async fn pools(&self) -> StoreResult<Vec<PoolRecord>>;
    /// Adds one.
    async fn add_pool(&self, pool: &PoolRecord) -> StoreResult<()>;
    /// Takes one away.
    async fn remove_pool(&self, pool: PoolId) -> StoreResult<()>;
}

/// An account with its role for the installation (a row of `assignment`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRecord {
    /// Which one.
    pub id: UserId,
    /// The name they sign in with; unique.
    pub name: Name,
    /// The password's argon2id hash, in PHC form.
    pub password_hash: Secret<String>,
    /// Their role.
    pub role: Role,
    /// May they sign in?
    pub enabled: bool,
    /// When it was made.
    pub created_at: Millis,
    /// When they last signed in.
    pub last_sign_in: Option<Millis>,
}

/// Accounts and first run.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// The digest of the first-run token, while no account exists.
    async fn setup_digest(&self) -> StoreResult<Option<[u8; 32]>>;
    /// Keeps it; refused ([`StoreError::Taken`]) once an account exists.
    async fn set_setup_digest(&self, digest: [u8; 32]) -> StoreResult<()>;
    /// Makes the first account if there is none and the digest agrees, and forgets the digest, in one
    /// transaction. Of any number of parallel calls exactly one is `true`.
    async fn add_first_user(&self, digest: [u8; 32], user: &UserRecord) -> StoreResult<bool>;
    /// All accounts.
    async fn users(&self) -> StoreResult<Vec<UserRecord>>;
    /// One account.
    async fn user(&self, id: UserId) -> StoreResult<Option<UserRecord>>;
    /// One account by its name.
    async fn user_by_name(&self, name: &str) -> StoreResult<Option<UserRecord>>;
    /// Adds one.
    async fn add_user(&self, user: &UserRecord) -> StoreResult<()>;
    /// Changes the role. [`StoreError::Stale`] when it would leave no enabled administrator.
    async fn set_role(&self, id: UserId, role: Role) -> StoreResult<()>;
    /// Lets them sign in, or not; the same guard.
    async fn set_enabled(&self, id: UserId, enabled: bool) -> StoreResult<()>;
    /// Changes the password's hash. [`StoreError::Stale`] when `instead_of` is given and not the one stored.
    async fn set_password(
        &self,
        id: UserId,
        hash: &Secret<String>,
        instead_of: Option<&Secret<String>>,
    ) -> StoreResult<()>;
    /// Takes one away with its sessions, tokens and assignments; the same guard.
    async fn remove_user(&self, id: UserId) -> StoreResult<()>;
    /// Notes a sign-in.
    async fn note_sign_in(&self, id: UserId, at: Millis) -> StoreResult<()>;
}

/// A browser's session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRecord {
    /// Its public id.
    pub id: SessionId,
    /// SHA-256 of the secret in the cookie.
    pub digest: [u8; 32],
    /// Whose.
    pub user: UserId,
    /// What the session layer keeps in it, as JSON.
    pub data: String,
    /// The browser, by its own word; at most 200 characters.
    pub agent: String,
    /// The address it was last seen at.
    pub address: String,
    /// When it signed in.
    pub created_at: Millis,
    /// When it was last seen.
    pub last_seen: Millis,
    /// When it ends.
    pub expires_at: Millis,
}

/// Sessions.
#[async_trait]
pub trait SessionStore: Send + Sync {
    /// Adds one; it takes the place of one with the same digest or id. [`StoreError::Missing`] when its account
    /// is not there.
    async fn save_session(&self, session: &SessionRecord) -> StoreResult<()>;
    /// The one with this digest, unless it has ended by `now`.
    async fn session(&self, digest: [u8; 32], now: Millis) -> StoreResult<Option<SessionRecord>>;
    /// Replaces what a session holds and when it ends. [`StoreError::Missing`] when it has been ended in
    /// between: one that was revoked never comes back.
    async fn renew_session(&self, digest: [u8; 32], data: &str, expires_at: Millis) -> StoreResult<()>;
    /// Notes that it was seen; one that is not there is no error.
    async fn touch_session(&self, id: SessionId, address: &str, at: Millis) -> StoreResult<()>;
    /// Sessions that have not ended, of one account or of all, newest first.
    async fn sessions(&self, user: Option<UserId>, now: Millis) -> StoreResult<Vec<SessionRecord>>;
    /// Ends one.
    async fn remove_session(&self, id: SessionId) -> StoreResult<()>;
    /// Ends all of one account, but for one.
    async fn remove_sessions_of(&self, user: UserId, except: Option<SessionId>) -> StoreResult<()>;
    /// Forgets those that ended.
    async fn purge_sessions(&self, now: Millis) -> StoreResult<()>;
}

/// A personal token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// Its public id.
    pub id: TokenId,
    /// Whose.
    pub user: UserId,
    /// What its owner calls it.
    pub name: String,
    /// SHA-256 of its secret.
    pub digest: [u8; 32],
    /// What it may do at most.
    pub scope: PermissionSet,
    /// When it was made.
    pub created_at: Millis,
    /// When it ends.
    pub expires_at: Millis,
    /// When it was last used.
    pub last_used: Option<Millis>,
}

/// Tokens.
#[async_trait]
pub trait TokenStore: Send + Sync {
    /// Adds one.
    async fn add_token(&self, token: &TokenRecord) -> StoreResult<()>;
    /// The one with this digest, unless it has ended by `now`.
    async fn token(&self, digest: [u8; 32], now: Millis) -> StoreResult<Option<TokenRecord>>;
    /// One account's.
    async fn tokens(&self, user: UserId) -> StoreResult<Vec<TokenRecord>>;
    /// Notes a use.
    async fn touch_token(&self, id: TokenId, at: Millis) -> StoreResult<()>;
    /// Ends one of an account's.
    async fn remove_token(&self, user: UserId, id: TokenId) -> StoreResult<()>;
}

/// A registry's credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CredentialRecord {
    /// Which one.
    pub id: CredentialId,
    /// The registry's host name; unique.
    pub registry: String,
    /// The user name there.
    pub username: String,
    /// The password or token; sealed.
    pub secret: Secret<String>,
    /// When it was last changed.
    pub changed_at: Millis,
}

/// Registry credentials.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    /// All.
    async fn credentials(&self) -> StoreResult<Vec<CredentialRecord>>;
    /// Adds one, or replaces the one for the same registry.
    async fn save_credential(&self, credential: &CredentialRecord) -> StoreResult<()>;
    /// Takes one away.
    async fn remove_credential(&self, id: CredentialId) -> StoreResult<()>;
}

/// An application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApplicationRecord {
    /// Which one.
    pub id: ApplicationId,
    /// Its name; unique among those that exist.
    pub name: Name,
    /// Rises with every change of the desired state.
    pub generation: i64,
    /// The pool it is placed on; `None` is all hosts.
    pub pool: Option<PoolId>,
    /// The newest release that was applied or is being applied.
    pub release: Option<i64>,
    /// Replicas a person chose by scaling: service and number.
    pub scale: BTreeMap<String, u32>,
    /// Are its instances meant to run? `false` after *stop*.
    pub running: bool,
    /// When it was made.
    pub created_at: Millis,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseRecord {
    /// Of which application.
    pub application: ApplicationId,
    /// Its number, from 1.
    pub number: i64,
    /// Blueprint and variables; sealed.
    pub blueprint: BlueprintText,
    /// Service and image with digest (or the image id, marked local), filled as they become known.
    pub images: Vec<(String, String)>,
    /// Who made it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// The operation that applied it.
    pub operation: OperationId,
    /// When.
    pub at: Millis,
}

/// One instance's place: where it belongs, and what is there. With the labels on the container this is the proof
/// that the container is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceRecord {
    /// Of which application.
    pub application: ApplicationId,
    /// Of which service.
    pub service: String,
    /// Its number within the service, from 1.
    pub number: u32,
    /// Where it belongs.
    pub host: HostId,
    /// The generation it was made for.
    pub generation: i64,
    /// The release it was made from.
    pub release: i64,
    /// The random word that is also in its `io.lighthouse.nonce` label.
    pub nonce: String,
    /// Its container, once made.
    pub container: Option<ContainerId>,
    /// Digest of everything it was made from; another one means it has to be replaced.
    pub fingerprint: String,
}

/// A network or volume that we made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectRecord {
    /// For which application.
    pub application: ApplicationId,
    /// On which host.
    pub host: HostId,
    /// Network or volume.
    pub kind: ObjectKind,
    /// Its name on the engine.
    pub name: String,
    /// Its name in the blueprint.
    pub key: String,
    /// The random word that is also in its label.
    pub nonce: String,
}

/// What kind of thing an [`ObjectRecord`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ObjectKind {
    /// A network.
    Network,
    /// A volume.
    Volume,
}

/// Applications, releases and what belongs to them.
#[async_trait]
pub trait ApplicationStore: Send + Sync {
    /// All applications that exist.
    async fn applications(&self) -> StoreResult<Vec<ApplicationRecord>>;
    /// One by its name.
    async fn application(&self, name: &Name) -> StoreResult<Option<ApplicationRecord>>;
    /// One by its id.
    async fn application_by_id(&self, id: ApplicationId) -> StoreResult<Option<ApplicationRecord>>;
    /// Its releases, newest first.
    async fn releases(&self, id: ApplicationId, limit: u32) -> StoreResult<Vec<ReleaseRecord>>;
    /// One release.
    async fn release(&self, id: ApplicationId, number: i64) -> StoreResult<Option<ReleaseRecord>>;
    /// Notes what its images turned out to be.
    async fn set_release_images(
        &self,
        id: ApplicationId,
        number: i64,
        images: &[(String, String)],
    ) -> StoreResult<()>;
    /// Instances of one application, or of all.
    async fn instances(&self, id: Option<ApplicationId>) -> StoreResult<Vec<InstanceRecord>>;
    /// Adds or replaces one generation of an instance (key: application, service, number, generation).
    async fn save_instance(&self, instance: &InstanceRecord) -> StoreResult<()>;
    /// Takes one generation of an instance away; one that is not there is no error.
    async fn remove_instance(
        &self,
        id: ApplicationId,
        service: &str,
        number: u32,
        generation: i64,
    ) -> StoreResult<()>;
    /// Networks and volumes of an application.
    async fn objects(&self, id: ApplicationId) -> StoreResult<Vec<ObjectRecord>>;
    /// Adds or replaces one (key: application, host, kind, name).
    async fn save_object(&self, object: &ObjectRecord) -> StoreResult<()>;
    /// Takes one away; one that is not there is no error.
    async fn remove_object(&self, object: &ObjectRecord) -> StoreResult<()>;
    /// Takes an application away with its instances and objects; its releases and operations stay for the record.
    async fn remove_application(&self, id: ApplicationId) -> StoreResult<()>;
}

/// An operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OperationRecord {
    /// Which one.
    pub id: OperationId,
    /// What kind.
    pub kind: OperationKind,
    /// What it changes, in words.
    pub target: String,
    /// The application, when it is one.
    pub application: Option<ApplicationId>,
    /// Who started it.
    pub actor: String,
    /// The grant it was started with.
    pub grant: GrantRecord,
    /// The executor that may write its outcomes; a newer one takes over by raising it.
    pub epoch: i64,
    /// How far it is.
    pub state: OperationState,
    /// When it was accepted.
    pub created_at: Millis,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// What it needs to go on after a restart, as JSON; sealed.
    pub payload: String,
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRecord {
    /// Of which operation.
    pub operation: OperationId,
    /// Its place in it, from 0.
    pub n: u32,
    /// The host it is on.
    pub host: HostId,
    /// What it is about, in words.
    pub subject: String,
    /// The instance it belongs to, such as `web-2`.
    pub instance: Option<String>,
    /// The generation it works for.
    pub generation: i64,
    /// What it does.
    pub kind: StepKind,
    /// When its intent was written.
    pub intent_at: Option<Millis>,
    /// When its outcome was written.
    pub outcome_at: Option<Millis>,
    /// How far it is.
    pub status: StepStatus,
    /// The stable code of what went wrong.
    pub code: Option<String>,
    /// One line for a person.
    pub message: Option<String>,
    /// The engine's own words.
    pub detail: Option<String>,
}

/// How a step ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepOutcome {
    /// How.
    pub status: StepStatus,
    /// The stable code of what went wrong.
    pub code: Option<String>,
    /// One line for a person.
    pub message: Option<String>,
    /// The engine's own words.
    pub detail: Option<String>,
}

/// What else is written in the transaction that accepts an operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Acceptance {
    /// The application as it is to be: added when new. Refused with [`StoreError::Stale`] unless the stored
    /// generation is one less.
    pub application: Option<ApplicationRecord>,
    /// The release it makes.
    pub release: Option<ReleaseRecord>,
}

/// A page of the list of operations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperationFilter {
    /// Only of this application.
    pub application: Option<ApplicationId>,
    /// Only older than this one (ids sort by time).
    pub before: Option<OperationId>,
    /// Only these states; empty is all.
    pub states: Vec<OperationState>,
    /// At most so many.
    pub limit: u32,
}

/// The operations journal: intent before the act, outcome after it.
#[async_trait]
pub trait Journal: Send + Sync {
    /// Accepts an operation with all its steps, and what goes with it, in one transaction.
    /// [`StoreError::Busy`] when another one is active for the application.
    async fn accept(
        &self,
        operation: &OperationRecord,
        steps: &[StepRecord],
        with: &Acceptance,
        audit: &AuditRecord,
    ) -> StoreResult<()>;
    /// Adds steps at the end of an active operation. [`StoreError::Stale`] when the epoch is over or it ended.
    async fn add_steps(&self, operation: OperationId, epoch: i64, steps: &[StepRecord]) -> StoreResult<()>;
    /// Writes a step's intent. [`StoreError::Stale`] when the epoch is over, or the step ended in any other way than
    /// *unknown*.
    async fn begin_step(&self, operation: OperationId, epoch: i64, n: u32, at: Millis) -> StoreResult<()>;
    /// Writes a step's outcome. [`StoreError::Stale`] as with [`begin_step`](Self::begin_step).
    async fn end_step(
        &self,
        operation: OperationId,
        epoch: i64,
        n: u32,
        at: Millis,
        outcome: &StepOutcome,
    ) -> StoreResult<()>;
    /// Writes how far an operation is. [`StoreError::Stale`] when the epoch is over, or it ended in any other way than
    /// *interrupted*; [`StoreError::Busy`] when an interrupted one would go on beside another.
    async fn set_state(
        &self,
        operation: OperationId,
        epoch: i64,
        state: OperationState,
        at: Millis,
    ) -> StoreResult<()>;
    /// Takes over an operation: raises its epoch and returns the new one.
    async fn take_over(&self, operation: OperationId) -> StoreResult<i64>;
    /// One operation with its steps.
    async fn operation(&self, id: OperationId) -> StoreResult<Option<(OperationRecord, Vec<StepRecord>)>>;
    /// A page of operations, newest first, without payloads.
    async fn operations(&self, filter: &OperationFilter) -> StoreResult<Vec<OperationRecord>>;
    /// Steps ended and in all, for each of these operations.
    async fn step_counts(&self, ids: &[OperationId]) -> StoreResult<BTreeMap<OperationId, (u32, u32)>>;
    /// Operations that have not ended, oldest first.
    async fn unfinished(&self) -> StoreResult<Vec<(OperationRecord, Vec<StepRecord>)>>;
}

/// A row of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
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
    pub operation: Option<OperationId>,
    /// Anything else, without secrets.
    pub detail: String,
}

/// The append-only record of who did what.
#[async_trait]
pub trait AuditLog: Send + Sync {
    /// Adds a row.
    async fn append(&self, record: &AuditRecord) -> StoreResult<()>;
    /// Rows, newest first; `before` is the place returned with the last row of the page before.
    async fn audit(&self, before: Option<i64>, limit: u32) -> StoreResult<Vec<(i64, AuditRecord)>>;
}
