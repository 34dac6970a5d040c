//! Where people open the console: scheme, host, port and base path, and whether a request comes from there.

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderName};

/// `Sec-Fetch-Site`.
pub const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The URL people open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrl {
    secure: bool,
    authority: String,
    base_path: String,
}

impl PublicUrl {
    /// Reads an absolute `http` or `https` URL; a path becomes the base path.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let uri: http::Uri = text.parse().map_err(|_| "it is not a URL")?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err("it must begin with https:// or http://"),
        };
        let authority = uri.authority().ok_or("it has no host")?;
        if authority.as_str().contains('@') {
            return Err("it must not hold a user name");
        }
        if uri.query().is_some() {
            return Err("it must not have a query");
        }
        let base_path = uri.path().trim_end_matches('/').to_owned();
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/');
        if !base_path.bytes().all(plain) || base_path.contains("//") || base_path.contains("..") {
            return Err("its path may have letters, digits, `-`, `_`, `.` and `/` only");
        }
        let default_port = if secure { ":443" } else { ":80" };
        let authority = authority.as_str().to_ascii_lowercase();
        let authority = authority
            .strip_suffix(default_port)
            .unwrap_or(&authority)
            .to_owned();
        Ok(Self {
            secure,
            authority,
            base_path,
        })
    }

    /// Is it `https`?
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// The path everything is below; empty or like `/lighthouse`.
    pub fn base_path(&self) -> &str {
        &self.base_path
    }

    /// The origin as browsers send it.
    pub fn origin(&self) -> String {
        format!(
            "{}://{}",
            if self.secure { "https" } else { "http" },
            self.authority
        )
    }
}

impl std::fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.origin(), self.base_path)
    }
}

/// Does an upgrade come from one of our own pages? Exact: with a public URL its origin, else the `Host` that was
/// asked for.
pub fn is_own_origin(headers: &HeaderMap, public: Option<&PublicUrl>, secure: bool) -> bool {
    let Some(origin) = headers.get(ORIGIN).and_then(|v| v.to_str().ok()) else {
        return false;
    };
    if let Some(public) = public {
        return origin == public.origin();
    }
    let scheme = if secure { "https" } else { "http" };
    headers
        .get(HOST)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|host| origin.eq_ignore_ascii_case(&format!("{scheme}://{host}")))
}

/// Did the browser say where the request comes from?
pub fn tells_origin(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) || headers.contains_key(SEC_FETCH_SITE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_gives_origin_and_base_path() {
        let url = PublicUrl::parse("https://Console.Example:443/lighthouse/").unwrap();
        assert_eq!(url.origin(), "https://console.example");
        assert_eq!(url.base_path(), "/lighthouse");
        assert!(PublicUrl::parse("ftp://x").is_err());
        assert!(PublicUrl::parse("https://x/a b").is_err());
        assert!(PublicUrl::parse("https://u@x/").is_err());
    }

    #[test]
    fn only_the_exact_origin_is_our_own() {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, "a.example:3000".parse().unwrap());
        assert!(!is_own_origin(&headers, None, false));
        headers.insert(ORIGIN, "http://a.example:3000".parse().unwrap());
        assert!(is_own_origin(&headers, None, false));
        assert!(!is_own_origin(&headers, None, true));
        for bad in [
            "http://a.example",
            "http://a.example:3000.evil",
            "null",
            "http://b.example:3000",
        ] {
            headers.insert(ORIGIN, bad.parse().unwrap());
            assert!(!is_own_origin(&headers, None, false), "{bad}");
        }
        let public = PublicUrl::parse("https://c.example/x").unwrap();
        headers.insert(ORIGIN, "https://c.example".parse().unwrap());
        assert!(is_own_origin(&headers, Some(&public), false));
    }
}
