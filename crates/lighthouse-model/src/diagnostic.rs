//! What is wrong with a blueprint, and where: shown at its line in the editor and sent by the HTTP API.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One finding about a text that a person wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// What kind of finding it is, for programs.
    pub code: DiagnosticCode,
    /// The line, counted from 1.
    pub line: u32,
    /// The column in characters, counted from 1.
    pub column: u32,
    /// Where in the document, such as `services.web.ports[0]`; empty for the document itself.
    pub path: String,
    /// What is wrong and what to do, in one or two sentences, without the line.
    pub message: String,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Nothing can be deployed before it is mended.
    Error,
    /// It can be deployed, but probably not as it was meant.
    Warning,
    /// Worth knowing.
    Note,
}

/// The stable kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DiagnosticCode {
    /// The text is not YAML, or not a `.env` file.
    Syntax,
    /// A limit on size, depth or expansion was passed.
    Limit,
    /// No such key exists at this place.
    UnknownKey,
    /// A key of the Compose Specification that Lighthouse does not carry out.
    UnsupportedKey,
    /// A value that the Specification allows and Lighthouse does not carry out.
    UnsupportedValue,
    /// A value of the wrong kind, such as a list where a text is needed.
    WrongType,
    /// A value of the right kind that cannot be read.
    InvalidValue,
    /// Something that has to be there is missing.
    Missing,
    /// The same thing is said twice.
    Duplicate,
    /// Two options that exclude each other.
    Conflict,
    /// A name that is used and nowhere defined.
    UndefinedReference,
    /// Services that wait for each other.
    Cycle,
    /// A label that only Lighthouse itself may set.
    ReservedLabel,
    /// A variable without a value.
    Variable,
    /// A key that no longer means anything.
    Obsolete,
}
