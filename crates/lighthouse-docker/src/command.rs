//! bollard's typed calls over our own connections.

use std::sync::Arc;

use bollard::errors::Error;
use bollard::{BollardRequest, ClientVersion, Docker};
use http::Uri;
use http::uri::PathAndQuery;
use http_body_util::Either;
use lighthouse_core::engine::EngineError;

use crate::failure;
use crate::version::ApiVersion;
use crate::wire::Wire;

/// Longer than any call: ours have deadlines of their own, and bollard's covers only the head of an answer.
const NO_TIMEOUT: u64 = 24 * 60 * 60;

/// A bollard client whose requests go out on this wire.
pub(crate) fn client(wire: &Arc<Wire>, version: ApiVersion) -> Result<Docker, EngineError> {
    let wire = Arc::clone(wire);
    let transport = move |request: BollardRequest| {
        let wire = Arc::clone(&wire);
        async move { send(&wire, version, request).await }
    };
    let client_version = ClientVersion {
        major_version: version.major.into(),
        minor_version: version.minor.into(),
    };
    Docker::connect_with_custom_transport(transport, Some("http://docker"), NO_TIMEOUT, &client_version)
        .map_err(failure::bollard)
}

async fn send(
    wire: &Wire,
    version: ApiVersion,
    request: BollardRequest,
) -> Result<http::Response<hyper::body::Incoming>, Error> {
    let (mut parts, body) = request.into_parts();
    let Either::Left(body) = body else {
        return Err(carry(EngineError::Garbled {
            what: "a request whose body is a stream".to_owned(),
        }));
    };
    parts.uri = versioned(&parts.uri, version)?;
    wire.send(http::Request::from_parts(parts, body))
        .await
        .map_err(carry)
}

/// bollard leaves the version out of the path; an engine then takes the newest it has.
fn versioned(uri: &Uri, version: ApiVersion) -> Result<Uri, Error> {
    let target = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    Ok(format!("/v{version}{target}").parse()?)
}

/// Takes our error through bollard's.
fn carry(error: EngineError) -> Error {
    Error::IOError {
        err: std::io::Error::other(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_goes_in_front_of_the_path() {
        let uri = "http://docker/containers/x/stop?t=3".parse().unwrap();
        assert_eq!(
            versioned(&uri, ApiVersion::new(1, 41)).unwrap(),
            "/v1.41/containers/x/stop?t=3"
        );
    }

    #[test]
    fn our_own_error_comes_back_as_it_was() {
        let error = EngineError::Unreachable {
            why: "no such socket".to_owned(),
        };
        assert_eq!(failure::bollard(carry(error.clone())), error);
    }
}
