//! Image references: `[registry/]path[:tag][@digest]`.

/// Why a text is not an image reference, in words that follow the reference itself.
pub(crate) fn check(reference: &str) -> Result<(), &'static str> {
    if reference.len() > 512 {
        return Err("is longer than an image reference can be");
    }
    let (rest, digest) = match reference.split_once('@') {
        Some((rest, digest)) => (rest, Some(digest)),
        None => (reference, None),
    };
    let (name, tag) = match rest.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (rest, None),
    };
    if let Some(digest) = digest {
        let hex = |text: &str| {
            text.bytes()
                .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let good = digest
            .strip_prefix("sha256:")
            .is_some_and(|d| d.len() == 64 && hex(d))
            || digest
                .strip_prefix("sha512:")
                .is_some_and(|d| d.len() == 128 && hex(d));
        if !good {
            return Err("has a digest that is not `sha256:` and 64 hexadecimal digits");
        }
    }
    if let Some(tag) = tag {
        let start = tag.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        let rest = tag
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
        if !start || !rest || tag.len() > 128 {
            return Err("has a tag with characters that a tag cannot have");
        }
    }
    let path = match name.split_once('/') {
        Some((first, path)) if is_registry(first) => path,
        _ => name,
    };
    if path.len() > 255 || path.is_empty() {
        return Err("has no repository name");
    }
    if path.bytes().any(|b| b.is_ascii_uppercase()) {
        return Err("has capital letters in its repository name; it must be lower case");
    }
    if path.split('/').all(is_path_part) {
        Ok(())
    } else {
        Err("is not a valid image reference")
    }
}

/// The first part names a registry when it has a dot or a port, or is `localhost`.
fn is_registry(part: &str) -> bool {
    let (address, number) = part.split_once(':').unwrap_or((part, "0"));
    let named =
        part.contains(['.', ':']) || part == "localhost" || part.bytes().any(|b| b.is_ascii_uppercase());
    let label = |label: &str| {
        label.starts_with(|c: char| c.is_ascii_alphanumeric())
            && label.ends_with(|c: char| c.is_ascii_alphanumeric())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    named && address.split('.').all(label) && !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
}

/// Lower-case letters and digits, separated by `.`, `_`, `__` or any number of `-`.
fn is_path_part(part: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = part.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return false;
    };
    plain(first)
        && plain(last)
        && bytes.iter().all(|&b| plain(b) || matches!(b, b'.' | b'_' | b'-'))
        && !["..", "___", "._", "_.", "-.", ".-", "-_", "_-"]
            .iter()
            .any(|bad| part.contains(bad))
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn references_of_every_form_are_accepted() {
        let digest = format!("redis@sha256:{}", "0a".repeat(32));
        for good in [
            "redis",
            "redis:5",
            "library/redis",
            "docker.io/library/redis:7.2-alpine",
            "my_private.registry:5000/redis",
            "localhost/x",
            "localhost:5000/a/b/c:v1",
            "a__b/c--d/e.f",
            &digest,
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
    }

    #[test]
    fn what_no_engine_would_accept_is_refused() {
        for bad in [
            "",
            "Redis",
            "a//b",
            "a:b:c",
            "a@sha256:12",
            "../x",
            "a b",
            "a:",
            "-a",
            "a\n",
            ":5",
            "x/",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
