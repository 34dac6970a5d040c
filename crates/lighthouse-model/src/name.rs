//! Names that people give: hosts, applications, pools, users.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A checked name: `^[a-z0-9][a-z0-9_-]{0,62}$`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(Box<str>);

/// Why a text cannot be a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing was given.
    #[error("a name is needed")]
    Empty,
    /// More than 63 characters.
    #[error("a name has at most 63 characters, not {0}")]
    TooLong(usize),
    /// A character outside the allowed set, or one that cannot stand first.
    #[error("a name has lower-case letters, digits, `-` and `_` only, and starts with a letter or digit")]
    Character,
}

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        match text.as_bytes() {
            [] => Err(InvalidName::Empty),
            bytes if bytes.len() > 63 => Err(InvalidName::TooLong(text.chars().count())),
            [first, rest @ ..]
                if plain(*first) && rest.iter().all(|&b| plain(b) || b == b'-' || b == b'_') =>
            {
                Ok(Self(text.into()))
            }
            _ => Err(InvalidName::Character),
        }
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;

    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0.into()
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_rule() {
        for good in ["a", "0", "shop", "eu-1_b", &"x".repeat(63)] {
            assert!(good.parse::<Name>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "-a",
            "_a",
            "A",
            "a b",
            "../x",
            "a\n",
            "é",
            "a\"",
            &"x".repeat(64),
            &"x".repeat(300),
        ] {
            assert!(bad.parse::<Name>().is_err(), "{bad}");
        }
    }
}
