//! A process inside a container: its output, its input, and its terminal's size.

use std::sync::Arc;

use async_trait::async_trait;
use bollard::Docker;
use bollard::models::ExecConfig;
use bollard::query_parameters::ResizeExecOptions;
use bytes::{Bytes, BytesMut};
use futures::stream;
use http::header::{CONNECTION, UPGRADE};
use http::{HeaderValue, StatusCode};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use lighthouse_core::engine::{EngineError, EngineStream, ExecControl, ExecSession, ExecSpec, deadline};
use lighthouse_model::ContainerId;
use serde::Serialize;
use tokio::io::{AsyncReadExt, ReadHalf};

use crate::failure::{self, within};
use crate::frames::Frames;
use crate::hang_up::HangUp;
use crate::permits::{Permit, Permits};
use crate::query::Target;
use crate::version::ApiVersion;
use crate::wire::{Lane, Wire, post};

/// Bytes read at once.
const READ: usize = 16 * 1024;

/// Runs a process and opens its streams.
pub(crate) async fn open(
    wire: &Wire,
    docker: &Docker,
    permits: &Arc<Permits>,
    version: ApiVersion,
    id: &ContainerId,
    spec: &ExecSpec,
) -> Result<ExecSession, EngineError> {
    let permit = permits.stream().await?;
    let size = spec.tty.filter(|_| version.has(ApiVersion::CONSOLE_SIZE));
    let mut hang_up = spec.tty.map(|_| HangUp::new(docker.clone(), id.clone()));
    let mut environment = spec.environment.clone();
    environment.extend(hang_up.as_ref().map(HangUp::variable));
    let config = ExecConfig {
        attach_stdin: Some(true),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        tty: Some(spec.tty.is_some()),
        console_size: size.map(|(columns, rows)| vec![rows.into(), columns.into()]),
        env: Some(environment),
        cmd: Some(spec.command.clone()),
        ..ExecConfig::default()
    };
    let exec = within("preparing a process", deadline::EXEC, async {
        let made = docker
            .create_exec(id.as_str(), config)
            .await
            .map_err(failure::bollard)?;
        ExecId::new(made.id)
    })
    .await?;
    let (lane, upgraded) = within(
        "starting a process",
        deadline::EXEC,
        start(wire, version, &exec, spec),
    )
    .await?;
    if let Some(hang_up) = &mut hang_up {
        hang_up.arm();
    }
    let control = Control {
        docker: docker.clone(),
        exec,
        permits: Arc::clone(permits),
    };
    // Older engines are told the size once the process runs. A terminal of the wrong size is better than none.
    if let (Some((columns, rows)), None) = (spec.tty, size)
        && let Err(error) = control.resize(columns, rows).await
    {
        tracing::debug!(%error, "the first size of a terminal was not taken");
    }
    let (read, write) = tokio::io::split(TokioIo::new(upgraded));
    let output = Printed {
        read,
        frames: spec.tty.is_none().then(Frames::default),
        hang_up,
        _lane: lane,
        _permit: permit,
    };
    Ok(ExecSession {
        output: output.stream(),
        input: Box::pin(write),
        control: Arc::new(control),
    })
}

async fn start(
    wire: &Wire,
    version: ApiVersion,
    exec: &ExecId,
    spec: &ExecSpec,
) -> Result<(Lane, Upgraded), EngineError> {
    #[derive(Serialize)]
    #[serde(rename_all = "PascalCase")]
    struct Start {
        detach: bool,
        tty: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        console_size: Option<[u16; 2]>,
    }
    let size = spec.tty.filter(|_| version.has(ApiVersion::CONSOLE_SIZE));
    let body = Start {
        detach: false,
        tty: spec.tty.is_some(),
        console_size: size.map(|(columns, rows)| [rows, columns]),
    };
    let mut request = post(
        version,
        &Target::new(format!("/exec/{}/start", exec.as_str())),
        &body,
    )?;
    let headers = request.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("tcp"));
    let (lane, response) = wire.open(request).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Err(EngineError::Garbled {
            what: format!(
                "starting a process: {} instead of 101",
                response.status().as_u16()
            ),
        });
    }
    lane.lift();
    let upgraded = hyper::upgrade::on(response)
        .await
        .map_err(|error| failure::hyper(&error))?;
    Ok((lane, upgraded))
}

/// The engine's id of a process: hexadecimal, so that it fits a path.
#[derive(Debug, Clone)]
pub(crate) struct ExecId(String);

impl ExecId {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn new(id: String) -> Result<Self, EngineError> {
        if (1..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(id))
        } else {
            Err(EngineError::Garbled {
                what: "preparing a process: its id is not hexadecimal".to_owned(),
            })
        }
    }
}

/// What the process prints. Without a terminal its two outputs come framed and are joined here.
struct Printed {
    read: ReadHalf<TokioIo<Upgraded>>,
    frames: Option<Frames>,
    /// Of a terminal.
    hang_up: Option<HangUp>,
    // Held, never asked.
    _lane: Lane,
    _permit: Permit,
}

impl Printed {
    fn stream(self) -> EngineStream<Bytes> {
        Box::pin(stream::try_unfold(self, async |mut printed| {
            Ok(printed.next().await?.map(|bytes| (bytes, printed)))
        }))
    }

    async fn next(&mut self) -> Result<Option<Bytes>, EngineError> {
        loop {
            if let Some(frames) = &mut self.frames
                && let Some((_, bytes)) = frames.next()?
            {
                if bytes.is_empty() {
                    continue;
                }
                return Ok(Some(bytes));
            }
            let mut bytes = BytesMut::with_capacity(READ);
            let count = self
                .read
                .read_buf(&mut bytes)
                .await
                .map_err(|error| failure::socket(&error))?;
            if count == 0 {
                if let Some(hang_up) = &mut self.hang_up {
                    hang_up.disarm();
                }
                return Ok(None);
            }
            match &mut self.frames {
                Some(frames) => frames.feed(&bytes),
                None => return Ok(Some(bytes.freeze())),
            }
        }
    }
}

/// Steers one process.
struct Control {
    docker: Docker,
    exec: ExecId,
    permits: Arc<Permits>,
}

#[async_trait]
impl ExecControl for Control {
    async fn resize(&self, columns: u16, rows: u16) -> Result<(), EngineError> {
        let _permit = self.permits.change().await?;
        let size = ResizeExecOptions {
            h: rows.into(),
            w: columns.into(),
        };
        within("resizing a terminal", deadline::EXEC, async {
            self.docker
                .resize_exec(self.exec.as_str(), size)
                .await
                .map_err(failure::bollard)
        })
        .await
    }

    async fn exit_code(&self) -> Result<Option<i64>, EngineError> {
        let _permit = self.permits.read().await?;
        within("inspecting a process", deadline::READ, async {
            let told = self
                .docker
                .inspect_exec(self.exec.as_str())
                .await
                .map_err(failure::bollard)?;
            // An engine says nought while the process runs.
            Ok(told.exit_code.filter(|_| told.running != Some(true)))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_hexadecimal_id_gets_into_a_path() {
        assert!(ExecId::new("ab12".to_owned()).is_ok());
        for bad in ["", "../info", "ab/12"] {
            assert!(ExecId::new(bad.to_owned()).is_err());
        }
    }
}
