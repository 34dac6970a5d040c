//! Keys with values that may be written as a map or as a list of `KEY=value`: environment, labels, sysctls.

use std::collections::BTreeMap;

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::cursor::Cursor;
use crate::findings::{Findings, Mark, quoted};
use crate::scalar::Meaning;

/// One pair as it was written.
pub(crate) struct Pair {
    pub(crate) key: String,
    /// `None`: no value was given at all.
    pub(crate) value: Option<String>,
    pub(crate) at: Mark,
}

/// Reads either form. Of two equal keys in a list the last one counts.
pub(crate) fn read(cursor: &Cursor<'_>, findings: &mut Findings) -> Vec<Pair> {
    let mut pairs = Vec::new();
    if cursor.is_map() {
        for field in cursor.fields(findings).unwrap_or_default() {
            let Some(scalar) = field.value.scalar() else {
                field.value.wrong::<()>("a single value", findings);
                continue;
            };
            let value = match &scalar.meaning {
                Meaning::Null => None,
                Meaning::Float(number) if !number.is_finite() => {
                    field.value.wrong::<()>("text; write it in quotes", findings);
                    continue;
                }
                _ => Some(scalar.text.clone()),
            };
            if field.key.is_empty() {
                field
                    .value
                    .refuse::<()>(Code::InvalidValue, "a key is empty here", findings);
                continue;
            }
            pairs.push(Pair {
                key: field.key.to_owned(),
                value,
                at: field.at,
            });
        }
    } else if cursor.is_list() {
        for item in cursor.items(findings).unwrap_or_default() {
            let Some(text) = item.text(findings) else { continue };
            let (key, value) = match text.split_once('=') {
                Some((key, value)) => (key, Some(value.to_owned())),
                None => (text, None),
            };
            if key.is_empty() {
                let message = format!("{} has no name before the `=`", quoted(text));
                item.refuse::<()>(Code::InvalidValue, message, findings);
                continue;
            }
            pairs.push(Pair {
                key: key.to_owned(),
                value,
                at: item.at(),
            });
        }
    } else {
        cursor.wrong::<()>("a map or a list of `KEY=value`", findings);
    }
    pairs
}

/// Pairs whose missing values count as empty.
pub(crate) fn filled(pairs: Vec<Pair>) -> BTreeMap<String, String> {
    pairs
        .into_iter()
        .map(|pair| (pair.key, pair.value.unwrap_or_default()))
        .collect()
}

/// The families of labels that only Lighthouse and Compose themselves write.
const RESERVED_LABELS: [&str; 2] = ["com.docker.compose.", "io.lighthouse."];

/// Reads labels; those that say what belongs to whom are refused for everybody.
pub(crate) fn labels(cursor: &Cursor<'_>, findings: &mut Findings) -> BTreeMap<String, String> {
    let pairs = read(cursor, findings);
    for pair in &pairs {
        let lower = pair.key.to_ascii_lowercase();
        if RESERVED_LABELS
            .iter()
            .any(|family| lower.starts_with(family) || lower == family.trim_end_matches('.'))
        {
            findings.error(
                Code::ReservedLabel,
                pair.at,
                format!("{}.{}", cursor.path, pair.key),
                format!(
                    "the label {} is reserved: Lighthouse sets it itself, to know what belongs to which \
                     application; choose a name of your own",
                    quoted(&pair.key)
                ),
            );
        }
    }
    filled(pairs)
}

/// Driver options: a map of texts and numbers.
pub(crate) fn options(cursor: &Cursor<'_>, findings: &mut Findings) -> BTreeMap<String, String> {
    let mut options = BTreeMap::new();
    for field in cursor.fields_or_null(findings).unwrap_or_default() {
        if let Some(value) = field.value.text_or_number(findings) {
            options.insert(field.key.to_owned(), value.to_owned());
        }
    }
    options
}
