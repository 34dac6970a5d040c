//! How serious a line says it is.

use lighthouse_model::log::Level;

/// Words at the start of a line that are looked at: a time, a zone, a process, then the level.
const WORDS: usize = 6;
/// Bytes of a line that are looked at.
const HEAD: usize = 2048;

/// The level a line names: the `level` of a JSON object, or a level word at its start.
pub(super) fn of(text: &str) -> Option<Level> {
    let mut end = text.len().min(HEAD);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = text.get(..end)?.trim_start();
    if head.starts_with('{') {
        return json(head);
    }
    let mut rest = head;
    for _ in 0..WORDS {
        rest = skip_colours(rest);
        let word_end = rest
            .find(|c: char| c.is_whitespace() || c == '\u{1b}')
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(word_end);
        if word.is_empty() {
            return None;
        }
        if let Some((key, value)) = word.split_once('=') {
            if matches!(key, "level" | "lvl" | "severity") {
                return named(value);
            }
        } else {
            if let Some(level) = named(word) {
                return Some(level);
            }
            let in_front = word.bytes().any(|b| b.is_ascii_digit())
                || word.starts_with('[')
                || matches!(word, "UTC" | "GMT" | "-" | "|");
            if !in_front {
                return None;
            }
        }
        rest = after;
    }
    None
}

/// A word of a level, in brackets or with a colon behind it as may be.
fn named(word: &str) -> Option<Level> {
    let word = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let level = match word.len() {
        3..=11 => word.to_ascii_lowercase(),
        _ => return None,
    };
    Some(match level.as_str() {
        "trace" | "trc" => Level::Trace,
        "debug" | "dbg" => Level::Debug,
        "info" | "inf" | "notice" | "information" | "log" => Level::Info,
        "warn" | "warning" | "wrn" => Level::Warn,
        "error" | "err" | "eror" => Level::Error,
        "fatal" | "critical" | "crit" | "panic" | "alert" | "emerg" | "emergency" => Level::Fatal,
        _ => return None,
    })
}

/// The `level` of a JSON object, as a word or as one of the numbers 10 (trace) to 60 (fatal).
fn json(text: &str) -> Option<Level> {
    let (_, rest) = ["\"level\"", "\"severity\"", "\"lvl\""]
        .iter()
        .find_map(|key| text.split_once(key))?;
    let value = rest.trim_start().strip_prefix(':')?.trim_start();
    if let Some(word) = value.strip_prefix('"') {
        return named(word.split('"').next()?);
    }
    let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
    match value.get(..digits)?.parse::<u32>().ok()? {
        10 => Some(Level::Trace),
        20 => Some(Level::Debug),
        30 => Some(Level::Info),
        40 => Some(Level::Warn),
        50 => Some(Level::Error),
        60 => Some(Level::Fatal),
        _ => None,
    }
}

/// Behind white space and colour sequences at the start.
fn skip_colours(text: &str) -> &str {
    let mut text = text.trim_start();
    while let Some(rest) = text.strip_prefix("\u{1b}[") {
        let Some(end) = rest.find(|c: char| c.is_ascii_alphabetic()) else {
            return text;
        };
        text = rest.get(end + 1..).unwrap_or_default().trim_start();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_found_where_programs_put_them() {
        for (text, level) in [
            ("ERROR no such file", Some(Level::Error)),
            ("error: no such file", Some(Level::Error)),
            ("[warn] slow", Some(Level::Warn)),
            ("2026-01-01T00:00:00.123Z  INFO start", Some(Level::Info)),
            ("2026-01-01 00:00:00.000 UTC [1] FATAL:  gone", Some(Level::Fatal)),
            (
                "\u{1b}[2m2026-01-01T00:00:00Z\u{1b}[0m \u{1b}[33m WARN\u{1b}[0m x",
                Some(Level::Warn),
            ),
            ("time=\"2026\" level=debug msg=\"x\"", Some(Level::Debug)),
            (
                "{\"time\":1,\"level\":\"error\",\"msg\":\"x\"}",
                Some(Level::Error),
            ),
            ("{\"level\":30,\"msg\":\"x\"}", Some(Level::Info)),
            ("{\"msg\":\"no level here\"}", None),
            ("I failed with an error", None),
            ("The warning signs", None),
            ("", None),
            ("\u{1b}[", None),
            ("192.168.0.1 - - [x] GET /error", None),
        ] {
            assert_eq!(of(text), level, "{text}");
        }
    }

    #[test]
    fn any_text_is_survived() {
        of(&"é".repeat(5000));
        of("\u{1b}[1m\u{1b}[");
        of("=== {");
    }
}
