//! `$NAME` and `${NAME…}` in values.

use std::collections::HashSet;
use std::fmt;

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::findings::{Findings, Mark, quoted};
use crate::limits::{MAX_ENV_FILES, MAX_FINDINGS, MAX_INTERPOLATED, MAX_VARIABLE_DEPTH};
use crate::scalar::Meaning;
use crate::tree::{Node, Value};

/// How much text may still be made; the default is none at all.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    /// Bytes that variables may add.
    growth: usize,
    /// Bytes of environment files that may be read.
    files: usize,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self {
            growth: MAX_INTERPOLATED,
            files: MAX_ENV_FILES,
        }
    }

    /// Counts an environment file; false when it is one too many.
    pub(crate) fn take_file(&mut self, bytes: usize) -> bool {
        let left = self.files.checked_sub(bytes);
        self.files = left.unwrap_or(self.files);
        left.is_some()
    }

    fn take(&mut self, bytes: usize) -> Result<(), Problem> {
        self.growth = self.growth.checked_sub(bytes).ok_or_else(|| Problem {
            code: Code::Limit,
            message: format!(
                "variables grow the text by more than {} MiB",
                MAX_INTERPOLATED >> 20
            ),
        })?;
        Ok(())
    }
}

/// A text with its variables filled in.
#[derive(Debug)]
pub(crate) struct Filled {
    pub(crate) text: String,
    /// Names without a value and without a default.
    pub(crate) unset: Vec<String>,
}

/// Why a text cannot be filled in.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) code: Code,
    pub(crate) message: String,
}

/// Fills in the variables of one text.
pub(crate) fn interpolate<'v>(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<&'v str>,
    budget: &mut Budget,
) -> Result<Filled, Problem> {
    let mut filler = Filler {
        lookup,
        budget,
        unset: Vec::new(),
    };
    let text = filler.fill(text, 0)?;
    Ok(Filled {
        text,
        unset: filler.unset,
    })
}

/// Fills in the variables of whole trees; keys stay as they are.
pub(crate) struct Interpolation<'a, 'v> {
    pub(crate) lookup: &'a dyn Fn(&str) -> Option<&'v str>,
    pub(crate) budget: Budget,
    pub(crate) findings: &'a mut Findings,
    /// Variables that were already reported as unset.
    reported: HashSet<String>,
}

/// The way down to a value; written out only when there is something to say.
struct Way<'w> {
    parent: Option<&'w Way<'w>>,
    step: Step<'w>,
}

enum Step<'w> {
    Key(&'w str),
    Index(usize),
}

impl<'a, 'v> Interpolation<'a, 'v> {
    pub(crate) fn new(
        lookup: &'a dyn Fn(&str) -> Option<&'v str>,
        budget: Budget,
        findings: &'a mut Findings,
    ) -> Self {
        Self {
            lookup,
            budget,
            findings,
            reported: HashSet::new(),
        }
    }

    /// Fills in every value below `node`, which stands at the key `name` of the document.
    pub(crate) fn tree(&mut self, node: &mut Node, name: &str) {
        self.walk(
            node,
            &Way {
                parent: None,
                step: Step::Key(name),
            },
        );
    }

