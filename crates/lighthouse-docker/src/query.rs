//! Paths and queries: the only place where a value becomes part of a request's target.

use std::fmt::Write as _;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// A path with its query. The path is made of literals and checked names; values of the query are escaped here.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    text: String,
    asked: bool,
}

impl Target {
    /// A path without query.
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self {
            text: path.into(),
            asked: false,
        }
    }

    /// One more key of the query.
    pub(crate) fn with(mut self, key: &'static str, value: &str) -> Self {
        let mark = if self.asked { '&' } else { '?' };
        self.asked = true;
        // Writing to a string cannot fail.
        let _ = write!(
            self.text,
            "{mark}{key}={}",
            utf8_percent_encode(value, NON_ALPHANUMERIC)
        );
        self
    }

    /// The engine's `filters` parameter: one kind, one value.
    pub(crate) fn filtered(self, kind: &str, value: &str) -> Self {
        let filters = serde_json::json!({ kind: [value] }).to_string();
        self.with("filters", &filters)
    }

    /// The target as it goes on the wire.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_gets_out_of_its_place() {
        let target = Target::new("/images/create")
            .with("fromImage", "a&b=c#d/../?x\r\n")
            .with("tag", "1 0");
        assert_eq!(
            target.as_str(),
            "/images/create?fromImage=a%26b%3Dc%23d%2F%2E%2E%2F%3Fx%0D%0A&tag=1%200"
        );
    }

    #[test]
    fn a_filter_is_json() {
        let target = Target::new("/x").filtered("label", "a=\"b\"");
        assert_eq!(
            target.as_str(),
            "/x?filters=%7B%22label%22%3A%5B%22a%3D%5C%22b%5C%22%22%5D%7D"
        );
    }
}
