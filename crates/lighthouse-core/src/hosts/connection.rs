//! Checks a connection as a person gave it, before anything is dialled.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lighthouse_model::Problem;
use lighthouse_model::host::ConnectionInput;

use crate::Secret;
use crate::dial::HostConnection;

/// Bytes of PEM text that are read at most.
const PEM: usize = 64 * 1024;

/// The connection, if it can be one.
pub(super) fn checked(input: &ConnectionInput) -> Result<HostConnection, Problem> {
    match input {
        ConnectionInput::Unix { path } => {
            if !path.starts_with('/') || path.chars().any(char::is_control) {
                return Err(Problem::invalid(
                    "connection.path",
                    "the path of a socket is absolute, such as /var/run/docker.sock",
                ));
            }
            // The kernel's limit for the path of a socket.
            if path.len() > 107 {
                return Err(Problem::invalid(
                    "connection.path",
                    "the path of a socket has at most 107 bytes",
                ));
            }
            Ok(HostConnection::Unix { path: path.clone() })
        }
        ConnectionInput::Tls {
            address: given,
            ca,
            certificate,
            key,
        } => {
            address(given)?;
            pem("connection.ca", ca, "CERTIFICATE")?;
            pem("connection.certificate", certificate, "CERTIFICATE")?;
            pem("connection.key", key, "PRIVATE KEY")?;
            Ok(HostConnection::Tls {
                address: given.clone(),
                ca: ca.clone(),
                certificate: certificate.clone(),
                key: Secret::new(key.clone()),
            })
        }
        ConnectionInput::Plain {
            address: given,
            insecure,
        } => {
            let name = address(given)?;
            let local = is_loopback(name);
            if !local && !insecure {
                return Err(Problem::invalid(
                    "connection.insecure",
                    "plain TCP lets everybody on the way read and change what passes, and whoever reaches the \
                     engine owns its host; use TLS, or say that it is meant",
                ));
            }
            Ok(HostConnection::Plain {
                address: given.clone(),
                // What stays on the machine is not insecure, whatever was ticked.
                insecure: !local,
            })
        }
    }
}

/// The name or address in front of the port.
fn address(text: &str) -> Result<&str, Problem> {
    let wrong = |why: &str| Problem::invalid("connection.address", why);
    let (name, port) = text
        .rsplit_once(':')
        .ok_or_else(|| wrong("an address is `host:port`, such as 10.0.0.7:2376"))?;
    if port.parse::<u16>().is_ok_and(|port| port == 0) || port.parse::<u16>().is_err() {
        return Err(wrong("a port is a number from 1 to 65535"));
    }
    let inner = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let good = match inner {
        Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !name.is_empty()
                && name.len() <= 253
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        }
    };
    if good {
        Ok(inner.unwrap_or(name))
    } else {
        Err(wrong(
            "a host is a name or an IP address, without a scheme or path; IPv6 stands in brackets",
        ))
    }
}

fn is_loopback(name: &str) -> bool {
    name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Is it PEM text with at least one section of this kind (`RSA PRIVATE KEY` is a `PRIVATE KEY` too)?
fn pem(field: &str, text: &str, kind: &str) -> Result<(), Problem> {
    if text.len() > PEM {
        return Err(Problem::invalid(field, "the text is longer than 64 KiB"));
    }
    let wrong = || {
        Problem::invalid(
            field,
            format!("PEM text with a section `-----BEGIN {kind}-----` is needed"),
        )
    };
    let mut found = false;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("-----BEGIN ") {
        let (label, body) = after.split_once("-----").ok_or_else(wrong)?;
        let (body, tail) = body
            .split_once(&format!("-----END {label}-----"))
            .ok_or_else(wrong)?;
        let digits: String = body
            .lines()
            // Old encrypted keys have headers before the digits.
            .filter(|line| !line.contains(':'))
            .flat_map(str::chars)
            .filter(|c| !c.is_whitespace())
            .collect();
        if label.ends_with(kind) {
            if STANDARD.decode(&digits).map_or(0, |der| der.len()) == 0 {
                return Err(wrong());
            }
            found = true;
        }
        rest = tail;
    }
    if found { Ok(()) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(address: &str, insecure: bool) -> Result<HostConnection, Problem> {
        checked(&ConnectionInput::Plain {
            address: address.to_owned(),
            insecure,
        })
    }

    #[test]
    fn plain_tcp_beyond_the_loopback_needs_a_word() {
        assert!(plain("127.0.0.1:2375", false).is_ok());
        assert!(plain("[::1]:2375", false).is_ok());
        assert!(plain("localhost:2375", false).is_ok());
        assert!(plain("10.0.0.7:2375", false).is_err());
        assert_eq!(
            plain("10.0.0.7:2375", true),
            Ok(HostConnection::Plain {
                address: "10.0.0.7:2375".into(),
                insecure: true
            })
        );
        assert!(!plain("127.0.0.1:2375", true).unwrap().view().is_insecure());
    }

    #[test]
    fn addresses_are_host_and_port_and_nothing_else() {
        for bad in [
            "",
            "host",
            "host:0",
            "host:99999",
            "http://host:2375",
            "host/x:1",
            "us er:1",
            "a@b:1",
            ":1",
            "::1:1",
        ] {
            assert!(plain(bad, true).is_err(), "{bad}");
        }
    }

    #[test]
    fn sockets_are_absolute_paths() {
        for bad in ["", "docker.sock", "unix:///run/docker.sock", "/a\nb"] {
            let input = ConnectionInput::Unix { path: bad.to_owned() };
            assert!(checked(&input).is_err(), "{bad}");
        }
    }

    #[test]
    fn certificates_are_pem() {
        let good = "x\n-----BEGIN CERTIFICATE-----\nAAAA\nBBBB\n-----END CERTIFICATE-----\n";
        assert!(pem("f", good, "CERTIFICATE").is_ok());
        let key = "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----";
        assert!(pem("f", key, "PRIVATE KEY").is_ok());
        for bad in [
            "",
            "hello",
            key,
            "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----",
        ] {
            assert!(pem("f", bad, "CERTIFICATE").is_err(), "{bad}");
        }
    }
}
