//! The version of the engine's API that both sides speak.

use std::fmt;
use std::str::FromStr;

use lighthouse_core::engine::EngineError;

/// A version of the engine's API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiVersion {
    /// Always 1 so far.
    pub major: u16,
    /// Rises with features.
    pub minor: u16,
}

impl ApiVersion {
    /// The newest version this crate is tested with.
    pub const NEWEST: Self = Self::new(1, 45);
    /// The oldest that everything works with; engines below it are used as far as they go.
    pub const OLDEST_TESTED: Self = Self::new(1, 41);
    /// Below this an engine lacks what no page can do without.
    pub const OLDEST: Self = Self::new(1, 30);
    /// From here on an exec is started with its terminal's size.
    pub const CONSOLE_SIZE: Self = Self::new(1, 42);
    /// From here on a container is created with all its networks, and health checks have a start interval.
    pub const MANY_NETWORKS: Self = Self::new(1, 44);
    /// See [`MANY_NETWORKS`](Self::MANY_NETWORKS).
    pub const START_INTERVAL: Self = Self::new(1, 44);

    /// A version from its two numbers.
    pub const fn new(major: u16, minor: u16) -> Self {
        Self { major, minor }
    }

    /// The version to speak with an engine that has this newest and this oldest one.
    ///
    /// An engine so new that it no longer knows our newest is spoken to in its own oldest: versions only add.
    pub fn agree(newest: Self, oldest: Option<Self>) -> Result<Self, EngineError> {
        if newest < Self::OLDEST {
            return Err(EngineError::TooOld {
                what: "Lighthouse".to_owned(),
                needs: Self::OLDEST.to_string(),
                has: newest.to_string(),
            });
        }
        let ours = newest.min(Self::NEWEST);
        Ok(oldest.map_or(ours, |oldest| ours.max(oldest.min(newest))))
    }

    /// Is a feature there that came with this version?
    pub fn has(self, since: Self) -> bool {
        self >= since
    }

    /// The error for a feature that is not.
    pub fn too_old(self, what: &str, since: Self) -> EngineError {
        EngineError::TooOld {
            what: what.to_owned(),
            needs: since.to_string(),
            has: self.to_string(),
        }
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// A text that is not `major.minor`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an API version is two numbers with a dot between them")]
pub struct InvalidVersion;

impl FromStr for ApiVersion {
    type Err = InvalidVersion;

    fn from_str(text: &str) -> Result<Self, InvalidVersion> {
        let (major, minor) = text.split_once('.').ok_or(InvalidVersion)?;
        Ok(Self {
            major: major.parse().map_err(|_| InvalidVersion)?,
            minor: minor.parse().map_err(|_| InvalidVersion)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v(text: &str) -> ApiVersion {
        text.parse().unwrap()
    }

    #[test]
    fn both_sides_speak_the_older_of_their_newest_versions() {
        assert_eq!(ApiVersion::agree(v("1.41"), None), Ok(v("1.41")));
        assert_eq!(ApiVersion::agree(v("1.41"), Some(v("1.12"))), Ok(v("1.41")));
        assert_eq!(
            ApiVersion::agree(v("1.99"), Some(v("1.24"))),
            Ok(ApiVersion::NEWEST)
        );
    }

    #[test]
    fn an_engine_that_dropped_our_newest_is_spoken_to_in_its_oldest() {
        assert_eq!(ApiVersion::agree(v("1.60"), Some(v("1.50"))), Ok(v("1.50")));
    }

    #[test]
    fn an_engine_of_long_ago_is_refused_in_words() {
        let error = ApiVersion::agree(v("1.24"), None).unwrap_err();
        assert_eq!(
            error.to_string(),
            "Lighthouse needs API version 1.30; this engine has 1.24"
        );
    }

    #[test]
    fn versions_compare_by_number() {
        assert!(v("1.9") < v("1.41"));
        assert!("1".parse::<ApiVersion>().is_err());
        assert!("1.x".parse::<ApiVersion>().is_err());
    }
}
