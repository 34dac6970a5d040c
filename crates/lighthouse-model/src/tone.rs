//! How a state looks: one of seven tones, always with a word beside the colour.

use serde::{Deserialize, Serialize};

/// What a state means to the one who looks; screens map it to a colour and a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tone {
    /// It failed: somebody has to look.
    Failed,
    /// Nobody can tell; never shown as success or failure.
    Unknown,
    /// It works, but something is not as it should be.
    Warning,
    /// It is changing right now.
    Busy,
    /// It is as it should be.
    Good,
    /// It ended as it should.
    Done,
    /// It is off, or has not begun.
    Idle,
}

/// A tone with the words that go with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The tone.
    pub tone: Tone,
    /// A few words, such as `running, healthy`.
    pub words: String,
}

impl Verdict {
    /// A verdict of a tone and its words.
    pub fn new(tone: Tone, words: impl Into<String>) -> Self {
        Self {
            tone,
            words: words.into(),
        }
    }
}
