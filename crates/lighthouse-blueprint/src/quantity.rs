//! Amounts: bytes (`512m`), durations (`1m30s`), processors (`0.5`).

use std::time::Duration;

/// Bytes: a number with an optional unit `b`, `k`, `m`, `g`, `t`, `p`, each also as `kb` or `kib`, in steps of 1024.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.'))
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.strip_prefix(' ').unwrap_or(unit).to_ascii_lowercase();
    let letter = unit.strip_suffix("ib").filter(|rest| !rest.is_empty());
    let letter = letter.or_else(|| unit.strip_suffix('b')).unwrap_or(&unit);
    let shift = match letter {
        "" => 0,
        "k" => 10,
        "m" => 20,
        "g" => 30,
        "t" => 40,
        "p" => 50,
        _ => return None,
    };
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(1 << shift);
    }
    // A fraction: split it so that no precision is lost to floating point.
    let (whole, fraction) = number.split_once('.')?;
    let whole = if whole.is_empty() {
        0
    } else {
        whole.parse::<u64>().ok()?
    };
    if fraction.len() > 15 || !fraction.bytes().all(|b| b.is_ascii_digit()) || number.len() < 2 {
        return None;
    }
    let digits = if fraction.is_empty() {
        0
    } else {
        fraction.parse::<u128>().ok()?
    };
    let part = (digits << shift) / 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    whole
        .checked_mul(1 << shift)?
        .checked_add(u64::try_from(part).ok()?)
}

/// A duration such as `1h5m30s20ms`.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest.is_empty() {
        return None;
    }
    let mut nanos: u128 = 0;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let (number, tail) = rest.split_at(end);
        let end = tail
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(end);
        let unit: u128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        nanos = nanos.checked_add(scaled(number, unit)?)?;
        rest = tail;
    }
    // The engine keeps signed 64-bit nanoseconds.
    let nanos = u64::try_from(nanos)
        .ok()
        .filter(|&nanos| i64::try_from(nanos).is_ok())?;
    Some(Duration::from_nanos(nanos))
}

/// Processors in thousand-millionths, as the engine counts them.
pub(crate) fn processors(text: &str) -> Option<u64> {
    let text = text.trim();
    if let Some((mantissa, exponent)) = text.split_once(['e', 'E']) {
        // `1e-1`: nobody writes it, and it is a number all the same.
        let exponent: i32 = exponent
            .parse()
            .ok()
            .filter(|exponent| (-9..=5).contains(exponent))?;
        let unit = 10_u128.checked_pow(u32::try_from(9 + exponent).ok()?)?;
        return scaled(mantissa, unit).and_then(|nanos| u64::try_from(nanos).ok());
    }
    scaled(text, 1_000_000_000).and_then(|nanos| u64::try_from(nanos).ok())
}

/// A decimal number times a unit, rounded down.
fn scaled(number: &str, unit: u128) -> Option<u128> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || whole.len() > 19 || fraction.len() > 18 {
        return None;
    }
    let digits = |part: &str| -> Option<u128> {
        if !part.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        if part.is_empty() {
            Some(0)
        } else {
            part.parse().ok()
        }
    };
    let part =
        digits(fraction)?.checked_mul(unit)? / 10_u128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    digits(whole)?.checked_mul(unit)?.checked_add(part)
}

/// A duration as the reference writes it: `1m30s`, `1h5m30.02s`, `500µs`.
pub(crate) fn duration_text(duration: Duration) -> String {
    let nanos = duration.as_nanos();
    let decimal = |value: u128, unit: u128| {
        let mut text = (value / unit).to_string();
        let rest = value % unit;
        if rest > 0 {
            let width = unit.ilog10() as usize;
            let digits = format!("{rest:0width$}");
            text.push('.');
            text.push_str(digits.trim_end_matches('0'));
        }
        text
    };
    match nanos {
        0 => "0s".into(),
        1..1_000 => format!("{nanos}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(nanos, 1_000)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(nanos, 1_000_000)),
        _ => {
            let (hours, minutes) = (nanos / 3_600_000_000_000, nanos / 60_000_000_000 % 60);
            let seconds = decimal(nanos % 60_000_000_000, 1_000_000_000);
            match (hours, minutes) {
                (0, 0) => format!("{seconds}s"),
                (0, _) => format!("{minutes}m{seconds}s"),
                _ => format!("{hours}h{minutes}m{seconds}s"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units_in_steps_of_1024() {
        for (text, value) in [
            ("0", Some(0)),
            ("2b", Some(2)),
            ("1024kb", Some(1 << 20)),
            ("300m", Some(300 << 20)),
            ("1.5G", Some(3 << 29)),
            ("64 mib", Some(64 << 20)),
            ("1T", Some(1 << 40)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("99999999999g", None),
            ("-1", None),
            ("", None),
            ("g", None),
            (".", None),
            ("1.2.3m", None),
            ("1 0m", None),
            ("5 parrots", None),
        ] {
            assert_eq!(bytes(text), value, "{text}");
        }
    }

    #[test]
    fn durations_are_read_and_written() {
        for (text, nanos, written) in [
            ("0", 0, "0s"),
            ("10ms", 10_000_000, "10ms"),
            ("1m30s", 90_000_000_000, "1m30s"),
            ("1h5m30s20ms", 3_930_020_000_000, "1h5m30.02s"),
            ("1.5h", 5_400_000_000_000, "1h30m0s"),
            ("500us", 500_000, "500µs"),
            ("100ns", 100, "100ns"),
            ("60m", 3_600_000_000_000, "1h0m0s"),
        ] {
            let read = duration(text).map(|duration| duration.as_nanos());
            assert_eq!(read, Some(nanos), "{text}");
            assert_eq!(duration(text).map(duration_text).as_deref(), Some(written));
        }
        for bad in ["", "5", "s", "1d", "-5s", "1x", "1s2", "99999999999h", "1..5s"] {
            assert_eq!(duration(bad), None, "{bad}");
        }
    }

    #[test]
    fn processors_are_counted_in_thousand_millionths() {
        for (text, value) in [
            ("0.5", Some(500_000_000)),
            ("2", Some(2_000_000_000)),
            (".25", Some(250_000_000)),
            ("1e-1", Some(100_000_000)),
            ("0.0000000001", Some(0)),
            ("many", None),
            ("-1", None),
            ("1e99", None),
        ] {
            assert_eq!(processors(text), value, "{text}");
        }
    }
}
