//! What went wrong, in words: from sockets, TLS, HTTP and bollard to [`EngineError`].

use std::error::Error;
use std::io;
use std::time::Duration;

use http::StatusCode;
use lighthouse_core::engine::EngineError;
use rustls::{AlertDescription, CertificateError};
use serde::Deserialize;

/// The engine's words are kept up to this many characters.
const WORDS: usize = 4096;

/// The answer has more bytes than a unary call may bring. Travels inside an I/O error.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("more than 32 MiB")]
pub(crate) struct AnswerTooLarge;

/// Does the work within a deadline.
pub(crate) async fn within<T>(
    what: &'static str,
    limit: Duration,
    work: impl Future<Output = Result<T, EngineError>>,
) -> Result<T, EngineError> {
    match tokio::time::timeout(limit, work).await {
        Ok(done) => done,
        Err(_) => Err(timed_out(what, limit)),
    }
}

/// No answer within the deadline.
pub(crate) fn timed_out(what: &'static str, limit: Duration) -> EngineError {
    EngineError::TimedOut {
        what,
        seconds: u32::try_from(limit.as_secs()).unwrap_or(u32::MAX),
    }
}

/// The engine said no.
pub(crate) fn refusal(status: u16, message: String) -> EngineError {
    let message = words(message, status);
    match status {
        404 => EngineError::NotFound { message },
        409 => EngineError::Conflict { message },
        _ => EngineError::Refused { status, message },
    }
}

/// The engine said no, with this body.
pub(crate) fn refused(status: StatusCode, body: &[u8]) -> EngineError {
    #[derive(Deserialize)]
    struct Words {
        message: String,
    }
    let message = serde_json::from_slice::<Words>(body).map_or_else(
        |_| String::from_utf8_lossy(body).trim().to_owned(),
        |words| words.message,
    );
    refusal(status.as_u16(), message)
}

/// The engine's words, bounded and without control characters, and never none.
pub(crate) fn words(message: String, status: u16) -> String {
    let plain = message.chars().count() <= WORDS && !message.chars().any(char::is_control);
    let message = if plain {
        message
    } else {
        message
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .take(WORDS)
            .collect()
    };
    if message.trim().is_empty() {
        format!("the engine answered {status} without a reason")
    } else {
        message
    }
}

/// From the HTTP layer, with whatever lies beneath it.
pub(crate) fn hyper(error: &hyper::Error) -> EngineError {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(cause) = next {
        if let Some(io) = cause.downcast_ref::<io::Error>() {
            return socket(io);
        }
        next = cause.source();
    }
    if error.is_parse() {
        return EngineError::Garbled {
            what: "not HTTP as engines speak it".to_owned(),
        };
    }
    let why = if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        "the connection was closed before the answer was whole".to_owned()
    } else {
        error.to_string()
    };
    EngineError::Unreachable { why }
}

/// From a socket or TLS.
pub(crate) fn socket(error: &io::Error) -> EngineError {
    if let Some(inner) = error.get_ref() {
        if inner.is::<AnswerTooLarge>() {
            return EngineError::Garbled {
                what: format!("the answer has {AnswerTooLarge}"),
            };
        }
        if let Some(engine) = inner.downcast_ref::<EngineError>() {
            return engine.clone();
        }
        if let Some(tls) = inner.downcast_ref::<rustls::Error>() {
            return EngineError::Unreachable { why: tls_words(tls) };
        }
    }
    let why = match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused: nothing listens there".to_owned(),
        io::ErrorKind::NotFound => "no such socket".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "no permission to use the socket; Lighthouse must run as root or in the group of the socket"
                .to_owned()
        }
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionAborted => {
            "the connection broke".to_owned()
        }
        io::ErrorKind::UnexpectedEof => "the connection was closed".to_owned(),
        io::ErrorKind::HostUnreachable => "no route to the host".to_owned(),
        io::ErrorKind::NetworkUnreachable => "no route to the network".to_owned(),
        io::ErrorKind::TimedOut => "the connection timed out".to_owned(),
        _ => error.to_string(),
    };
    EngineError::Unreachable { why }
}

