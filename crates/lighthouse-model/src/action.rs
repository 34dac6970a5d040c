//! What a viewer may do with the object in front of them. Every view carries its [`Actions`]; screens show a
//! control exactly when its action is there, and never read a role.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! actions {
    ($($(#[$doc:meta])* $variant:ident,)*) => {
        /// One thing that can be done to an object.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Action { $($(#[$doc])* $variant,)* }

        impl Action {
            /// Every action there is.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];
        }
    };
}

actions! {
    /// Start what is stopped.
    Start,
    /// Stop what runs.
    Stop,
    /// Stop and start.
    Restart,
    /// Take it away.
    Remove,
    /// Open a terminal.
    Terminal,
    /// Read the environment.
    Environment,
    /// Read the log.
    Logs,
    /// Deploy a blueprint; read the one that runs.
    Deploy,
    /// Change the number of replicas.
    Scale,
    /// Change its settings.
    Edit,
    /// Make a new one of its kind.
    Create,
    /// End a session or a token.
    Revoke,
    /// Stop an operation at its next step boundary.
    Cancel,
}

/// A set of actions, in JSON a list of names.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Actions(u32);

impl Actions {
    /// Nothing may be done.
    pub const NONE: Self = Self(0);

    /// The set with one more.
    #[must_use]
    pub const fn with(self, action: Action) -> Self {
        Self(self.0 | 1 << action as u32)
    }

    /// The set with one more if a condition holds.
    #[must_use]
    pub const fn with_if(self, action: Action, condition: bool) -> Self {
        if condition { self.with(action) } else { self }
    }

    /// May this be done?
    pub const fn contains(self, action: Action) -> bool {
        self.0 & (1 << action as u32) != 0
    }

    /// Can nothing be done?
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The actions in declaration order.
    pub fn iter(self) -> impl Iterator<Item = Action> {
        Action::ALL.iter().copied().filter(move |a| self.contains(*a))
    }
}

impl FromIterator<Action> for Actions {
    fn from_iter<I: IntoIterator<Item = Action>>(actions: I) -> Self {
        actions.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

impl Serialize for Actions {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Actions {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Action>::deserialize(deserializer)?.into_iter().collect())
    }
}
