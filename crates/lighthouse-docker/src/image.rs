//! Images: how they are named, and what an engine knows of them.

use std::fmt;
use std::str::FromStr;

use lighthouse_core::engine::{EngineError, ImageFacts};
use serde::Deserialize;

use crate::lenient::or_default;
use crate::query::Target;

/// A text that may stand for an image in a request: a reference (`registry:5000/shop/web:1.2@sha256:…`) or an id.
///
/// The engine decides what it means; here it only has to be made of harmless characters, because it becomes part
/// of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ImageReference(String);

/// Longer than any that a registry accepts.
const LONGEST: usize = 1024;

impl FromStr for ImageReference {
    type Err = EngineError;

    fn from_str(text: &str) -> Result<Self, EngineError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b':' | b'/' | b'@');
        let good = (1..=LONGEST).contains(&text.len())
            && text.bytes().all(plain)
            && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
            && text
                .split('/')
                .all(|part| part.bytes().any(|b| b.is_ascii_alphanumeric()));
        if good {
            return Ok(Self(text.to_owned()));
        }
        let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
        Err(EngineError::Refused {
            status: 400,
            message: format!("`{shown}` is not an image reference"),
        })
    }
}

impl fmt::Display for ImageReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ImageReference {
    /// The repository, and the tag or digest to pull. Without either an engine would pull every tag there is.
    pub(crate) fn to_pull(&self) -> (&str, &str) {
        if let Some((_, digest)) = self.0.split_once('@') {
            return (&self.0[..self.0.len() - digest.len() - 1], digest);
        }
        match self.0.rsplit_once(':') {
            // A colon before a slash belongs to the registry's port.
            Some((repository, tag)) if !tag.contains('/') => (repository, tag),
            _ => (&self.0, "latest"),
        }
    }

    /// Where to ask for it.
    pub(crate) fn target(&self) -> Target {
        Target::new(format!("/images/{}/json", self.0))
    }
}

/// The answer of `/images/{name}/json`, as far as it is used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InspectedImage {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    repo_digests: Vec<String>,
}

impl From<InspectedImage> for ImageFacts {
    fn from(image: InspectedImage) -> Self {
        Self {
            id: image.id,
            repo_digests: image.repo_digests,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_without_a_tag_means_latest_and_never_all() {
        for (text, expected) in [
            ("nginx", ("nginx", "latest")),
            ("nginx:1.27", ("nginx", "1.27")),
            ("10.0.0.1:5000/shop/web", ("10.0.0.1:5000/shop/web", "latest")),
            ("10.0.0.1:5000/shop/web:2", ("10.0.0.1:5000/shop/web", "2")),
            ("web@sha256:ab", ("web", "sha256:ab")),
            ("r:5/web:1@sha256:ab", ("r:5/web:1", "sha256:ab")),
        ] {
            let reference: ImageReference = text.parse().unwrap();
            assert_eq!(reference.to_pull(), expected);
        }
    }

    #[test]
    fn what_could_leave_its_place_in_a_path_is_no_reference() {
        for bad in [
            "", "../info", "a/../b", "a?x=1", "a b", "a#b", "/etc", "a//b", "a\n", "ü", "a%2e", "-a", "a/./b",
        ] {
            let error = bad.parse::<ImageReference>().unwrap_err();
            assert!(error.to_string().ends_with("is not an image reference"), "{bad}");
        }
    }
}
