//! A socket on this machine.

use std::path::PathBuf;

use async_trait::async_trait;
use lighthouse_core::dial::{BoxStream, Dial};
use lighthouse_core::engine::{EngineError, deadline};
use tokio::net::UnixStream;

use crate::failure;

/// Reaches an engine by its unix socket.
#[derive(Debug, Clone)]
pub struct UnixDial {
    path: PathBuf,
}

impl UnixDial {
    /// The socket at this path.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

#[async_trait]
impl Dial for UnixDial {
    async fn dial(&self) -> Result<BoxStream, EngineError> {
        let stream = failure::within("connecting", deadline::CONNECT, async {
            UnixStream::connect(&self.path)
                .await
                .map_err(|error| match failure::socket(&error) {
                    EngineError::Unreachable { why } => EngineError::Unreachable {
                        why: format!("{}: {why}", self.path.display()),
                    },
                    other => other,
                })
        })
        .await?;
        Ok(Box::new(stream))
    }
}
