//! Applications as screens and the API show them.

use serde::{Deserialize, Serialize};

use crate::container::ContainerRow;
use crate::{Actions, ApplicationId, HostId, Millis, Name, OperationId, Verdict};

/// One line of the list of applications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationRow {
    /// Which one.
    pub id: ApplicationId,
    /// Its name.
    pub name: Name,
    /// Rises with every change of the desired state.
    pub generation: i64,
    /// The number of the newest release; `None` before the first deploy ended.
    pub release: Option<i64>,
    /// Its health in words.
    pub verdict: Verdict,
    /// Services in it.
    pub services: u32,
    /// Instances that should run.
    pub desired: u32,
    /// Instances that run and are not unhealthy.
    pub good: u32,
    /// Hosts its instances are on.
    pub hosts: Vec<Name>,
    /// When its newest release was made.
    pub changed_at: Millis,
    /// The operation that is changing it right now.
    pub operation: Option<OperationId>,
    /// What the viewer may do with it.
    pub allowed: Actions,
}

/// One application, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplicationView {
    /// The row.
    pub row: ApplicationRow,
    /// The pool it is placed on.
    pub pool: Name,
    /// Health by service.
    pub services: Vec<ServiceView>,
    /// Its instances.
    pub instances: Vec<InstanceView>,
    /// Its newest releases, newest first, at most 50.
    pub releases: Vec<ReleaseRow>,
}

/// One service of an application.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceView {
    /// Its name.
    pub name: String,
    /// Its image as the blueprint asks for it.
    pub image: String,
    /// Instances that should run.
    pub desired: u32,
    /// Instances that run and are not unhealthy.
    pub good: u32,
    /// Its health in words.
    pub verdict: Verdict,
    /// What the viewer may do with it.
    pub allowed: Actions,
}

/// One replica of a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceView {
    /// Such as `web-2`.
    pub name: String,
    /// Its service.
    pub service: String,
    /// Its number within the service, from 1.
    pub number: u32,
    /// The host it belongs on.
    pub host: HostId,
    /// That host's name.
    pub host_name: Name,
    /// Its container; `None` when there is none.
    pub container: Option<ContainerRow>,
    /// Its state in words.
    pub verdict: Verdict,
}

/// One line of the list of releases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseRow {
    /// Its number, from 1.
    pub number: i64,
    /// When it was made.
    pub at: Millis,
    /// Who made it.
    pub author: String,
    /// Why, in their words.
    pub reason: String,
    /// The operation that applied it.
    pub operation: OperationId,
    /// Service and image reference with digest, or the image id marked local.
    pub images: Vec<(String, String)>,
}

/// A blueprint with the texts that go with it, as a person gave them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlueprintText {
    /// The Compose file, byte for byte.
    pub compose: String,
    /// The `.env` text that `${VAR}` is read from.
    #[serde(default)]
    pub variables: String,
    /// Texts that `env_file` names: path and content.
    #[serde(default)]
    pub env_files: Vec<(String, String)>,
    /// Active profiles.
    #[serde(default)]
    pub profiles: Vec<String>,
}

/// A change of an application, to be planned or applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeployInput {
    /// The application's name.
    pub name: String,
    /// What it should be.
    pub blueprint: BlueprintText,
    /// The pool to place it on; empty is all hosts.
    #[serde(default)]
    pub pool: String,
    /// Why, in the person's words; may be empty.
    #[serde(default)]
    pub reason: String,
    /// The generation the edit was based on; `None` for a new application.
    #[serde(default)]
    pub base_generation: Option<i64>,
}
