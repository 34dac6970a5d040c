//! Applications, their releases, instances and objects.

use std::collections::BTreeMap;

use async_trait::async_trait;
use lighthouse_model::application::BlueprintText;
use lighthouse_model::{ApplicationId, ContainerId, HostId, Millis, Name, OperationId, PoolId};

use super::StoreResult;

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
