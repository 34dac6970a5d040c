//! Names that engines accept.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A name an engine accepts for containers, networks and volumes: `[a-zA-Z0-9][a-zA-Z0-9_.-]+`, at most 200.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ObjectName(String);

/// A text that no engine accepts as a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a container, network or volume name has letters, digits, `_`, `.` and `-` only, and at least two")]
pub struct InvalidObjectName;

impl ObjectName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ObjectName {
    type Err = InvalidObjectName;

    fn from_str(text: &str) -> Result<Self, InvalidObjectName> {
        let good = (2..=200).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        if good {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidObjectName)
        }
    }
}

impl TryFrom<String> for ObjectName {
    type Error = InvalidObjectName;

    fn try_from(text: String) -> Result<Self, InvalidObjectName> {
        text.parse()
    }
}

impl From<ObjectName> for String {
    fn from(name: ObjectName) -> Self {
        name.0
    }
}

impl fmt::Display for ObjectName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
