//! Log lines: one line each, as text or JSON, control characters escaped.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Begins to log to standard error.
///
/// The engine client logs request bodies, secrets among them, at `debug`: it is never let below `warn`.
pub fn begin(format: LogFormat, filter: &str) -> Result<(), String> {
    let quiet = [
        "bollard=warn",
        "hyper=warn",
        "hyper_util=warn",
        "rustls=warn",
        "sqlx=warn",
        "h2=warn",
    ];
    let mut filter = EnvFilter::try_new(filter).map_err(|why| format!("the log filter is wrong: {why}"))?;
    for directive in quiet {
        filter = filter.add_directive(directive.parse().map_err(|why| format!("{why}"))?);
    }
    let registry = tracing_subscriber::registry().with(filter);
    let began = match format {
        LogFormat::Text => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .with_writer(std::io::stderr)
                    .with_target(false)
                    .with_ansi(false),
            )
            .try_init(),
        LogFormat::Json => registry
            .with(
                tracing_subscriber::fmt::layer()
                    .json()
                    .flatten_event(true)
                    .with_writer(std::io::stderr),
            )
            .try_init(),
    };
    began.map_err(|why| why.to_string())
}

/// A stranger's text in a log line: control characters escaped, at most 300 characters.
pub fn printable(text: &str) -> String {
    text.chars()
        .take(300)
        .flat_map(|c| {
            if c.is_control() {
                c.escape_default().collect::<Vec<_>>()
            } else {
                vec![c]
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_cannot_forge_a_log_line() {
        assert_eq!(printable("a\nb\u{1b}[2J"), "a\\nb\\u{1b}[2J");
        assert_eq!(printable(&"x".repeat(1000)).len(), 300);
    }
}
