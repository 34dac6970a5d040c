//! Names of services, networks, volumes and profiles.

use crate::limits::MAX_NAME;

/// Why a text cannot be a name, in words that follow it.
pub(crate) fn check(name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err("is empty".into());
    }
    if name.len() > MAX_NAME {
        return Err(format!(
            "is {} characters long; a name has at most {MAX_NAME}",
            name.chars().count()
        ));
    }
    let start = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !start
        || !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
    {
        return Err(
            "is not a name: it needs letters, digits, `-`, `_` and `.` only, and a letter or digit first"
                .into(),
        );
    }
    Ok(())
}

/// Why a text cannot name an application.
pub(crate) fn check_application(name: &str) -> Result<(), &'static str> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let good = name.len() <= MAX_NAME
        && name.bytes().next().is_some_and(plain)
        && name.bytes().all(|b| plain(b) || matches!(b, b'-' | b'_'));
    if good {
        return Ok(());
    }
    Err(
        "is not a name for an application: it needs lower-case letters, digits, `-` and `_` only, a letter or \
         digit first, and at most 63 characters",
    )
}
