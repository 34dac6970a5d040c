//! What streams from engines: pulls, logs, and processes inside containers.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use lighthouse_model::Millis;
use lighthouse_model::log::Output;

use super::{EngineError, EngineStream};
use crate::Secret;

/// What to sign in to a registry with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryAuth {
    /// The registry's host name.
    pub registry: String,
    /// The user name there.
    pub username: String,
    /// The password or token.
    pub secret: Secret<String>,
}

/// How far a pull is: sums over all layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullProgress {
    /// Bytes done.
    pub done: u64,
    /// Bytes in all, as far as known.
    pub total: u64,
}

/// Which part of a log is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogRequest {
    /// Lines from the end to begin with; `None` is all of it.
    pub tail: Option<u32>,
    /// Go on with what comes?
    pub follow: bool,
    /// Nothing older than this, by the engine's clock.
    pub since: Option<Millis>,
    /// Does the container have a terminal?
    pub tty: bool,
}

/// A line of a log, cut at 16 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawLogLine {
    /// Which output.
    pub output: Output,
    /// When, by the engine's clock.
    pub at: Millis,
    /// The bytes, without the line's end.
    pub text: Bytes,
    /// Was it cut?
    pub truncated: bool,
}

/// A process to run inside a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExecSpec {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// Give it a terminal of this many columns and rows?
    pub tty: Option<(u16, u16)>,
    /// `NAME=value`.
    pub environment: Vec<String>,
}

/// A process running inside a container.
pub struct ExecSession {
    /// What it prints.
    pub output: EngineStream<Bytes>,
    /// What it reads.
    pub input: Pin<Box<dyn tokio::io::AsyncWrite + Send>>,
    /// Resizing and its end.
    pub control: Arc<dyn ExecControl>,
}

impl fmt::Debug for ExecSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecSession").finish_non_exhaustive()
    }
}

/// Steers a process running inside a container.
#[async_trait]
pub trait ExecControl: Send + Sync {
    /// Changes the terminal's size: columns, rows.
    async fn resize(&self, columns: u16, rows: u16) -> Result<(), EngineError>;
    /// The exit code; `None` while it runs.
    async fn exit_code(&self) -> Result<Option<i64>, EngineError>;
}
