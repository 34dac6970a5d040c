//! Adding, changing and removing hosts and pools.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use lighthouse_model::host::{ConnectionInput, EngineFacts, HostInput, PoolView};
use lighthouse_model::{HostId, Name, PoolId};

use crate::failure::Failure;

fn later<T>() -> Result<T, Failure> {
    Err(lighthouse_model::Problem::ShuttingDown.into())
}

/// Dials an engine without keeping anything.
#[server(prefix = "/api/ui", endpoint = "hosts/test", input = Json)]
pub(crate) async fn test_host(connection: ConnectionInput) -> Result<EngineFacts, Failure> {
    let _ = connection;
    later()
}

/// Adds a host.
#[server(prefix = "/api/ui", endpoint = "hosts/add", input = Json)]
pub(crate) async fn add_host(input: HostInput) -> Result<HostId, Failure> {
    let _ = input;
    later()
}

/// Changes a host's labels.
#[server(prefix = "/api/ui", endpoint = "hosts/label", input = Json)]
pub(crate) async fn label_host(
    host: HostId,
    version: i64,
    labels: BTreeMap<String, String>,
) -> Result<(), Failure> {
    let _ = (host, version, labels);
    later()
}

/// Forgets a host; its containers stay as they are.
#[server(prefix = "/api/ui", endpoint = "hosts/remove", input = Json)]
pub(crate) async fn remove_host(host: HostId) -> Result<(), Failure> {
    let _ = host;
    later()
}

/// The pools.
#[server(prefix = "/api/ui", endpoint = "pools/list", input = Json)]
pub(crate) async fn list_pools() -> Result<Vec<PoolView>, Failure> {
    later()
}

/// Makes a pool.
#[server(prefix = "/api/ui", endpoint = "pools/add", input = Json)]
pub(crate) async fn add_pool(name: Name, query: String) -> Result<(), Failure> {
    let _ = (name, query);
    later()
}

/// Removes a pool.
#[server(prefix = "/api/ui", endpoint = "pools/remove", input = Json)]
pub(crate) async fn remove_pool(pool: PoolId) -> Result<(), Failure> {
    let _ = pool;
    later()
}
