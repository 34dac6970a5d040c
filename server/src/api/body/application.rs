//! Applications, plans and releases.

use std::collections::BTreeMap;

use lighthouse_model::application::{
    ApplicationRow, ApplicationView, BlueprintText, DeployInput, InstanceView, ReleaseRow, ServiceView,
};
use lighthouse_model::plan::{PlanView, PlannedInstance};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Timestamp, Verdict, actions, word};

/// An application.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Application {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Rises with every change; give it back with a deploy.
    pub generation: i64,
    /// The newest release.
    pub release: Option<i64>,
    /// Its health in words.
    pub status: Verdict,
    /// Services in it.
    pub services: u32,
    /// Instances that should run.
    pub desired: u32,
    /// Instances that run and are not unhealthy.
    pub good: u32,
    /// Hosts its instances are on.
    pub hosts: Vec<String>,
    /// When its newest release was made.
    pub changed_at: Timestamp,
    /// The operation that is changing it right now.
    pub operation: Option<String>,
    /// What the asker may do with it.
    pub allowed: Vec<String>,
}

impl From<ApplicationRow> for Application {
    fn from(row: ApplicationRow) -> Self {
        Self {
            id: row.id.to_string(),
            name: row.name.to_string(),
            generation: row.generation,
            release: row.release,
            status: row.verdict.into(),
            services: row.services,
            desired: row.desired,
            good: row.good,
            hosts: row.hosts.iter().map(ToString::to_string).collect(),
            changed_at: row.changed_at.into(),
            operation: row.operation.map(|id| id.to_string()),
            allowed: actions(row.allowed),
        }
    }
}

/// An application with its services and instances.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ApplicationWhole {
    /// What the list tells too.
    #[serde(flatten)]
    pub application: Application,
    /// The pool it is placed on.
    pub pool: String,
    /// Its services.
    pub service_list: Vec<Service>,
    /// Its instances.
    pub instances: Vec<Instance>,
}

impl From<ApplicationView> for ApplicationWhole {
    fn from(view: ApplicationView) -> Self {
        Self {
            application: view.row.into(),
            pool: view.pool.to_string(),
            service_list: view.services.into_iter().map(Into::into).collect(),
            instances: view.instances.into_iter().map(Into::into).collect(),
        }
    }
}

/// A service of an application.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// Instances that should run.
    pub desired: u32,
    /// Instances that run and are not unhealthy.
    pub good: u32,
    /// Its health in words.
    pub status: Verdict,
}

impl From<ServiceView> for Service {
    fn from(view: ServiceView) -> Self {
        Self {
            name: view.name,
            image: view.image,
            desired: view.desired,
            good: view.good,
            status: view.verdict.into(),
        }
    }
}

/// One replica of a service.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Instance {
    /// Such as `web-2`.
    pub name: String,
    /// Its service.
    pub service: String,
    /// The host it belongs on.
    pub host: String,
    /// Its container's full id.
    pub container: Option<String>,
    /// Its state in words.
    pub status: Verdict,
}

impl From<InstanceView> for Instance {
    fn from(view: InstanceView) -> Self {
        Self {
            name: view.name,
            service: view.service,
            host: view.host_name.to_string(),
            container: view.container.map(|row| row.key.id.to_string()),
            status: view.verdict.into(),
        }
    }
}

/// A blueprint with the texts that go with it.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Blueprint {
    /// The Compose file.
    pub compose: String,
    /// The `.env` text that `${VAR}` is read from.
    #[serde(default)]
    pub variables: String,
    /// Texts that `env_file` names, by path.
    #[serde(default)]
    pub env_files: BTreeMap<String, String>,
    /// Active profiles.
    #[serde(default)]
    pub profiles: Vec<String>,
}

impl From<Blueprint> for BlueprintText {
    fn from(blueprint: Blueprint) -> Self {
        Self {
            compose: blueprint.compose,
            variables: blueprint.variables,
            env_files: blueprint.env_files.into_iter().collect(),
            profiles: blueprint.profiles,
        }
    }
}

impl From<BlueprintText> for Blueprint {
    fn from(text: BlueprintText) -> Self {
        Self {
            compose: text.compose,
            variables: text.variables,
            env_files: text.env_files.into_iter().collect(),
            profiles: text.profiles,
        }
    }
}

