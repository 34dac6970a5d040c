//! Walks the tree with the kind of each value in hand: text, number, truth value, list or map.
//!
//! Every mismatch becomes a finding at its place, and reading goes on, so that one look shows all of it.

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::findings::{Findings, Mark, quoted};
use crate::limits::MAX_ITEMS;
use crate::scalar::Meaning;
use crate::tree::{Entry, Node, Scalar, Value};

/// A value, where it is, and how to get there.
#[derive(Debug, Clone)]
pub(crate) struct Cursor<'t> {
    pub(crate) node: &'t Node,
    pub(crate) path: String,
}

/// A key of a map with the cursor on its value.
#[derive(Debug)]
pub(crate) struct Field<'t> {
    pub(crate) key: &'t str,
    /// The place of the key.
    pub(crate) at: Mark,
    pub(crate) value: Cursor<'t>,
}

impl<'t> Cursor<'t> {
    pub(crate) fn root(node: &'t Node) -> Self {
        Self {
            node,
            path: String::new(),
        }
    }

    pub(crate) fn at(&self) -> Mark {
        self.node.at
    }

    /// The last part of the path: what a message calls this value.
    pub(crate) fn label(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(
            &self.node.value,
            Value::Scalar(Scalar {
                meaning: Meaning::Null,
                ..
            })
        )
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    pub(crate) fn is_list(&self) -> bool {
        matches!(self.node.value, Value::List(_))
    }

    pub(crate) fn scalar(&self) -> Option<&'t Scalar> {
        match &self.node.value {
            Value::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The fields of a map.
    pub(crate) fn fields(&self, findings: &mut Findings) -> Option<Vec<Field<'t>>> {
        let Value::Map(entries) = &self.node.value else {
            return self.wrong("a map, such as `key: value`", findings);
        };
        self.check_count(entries.len(), findings)?;
        Some(entries.iter().map(|entry| self.field(entry)).collect())
    }

    /// The fields of a map, or none at all for an empty value.
    pub(crate) fn fields_or_null(&self, findings: &mut Findings) -> Option<Vec<Field<'t>>> {
        if self.is_null() {
            Some(Vec::new())
        } else {
            self.fields(findings)
        }
    }

