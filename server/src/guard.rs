//! What every request passes before anything else: who asks and from where, whether it may come from another
//! site, how often, and the headers every answer carries.

use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::extract::{ConnectInfo, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, REFERRER_POLICY, UPGRADE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use lighthouse_core::access::Proof;
use lighthouse_core::{Secret, Viewer};
use lighthouse_model::Problem;

use crate::origin;
use crate::problem::Refusal;
use crate::session;
use crate::state::{AppState, Asker};
use crate::telemetry::printable;

/// Where a request comes from, as far as proxies are believed.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// Who asks; absent for strangers.
#[derive(Debug, Clone)]
pub struct Asking(pub Viewer);

/// Which kinds of answers a path gives to a stranger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// Everybody may come in.
    Open,
    /// A stranger is sent to sign in and comes back.
    Page,
    /// A stranger is told 401.
    Call,
}

fn door(path: &str) -> Door {
    match path {
        "/login" | "/logout" | "/setup" | "/healthz" | "/readyz" | "/api/v1/openapi.json" => Door::Open,
        _ if path.starts_with("/api/") || path.starts_with("/ws/") => Door::Call,
        _ => Door::Page,
    }
}

/// Logs the request, finds the client's address, sets the headers of every answer.
pub async fn every_request(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or_else(|| IpAddr::from([127, 0, 0, 1]), |ConnectInfo(peer)| peer.ip());
    let address = client_address(peer, request.headers(), &state.trusted_proxies);
    request.extensions_mut().insert(ClientAddress(address));
    let method = request.method().clone();
    // The query may hold one-time tokens: it is never logged.
    let path = printable(request.uri().path());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    headers.insert(
        HeaderName::from_static("cross-origin-opener-policy"),
        HeaderValue::from_static("same-origin"),
    );
    if state.secure {
        headers.insert(
            http::header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    tracing::info!(
        %method,
        path,
        status = response.status().as_u16(),
        ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX),
        %address,
        "request"
    );
    response
}

/// The address of the one who asks: the last one named that is not a trusted proxy.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let peer = peer.to_canonical();
    if !trusted.contains(&peer) {
        return peer;
    }
    let mut hops: Vec<IpAddr> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map_while(|hop| hop.trim().parse().ok())
        .collect();
    while let Some(hop) = hops.pop() {
        if !trusted.contains(&hop) {
            return hop;
        }
    }
    peer
}

/// Unsafe methods and upgrades that carry a session cookie must say where they come from.
pub async fn no_blind_writes(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let acts = !safe || request.headers().contains_key(UPGRADE);
    if acts && carries_cookie(request.headers(), &state.cookie) && !origin::tells_origin(request.headers()) {
        return Refusal::from(Problem::Conflict {
            why: "This request carries a session but does not say which page it comes from. Scripts sign in \
                  with a token instead."
                .to_owned(),
        })
        .into_response();
    }
    next.run(request).await
}

fn carries_cookie(headers: &HeaderMap, name: &str) -> bool {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .any(|pair| pair.trim().split_once('=').is_some_and(|(key, _)| key == name))
}

/// Finds out who asks, turns strangers away where they may not be, and counts.
pub async fn know_the_viewer(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let viewer = match find_viewer(&state, &mut request).await {
        Ok(viewer) => viewer,
        Err(refusal) => return refusal.into_response(),
    };
    let Some(viewer) = viewer else {
        return match door(&path) {
            Door::Open => next.run(request).await,
            Door::Call => Refusal::from(Problem::SignInNeeded).into_response(),
            Door::Page => {
                let wanted = request
                    .uri()
                    .path_and_query()
                    .map_or("/", |wanted| wanted.as_str());
                Redirect::to(&state.path(&session::login_path(wanted))).into_response()
            }
        };
    };
    let asker = match viewer.proof {
        Proof::Session(_) => Asker::Person(viewer.user),
        Proof::Token(token) => Asker::Token(token),
    };
    if let Err(retry_after) = state.rate.take(asker, Instant::now()) {
        return Refusal::from(Problem::TooMany { retry_after }).into_response();
    }
    let asked = format!("{} {}", request.method(), printable(&path));
    request.extensions_mut().insert(Asking(viewer.clone()));
    let response = next.run(request).await;
    // What is left out of an answer that is given all the same, such as a part of the overview, is no refusal.
    if matches!(response.status(), StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) {
        state.console.note_refusals(&viewer, &asked).await;
    }
    response
}

async fn find_viewer(state: &AppState, request: &mut Request) -> Result<Option<Viewer>, Refusal> {
    let address = request
        .extensions()
        .get::<ClientAddress>()
        .map_or_else(String::new, |ClientAddress(address)| address.to_string());
    if let Some(given) = request.headers().get(AUTHORIZATION) {
        // A token speaks for scripts, and scripts use the API only.
        let token = given.to_str().ok().and_then(|text| text.strip_prefix("Bearer "));
        return match token {
            Some(token) if request.uri().path().starts_with("/api/v1/") => {
                let token = Secret::new(token.trim().to_owned());
                let viewer = state.console.viewer_of_token(&token, &address).await?;
                viewer.map(Some).ok_or_else(|| Problem::SignInNeeded.into())
            }
            _ => Err(Problem::SignInNeeded.into()),
        };
    }
    let Some(session) = request.extensions().get::<tower_sessions::Session>().cloned() else {
        return Ok(None);
    };
    session::viewer(state, &session, &address).await
}

/// The viewer of a handler behind a door that lets no stranger in.
impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Asking {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut http::request::Parts, _: &S) -> Result<Self, Refusal> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::SignInNeeded.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_are_believed() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "1.1.1.1, 2.2.2.2, 10.0.0.2".parse().unwrap());
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(
            client_address(ip("9.9.9.9"), &headers, &[ip("10.0.0.1")]),
            ip("9.9.9.9")
        );
        let trusted = [ip("10.0.0.1"), ip("10.0.0.2")];
        assert_eq!(client_address(ip("10.0.0.1"), &headers, &trusted), ip("2.2.2.2"));
    }

    #[test]
    fn strangers_meet_the_right_door() {
        assert_eq!(door("/login"), Door::Open);
        assert_eq!(door("/"), Door::Page);
        assert_eq!(door("/containers/eu-1/abc"), Door::Page);
        assert_eq!(door("/api/ui/containers"), Door::Call);
        assert_eq!(door("/ws/live"), Door::Call);
    }
}
