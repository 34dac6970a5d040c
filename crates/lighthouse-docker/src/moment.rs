//! The engine's times: RFC 3339, with nanoseconds and any offset.

use lighthouse_model::Millis;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// Reads a time; `None` for anything else, and for the year 1 that engines write for *never*.
pub(crate) fn parse(text: &str) -> Option<Millis> {
    let bytes = text.as_bytes();
    let year = number(bytes.get(..4)?)?;
    let month = number(bytes.get(5..7)?)?;
    let day = number(bytes.get(8..10)?)?;
    let hour = number(bytes.get(11..13)?)?;
    let minute = number(bytes.get(14..16)?)?;
    let second = number(bytes.get(17..19)?)?;
    let marks = [bytes[4], bytes[7], bytes[10], bytes[13], bytes[16]];
    let shaped = matches!(marks, [b'-', b'-', b'T' | b't' | b' ', b':', b':']);
    let sane =
        (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second < 61;
    if !shaped || !sane || year <= 1 {
        return None;
    }
    let (fraction, zone) = fraction(bytes.get(19..)?)?;
    let offset = offset(zone)?;
    let clock = hour * 60 * MINUTE + minute * MINUTE + second * 1000 + fraction;
    Some(days(year, month, day) * DAY + clock - offset)
}

/// All digits, as a number.
fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, digit| {
        digit.is_ascii_digit().then(|| sum * 10 + i64::from(digit - b'0'))
    })
}

/// The milliseconds of `.123456789`, and what follows.
fn fraction(rest: &[u8]) -> Option<(i64, &[u8])> {
    let Some(tail) = rest.strip_prefix(b".") else {
        return Some((0, rest));
    };
    let end = tail.iter().position(|b| !b.is_ascii_digit())?;
    let (digits, zone) = tail.split_at(end);
    let mut millis = 0;
    for place in 0..3 {
        millis = millis * 10 + digits.get(place).map_or(0, |digit| i64::from(digit - b'0'));
    }
    Some((millis, zone))
}

/// The milliseconds of `Z` or `+01:00`.
fn offset(zone: &[u8]) -> Option<i64> {
    match zone {
        [b'Z' | b'z'] => Some(0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let ahead = number(&[*h1, *h2])? * 60 * MINUTE + number(&[*m1, *m2])? * MINUTE;
            Some(if *sign == b'-' { -ahead } else { ahead })
        }
        _ => None,
    }
}

/// Days from 1970-01-01 in the Gregorian calendar (the shifted-year method: March begins the year, so that the
/// leap day is its last).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn times_of_engines_become_milliseconds() {
        assert_eq!(parse("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse("2024-02-29T12:34:56.789123456Z"), Some(1_709_210_096_789));
        assert_eq!(parse("2024-02-29T12:34:56.7Z"), Some(1_709_210_096_700));
        assert_eq!(parse("2024-02-29T13:34:56+01:00"), Some(1_709_210_096_000));
        assert_eq!(parse("2000-03-01T00:00:00-00:30"), Some(951_870_600_000));
    }

    #[test]
    fn never_and_nonsense_are_no_time() {
        for text in [
            "",
            "0001-01-01T00:00:00Z",
            "2024-13-01T00:00:00Z",
            "2024-02-29",
            "2024-02-29T12:34:56",
            "2024-02-29T12:34:56.Zz",
            "yesterday evening, maybe",
            "2024-02-29T12:34:56+0100",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
