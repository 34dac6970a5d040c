//! `/ws/live`: what a tab looks at, as JSON frames in both directions.
//!
//! The core follows topics and decides what to send; here frames become text and back.

use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::Response;
use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt, StreamExt};
use http::HeaderMap;
use lighthouse_core::Viewer;
use lighthouse_core::live::{COMMANDS, FRAMES};
use lighthouse_model::live::{ClientFrame, ServerFrame};
use tokio::sync::mpsc;

use super::{prepare, refresh};
use crate::guard::Asking;
use crate::problem::Refusal;
use crate::state::AppState;

/// A browser that takes nothing for so long is gone.
const SEND_WITHIN: Duration = Duration::from_secs(20);

/// Opens the tab's socket.
pub async fn open(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let upgrade = prepare(&state, &headers, upgrade)?;
    Ok(upgrade.on_upgrade(move |socket| serve(state, viewer, socket)))
}

async fn serve(state: AppState, viewer: Viewer, socket: WebSocket) {
    let (sink, stream) = socket.split();
    let (commands, commands_out) = mpsc::channel(COMMANDS);
    let (frames_in, frames) = mpsc::channel(FRAMES);
    let refresh = refresh(&state, &viewer);
    let build = state.context.build.clone();
    let follow = state
        .console
        .live(viewer, refresh, &build, commands_out, frames_in);
    // Whichever ends first ends the others: the tab left, the tab takes nothing, or nothing may be sent any more.
    tokio::select! {
        () = async { tokio::join!(follow, send(frames, sink)); } => {}
        () = receive(stream, commands) => {}
    }
}

async fn send(mut frames: mpsc::Receiver<ServerFrame>, mut sink: SplitSink<WebSocket, Message>) {
    while let Some(frame) = frames.recv().await {
        let Ok(text) = serde_json::to_string(&frame) else {
            continue;
        };
        let sent = tokio::time::timeout(SEND_WITHIN, sink.send(Message::Text(text.into()))).await;
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
    sink.send(Message::Close(None)).await.ok();
}

async fn receive(mut stream: SplitStream<WebSocket>, commands: mpsc::Sender<ClientFrame>) {
    while let Some(Ok(message)) = stream.next().await {
        match message {
            Message::Text(text) => {
                let Ok(frame) = serde_json::from_str(&text) else {
                    tracing::debug!("a tab sent something that makes no sense");
                    return;
                };
                if commands.send(frame).await.is_err() {
                    // The core has ended the conversation; its last frames are still to be sent.
                    return std::future::pending().await;
                }
            }
            Message::Close(_) => return,
            Message::Binary(_) | Message::Ping(_) | Message::Pong(_) => {}
        }
    }
}
