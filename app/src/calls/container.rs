//! Changing containers.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use lighthouse_model::{Action, ContainerKey, OperationId};

#[cfg(feature = "ssr")]
use lighthouse_core::access::right;

use crate::failure::Failure;

/// Starts an operation on containers: start, stop, restart or remove.
#[server(prefix = "/api/ui", endpoint = "containers/act", input = Json)]
pub(crate) async fn act_on_containers(
    keys: Vec<ContainerKey>,
    action: Action,
) -> Result<OperationId, Failure> {
    use lighthouse_core::operations::ContainerAction;
    let caller = super::caller::caller()?;
    let ids: Vec<String> = keys.iter().take(20).map(|key| key.id.to_string()).collect();
    caller.about(format!("containers {}", ids.join(", ")));
    let grant = caller.may::<right::ContainerOperate>()?;
    let action = match action {
        Action::Start => ContainerAction::Start,
        Action::Stop => ContainerAction::Stop,
        Action::Restart => ContainerAction::Restart,
        Action::Remove => ContainerAction::Remove,
        _ => return Err(super::not_an_action()),
    };
    Ok(caller.console.act_on_containers(&grant, action, &keys).await?)
}

/// Looks at the container of a page's address: a host's name and a full id.
#[server(prefix = "/api/ui", endpoint = "containers/look", input = Json)]
pub(crate) async fn look_at_container(host: String, id: String) -> Result<super::Looked, Failure> {
    let caller = super::caller::caller()?;
    caller.may::<right::ContainerView>()?;
    let target = caller.console.container_target(&host, &id)?;
    let lighthouse_core::Target::Container(key) = target else {
        return Err(lighthouse_model::Problem::not_found("such container").into());
    };
    super::look(lighthouse_model::live::Topic::Container { key }).await
}
