//! How an instance shows that it is well.

use std::time::Duration;

use lighthouse_model::diagnostic::DiagnosticCode as Code;

use crate::cursor::Cursor;
use crate::findings::Findings;
use crate::quantity;
use crate::scalar::Meaning;

/// A `healthcheck`; what is absent comes from the image.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Healthcheck {
    /// What is run.
    pub test: Option<HealthTest>,
    /// The time between two checks.
    pub interval: Option<Duration>,
    /// How long one check may take.
    pub timeout: Option<Duration>,
    /// How many failures in a row make it unhealthy.
    pub retries: Option<u32>,
    /// How long failures do not count after a start.
    pub start_period: Option<Duration>,
    /// The time between two checks in that period.
    pub start_interval: Option<Duration>,
    /// Whether the image's check is switched off.
    pub disable: bool,
}

/// What a healthcheck runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HealthTest {
    /// `["NONE"]`: nothing; the image's check is switched off.
    None,
    /// `["CMD", …]`: a program with arguments.
    Command(Vec<String>),
    /// A text, or `["CMD-SHELL", …]`: a line for the container's shell.
    Shell(String),
}

impl Healthcheck {
    /// Whether the image's own check is switched off.
    pub fn is_disabled(&self) -> bool {
        self.disable || self.test == Some(HealthTest::None)
    }
}

const KEYS: [&str; 7] = [
    "test",
    "interval",
    "timeout",
    "retries",
    "start_period",
    "start_interval",
    "disable",
];

/// Reads a `healthcheck`.
pub(crate) fn read(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<Healthcheck> {
    let mut check = Healthcheck::default();
    for field in cursor.fields(findings)? {
        let value = &field.value;
        match field.key {
            "test" => check.test = test(value, findings),
            "interval" => check.interval = duration(value, findings),
            "timeout" => check.timeout = duration(value, findings),
            "retries" => {
                check.retries = value.integer(findings).and_then(|count| {
                    u32::try_from(count)
                        .ok()
                        .or_else(|| value.invalid("has to be a count, 0 or more", findings))
                });
            }
            "start_period" => check.start_period = duration(value, findings),
            "start_interval" => check.start_interval = duration(value, findings),
            "disable" => check.disable = value.boolean(findings).unwrap_or_default(),
            _ if field.is_extension() => {}
            _ => field.unknown(&KEYS, findings),
        }
    }
    Some(check)
}

fn test(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<HealthTest> {
    if !cursor.is_list() {
        return cursor
            .text(findings)
            .map(|line| HealthTest::Shell(line.to_owned()));
    }
    let words = cursor.texts(findings)?;
    match words.split_first() {
        None => None,
        Some((&"NONE", _)) => Some(HealthTest::None),
        Some((&"CMD", words)) if !words.is_empty() => Some(HealthTest::Command(
            words.iter().map(|&word| word.to_owned()).collect(),
        )),
        Some((&"CMD-SHELL", [line])) => Some(HealthTest::Shell((*line).to_owned())),
        Some((&("CMD" | "CMD-SHELL"), _)) => cursor.refuse(
            Code::InvalidValue,
            "`test` has to be `[\"CMD\", program, arguments…]` or `[\"CMD-SHELL\", line]`",
            findings,
        ),
        Some(_) => cursor.refuse(
            Code::InvalidValue,
            "`test` as a list has to begin with `CMD`, `CMD-SHELL` or `NONE`",
            findings,
        ),
    }
}

/// Reads a duration.
pub(crate) fn duration(cursor: &Cursor<'_>, findings: &mut Findings) -> Option<Duration> {
    let text = cursor
        .scalar()
        .filter(|scalar| scalar.meaning == Meaning::Text)
        .map(|scalar| &scalar.text);
    text.and_then(|text| quantity::duration(text))
        .or_else(|| cursor.wrong("a duration such as `10s` or `1m30s`", findings))
}
