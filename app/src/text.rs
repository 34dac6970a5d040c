//! Times, sizes and counts as people read them. Plain functions; everything that ticks is in `clock`.

use std::collections::BTreeMap;

use lighthouse_model::Millis;

const SECOND: Millis = 1_000;
const MINUTE: Millis = 60 * SECOND;
const HOUR: Millis = 60 * MINUTE;
const DAY: Millis = 24 * HOUR;

struct Civil {
    year: i64,
    month: usize,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

/// Days to a date, after Howard Hinnant's `civil_from_days`.
fn civil(at: Millis) -> Civil {
    let (days, rest) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1_460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let month = if mp < 10 { mp + 3 } else { mp - 9 };
    Civil {
        year: yoe + era * 400 + i64::from(month <= 2),
        month: usize::try_from(month).unwrap_or(1),
        day: doy - (153 * mp + 2) / 5 + 1,
        hour: rest / HOUR,
        minute: rest % HOUR / MINUTE,
        second: rest % MINUTE / SECOND,
    }
}

/// Such as `2026-03-09T14:05:07Z`, for `datetime` attributes.
pub(crate) fn iso(at: Millis) -> String {
    let c = civil(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        c.year, c.month, c.day, c.hour, c.minute, c.second
    )
}

/// Such as `9 Mar 2026, 14:05:07 UTC`.
pub(crate) fn absolute(at: Millis) -> String {
    const MONTHS: [&str; 13] = [
        "?", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let c = civil(at);
    let month = MONTHS.get(c.month).copied().unwrap_or("?");
    format!(
        "{} {month} {}, {:02}:{:02}:{:02} UTC",
        c.day, c.year, c.hour, c.minute, c.second
    )
}

/// Such as `14:05:07.250`, after moving by a time zone's offset.
pub(crate) fn time_of_day(at: Millis, offset_minutes: i64) -> String {
    let at = at + offset_minutes * MINUTE;
    let c = civil(at);
    format!(
        "{:02}:{:02}:{:02}.{:03}",
        c.hour,
        c.minute,
        c.second,
        at.rem_euclid(SECOND)
    )
}

/// A length of time in one unit, such as `4 min`.
pub(crate) fn duration(millis: Millis) -> String {
    let millis = millis.max(0);
    match millis {
        0..SECOND => format!("{millis} ms"),
        SECOND..MINUTE => format!("{} s", millis / SECOND),
        MINUTE..HOUR => format!("{} min", millis / MINUTE),
        HOUR..DAY => format!("{} h", millis / HOUR),
        _ => format!("{} d", millis / DAY),
    }
}

/// How long ago, such as `4 min ago`; `now` for the last two seconds and for clocks that run ahead.
pub(crate) fn ago(at: Millis, now: Millis) -> String {
    if now - at < 2 * SECOND {
        "now".to_owned()
    } else {
        format!("{} ago", duration(now - at))
    }
}

/// How long from now, such as `in 89 d`, or how long ago.
pub(crate) fn until(at: Millis, now: Millis) -> String {
    if at > now {
        format!("in {}", duration(at - now))
    } else {
        ago(at, now)
    }
}

/// Bytes with three digits and a binary unit, such as `1.25 GiB`.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
pub(crate) fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut value = count as f64 / 1024.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let digits = match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    };
    format!("{value:.digits$} {}", UNITS[unit])
}

/// A number with thin groups of three, such as `100,000`.
pub(crate) fn grouped(count: u32) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 container`, `2 containers`.
pub(crate) fn counted(count: u32, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count), if count == 1 { one } else { many })
}

/// Text made safe for the query part of a URL.
pub(crate) fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b':' | b'*' => {
                out.push(char::from(byte));
            }
            _ => {
                use std::fmt::Write as _;
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// Reads `key=value` pairs separated by spaces, commas or lines; a bare word is a key without a value.
pub(crate) fn parse_labels(text: &str) -> BTreeMap<String, String> {
    text.split([' ', ',', '\n', '\t'])
        .filter(|word| !word.is_empty())
        .map(|word| match word.split_once('=') {
            Some((key, value)) => (key.to_owned(), value.to_owned()),
            None => (word.to_owned(), String::new()),
        })
        .collect()
}

/// The opposite of [`parse_labels`].
pub(crate) fn write_labels(labels: &BTreeMap<String, String>) -> String {
    labels
        .iter()
        .map(|(key, value)| {
            if value.is_empty() {
                key.clone()
            } else {
                format!("{key}={value}")
            }
        })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(951_827_696_000), "2000-02-29T12:34:56Z");
        assert_eq!(absolute(1_772_000_000_000), "25 Feb 2026, 06:13:20 UTC");
        assert_eq!(iso(-1), "1969-12-31T23:59:59Z");
    }

    #[test]
    fn a_time_of_day_follows_the_zone() {
        assert_eq!(time_of_day(0, 0), "00:00:00.000");
        assert_eq!(time_of_day(1_250, -60), "23:00:01.250");
    }

    #[test]
    fn ages_use_one_unit() {
        assert_eq!(ago(0, 1_000), "now");
        assert_eq!(ago(5_000, 0), "now");
        assert_eq!(ago(0, 59_000), "59 s ago");
        assert_eq!(ago(0, 7_200_000), "2 h ago");
        assert_eq!(until(DAY * 90, 0), "in 90 d");
    }

    #[test]
    fn sizes_have_three_digits() {
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1024), "1.00 KiB");
        assert_eq!(bytes(150 * 1024 * 1024), "150 MiB");
        assert_eq!(bytes(1023 * 1024), "1.00 MiB");
    }

    #[test]
    fn numbers_are_grouped_by_thousands() {
        assert_eq!(grouped(7), "7");
        assert_eq!(grouped(1_000), "1,000");
        assert_eq!(grouped(100_000), "100,000");
        assert_eq!(counted(1, "host", "hosts"), "1 host");
    }

    #[test]
    fn queries_survive_the_url() {
        assert_eq!(encode("app:shop image~a/b&c=d"), "app:shop%20image~a%2Fb%26c%3Dd");
    }

    #[test]
    fn labels_are_read_as_they_are_written() {
        let labels = parse_labels("zone=eu disk=ssd, spare\nurl=a=b");
        assert_eq!(labels["url"], "a=b");
        assert_eq!(labels["spare"], "");
        assert_eq!(write_labels(&labels), "disk=ssd spare url=a=b zone=eu");
        assert_eq!(parse_labels(&write_labels(&labels)), labels);
    }
}
