//! Collects what is wrong, so that a person sees all of it at once.

use std::collections::HashSet;

use lighthouse_model::diagnostic::{Diagnostic, DiagnosticCode, Severity};

use crate::limits::MAX_FINDINGS;

/// A place in the text: line and column, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Mark {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Mark {
    pub(crate) const START: Self = Self { line: 1, column: 1 };
}

/// The findings so far, capped.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    list: Vec<Diagnostic>,
    failed: bool,
    /// Places whose value could not be made; what is said about it afterwards is noise.
    spoiled: HashSet<Mark>,
}

impl Findings {
    pub(crate) fn error(
        &mut self,
        code: DiagnosticCode,
        at: Mark,
        path: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.failed = true;
        self.push(Severity::Error, code, at, path.into(), message.into());
    }

    pub(crate) fn warning(
        &mut self,
        code: DiagnosticCode,
        at: Mark,
        path: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.push(Severity::Warning, code, at, path.into(), message.into());
    }

    pub(crate) fn note(
        &mut self,
        code: DiagnosticCode,
        at: Mark,
        path: impl Into<String>,
        message: impl Into<String>,
    ) {
        self.push(Severity::Note, code, at, path.into(), message.into());
    }

    /// Keeps further findings about a value away that could not be made.
    pub(crate) fn spoil(&mut self, at: Mark) {
        self.spoiled.insert(at);
    }

    fn push(&mut self, severity: Severity, code: DiagnosticCode, at: Mark, path: String, message: String) {
        let finding = Diagnostic {
            severity,
            code,
            line: at.line,
            column: at.column,
            path: shorten(path),
            message: shorten(message),
        };
        if self.spoiled.contains(&at) {
            return;
        }
        // An alias or a merge key can bring the same place up many times.
        if self.list.contains(&finding) {
            return;
        }
        if self.list.len() < MAX_FINDINGS {
            self.list.push(finding);
        } else if severity == Severity::Error
            && let Some(place) = self.list.iter().position(|kept| kept.severity != Severity::Error)
        {
            // An error is never lost to a crowd of notes.
            self.list.remove(place);
            self.list.push(finding);
        }
    }

    /// Whether only the first error can still be added.
    pub(crate) fn full(&self) -> bool {
        self.list.len() >= MAX_FINDINGS
    }

    pub(crate) fn failed(&self) -> bool {
        self.failed
    }

    /// The findings in the order of the text.
    pub(crate) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.list
            .sort_by_key(|found| (found.line, found.column, found.severity));
        self.list
    }
}

/// A message quotes values, and a value can be a megabyte.
fn shorten(message: String) -> String {
    const LONGEST: usize = 500;
    if message.len() <= LONGEST {
        return message;
    }
    let end = message.floor_char_boundary(LONGEST);
    let mut short = message;
    short.truncate(end);
    short.push('…');
    short
}

/// A value as a message shows it: in backticks, without line breaks, never long.
pub(crate) fn quoted(value: &str) -> String {
    const LONGEST: usize = 60;
    let mut out = String::from("`");
    for (count, ch) in value.chars().enumerate() {
        if count == LONGEST {
            out.push('…');
            break;
        }
        if ch.is_control() {
            out.extend(ch.escape_default());
        } else {
            out.push(ch);
        }
    }
    out.push('`');
    out
}
