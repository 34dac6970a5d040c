//! Changing operations.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use lighthouse_model::OperationId;

#[cfg(feature = "ssr")]
use lighthouse_core::access::right;

use crate::failure::Failure;

/// Stops an operation at its next step boundary.
#[server(prefix = "/api/ui", endpoint = "operations/cancel", input = Json)]
pub(crate) async fn cancel_operation(id: OperationId) -> Result<(), Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may_to::<right::ApplicationOperate>(lighthouse_core::Target::Operation(id))?;
    Ok(caller.console.cancel_operation(&grant).await?)
}