    fn walk(&mut self, node: &mut Node, way: &Way<'_>) {
        let at = node.at;
        match &mut node.value {
            Value::Scalar(scalar) => {
                if scalar.meaning == Meaning::Text && scalar.text.contains('$') {
                    self.scalar(&mut scalar.text, at, way);
                }
            }
            Value::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.walk(
                        item,
                        &Way {
                            parent: Some(way),
                            step: Step::Index(index),
                        },
                    );
                }
            }
            Value::Map(entries) => {
                for entry in entries {
                    self.walk(
                        &mut entry.node,
                        &Way {
                            parent: Some(way),
                            step: Step::Key(&entry.key),
                        },
                    );
                }
            }
        }
    }

    fn scalar(&mut self, text: &mut String, at: Mark, way: &Way<'_>) {
        match interpolate(text, self.lookup, &mut self.budget) {
            Ok(filled) => {
                for name in filled.unset {
                    if !self.findings.full() && !self.reported.contains(&name) {
                        let message = format!(
                            "the variable {} has no value in the `.env` text; it becomes empty",
                            quoted(&name)
                        );
                        self.findings
                            .warning(Code::Variable, at, way.to_string(), message);
                        self.reported.insert(name);
                    }
                }
                *text = filled.text;
            }
            Err(problem) => {
                let path = if self.findings.full() {
                    String::new()
                } else {
                    way.to_string()
                };
                self.findings.error(problem.code, at, path, problem.message);
                self.findings.spoil(at);
            }
        }
    }
}

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        match self.step {
            Step::Key(key) if self.parent.is_some() => write!(f, ".{key}"),
            Step::Key(key) => f.write_str(key),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

struct Filler<'a, 'v> {
    lookup: &'a dyn Fn(&str) -> Option<&'v str>,
    budget: &'a mut Budget,
    unset: Vec<String>,
}

impl Filler<'_, '_> {
    fn fill(&mut self, text: &str, depth: usize) -> Result<String, Problem> {
        if depth > MAX_VARIABLE_DEPTH {
            return Err(Problem {
                code: Code::Limit,
                message: format!("variables are nested more than {MAX_VARIABLE_DEPTH} levels deep"),
            });
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            out.push_str(&rest[..dollar]);
            let after = &rest[dollar + 1..];
            match after.as_bytes().first() {
                Some(b'$') => {
                    out.push('$');
                    rest = &after[1..];
                }
                Some(b'{') => {
                    let end = closing(after).ok_or_else(|| malformed(rest))?;
                    let value = self.braced(&after[1..end], depth)?;
                    self.budget.take(value.len())?;
                    out.push_str(&value);
                    rest = &after[end + 1..];
                }
                Some(first) if first.is_ascii_alphabetic() || *first == b'_' => {
                    let (name, tail) = name_of(after);
                    let value = self.value_of(name);
                    self.budget.take(value.len())?;
                    out.push_str(&value);
                    rest = tail;
                }
                // A lone dollar sign stays one.
                _ => {
                    out.push('$');
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        Ok(out)
    }

    /// What stands between the braces.
    fn braced(&mut self, inner: &str, depth: usize) -> Result<String, Problem> {
        let (name, rule) = name_of(inner);
        if name.is_empty() {
            return Err(malformed(&format!("${{{inner}}}")));
        }
        let value = (self.lookup)(name);
        let filled = value.filter(|value| !value.is_empty());
        if let Some(word) = rule.strip_prefix(":-") {
            return filled.map_or_else(|| self.fill(word, depth + 1), |value| Ok(value.to_owned()));
        }
        if let Some(word) = rule.strip_prefix('-') {
            return value.map_or_else(|| self.fill(word, depth + 1), |value| Ok(value.to_owned()));
        }
        if let Some(word) = rule.strip_prefix(":+") {
            return if filled.is_some() {
                self.fill(word, depth + 1)
            } else {
                Ok(String::new())
            };
        }
        if let Some(word) = rule.strip_prefix('+') {
            return if value.is_some() {
                self.fill(word, depth + 1)
            } else {
                Ok(String::new())
            };
        }
        if let Some(word) = rule.strip_prefix(":?") {
            return filled.map_or_else(|| self.required(name, word, depth), |value| Ok(value.to_owned()));
        }
        if let Some(word) = rule.strip_prefix('?') {
            return value.map_or_else(|| self.required(name, word, depth), |value| Ok(value.to_owned()));
        }
        if rule.is_empty() {
            Ok(self.value_of(name))
        } else {
            Err(malformed(&format!("${{{inner}}}")))
        }
    }

    fn required(&mut self, name: &str, word: &str, depth: usize) -> Result<String, Problem> {
        let reason = self.fill(word, depth + 1)?;
        let name = quoted(name);
        let message = if reason.is_empty() {
            format!("the variable {name} needs a value; give it in the `.env` text")
        } else {
            format!("the variable {name} needs a value: {reason}; give it in the `.env` text")
        };
        Err(Problem {
            code: Code::Variable,
            message,
        })
    }

    fn value_of(&mut self, name: &str) -> String {
        if let Some(value) = (self.lookup)(name) {
            return value.to_owned();
        }
        if self.unset.len() < MAX_FINDINGS && !self.unset.iter().any(|known| known == name) {
            self.unset.push(name.to_owned());
        }
        String::new()
    }
}

/// Splits a text after the name it begins with.
fn name_of(text: &str) -> (&str, &str) {
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(text.len());
    if starts { text.split_at(end) } else { ("", text) }
}

/// The place of the brace that closes the one at the start.
fn closing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open = 1;
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'$' if bytes.get(at + 1) == Some(&b'{') => {
                open += 1;
                at += 1;
            }
            b'}' => {
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
        at += 1;
    }
    None
}

fn malformed(text: &str) -> Problem {
    Problem {
        code: Code::InvalidValue,
        message: format!(
            "{} is not a variable: write `${{NAME}}` or `${{NAME:-default}}`, or `$$` for a plain dollar sign",
            quoted(text)
        ),
    }
}
