//! `/ws/logs?app=shop` or `/ws/logs?host=eu-1&container=<id>`: merged lines as binary `postcard` frames.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::Response;
use http::HeaderMap;
use lighthouse_core::access::right;
use lighthouse_core::logs::{LogFilter, LogOptions, LogSession};
use lighthouse_core::{Target, Viewer, authorize};
use lighthouse_model::log::LogFrame;
use lighthouse_model::{Permission, Problem};
use serde::Deserialize;

use super::{prepare, refresh};
use crate::guard::Asking;
use crate::problem::Refusal;
use crate::state::AppState;

/// A browser that takes nothing for so long is gone.
const SEND_WITHIN: Duration = Duration::from_secs(20);
/// Lines from the end of each source to begin with, unless asked otherwise.
const TAIL: u32 = 500;
/// Lines from the end of each source at most.
const MOST: u32 = 10_000;

/// Whose log, and how much of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    app: Option<String>,
    host: Option<String>,
    container: Option<String>,
    tail: Option<u32>,
}

/// Opens the socket for those who may see what is logged.
pub async fn open(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let upgrade = prepare(&state, &headers, upgrade)?;
    let options = LogOptions {
        tail: wanted.tail.unwrap_or(TAIL).min(MOST),
        follow: true,
        filter: LogFilter::default(),
    };
    let build = &state.context.build;
    let (session, permission) = match (wanted.app, wanted.host, wanted.container) {
        (Some(app), None, None) => {
            authorize::<right::ApplicationView>(&viewer, Target::Installation)?;
            let target = state.console.application_target(&app).await?;
            let grant = authorize::<right::ApplicationView>(&viewer, target)?;
            (
                state.console.application_log(&grant, options, build).await?,
                Permission::ApplicationView,
            )
        }
        (None, Some(host), Some(container)) => {
            authorize::<right::ContainerView>(&viewer, Target::Installation)?;
            let target = state.console.container_target(&host, &container)?;
            let grant = authorize::<right::ContainerView>(&viewer, target)?;
            (
                state.console.container_log(&grant, options, build)?,
                Permission::ContainerView,
            )
        }
        _ => return Err(Problem::invalid("app", "give either `app`, or `host` and `container`").into()),
    };
    Ok(upgrade.on_upgrade(move |socket| serve(state, viewer, permission, session, socket)))
}

async fn serve(
    state: AppState,
    viewer: Viewer,
    permission: Permission,
    mut session: LogSession,
    mut socket: WebSocket,
) {
    let refresh = refresh(&state, &viewer);
    let lost = state.console.right_lost(viewer.user, permission, &refresh);
    tokio::pin!(lost);
    loop {
        let frame = tokio::select! {
            frame = session.next() => match frame {
                Some(frame) => frame,
                None => break,
            },
            () = &mut lost => {
                let why = if state.console.stopping().is_cancelled() {
                    "The console is stopping. The log comes back in a moment."
                } else {
                    "Your right to this log has ended."
                };
                send(&mut socket, &LogFrame::Closed { why: why.to_owned() }).await.ok();
                break;
            }
            message = socket.recv() => match message {
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => continue,
            },
        };
        if send(&mut socket, &frame).await.is_err() {
            return;
        }
    }
    socket.send(Message::Close(None)).await.ok();
}

/// The browser went away.
struct Gone;

async fn send(socket: &mut WebSocket, frame: &LogFrame) -> Result<(), Gone> {
    let bytes = postcard::to_allocvec(frame).map_err(|_| Gone)?;
    match tokio::time::timeout(SEND_WITHIN, socket.send(Message::Binary(bytes.into()))).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Gone),
    }
}
