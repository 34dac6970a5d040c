//! The end of a log as text to keep.

use std::fmt::Write as _;

use futures::StreamExt;
use lighthouse_model::Millis;
use lighthouse_model::log::{LogLine, Output};
use tokio::time::{Duration, timeout};

use super::gather::Scope;
use super::source::{line, open};
use super::{LogFilter, plain};
use crate::Result;
use crate::engine::LogRequest;
use crate::fleet::Fleet;

/// Bytes of text at most; the oldest lines are left out.
const BYTES: usize = 8 * 1024 * 1024;
/// How long one source may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads the last lines of each source and merges them by time. What could not be read is told in the text.
pub(super) async fn read(fleet: &Fleet, scope: &Scope, tail: u32, filter: &LogFilter) -> Result<String> {
    let mut notes = String::new();
    let mut lines: Vec<(LogLine, String)> = Vec::new();
    for container in scope.containers(fleet) {
        if !filter.sources.is_empty() && !filter.sources.contains(&container.key) {
            continue;
        }
        let name = container.instance.as_deref().unwrap_or(&container.name);
        let label = format!("{name} {}", container.host);
        let request = LogRequest {
            tail: Some(tail),
            follow: false,
            since: None,
            tty: false,
        };
        let reading = async {
            let mut stream = open(fleet, &container, request).await?;
            let mut bytes = 0;
            while let Some(raw) = stream.next().await {
                let line = line(0, &raw?);
                bytes += line.text.len();
                if plain::passes(filter, &line) {
                    lines.push((line, label.clone()));
                }
                if bytes > BYTES {
                    break;
                }
            }
            Ok::<_, crate::engine::EngineError>(())
        };
        let failed = match timeout(PATIENCE, reading).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(_) => Some("it took too long".to_owned()),
        };
        if let Some(why) = failed {
            writeln!(notes, "# The log of {label} is not complete: {why}").ok();
        }
    }
    lines.sort_by_key(|(line, _)| line.at);
    let mut length: usize = lines
        .iter()
        .map(|(line, label)| line.text.len() + label.len() + 34)
        .sum();
    let mut text = notes;
    let mut left_out = 0;
    let mut kept = String::new();
    for (line, label) in &lines {
        if length > BYTES {
            length -= line.text.len() + label.len() + 34;
            left_out += 1;
            continue;
        }
        let output = match line.output {
            Output::Stdout => "out",
            Output::Stderr => "err",
        };
        writeln!(
            kept,
            "{} {label} {output} {}",
            moment(line.at),
            plain::plain(&line.text)
        )
        .ok();
    }
    if left_out > 0 {
        writeln!(text, "# The oldest {left_out} lines are left out.").ok();
    }
    text.push_str(&kept);
    Ok(text)
}

/// RFC 3339 in UTC. Days to dates by Howard Hinnant's `civil_from_days`.
fn moment(at: Millis) -> String {
    let (days, rest) = (at.div_euclid(86_400_000), at.rem_euclid(86_400_000));
    let z = days + 719_468;
    let (era, doe) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = doy - (153 * mp + 2) / 5 + 1;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    let year = yoe + era * 400 + i64::from(month <= 2);
    let (hour, minute, second, milli) = (
        rest / 3_600_000,
        rest / 60_000 % 60,
        rest / 1000 % 60,
        rest % 1000,
    );
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn moments_are_dates() {
        assert_eq!(moment(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(moment(1_767_225_600_123), "2026-01-01T00:00:00.123Z");
        assert_eq!(moment(1_709_164_800_000), "2024-02-29T00:00:00.000Z");
        assert_eq!(moment(-1), "1969-12-31T23:59:59.999Z");
    }
}
