//! Log lines and the frames of `/ws/logs`: binary messages, `postcard`-encoded.

use serde::{Deserialize, Serialize};

use crate::{ContainerKey, Millis};

/// Raised when a frame changes in a way that older pages cannot read.
pub const PROTOCOL: u32 = 1;

/// Which of a container's two outputs a line came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Output {
    /// Standard output; everything, when the container has a terminal.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How serious a line says it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Step by step.
    Trace,
    /// For developers.
    Debug,
    /// Ordinary.
    Info,
    /// Unexpected.
    Warn,
    /// Something failed.
    Error,
    /// It cannot go on.
    Fatal,
}

/// Where lines come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogSource {
    /// Its number in this stream's frames.
    pub n: u32,
    /// The container.
    pub key: ContainerKey,
    /// The instance (`web-2`) or the container's name.
    pub name: String,
    /// The host's name.
    pub host: String,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogLine {
    /// The source's number.
    pub source: u32,
    /// When, by the engine's clock.
    pub at: Millis,
    /// Which output.
    pub output: Output,
    /// How serious, when the line says so.
    pub level: Option<Level>,
    /// The text, with ANSI sequences, without the line's end; cut at 16 KiB.
    pub text: String,
}

/// What the console sends on `/ws/logs`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum LogFrame {
    /// Always first.
    Hello {
        /// [`PROTOCOL`].
        protocol: u32,
        /// The console's build.
        build: String,
    },
    /// A source is followed from here on.
    Source(LogSource),
    /// Lines, in the order they were received.
    Lines(Vec<LogLine>),
    /// Lines that were dropped because they came faster than they could be shown.
    Gap {
        /// How many lines.
        lines: u64,
        /// How many bytes.
        bytes: u64,
    },
    /// A source ended.
    Ended {
        /// The source's number.
        source: u32,
        /// Why, in a sentence.
        why: String,
    },
    /// The stream ends; nothing follows.
    Closed {
        /// Why, in a sentence.
        why: String,
    },
}
