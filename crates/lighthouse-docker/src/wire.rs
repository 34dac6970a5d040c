//! HTTP to one engine: a few connections that are used again, and one of its own for every stream.

mod lane;
mod metered;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use lighthouse_core::dial::Dial;
use lighthouse_core::engine::EngineError;
use lighthouse_model::Millis;
use serde::Serialize;

pub(crate) use lane::Lane;

use crate::failure;
use crate::query::Target;
use crate::version::ApiVersion;

/// Bytes that one unary answer may have, its headers among them.
pub(crate) const UNARY: u64 = 32 * 1024 * 1024;

/// Connections kept for the next call.
const IDLE: usize = 8;

/// The way to one engine.
pub(crate) struct Wire {
    dial: Arc<dyn Dial>,
    idle: Mutex<Vec<Lane>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("dial", &self.dial)
            .finish_non_exhaustive()
    }
}

impl Wire {
    /// When the certificate ends that the engine showed last.
    pub(crate) fn certificate_ends(&self) -> Option<Millis> {
        self.dial.certificate_ends()
    }

    pub(crate) fn new(dial: Arc<dyn Dial>) -> Self {
        Self {
            dial,
            idle: Mutex::default(),
        }
    }

    /// Sends a request on a connection that is free, or a new one. The answer's body is bounded.
    ///
    /// A connection that turns out to be closed before the request left is replaced; a request that may have
    /// arrived is never sent twice.
    pub(crate) async fn send(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, EngineError> {
        address(&mut request);
        loop {
            let (mut lane, used) = match self.take_idle() {
                Some(lane) => (lane, true),
                None => (Lane::open(&*self.dial).await?, false),
            };
            lane.allow(UNARY);
            match lane.sender.try_send_request(request).await {
                Ok(response) => {
                    self.keep(lane);
                    return Ok(response);
                }
                Err(mut refused) => match refused.take_message() {
                    Some(unsent) if used => request = unsent,
                    _ => return Err(failure::hyper(&refused.into_error())),
                },
            }
        }
    }

    /// Sends a request on a connection of its own, whose answer has no bound.
    pub(crate) async fn open(
        &self,
        mut request: Request<Full<Bytes>>,
    ) -> Result<(Lane, Response<Incoming>), EngineError> {
        address(&mut request);
        let mut lane = Lane::open(&*self.dial).await?;
        // A refusal is bounded as any other answer; the caller lifts this for the stream.
        lane.allow(UNARY);
        let response = lane
            .sender
            .send_request(request)
            .await
            .map_err(|error| failure::hyper(&error))?;
        if response.status().is_client_error() || response.status().is_server_error() {
            let (status, body) = collect(response).await?;
            return Err(failure::refused(status, &body));
        }
        Ok((lane, response))
    }

    /// A unary call with its whole answer.
    pub(crate) async fn call(&self, request: Request<Full<Bytes>>) -> Result<Bytes, EngineError> {
        let (status, body) = collect(self.send(request).await?).await?;
        if status.is_success() || status == StatusCode::NOT_MODIFIED {
            Ok(body)
        } else {
            Err(failure::refused(status, &body))
        }
    }

    /// Gives up connections nobody uses, after a call that got no answer: they may be just as dead.
    pub(crate) fn forget_idle(&self) {
        self.lanes().retain(|lane| !lane.sender.is_ready());
    }

    fn take_idle(&self) -> Option<Lane> {
        let mut lanes = self.lanes();
        lanes.retain(|lane| !lane.sender.is_closed());
        let free = lanes.iter().position(|lane| lane.sender.is_ready())?;
        Some(lanes.swap_remove(free))
    }

    /// Puts a connection back while its answer is still being read: it counts as free once that is done.
    fn keep(&self, lane: Lane) {
        let mut lanes = self.lanes();
        lanes.retain(|lane| !lane.sender.is_closed());
        if lanes.len() >= IDLE
            && let Some(free) = lanes.iter().position(|lane| lane.sender.is_ready())
        {
            lanes.swap_remove(free);
        }
        lanes.push(lane);
    }

    fn lanes(&self) -> std::sync::MutexGuard<'_, Vec<Lane>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The whole body of an answer; the connection bounds it.
pub(crate) async fn collect(response: Response<Incoming>) -> Result<(StatusCode, Bytes), EngineError> {
    let status = response.status();
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(|error| failure::hyper(&error))?;
    Ok((status, body.to_bytes()))
}

/// A `GET`.
pub(crate) fn get(version: ApiVersion, target: &Target) -> Result<Request<Full<Bytes>>, EngineError> {
    request(
        Method::GET,
        &format!("/v{version}{}", target.as_str()),
        Bytes::new(),
    )
}

/// A `GET` before a version is agreed on.
pub(crate) fn get_unversioned(target: &Target) -> Result<Request<Full<Bytes>>, EngineError> {
    request(Method::GET, target.as_str(), Bytes::new())
}

/// A `POST` with a JSON body.
pub(crate) fn post(
    version: ApiVersion,
    target: &Target,
    body: &impl Serialize,
) -> Result<Request<Full<Bytes>>, EngineError> {
    let body = serde_json::to_vec(body).map_err(|error| unsendable(&error))?;
    let mut request = request(
        Method::POST,
        &format!("/v{version}{}", target.as_str()),
        body.into(),
    )?;
    request
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(request)
}

/// A `POST` without a body.
pub(crate) fn post_nothing(
    version: ApiVersion,
    target: &Target,
) -> Result<Request<Full<Bytes>>, EngineError> {
    request(
        Method::POST,
        &format!("/v{version}{}", target.as_str()),
        Bytes::new(),
    )
}

fn request(method: Method, target: &str, body: Bytes) -> Result<Request<Full<Bytes>>, EngineError> {
    Request::builder()
        .method(method)
        .uri(target)
        .body(Full::new(body))
        .map_err(|error| unsendable(&error))
}

/// Only a mistake of ours leads here: what goes out is checked before.
pub(crate) fn unsendable(error: &dyn fmt::Display) -> EngineError {
    EngineError::Garbled {
        what: format!("the request could not be built: {error}"),
    }
}

/// HTTP/1.1 wants a host and a target without scheme and authority.
fn address(request: &mut Request<Full<Bytes>>) {
    request
        .headers_mut()
        .insert(HOST, HeaderValue::from_static("docker"));
    if request.uri().scheme().is_some()
        && let Some(target) = request.uri().path_and_query().cloned()
    {
        *request.uri_mut() = Uri::from(target);
    }
}
