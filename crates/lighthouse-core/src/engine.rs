//! The engine port: what the console asks of a Docker Engine, in typed operations.
//!
//! An adapter negotiates the API version, keeps the deadlines of [`deadline`], bounds every stream, and never
//! passes on a path or body that came from outside. Names and ids are checked types.

mod error;
mod name;
mod seen;
mod spec;
mod stream;

use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use futures::Stream;
use lighthouse_model::host::EngineFacts;
use lighthouse_model::{ContainerId, Millis};

pub use self::error::EngineError;
pub use self::name::{InvalidObjectName, ObjectName};
pub use self::seen::{
    ContainerInspection, ContainerSummary, EngineEvent, ImageFacts, ObjectSummary, RawStats,
};
pub use self::spec::{
    ContainerSpec, HealthcheckSpec, MountSpec, NetworkAttachment, NetworkSpec, RestartPolicy, Subnet,
    VolumeSpec,
};
pub use self::stream::{
    ExecControl, ExecSession, ExecSpec, LogRequest, PullProgress, RawLogLine, RegistryAuth,
};
use crate::dial::HostConnection;

/// How long each kind of call may take.
pub mod deadline {
    use std::time::Duration;

    /// Opening a stream to an engine.
    pub const CONNECT: Duration = Duration::from_secs(3);
    /// One ping.
    pub const PING: Duration = Duration::from_secs(3);
    /// List and inspect.
    pub const READ: Duration = Duration::from_secs(10);
    /// Create, start, rename, remove, networks, volumes.
    pub const CHANGE: Duration = Duration::from_secs(30);
    /// What stopping may take beyond the grace period.
    pub const STOP_SLACK: Duration = Duration::from_secs(10);
    /// A pull without any progress.
    pub const PULL_IDLE: Duration = Duration::from_secs(60);
    /// A pull in all.
    pub const PULL: Duration = Duration::from_secs(30 * 60);
    /// Opening an exec.
    pub const EXEC: Duration = Duration::from_secs(5);
}

/// A stream of results that owns what it needs.
pub type EngineStream<T> = Pin<Box<dyn Stream<Item = Result<T, EngineError>> + Send>>;

/// One Docker Engine.
#[async_trait]
pub trait Engine: Send + Sync {
    /// Asks for a sign of life.
    async fn ping(&self) -> Result<(), EngineError>;
    /// When the certificate ends that it showed last; `None` without TLS. Asks nothing of it.
    fn certificate_ends(&self) -> Option<Millis> {
        None
    }
    /// What it says of itself, and its clock.
    async fn facts(&self) -> Result<(EngineFacts, Millis), EngineError>;
    /// All containers, stopped ones too.
    async fn list(&self) -> Result<Vec<ContainerSummary>, EngineError>;
    /// One container as the list tells it; `None` when it is gone.
    async fn list_one(&self, id: &ContainerId) -> Result<Option<ContainerSummary>, EngineError>;
    /// Containers with this exact name or with this label and value, stopped ones too.
    async fn find(&self, by: &Find) -> Result<Vec<ContainerSummary>, EngineError>;
    /// Everything about one container.
    async fn inspect(&self, id: &ContainerId) -> Result<ContainerInspection, EngineError>;
    /// What happens from now on.
    async fn events(&self) -> Result<EngineStream<EngineEvent>, EngineError>;

    /// Makes a container; joins all its networks.
    async fn create(&self, name: &ObjectName, spec: &ContainerSpec) -> Result<ContainerId, EngineError>;
    /// Starts it; already running is fine.
    async fn start(&self, id: &ContainerId) -> Result<(), EngineError>;
    /// Stops it, with SIGKILL after so many seconds (`None`: its own setting); already stopped is fine.
    async fn stop(&self, id: &ContainerId, grace: Option<u32>) -> Result<(), EngineError>;
    /// Stops and starts it.
    async fn restart(&self, id: &ContainerId, grace: Option<u32>) -> Result<(), EngineError>;
    /// Takes it away with its anonymous volumes; already gone is fine. `force` kills it first.
    async fn remove(&self, id: &ContainerId, force: bool) -> Result<(), EngineError>;
    /// Gives it another name.
    async fn rename(&self, id: &ContainerId, name: &ObjectName) -> Result<(), EngineError>;

    /// Makes a network; one of this name and with the same `io.lighthouse.nonce` is fine.
    async fn create_network(&self, name: &ObjectName, spec: &NetworkSpec) -> Result<(), EngineError>;
    /// Takes it away; already gone is fine.
    async fn remove_network(&self, name: &ObjectName) -> Result<(), EngineError>;
    /// Networks with this label and value.
    async fn networks(&self, label: &str, value: &str) -> Result<Vec<ObjectSummary>, EngineError>;
    /// Makes a volume; one of this name is fine.
    async fn create_volume(&self, name: &ObjectName, spec: &VolumeSpec) -> Result<(), EngineError>;
    /// Takes it away; already gone is fine.
    async fn remove_volume(&self, name: &ObjectName) -> Result<(), EngineError>;
    /// Volumes with this label and value.
    async fn volumes(&self, label: &str, value: &str) -> Result<Vec<ObjectSummary>, EngineError>;

    /// What it knows of an image; `None` when it has it not.
    async fn image(&self, reference: &str) -> Result<Option<ImageFacts>, EngineError>;
    /// Brings an image from its registry.
    async fn pull(
        &self,
        reference: &str,
        auth: Option<&RegistryAuth>,
    ) -> Result<EngineStream<PullProgress>, EngineError>;

    /// A container's log, bounded.
    async fn logs(
        &self,
        id: &ContainerId,
        request: LogRequest,
    ) -> Result<EngineStream<RawLogLine>, EngineError>;
    /// Measurements, about one a second.
    async fn stats(&self, id: &ContainerId) -> Result<EngineStream<RawStats>, EngineError>;
    /// Runs a process inside a container.
    async fn exec(&self, id: &ContainerId, spec: &ExecSpec) -> Result<ExecSession, EngineError>;
}

/// What to find containers by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Find {
    /// The exact name.
    Name(ObjectName),
    /// A label with this value.
    Label(String, String),
}

/// Makes engines from connections.
#[async_trait]
pub trait Engines: Send + Sync {
    /// Reaches an engine and agrees on an API version with it.
    async fn connect(&self, connection: &HostConnection) -> Result<Arc<dyn Engine>, EngineError>;
}
