//! Identities: UUIDv7 newtypes, and containers by host and full id.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is not an id of the kind asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {expected}")]
pub struct InvalidId {
    given: String,
    expected: &'static str,
}

impl InvalidId {
    fn new(given: &str, expected: &'static str) -> Self {
        // Ids arrive from URLs: an error never repeats more of a stranger's text than fits a line.
        Self {
            given: given.chars().filter(|c| !c.is_control()).take(80).collect(),
            expected,
        }
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// Wraps a UUID made elsewhere (the console makes version 7).
            pub const fn from_uuid(id: Uuid) -> Self {
                Self(id)
            }

            /// The UUID inside.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.as_hyphenated(), f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0.as_hyphenated())
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text)
                    .map(Self)
                    .map_err(|_| InvalidId::new(text, concat!("a ", stringify!($name))))
            }
        }
    };
}

uuid_id!(
    /// One Docker Engine, as Lighthouse knows it.
    HostId
);
uuid_id!(
    /// A named set of services.
    ApplicationId
);
uuid_id!(
    /// A change in progress or past.
    OperationId
);
uuid_id!(
    /// A person with an account.
    UserId
);
uuid_id!(
    /// A signed-in browser; public, unlike the secret in its cookie.
    SessionId
);
uuid_id!(
    /// A personal token; public, unlike its secret.
    TokenId
);
uuid_id!(
    /// Hosts chosen by a label query.
    PoolId
);
uuid_id!(
    /// A registry's credential.
    CredentialId
);

/// A container's full id: 64 lower-case hexadecimal digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ContainerId(Box<str>);

impl ContainerId {
    /// The full id.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first twelve digits, as engines print them.
    pub fn short(&self) -> &str {
        self.0.get(..12).unwrap_or(&self.0)
    }
}

impl FromStr for ContainerId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let full = text.len() == 64
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if full {
            Ok(Self(text.into()))
        } else {
            Err(InvalidId::new(
                text,
                "a full container id (64 hexadecimal digits)",
            ))
        }
    }
}

impl TryFrom<String> for ContainerId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<ContainerId> for String {
    fn from(id: ContainerId) -> Self {
        id.0.into()
    }
}

impl fmt::Display for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for ContainerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContainerId({})", self.short())
    }
}

/// One container on one host. The id alone is not enough: cloned machines share engine state.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ContainerKey {
    /// The host it is on.
    pub host: HostId,
    /// Its full id there.
    pub id: ContainerId,
}

impl fmt::Display for ContainerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.host, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_id_is_exactly_64_lower_case_hex_digits() {
        assert!("a".repeat(64).parse::<ContainerId>().is_ok());
        for bad in [
            "",
            "abc",
            &"A".repeat(64),
            &"g".repeat(64),
            &"a".repeat(65),
            "../info?x=",
        ] {
            assert!(bad.parse::<ContainerId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_invalid_id_is_told_without_control_characters() {
        let error = "x\n\u{1b}[31my".parse::<HostId>().unwrap_err();
        assert_eq!(error.to_string(), "`x[31my` is not a HostId");
    }
}
