//! Changing containers.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use lighthouse_model::{Action, ContainerKey, OperationId};

use crate::failure::Failure;

/// Starts an operation on containers: start, stop, restart or remove.
#[server(prefix = "/api/ui", endpoint = "containers/act", input = Json)]
pub(crate) async fn act_on_containers(keys: Vec<ContainerKey>, action: Action) -> Result<OperationId, Failure> {
    let _ = (keys, action);
    Err(lighthouse_model::Problem::ShuttingDown.into())
}
