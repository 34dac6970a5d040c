//! From a connection to an engine.

use std::sync::Arc;

use async_trait::async_trait;
use lighthouse_core::dial::{Dial, HostConnection};
use lighthouse_core::engine::{Engine, EngineError, Engines, deadline};
use serde::Deserialize;

use crate::dial::dialer;
use crate::engine::DockerEngine;
use crate::failure::within;
use crate::lenient;
use crate::query::Target;
use crate::version::ApiVersion;
use crate::wire::{self, Wire};

/// Reaches Docker engines.
#[derive(Debug, Clone, Copy, Default)]
pub struct DockerEngines;

impl DockerEngines {
    /// Agrees on an API version with the engine at the other end of these streams.
    pub async fn over(dial: Arc<dyn Dial>) -> Result<Arc<dyn Engine>, EngineError> {
        let wire = Arc::new(Wire::new(dial));
        let version = within("asking for its version", deadline::READ, agree(&wire)).await?;
        tracing::debug!(%version, "agreed on an API version with an engine");
        Ok(Arc::new(DockerEngine::new(wire, version)?))
    }
}

#[async_trait]
impl Engines for DockerEngines {
    async fn connect(&self, connection: &HostConnection) -> Result<Arc<dyn Engine>, EngineError> {
        Self::over(dialer(connection)?).await
    }
}

async fn agree(wire: &Wire) -> Result<ApiVersion, EngineError> {
    #[derive(Deserialize)]
    struct Versions {
        #[serde(rename = "ApiVersion")]
        newest: String,
        #[serde(default, rename = "MinAPIVersion")]
        oldest: Option<String>,
    }
    // Without a version in its path: the one question every engine answers.
    let answer = wire
        .call(wire::get_unversioned(&Target::new("/version"))?)
        .await?;
    let told: Versions = lenient::read("version", &answer)?;
    let newest = told.newest.parse().map_err(|error| EngineError::Garbled {
        what: format!("version: {error}"),
    })?;
    ApiVersion::agree(newest, told.oldest.and_then(|oldest| oldest.parse().ok()))
}
