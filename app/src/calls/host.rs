//! Adding, changing and removing hosts and pools.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use lighthouse_model::HostId;
use lighthouse_model::host::PoolView;

#[cfg(feature = "ssr")]
use lighthouse_core::access::right;
#[cfg(feature = "ssr")]
use lighthouse_model::PoolId;
#[cfg(feature = "ssr")]
use lighthouse_model::host::{ConnectionInput, EngineFacts, HostInput};

use crate::failure::Failure;

#[cfg(feature = "ssr")]
/// Dials an engine without keeping anything.
#[server(prefix = "/api/ui", endpoint = "hosts/test", input = Json)]
pub(crate) async fn test_host(connection: ConnectionInput) -> Result<EngineFacts, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::HostManage>()?;
    Ok(caller.console.test_host(&grant, &connection).await?)
}

#[cfg(feature = "ssr")]
/// Adds a host.
#[server(prefix = "/api/ui", endpoint = "hosts/add", input = Json)]
pub(crate) async fn add_host(input: HostInput) -> Result<HostId, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::HostManage>()?;
    Ok(caller.console.add_host(&grant, input).await?.id)
}

/// Changes a host's labels.
#[server(prefix = "/api/ui", endpoint = "hosts/label", input = Json)]
pub(crate) async fn label_host(
    host: HostId,
    version: i64,
    labels: BTreeMap<String, String>,
) -> Result<(), Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may_to::<right::HostManage>(lighthouse_core::Target::Host(host))?;
    caller.console.label_host(&grant, version, labels).await?;
    Ok(())
}

/// Forgets a host; its containers stay as they are. The instances on it are forgotten too when a person said so.
#[server(prefix = "/api/ui", endpoint = "hosts/remove", input = Json)]
pub(crate) async fn remove_host(host: HostId, forget: bool) -> Result<(), Failure> {
    use lighthouse_core::hosts::OnHost;
    let caller = super::caller::caller()?;
    let grant = caller.may_to::<right::HostManage>(lighthouse_core::Target::Host(host))?;
    let instances = if forget { OnHost::Forgotten } else { OnHost::None };
    Ok(caller.console.remove_host(&grant, instances).await?)
}

/// The pools.
#[server(prefix = "/api/ui", endpoint = "pools/list", input = Json)]
pub(crate) async fn list_pools() -> Result<Vec<PoolView>, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::HostView>()?;
    Ok(caller.console.pools(&grant).await?)
}

#[cfg(feature = "ssr")]
/// Makes a pool.
#[server(prefix = "/api/ui", endpoint = "pools/add", input = Json)]
pub(crate) async fn add_pool(name: String, query: String) -> Result<PoolId, Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::HostManage>()?;
    Ok(caller.console.add_pool(&grant, &name, &query).await?)
}

#[cfg(feature = "ssr")]
/// Removes a pool.
#[server(prefix = "/api/ui", endpoint = "pools/remove", input = Json)]
pub(crate) async fn remove_pool(pool: PoolId) -> Result<(), Failure> {
    let caller = super::caller::caller()?;
    let grant = caller.may::<right::HostManage>()?;
    Ok(caller.console.remove_pool(&grant, pool).await?)
}
