//! What a plain YAML word means: null, a truth value, a number or text.
//!
//! The reference implementation of Compose reads YAML 1.2 with a few habits of 1.1 (octal `017`, `1_000`), and
//! turns numbers back into text where text is wanted: `1.10` in an environment becomes `1.1`. The same file has
//! to mean the same here, so those habits are kept; `on`, `yes` and `22:22` stay text.

/// The meaning of a scalar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Meaning {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Text,
}

/// The meaning of a word without quotes or tag.
pub(crate) fn meaning_of_plain(word: &str) -> Meaning {
    match word {
        "" | "~" | "null" | "Null" | "NULL" => return Meaning::Null,
        "true" | "True" | "TRUE" => return Meaning::Bool(true),
        "false" | "False" | "FALSE" => return Meaning::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Meaning::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Meaning::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Meaning::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let number_like = word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    if !number_like || word.len() > 128 {
        return Meaning::Text;
    }
    if word.starts_with('.') {
        return float(word).map_or(Meaning::Text, Meaning::Float);
    }
    let digits: String = word.chars().filter(|&c| c != '_').collect();
    if let Some(value) = integer(&digits) {
        return Meaning::Integer(value);
    }
    float(&digits).map_or(Meaning::Text, Meaning::Float)
}

/// An integer with the prefixes `0x`, `0o`, `0b` or a leading zero, within 64 bits.
fn integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (radix, digits) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &digits[2..]),
        [b'0', b'o' | b'O', ..] => (8, &digits[2..]),
        [b'0', b'b' | b'B', ..] => (2, &digits[2..]),
        [b'0', _, ..] => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return None;
    }
    let value = i128::from_str_radix(digits, radix).ok()?;
    let value = if negative { -value } else { value };
    (i128::from(i64::MIN)..=i128::from(u64::MAX))
        .contains(&value)
        .then_some(value)
}

/// A decimal float in the YAML form: no names, no hexadecimal.
fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) {
        return None;
    }
    if let Some(exponent) = exponent {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        if exponent.is_empty() || !digits(exponent) {
            return None;
        }
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// A float as the reference writes it: the shortest digits, with an exponent below 10⁻⁴ and from 10⁶ on.
pub(crate) fn float_text(value: f64) -> String {
    if value == 0.0 {
        return if value.is_sign_negative() {
            "-0".into()
        } else {
            "0".into()
        };
    }
    let scientific = format!("{value:e}");
    let Some((mantissa, exponent)) = scientific.split_once('e') else {
        return scientific;
    };
    match exponent.parse::<i32>() {
        Ok(power) if !(-4..6).contains(&power) => {
            let sign = if power < 0 { '-' } else { '+' };
            format!("{mantissa}e{sign}{:02}", power.abs())
        }
        _ => format!("{value}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_words_mean_what_the_reference_takes_them_for() {
        use Meaning::{Bool, Float, Integer, Null, Text};
        for (word, meaning) in [
            ("", Null),
            ("~", Null),
            ("True", Bool(true)),
            ("on", Text),
            ("yes", Text),
            ("22:22", Text),
            ("0x10", Integer(16)),
            ("014", Integer(12)),
            ("0o17", Integer(15)),
            ("0b11", Integer(3)),
            ("1_000", Integer(1000)),
            ("-0", Integer(0)),
            ("+12", Integer(12)),
            ("08", Float(8.0)),
            (".5", Float(0.5)),
            ("12e03", Float(12000.0)),
            ("0xZZ", Text),
            ("1.2.3.4", Text),
            ("2024-01-02", Text),
            ("-", Text),
            ("99999999999999999999", Float(1e20)),
        ] {
            assert_eq!(meaning_of_plain(word), meaning, "{word}");
        }
    }

    #[test]
    fn floats_are_written_as_the_reference_writes_them() {
        for (value, text) in [
            (1.1, "1.1"),
            (1e6, "1e+06"),
            (123_456_789.5, "1.234567895e+08"),
            (12000.0, "12000"),
            (1e20, "1e+20"),
            (0.5, "0.5"),
            (0.00001, "1e-05"),
        ] {
            assert_eq!(float_text(value), text);
        }
    }
}