/// A change of an application, to be planned or applied.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Deploy {
    /// What it should be.
    pub blueprint: Blueprint,
    /// The pool to place it on; absent is all hosts.
    #[serde(default)]
    pub pool: Option<String>,
    /// Why, in your words.
    #[serde(default)]
    pub reason: String,
    /// The generation the change is based on; absent for a new application.
    #[serde(default)]
    pub base_generation: Option<i64>,
}

impl Deploy {
    /// With the name from the path.
    pub fn input(self, name: String) -> DeployInput {
        DeployInput {
            name,
            blueprint: self.blueprint.into(),
            pool: self.pool.unwrap_or_default(),
            reason: self.reason,
            base_generation: self.base_generation,
        }
    }
}

/// A changed number of replicas.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// The service.
    pub service: String,
    /// Its instances from now on.
    pub replicas: u32,
}

/// What a change would do.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Plan {
    /// Can it be applied?
    pub applicable: bool,
    /// Would it change nothing?
    pub unchanged: bool,
    /// The application's generation the plan was made for.
    pub base_generation: Option<i64>,
    /// Findings in the blueprint.
    pub diagnostics: Vec<Finding>,
    /// What happens to each instance.
    pub instances: Vec<Planned>,
    /// Networks to be made, as `host: name`.
    pub networks: Vec<String>,
    /// Volumes to be made, as `host: name`.
    pub volumes: Vec<String>,
    /// Things to know.
    pub warnings: Vec<String>,
    /// Why it cannot be applied.
    pub obstacles: Vec<String>,
}

impl From<PlanView> for Plan {
    fn from(view: PlanView) -> Self {
        let pair = |(host, name): (lighthouse_model::Name, String)| format!("{host}: {name}");
        Self {
            applicable: view.is_applicable(),
            unchanged: view.is_unchanged(),
            base_generation: view.base_generation,
            diagnostics: view.diagnostics.into_iter().map(Into::into).collect(),
            instances: view.instances.into_iter().map(Into::into).collect(),
            networks: view.networks.into_iter().map(pair).collect(),
            volumes: view.volumes.into_iter().map(pair).collect(),
            warnings: view.warnings,
            obstacles: view.obstacles,
        }
    }
}

/// One finding in a blueprint.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Finding {
    /// `error`, `warning` or `note`.
    pub severity: String,
    /// A stable code.
    pub code: String,
    /// The line, from 1.
    pub line: u32,
    /// The column, from 1.
    pub column: u32,
    /// Where in the document.
    pub path: String,
    /// What is wrong and what to do.
    pub message: String,
}

impl From<lighthouse_model::Diagnostic> for Finding {
    fn from(found: lighthouse_model::Diagnostic) -> Self {
        Self {
            severity: word(&found.severity),
            code: word(&found.code),
            line: found.line,
            column: found.column,
            path: found.path,
            message: found.message,
        }
    }
}

/// What happens to one instance, where and why.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Planned {
    /// Such as `web-2`.
    pub name: String,
    /// Its service.
    pub service: String,
    /// `keep`, `create`, `replace` or `remove`.
    pub change: String,
    /// The host; absent when none fits.
    pub host: Option<String>,
    /// Why, a sentence each.
    pub why: Vec<String>,
    /// Each refused host, and why not.
    pub refused: BTreeMap<String, String>,
}

impl From<PlannedInstance> for Planned {
    fn from(planned: PlannedInstance) -> Self {
        Self {
            name: planned.name,
            service: planned.service,
            change: word(&planned.change),
            host: planned.host_name.map(|name| name.to_string()),
            why: planned.why,
            refused: planned
                .refused
                .into_iter()
                .map(|r| (r.host.to_string(), r.why))
                .collect(),
        }
    }
}

/// An immutable, numbered version of an application.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Release {
    /// Its number, from 1.
    pub number: i64,
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub author: String,
    /// Why, in their words.
    pub reason: String,
    /// The operation that applied it.
    pub operation: String,
    /// The image of each service, with digest.
    pub images: BTreeMap<String, String>,
}

impl From<ReleaseRow> for Release {
    fn from(row: ReleaseRow) -> Self {
        Self {
            number: row.number,
            at: row.at.into(),
            author: row.author,
            reason: row.reason,
            operation: row.operation.to_string(),
            images: row.images.into_iter().collect(),
        }
    }
}
