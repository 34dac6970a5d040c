//! `/ws/terminal?host=eu-1&container=<id>&columns=80&rows=24`: a terminal inside a container.
//!
//! Binary messages, the first byte says what follows. From the browser: 0 input, 1 a new size (columns and rows,
//! 16 bits each, big-endian). From the console: 2 a hello (protocol, `/`, build, `/`, shell) and always first,
//! 0 output, 1 the end with its reason.

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::Response;
use bytes::{BufMut, Bytes, BytesMut};
use futures::StreamExt;
use http::HeaderMap;
use lighthouse_core::access::right;
use lighthouse_core::containers::Terminal;
use lighthouse_core::{Target, Viewer, authorize};
use lighthouse_model::Permission;
use serde::Deserialize;
use tokio::io::AsyncWriteExt;

use super::{prepare, refresh};
use crate::guard::Asking;
use crate::problem::Refusal;
use crate::state::AppState;

/// Raised when a message changes in a way that older pages cannot read.
const PROTOCOL: u32 = 1;
/// A browser that takes nothing for so long is gone.
const SEND_WITHIN: Duration = Duration::from_secs(20);

const OUTPUT: u8 = 0;
const END: u8 = 1;
const HELLO: u8 = 2;

const INPUT: u8 = 0;
const SIZE: u8 = 1;

/// Which container, and how large the terminal is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    host: String,
    container: String,
    #[serde(default)]
    columns: Option<u16>,
    #[serde(default)]
    rows: Option<u16>,
}

/// Opens the socket for those with the right to a terminal in this container.
pub async fn open(
    State(state): State<AppState>,
    Asking(viewer): Asking,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Refusal> {
    let upgrade = prepare(&state, &headers, upgrade)?;
    authorize::<right::ContainerTerminal>(&viewer, Target::Installation)?;
    let target = state.console.container_target(&wanted.host, &wanted.container)?;
    let grant = authorize::<right::ContainerTerminal>(&viewer, target)?;
    let size = (wanted.columns.unwrap_or(80), wanted.rows.unwrap_or(24));
    Ok(upgrade.on_upgrade(move |mut socket| async move {
        let why = match state.console.open_terminal(&grant, size).await {
            Ok(terminal) => match converse(&state, &viewer, &mut socket, terminal).await {
                Ok(why) => why,
                Err(Gone) => return,
            },
            Err(error) => {
                crate::problem::log(&error);
                error.to_string()
            }
        };
        send(&mut socket, END, why.as_bytes()).await.ok();
        socket.send(Message::Close(None)).await.ok();
    }))
}

/// The browser went away.
struct Gone;

async fn converse(
    state: &AppState,
    viewer: &Viewer,
    socket: &mut WebSocket,
    terminal: Terminal,
) -> Result<String, Gone> {
    let hello = format!("{PROTOCOL}/{}/{}", state.context.build, terminal.shell);
    send(socket, HELLO, hello.as_bytes()).await?;
    let mut session = terminal.session;
    let refresh = refresh(state, viewer);
    let lost = state
        .console
        .right_lost(viewer.user, Permission::ContainerTerminal, &refresh);
    tokio::pin!(lost);
    loop {
        tokio::select! {
            output = session.output.next() => match output {
                Some(Ok(bytes)) => send(socket, OUTPUT, &bytes).await?,
                Some(Err(why)) => return Ok(format!("The engine ended the terminal: {why}")),
                None => return Ok(match session.control.exit_code().await {
                    Ok(Some(code)) => format!("The shell ended with code {code}."),
                    _ => "The shell ended.".to_owned(),
                }),
            },
            message = socket.recv() => match message {
                Some(Ok(Message::Binary(bytes))) => match bytes.split_first() {
                    Some((&INPUT, typed)) => {
                        let written = async {
                            session.input.write_all(typed).await?;
                            session.input.flush().await
                        };
                        if written.await.is_err() {
                            return Ok("The shell takes no more input.".to_owned());
                        }
                    }
                    Some((&SIZE, &[a, b, c, d])) => {
                        let (columns, rows) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
                        session.control.resize(columns.clamp(1, 1000), rows.clamp(1, 1000)).await.ok();
                    }
                    _ => return Ok("The page sent something that makes no sense.".to_owned()),
                },
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(Gone),
                Some(Ok(_)) => {}
            },
            () = &mut lost => return Ok(if state.console.stopping().is_cancelled() {
                "The console is stopping. Open the terminal again in a moment.".to_owned()
            } else {
                "Your right to this terminal has ended.".to_owned()
            }),
        }
    }
}

async fn send(socket: &mut WebSocket, kind: u8, content: &[u8]) -> Result<(), Gone> {
    let mut message = BytesMut::with_capacity(content.len() + 1);
    message.put_u8(kind);
    message.put_slice(content);
    let sent = tokio::time::timeout(SEND_WITHIN, socket.send(Message::Binary(Bytes::from(message)))).await;
    match sent {
        Ok(Ok(())) => Ok(()),
        _ => Err(Gone),
    }
}