    /// The items of a list.
    pub(crate) fn items(&self, findings: &mut Findings) -> Option<Vec<Cursor<'t>>> {
        let Value::List(items) = &self.node.value else {
            return self.wrong("a list, such as `- item`", findings);
        };
        self.check_count(items.len(), findings)?;
        let cursor = |(index, node)| Cursor {
            node,
            path: format!("{}[{index}]", self.path),
        };
        Some(items.iter().enumerate().map(cursor).collect())
    }

    fn check_count(&self, count: usize, findings: &mut Findings) -> Option<()> {
        if count <= MAX_ITEMS {
            return Some(());
        }
        let message = format!(
            "`{}` has {count} entries; at most {MAX_ITEMS} are read",
            self.label()
        );
        self.refuse(Code::Limit, message, findings)
    }

    /// A text.
    pub(crate) fn text(&self, findings: &mut Findings) -> Option<&'t str> {
        match self.scalar() {
            Some(Scalar {
                text,
                meaning: Meaning::Text,
            }) => Some(text),
            Some(Scalar {
                meaning: Meaning::Null,
                ..
            })
            | None => self.wrong("text", findings),
            Some(_) => self.wrong("text; write it in quotes", findings),
        }
    }

    /// A text that is not empty.
    pub(crate) fn filled_text(&self, findings: &mut Findings) -> Option<&'t str> {
        let text = self.text(findings)?;
        if text.trim().is_empty() {
            return self.invalid("is empty", findings);
        }
        Some(text)
    }

    /// A text or a number, as text.
    pub(crate) fn text_or_number(&self, findings: &mut Findings) -> Option<&'t str> {
        match self.scalar() {
            Some(Scalar {
                text,
                meaning: Meaning::Text | Meaning::Integer(_) | Meaning::Float(_),
            }) => Some(text),
            _ => self.wrong("text or a number", findings),
        }
    }

    /// A truth value; the words of YAML 1.1 count too, as they do in Compose.
    pub(crate) fn boolean(&self, findings: &mut Findings) -> Option<bool> {
        match self.scalar() {
            Some(Scalar {
                meaning: Meaning::Bool(value),
                ..
            }) => Some(*value),
            Some(Scalar {
                text,
                meaning: Meaning::Text,
            }) => {
                let value = match text.to_ascii_lowercase().as_str() {
                    "true" => return Some(true),
                    "false" => return Some(false),
                    "y" | "yes" | "on" => true,
                    "n" | "no" | "off" => false,
                    _ => return self.wrong("`true` or `false`", findings),
                };
                findings.note(
                    Code::Obsolete,
                    self.at(),
                    &self.path,
                    format!("{} is read as `{value}`; YAML 1.2 writes it so", quoted(text)),
                );
                Some(value)
            }
            _ => self.wrong("`true` or `false`", findings),
        }
    }

    /// A whole number, also as text (a variable always gives text).
    pub(crate) fn integer(&self, findings: &mut Findings) -> Option<i64> {
        let value = match self.scalar() {
            Some(Scalar {
                meaning: Meaning::Integer(value),
                ..
            }) => i64::try_from(*value).ok(),
            Some(Scalar {
                text,
                meaning: Meaning::Text,
            }) => text.trim().parse().ok(),
            _ => None,
        };
        value.or_else(|| self.wrong("a whole number", findings))
    }

    /// A list of texts, or one text that stands for a list of one.
    pub(crate) fn texts_or_one(&self, findings: &mut Findings) -> Option<Vec<&'t str>> {
        if self.is_list() {
            self.texts(findings)
        } else {
            self.text(findings).map(|text| vec![text])
        }
    }

    /// A list of texts.
    pub(crate) fn texts(&self, findings: &mut Findings) -> Option<Vec<&'t str>> {
        let items = self.items(findings)?;
        let count = items.len();
        let texts: Vec<_> = items.iter().filter_map(|item| item.text(findings)).collect();
        (texts.len() == count).then_some(texts)
    }

    /// Reports that this value is not what has to stand here.
    pub(crate) fn wrong<T>(&self, wanted: &str, findings: &mut Findings) -> Option<T> {
        let found = match &self.node.value {
            Value::List(_) => "a list".to_owned(),
            Value::Map(_) => "a map".to_owned(),
            Value::Scalar(Scalar {
                meaning: Meaning::Null,
                ..
            }) => "nothing".to_owned(),
            Value::Scalar(Scalar { text, .. }) => quoted(text),
        };
        let label = self.label();
        findings.error(
            Code::WrongType,
            self.at(),
            &self.path,
            format!("`{label}` has to be {wanted}; here stands {found}"),
        );
        None
    }

    /// Reports a value that cannot be read: `` `interval` <problem> ``.
    pub(crate) fn invalid<T>(&self, problem: impl AsRef<str>, findings: &mut Findings) -> Option<T> {
        let message = format!("`{}` {}", self.label(), problem.as_ref());
        findings.error(Code::InvalidValue, self.at(), &self.path, message);
        None
    }

    /// Reports something about this value, in its own words.
    pub(crate) fn refuse<T>(
        &self,
        code: Code,
        message: impl Into<String>,
        findings: &mut Findings,
    ) -> Option<T> {
        findings.error(code, self.at(), &self.path, message);
        None
    }

    fn field(&self, entry: &'t Entry) -> Field<'t> {
        let path = if self.path.is_empty() {
            entry.key.clone()
        } else {
            format!("{}.{}", self.path, entry.key)
        };
        Field {
            key: &entry.key,
            at: entry.at,
            value: Cursor {
                node: &entry.node,
                path,
            },
        }
    }
}

/// How the value at a map's key is called when the key itself is not allowed.
impl Field<'_> {
    /// Whether the key is an extension that Compose tells everybody to ignore.
    pub(crate) fn is_extension(&self) -> bool {
        self.key.starts_with("x-")
    }

    /// Reports a key that does not exist here; `known` are those that do.
    pub(crate) fn unknown(&self, known: &[&str], findings: &mut Findings) {
        let mut message = format!("there is no key {} here", quoted(self.key));
        if let Some(near) = nearest(self.key, known) {
            message.push_str("; did you mean `");
            message.push_str(near);
            message.push_str("`?");
        } else if known.len() <= 12 {
            message.push_str("; known are ");
            message.push_str(&listed(known));
        }
        findings.error(Code::UnknownKey, self.at, &self.value.path, message);
    }

    /// Reports a key that the Specification has and Lighthouse does not carry out.
    pub(crate) fn unsupported(&self, advice: &str, findings: &mut Findings) {
        findings.error(
            Code::UnsupportedKey,
            self.at,
            &self.value.path,
            format!("{} {advice}", quoted(self.key)),
        );
    }
}

/// Words in backticks with commas and an "and".
pub(crate) fn listed<T: AsRef<str>>(words: &[T]) -> String {
    let mut out = String::new();
    for (index, word) in words.iter().enumerate() {
        if index > 0 {
            out.push_str(if index + 1 == words.len() { " and " } else { ", " });
        }
        out.push('`');
        out.push_str(word.as_ref());
        out.push('`');
    }
    out
}

/// The known word that differs in at most two letters.
fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    if word.len() > 40 {
        return None;
    }
    known
        .iter()
        .map(|&candidate| (distance(word, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= 2 && distance * 2 < candidate.len())
        .min()
        .map(|(_, candidate)| candidate)
}

/// How many letters must change to turn one word into the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
