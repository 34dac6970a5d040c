//! The engine found by itself at the first start.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use crate::dial::HostConnection;
use crate::{Console, Result};

/// A place where an engine may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Where, in words for the screen: `DOCKER_HOST (unix:///run/user/1000/docker.sock)`.
    pub place: String,
    /// How to reach it, or why it cannot be used.
    pub connection: Result<HostConnection, String>,
}

impl Console {
    /// Tries places where an engine may be, in order, while no host is known. The first that answers is added as
    /// `local`; what was tried is told on the overview.
    pub async fn discover(&self, candidates: Vec<Candidate>) -> Result<()> {
        if !self.store().hosts().await?.is_empty() {
            return Ok(());
        }
        let mut tried = Vec::new();
        for Candidate { place, connection } in candidates {
            let connection = match connection {
                Ok(connection) => connection,
                Err(why) => {
                    tried.push((place, why));
                    continue;
                }
            };
            match self.find_engine(&connection).await {
                Ok((engine_id, version)) => {
                    tried.push((place, format!("Docker {version}, added as host `local`")));
                    let name = "local"
                        .parse()
                        .map_err(|cause| crate::Error::internal("name the first host", cause))?;
                    self.keep_host(name, BTreeMap::new(), connection, engine_id)
                        .await?;
                    break;
                }
                Err(why) => tried.push((place, why)),
            }
        }
        *self.tried().write().unwrap_or_else(PoisonError::into_inner) = tried;
        Ok(())
    }

    async fn find_engine(&self, connection: &HostConnection) -> Result<(String, String), String> {
        let engine = self
            .engines()
            .connect(connection)
            .await
            .map_err(|error| error.to_string())?;
        let (facts, _) = engine.facts().await.map_err(|error| error.to_string())?;
        Ok((facts.engine_id, facts.version))
    }
}
