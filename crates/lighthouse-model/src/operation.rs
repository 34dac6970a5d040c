//! Operations and their steps, as the journal keeps them and screens show them.

use serde::{Deserialize, Serialize};

use crate::{Actions, ApplicationId, HostId, Millis, Name, OperationId, Tone, Verdict};

macro_rules! words {
    ($(#[$enum_doc:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$enum_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $name { $($(#[$doc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every one there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable text form, as in the journal and the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }

            /// Reads the text form.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|x| x.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

words! {
    /// What kind of change it is.
    OperationKind {
        /// A first deploy or an update of an application.
        Deploy = "deploy",
        /// A changed number of replicas.
        Scale = "scale",
        /// Start every instance, or containers.
        Start = "start",
        /// Stop every instance, or containers.
        Stop = "stop",
        /// Stop and start every instance, or containers.
        Restart = "restart",
        /// Take an application, or containers, away.
        Remove = "remove",
    }
}

words! {
    /// How far an operation is.
    OperationState {
        /// Accepted, not begun.
        Pending = "pending",
        /// Under way.
        Running = "running",
        /// Every step succeeded or was not needed.
        Succeeded = "succeeded",
        /// It ended, and at least one step failed.
        Failed = "failed",
        /// A person stopped it at a step boundary.
        Cancelled = "cancelled",
        /// The console stopped in the middle; what is there was looked at and is told in its steps.
        Interrupted = "interrupted",
    }
}

impl OperationState {
    /// Will it change no more?
    pub const fn is_ended(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// How it looks.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Pending => Tone::Idle,
            Self::Running => Tone::Busy,
            Self::Succeeded => Tone::Good,
            Self::Failed => Tone::Failed,
            Self::Cancelled => Tone::Warning,
            Self::Interrupted => Tone::Unknown,
        }
    }
}

words! {
    /// How far a step is.
    StepStatus {
        /// Not begun.
        Pending = "pending",
        /// Its intent is in the journal, its outcome not.
        Running = "running",
        /// It did what it should.
        Succeeded = "succeeded",
        /// It did, with something to know.
        Warning = "warning",
        /// It did not.
        Failed = "failed",
        /// It was not needed, or an earlier step failed.
        Skipped = "skipped",
        /// A person stopped the operation before it.
        Cancelled = "cancelled",
        /// The host went away, or the console stopped; nobody can tell yet.
        Unknown = "unknown",
    }
}

impl StepStatus {
    /// Will it change no more?
    pub const fn is_ended(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// How it looks.
    pub const fn tone(self) -> Tone {
        match self {
            Self::Pending | Self::Skipped => Tone::Idle,
            Self::Running => Tone::Busy,
            Self::Succeeded => Tone::Good,
            Self::Warning | Self::Cancelled => Tone::Warning,
            Self::Failed => Tone::Failed,
            Self::Unknown => Tone::Unknown,
        }
    }
}

words! {
    /// What a step does.
    StepKind {
        /// Makes a network on a host.
        CreateNetwork = "create-network",
        /// Makes a volume on a host.
        CreateVolume = "create-volume",
        /// Brings an image to a host.
        Pull = "pull",
        /// Makes a container.
        Create = "create",
        /// Starts a container.
        Start = "start",
        /// Waits until it runs and its health check, if it has one, passes.
        Wait = "wait",
        /// Stops a container.
        Stop = "stop",
        /// Stops and starts a container.
        Restart = "restart",
        /// Takes a container away.
        Remove = "remove",
        /// Gives a container its final name.
        Rename = "rename",
        /// Takes a network away.
        RemoveNetwork = "remove-network",
        /// Takes a volume away.
        RemoveVolume = "remove-volume",
    }
}

/// What a step counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes done.
    pub done: u64,
    /// Bytes in all, as far as known.
    pub total: u64,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepView {
    /// Its place in the operation, from 0.
    pub n: u32,
    /// The host it is on.
    pub host: HostId,
    /// That host's name.
    pub host_name: Name,
    /// What it is about: an instance such as `web-2`, a container, an image, a network or a volume.
    pub subject: String,
    /// The instance it belongs to; `None` for steps that concern a host.
    pub instance: Option<String>,
    /// What it does.
    pub kind: StepKind,
    /// How far it is.
    pub status: StepStatus,
    /// When its intent was written.
    pub intent_at: Option<Millis>,
    /// When its outcome was written.
    pub outcome_at: Option<Millis>,
    /// Bytes so far, while it counts any.
    pub progress: Option<Progress>,
    /// The stable code of what went wrong.
    pub code: Option<String>,
    /// One line: cause, and what to do.
    pub message: Option<String>,
    /// The engine's own words, in full.
    pub detail: Option<String>,
}

/// One line of the list of operations.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationRow {
    /// Which one.
    pub id: OperationId,
    /// What kind.
    pub kind: OperationKind,
    /// What it changes: an application's name, or containers in words.
    pub target: String,
    /// The application, when it is one.
    pub application: Option<ApplicationId>,
    /// Who started it.
    pub actor: String,
    /// When it was accepted.
    pub created_at: Millis,
    /// When it ended.
    pub ended_at: Option<Millis>,
    /// How far it is.
    pub state: OperationState,
    /// The truth in one sentence.
    pub verdict: Verdict,
    /// Steps that ended.
    pub steps_done: u32,
    /// Steps in all.
    pub steps_total: u32,
    /// What the viewer may do with it.
    pub allowed: Actions,
}

/// One operation, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperationView {
    /// The row.
    pub row: OperationRow,
    /// Its steps in order.
    pub steps: Vec<StepView>,
}
