//! One connection.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use lighthouse_core::dial::Dial;
use lighthouse_core::engine::EngineError;
use tokio::task::AbortHandle;

use super::metered::Metered;
use crate::failure;

/// One connection; closed when dropped.
pub(crate) struct Lane {
    pub(crate) sender: SendRequest<Full<Bytes>>,
    allowance: Arc<AtomicU64>,
    driver: AbortHandle,
}

impl Lane {
    /// A new connection.
    pub(crate) async fn open(dial: &dyn Dial) -> Result<Self, EngineError> {
        let stream = dial.dial().await?;
        let allowance = Arc::new(AtomicU64::new(0));
        let stream = Metered::new(stream, Arc::clone(&allowance));
        let (sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|error| failure::hyper(&error))?;
        // Whoever waits for the answer hears of errors; the task has nobody else to tell.
        let driver = tokio::spawn(async move {
            if let Err(error) = connection.with_upgrades().await {
                tracing::trace!(%error, "a connection to an engine ended");
            }
        })
        .abort_handle();
        Ok(Self {
            sender,
            allowance,
            driver,
        })
    }

    /// Sets how many bytes may still arrive.
    pub(crate) fn allow(&self, bytes: u64) {
        self.allowance.store(bytes, Ordering::Relaxed);
    }

    /// Lets any number of bytes arrive: for streams, whose decoders have bounds of their own.
    pub(crate) fn lift(&self) {
        self.allow(u64::MAX);
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        self.driver.abort();
    }
}
