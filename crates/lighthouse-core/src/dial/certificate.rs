//! When a certificate ends: the one thing that is read from it here. Whether it is to be trusted is TLS's business.
//!
//! DER is a nest of (tag, length, content); the way to the end leads over a handful of them (RFC 5280, 4.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lighthouse_model::Millis;

const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The first moment at which a certificate of this PEM text is not valid any more.
pub(super) fn end_of(pem: &str) -> Option<Millis> {
    let sections = pem.split("-----BEGIN CERTIFICATE-----").skip(1);
    sections
        .filter_map(|section| {
            let (body, _) = section.split_once("-----END CERTIFICATE-----")?;
            let digits: String = body.split_whitespace().collect();
            not_after(&STANDARD.decode(digits).ok()?)
        })
        .min()
}

/// The tag and content of the first element, and what comes after it.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, der) = der.split_first()?;
    let (first, mut der) = der.split_first()?;
    let mut length = usize::from(*first);
    if length >= 0x80 {
        let digits = length - 0x80;
        if !(1..=4).contains(&digits) {
            return None;
        }
        let (bytes, rest) = der.split_at_checked(digits)?;
        length = bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        der = rest;
    }
    let (content, rest) = der.split_at_checked(length)?;
    Some((*tag, content, rest))
}

fn sequence(der: &[u8]) -> Option<&[u8]> {
    let (tag, content, _) = element(der)?;
    (tag == SEQUENCE).then_some(content)
}

/// The moment at which a certificate in DER form is not valid any more.
pub fn not_after(der: &[u8]) -> Option<Millis> {
    let mut fields = sequence(sequence(der)?)?;
    let (tag, _, rest) = element(fields)?;
    if tag == VERSION {
        fields = rest;
    }
    for _serial_algorithm_issuer in 0..3 {
        (_, _, fields) = element(fields)?;
    }
    let (_, _, rest) = element(sequence(fields)?)?;
    let (tag, text, _) = element(rest)?;
    moment(tag, std::str::from_utf8(text).ok()?)
}

/// A time as certificates write it: always UTC, always to the second.
fn moment(tag: u8, text: &str) -> Option<Millis> {
    let number = |text: &str| text.parse::<i64>().ok();
    let (year, rest) = match tag {
        UTC_TIME => {
            let (year, rest) = text.split_at_checked(2)?;
            let year = number(year)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        GENERALIZED_TIME => {
            let (year, rest) = text.split_at_checked(4)?;
            (number(year)?, rest)
        }
        _ => return None,
    };
    let rest = rest.strip_suffix('Z').filter(|rest| rest.len() == 10)?;
    let pair = |at: usize| number(rest.get(at..at + 2)?);
    let (month, day) = (pair(0)?, pair(2)?);
    let seconds = pair(4)? * 3600 + pair(6)? * 60 + pair(8)?;
    if !(1..=12).contains(&month) {
        return None;
    }
    Some((days(year, month, day) * 86_400 + seconds) * 1000)
}

/// Days from 1970-01-01 to a date, after Howard Hinnant's `days_from_civil`: years begin in March, so that the odd
/// day comes last.
const fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ends on 2036-11-19 01:26:45 UTC.
    pub(crate) const NEAR: &str = "-----BEGIN CERTIFICATE-----
MIIBbTCCAROgAwIBAgIUII7reqqk4kSN7o41yJcQoCjs4cowCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAeFw0yNjExMjIwMTI2NDVaFw0zNjExMTkwMTI2NDVaMAwx
CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATHqKWjyLI29NEf
ugYqMqukE2oLPqTJIzAuu/6aVCIp7Vczexmqrq096KDAk1kzzR2KtBTZcayj9c3S
ooWymNWwo1MwUTAdBgNVHQ4EFgQU1HmKb/FzRkrjnTBpC5yEVyZ/UjgwHwYDVR0j
BBgwFoAU1HmKb/FzRkrjnTBpC5yEVyZ/UjgwDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNIADBFAiEAsd9DvAxwmf0zxPAf09QEWlPPV52j57pzbJBn9rry8/AC
IBawpQLfHHReQzSp6/XeUK+9UdUFxAPsRbTDxFFsoVIC
-----END CERTIFICATE-----
";
    pub(crate) const NEAR_END: Millis = 2_110_670_805_000;

    /// Ends on 2081-08-25 01:26:45 UTC, which is written in another way.
    const FAR: &str = "-----BEGIN CERTIFICATE-----
MIIBcDCCARWgAwIBAgIUZ16BKibWERBqR6Dd0BEjxr78OiIwCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAgFw0yNjExMjIwMTI2NDVaGA8yMDgxMDgyNTAxMjY0NVow
DDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABC308HpnUA4O
CQhKMBf3s1WUgOwOJLWaWGhoV6YgrRuHsFhbi7EmxmDAlZjm3paUBlbcqrGZ0j31
VyLBnkBa+hujUzBRMB0GA1UdDgQWBBRuZB0bGqdNkwor5d9Rw4RNmBD8sTAfBgNV
HSMEGDAWgBRuZB0bGqdNkwor5d9Rw4RNmBD8sTAPBgNVHRMBAf8EBTADAQH/MAoG
CCqGSM49BAMCA0kAMEYCIQCHDRnZ/s7xBAuVoY1onvzzddUySi4kRutue5bR437y
rgIhAK4O/LiAPKPKCgG1hrclU83OuS+2GwVwWEulTDfoQNij
-----END CERTIFICATE-----
";

    #[test]
    fn the_end_is_that_of_the_certificate_that_ends_first() {
        assert_eq!(end_of(NEAR), Some(NEAR_END));
        assert_eq!(end_of(FAR), Some(3_523_310_805_000));
        assert_eq!(end_of(&format!("{FAR}{NEAR}")), Some(NEAR_END));
        assert_eq!(end_of("no certificate"), None);
    }

    #[test]
    fn dates_are_counted_over_leap_years() {
        assert_eq!(days(1970, 1, 1), 0);
        assert_eq!(days(2000, 3, 1) - days(2000, 2, 28), 2);
        assert_eq!(days(2100, 3, 1) - days(2100, 2, 28), 1);
    }

    proptest! {
        #[test]
        fn garbage_has_no_end_and_does_no_harm(at in 0_usize..360, byte: u8, cut in 0_usize..360) {
            let mut der = STANDARD.decode(NEAR.lines().filter(|line| !line.starts_with('-')).collect::<String>()).unwrap();
            if let Some(one) = der.get_mut(at) {
                *one = byte;
            }
            der.truncate(cut);
            not_after(&der);
        }
    }
}
