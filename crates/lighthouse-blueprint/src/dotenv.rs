//! Environment files: the `.env` text that gives variables their values, and the texts behind `env_file`.

use std::collections::BTreeMap;
use std::fmt::Display;

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::findings::{Findings, Mark, quoted};
use crate::interpolation::{Budget, interpolate};

/// Names and values; a name without a value stands for "take it from outside".
pub(crate) type Variables = BTreeMap<String, Option<String>>;

/// How the values of a file are to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Quotes, escapes, comments and variables, as Compose reads `.env`.
    Compose,
    /// Everything after the equals sign, as it stands.
    Raw,
}

/// Reads an environment file. `outer` are the variables it may use; `file` names it in messages.
pub(crate) fn read(
    text: &str,
    file: &str,
    format: Format,
    outer: &BTreeMap<String, String>,
    budget: &mut Budget,
    findings: &mut Findings,
) -> Variables {
    let mut reader = Reader {
        file,
        outer,
        budget,
        findings,
        found: Variables::new(),
    };
    match format {
        Format::Compose => reader.compose(text.strip_prefix('\u{feff}').unwrap_or(text)),
        Format::Raw => reader.raw(text),
    }
    reader.found
}

struct Reader<'a> {
    file: &'a str,
    outer: &'a BTreeMap<String, String>,
    budget: &'a mut Budget,
    findings: &'a mut Findings,
    found: Variables,
}

impl Reader<'_> {
    fn raw(&mut self, text: &str) {
        for (number, line) in text.lines().enumerate() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, value) = match line.split_once('=') {
                Some((name, value)) => (name, Some(value.to_owned())),
                None => (line, None),
            };
            if self.check_name(name, number) {
                self.found.insert(name.to_owned(), value);
            }
        }
    }

    fn compose(&mut self, text: &str) {
        let mut rest = text;
        let mut line = 0;
        while !rest.is_empty() {
            let start = line;
            let (statement, after) = rest.split_once('\n').unwrap_or((rest, ""));
            line += 1;
            rest = after;
            let statement = statement.trim();
            let statement = match statement.strip_prefix("export") {
                Some(tail) if tail.starts_with([' ', '\t']) => tail.trim_start(),
                _ => statement,
            };
            if statement.is_empty() || statement.starts_with('#') {
                continue;
            }
            let Some(split) = statement.find(['=', ':']) else {
                if self.check_name(statement, start) {
                    let value = self.outer.get(statement).cloned();
                    self.found.insert(statement.to_owned(), value);
                }
                continue;
            };
            let name = statement[..split].trim_end();
            let value = statement[split + 1..].trim_start();
            if !self.check_name(name, start) {
                continue;
            }
            let value = match value.as_bytes().first() {
                Some(quote @ (b'"' | b'\'')) => {
                    // A quoted value may run over several lines: look from its first quote on.
                    let offset = offset_in(text, value);
                    let Some((inner, end)) = quoted_value(&text[offset + 1..], *quote) else {
                        self.error(start, format!("the quote of {} is never closed", quoted(name)));
                        return;
                    };
                    let inner = inner.to_owned();
                    let end = offset + 1 + end;
                    line += text[offset..end].matches('\n').count();
                    let (tail, after) = text[end..].split_once('\n').unwrap_or((&text[end..], ""));
                    rest = after;
                    let tail = tail.trim();
                    if !tail.is_empty() && !tail.starts_with('#') {
                        self.error(
                            start,
                            format!("there is text after the closing quote of {}", quoted(name)),
                        );
                        continue;
                    }
                    if *quote == b'"' {
                        self.expand(&unescape(&inner), name, start)
                    } else {
                        Some(inner.replace("\\'", "'"))
                    }
                }
                _ => self.expand(without_comment(value), name, start),
            };
            if let Some(value) = value {
                self.found.insert(name.to_owned(), Some(value));
            }
        }
    }

    fn expand(&mut self, value: &str, name: &str, line: usize) -> Option<String> {
        let found = &self.found;
        let outer = self.outer;
        // What comes from outside wins over the same name in this file, as it does in the reference.
        let lookup = |wanted: &str| {
            let own = || found.get(wanted).and_then(|value| value.as_deref());
            outer.get(wanted).map(String::as_str).or_else(own)
        };
        match interpolate(value, &lookup, self.budget) {
            Ok(done) => Some(done.text),
            Err(problem) => {
                self.error(line, format!("{} of {name}", problem.message));
                None
            }
        }
    }

    fn check_name(&mut self, name: &str, line: usize) -> bool {
        let good = !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']'));
        if !good {
            self.error(
                line,
                format!(
                    "{} cannot be the name of a variable; write `NAME=value`",
                    quoted(name)
                ),
            );
        }
        good
    }

    fn error(&mut self, line: usize, message: impl Display) {
        let at = Mark {
            line: u32::try_from(line + 1).unwrap_or(u32::MAX),
            column: 1,
        };
        self.findings.error(
            Code::Syntax,
            at,
            self.file,
            format!("in {}: {message}", quoted(self.file)),
        );
    }
}

/// Where `part`, a slice of `whole`, begins in it.
fn offset_in(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

/// The text up to the closing quote, and the place after that quote.
fn quoted_value(text: &str, quote: u8) -> Option<(&str, usize)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b if b == quote => return Some((&text[..at], at + 1)),
            _ => at += 1,
        }
    }
    None
}

/// Escapes of a value in double quotes. A `\$` becomes `$$`, which the next step keeps from being a variable.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(ch) = chars.next() {
        if ch != '\\' {
            out.push(ch);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some('a') => out.push('\u{7}'),
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('v') => out.push('\u{b}'),
            Some('$') => out.push_str("$$"),
            Some(other @ ('"' | '\\' | '\'')) => out.push(other),
            Some(other) => {
                out.push('\\');
                out.push(other);
            }
            None => out.push('\\'),
        }
    }
    out
}

/// A value without quotes ends where a space and a `#` follow it.
fn without_comment(value: &str) -> &str {
    value
        .split_once(" #")
        .map_or(value, |(value, _)| value)
        .trim_end()
}
