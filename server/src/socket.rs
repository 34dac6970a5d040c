//! Sockets: state, logs and terminals, each on its own so that a flood never delays the others.
//!
//! A socket checks the exact origin, the session and the permission itself, begins with a hello that names
//! protocol and build, and is cut within five seconds when a right is lost.

pub mod live;
pub mod logs;
pub mod terminal;

use std::sync::Arc;

use axum::extract::ws::WebSocketUpgrade;
use futures::FutureExt;
use http::HeaderMap;
use lighthouse_core::Viewer;
use lighthouse_core::access::Proof;
use lighthouse_core::live::Refresh;
use lighthouse_model::Problem;

use crate::origin;
use crate::problem::Refusal;
use crate::state::AppState;

/// Bytes read ahead per socket.
const READ_BUFFER: usize = 4 * 1024;
/// The largest message a browser may send.
const MESSAGE_LIMIT: usize = 64 * 1024;

/// Checks where an upgrade comes from, and bounds its buffers.
fn prepare(
    state: &AppState,
    headers: &HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<WebSocketUpgrade, Refusal> {
    if !origin::is_own_origin(headers, state.public_url.as_ref(), state.secure) {
        return Err(Problem::Conflict {
            why: "A socket can be opened only by a page of this console: the origin is another one."
                .to_owned(),
        }
        .into());
    }
    Ok(upgrade
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(READ_BUFFER)
        .max_message_size(MESSAGE_LIMIT)
        .max_frame_size(MESSAGE_LIMIT))
}

/// Looks up who the viewer is now; `None` when the session or the account has ended.
fn refresh(state: &AppState, viewer: &Viewer) -> Refresh {
    let (state, viewer) = (state.clone(), viewer.clone());
    Arc::new(move || {
        let (state, viewer) = (state.clone(), viewer.clone());
        async move {
            let Proof::Session(session) = viewer.proof else {
                return None;
            };
            if !state
                .console
                .session_lives(viewer.user, session)
                .await
                .unwrap_or(false)
            {
                return None;
            }
            state
                .console
                .viewer(viewer.user, viewer.proof, &viewer.address)
                .await
                .ok()
                .flatten()
        }
        .boxed()
    })
}
