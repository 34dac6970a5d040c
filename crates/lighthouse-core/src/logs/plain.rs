//! A line without its colours, for comparing.

use lighthouse_model::log::{Level, LogLine};

use super::LogFilter;

/// Does a line pass? The container was compared before.
pub(super) fn passes(filter: &LogFilter, line: &LogLine) -> bool {
    if let Some(least) = filter.level
        && line.level.unwrap_or(Level::Info) < least
    {
        return false;
    }
    filter.text.is_empty()
        || plain(&line.text)
            .to_lowercase()
            .contains(&filter.text.to_lowercase())
}

/// The text without ANSI sequences and control characters.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            if chars.next_if_eq(&'[').is_some() {
                for c in chars.by_ref() {
                    if ('@'..='~').contains(&c) {
                        break;
                    }
                }
            }
        } else if !c.is_control() || c == '\t' {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use lighthouse_model::log::Output;

    use super::*;

    #[test]
    fn text_is_found_whatever_its_colour_or_case() {
        let line = LogLine {
            source: 0,
            at: 0,
            output: Output::Stdout,
            level: Some(Level::Warn),
            text: "re\u{1b}[31mfus\u{1b}[0mED".into(),
        };
        let filter = |text: &str, level| LogFilter {
            text: text.into(),
            level,
            sources: Vec::new(),
        };
        assert!(passes(&filter("Refused", None), &line));
        assert!(passes(&filter("", Some(Level::Warn)), &line));
        assert!(!passes(&filter("", Some(Level::Error)), &line));
        assert!(!passes(&filter("accepted", None), &line));
    }
}
