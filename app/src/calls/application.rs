//! Planning and changing applications.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use lighthouse_model::application::{BlueprintText, DeployInput};
use lighthouse_model::plan::PlanView;
use lighthouse_model::{Action, OperationId};

#[cfg(feature = "ssr")]
use lighthouse_core::access::right;

use crate::failure::Failure;

/// What a deploy would do.
#[server(prefix = "/api/ui", endpoint = "applications/plan", input = Json)]
pub(crate) async fn plan(input: DeployInput) -> Result<PlanView, Failure> {
    let caller = super::caller::caller()?;
    caller.about(format!("application {}", input.name));
    let grant = caller.may::<right::ApplicationDeploy>()?;
    Ok(caller.console.plan(&grant, input).await?)
}

/// Deploys.
#[server(prefix = "/api/ui", endpoint = "applications/deploy", input = Json)]
pub(crate) async fn deploy(input: DeployInput) -> Result<OperationId, Failure> {
    let caller = super::caller::caller()?;
    caller.about(format!("application {}", input.name));
    let grant = caller.may::<right::ApplicationDeploy>()?;
    Ok(caller.console.deploy(&grant, input).await?)
}

/// The blueprint of a release, byte for byte; the newest without a number.
#[server(prefix = "/api/ui", endpoint = "applications/blueprint", input = Json)]
pub(crate) async fn blueprint(name: String, release: Option<i64>) -> Result<BlueprintText, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller
        .may_to_application::<right::ApplicationDeploy>(&name)
        .await?;
    Ok(caller.console.blueprint(&grant, release).await?)
}

/// Changes a service's number of replicas.
#[server(prefix = "/api/ui", endpoint = "applications/scale", input = Json)]
pub(crate) async fn scale(name: String, service: String, replicas: u32) -> Result<OperationId, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller
        .may_to_application::<right::ApplicationOperate>(&name)
        .await?;
    Ok(caller.console.scale(&grant, &service, replicas).await?)
}

/// Starts, stops or restarts every instance.
#[server(prefix = "/api/ui", endpoint = "applications/act", input = Json)]
pub(crate) async fn act_on_application(name: String, action: Action) -> Result<OperationId, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller
        .may_to_application::<right::ApplicationOperate>(&name)
        .await?;
    let console = &caller.console;
    Ok(match action {
        Action::Start => console.start_application(&grant).await?,
        Action::Stop => console.stop_application(&grant).await?,
        Action::Restart => console.restart_application(&grant).await?,
        _ => return Err(super::not_an_action()),
    })
}

/// Takes an application away, with its volumes only when asked.
#[server(prefix = "/api/ui", endpoint = "applications/remove", input = Json)]
pub(crate) async fn remove_application(name: String, with_volumes: bool) -> Result<OperationId, Failure> {
    use lighthouse_core::applications::Volumes;
    let caller = super::caller::caller()?;
    let grant = caller
        .may_to_application::<right::ApplicationDeploy>(&name)
        .await?;
    let volumes = if with_volumes {
        Volumes::Remove
    } else {
        Volumes::Keep
    };
    Ok(caller.console.remove_application(&grant, volumes).await?)
}