/// From bollard.
pub(crate) fn bollard(error: bollard::errors::Error) -> EngineError {
    use bollard::errors::Error as E;
    match error {
        E::DockerResponseServerError { status_code, message } => refusal(status_code, message),
        E::IOError { err } => socket(&err),
        E::HyperResponseError { err } => hyper(&err),
        other => EngineError::Garbled {
            what: other.to_string(),
        },
    }
}

/// What TLS says, for a person who has to fix it.
fn tls_words(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(why) => certificate_words(why),
        rustls::Error::AlertReceived(alert) => alert_words(*alert),
        rustls::Error::InvalidMessage(_) => {
            "the other side does not speak TLS; is this the engine's TLS port (often 2376)?".to_owned()
        }
        rustls::Error::PeerIncompatible(why) => format!("no TLS version or cipher in common ({why:?})"),
        other => format!("TLS failed: {other}"),
    }
}

fn certificate_words(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => {
            "the engine's certificate is not signed by the given authority (CA)".to_owned()
        }
        CertificateError::BadSignature => {
            "the engine's certificate has a wrong signature: the given authority (CA) has the right name but another key"
                .to_owned()
        }
        CertificateError::Expired => "the engine's certificate expired; renew it".to_owned(),
        CertificateError::ExpiredContext { time, not_after } => format!(
            "the engine's certificate expired {} ago; renew it",
            rough(time.as_secs().saturating_sub(not_after.as_secs()))
        ),
        CertificateError::NotValidYet => "the engine's certificate is not valid yet; do the clocks agree?".to_owned(),
        CertificateError::NotValidYetContext { time, not_before } => format!(
            "the engine's certificate is valid only in {}; do the clocks agree?",
            rough(not_before.as_secs().saturating_sub(time.as_secs()))
        ),
        CertificateError::NotValidForName => {
            "the engine's certificate is for another name than the one in the address".to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names = if presented.is_empty() {
                "no name at all".to_owned()
            } else {
                presented.join(", ")
            };
            format!(
                "the engine's certificate is not for `{}` but for {names}",
                expected.to_str()
            )
        }
        other => format!("the engine's certificate cannot be trusted ({other:?})"),
    }
}

fn alert_words(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::CertificateRequired | AlertDescription::NoCertificate => {
            "the engine asks for a client certificate, and got none".to_owned()
        }
        AlertDescription::BadCertificate
        | AlertDescription::UnknownCA
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::AccessDenied
        | AlertDescription::DecryptError => {
            "the engine refused our client certificate; is it signed by the authority the engine trusts?"
                .to_owned()
        }
        AlertDescription::CertificateExpired => {
            "the engine refused our client certificate: it expired".to_owned()
        }
        AlertDescription::CertificateRevoked => {
            "the engine refused our client certificate: it is revoked".to_owned()
        }
        other => format!("the engine ended TLS with `{other:?}`"),
    }
}

/// Seconds as people say them.
fn rough(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3600 => (seconds / 60, "minute"),
        3600..86_400 => (seconds / 3600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_the_engines_words_and_its_kind() {
        let gone = refused(StatusCode::NOT_FOUND, br#"{"message":"No such container: x"}"#);
        assert_eq!(
            gone,
            EngineError::NotFound {
                message: "No such container: x".to_owned()
            }
        );
        let odd = refused(StatusCode::IM_A_TEAPOT, b"short\nand stout\n");
        assert_eq!(
            odd,
            EngineError::Refused {
                status: 418,
                message: "short and stout".to_owned()
            }
        );
        assert_eq!(
            refused(StatusCode::BAD_GATEWAY, b"").to_string(),
            "the engine answered 502 without a reason"
        );
    }

    #[test]
    fn a_refusal_is_never_longer_than_a_page() {
        let long = refused(
            StatusCode::INTERNAL_SERVER_ERROR,
            "ü".repeat(1_000_000).as_bytes(),
        );
        assert_eq!(long.to_string().chars().count(), WORDS);
    }

    #[test]
    fn times_are_told_roughly() {
        assert_eq!(rough(1), "1 second");
        assert_eq!(rough(3 * 86_400 + 5), "3 days");
        assert_eq!(rough(7200), "2 hours");
    }
}
