//! An answer that goes on: its connection, its permit, and its bytes as they come.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use lighthouse_core::engine::EngineError;

use crate::failure;
use crate::permits::Permit;
use crate::wire::Lane;

/// An open answer. Dropping it closes the connection and frees the permit.
pub(crate) struct Chunks {
    body: Incoming,
    // Held, never asked.
    _lane: Lane,
    _permit: Permit,
}

impl Chunks {
    pub(crate) fn new(lane: Lane, body: Incoming, permit: Permit) -> Self {
        lane.lift();
        Self {
            body,
            _lane: lane,
            _permit: permit,
        }
    }

    /// What comes next; `None` at the end. Nothing is read ahead: a slow reader slows the engine.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, EngineError> {
        while let Some(frame) = self.body.frame().await {
            let frame = frame.map_err(|error| failure::hyper(&error))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// As [`next`](Self::next), but not waiting longer than this.
    pub(crate) async fn next_within(
        &mut self,
        what: &'static str,
        limit: Duration,
    ) -> Result<Option<Bytes>, EngineError> {
        failure::within(what, limit, self.next()).await
    }
}
