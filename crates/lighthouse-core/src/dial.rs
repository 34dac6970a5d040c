//! How an engine is reached: a boxed byte stream, whatever carries it.

mod certificate;

use std::fmt;

use async_trait::async_trait;
use lighthouse_model::Millis;
use lighthouse_model::host::ConnectionView;
use tokio::io::{AsyncRead, AsyncWrite};

pub use self::certificate::not_after;
use crate::Secret;
use crate::engine::EngineError;

/// A byte stream to an engine.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A boxed byte stream to an engine.
pub type BoxStream = Box<dyn Stream>;

/// Opens byte streams to one engine.
#[async_trait]
pub trait Dial: Send + Sync + fmt::Debug {
    /// Opens one stream, within the connect deadline (3 s).
    async fn dial(&self) -> Result<BoxStream, EngineError>;

    /// When the certificate ends that the other side showed last; `None` without TLS.
    fn certificate_ends(&self) -> Option<Millis> {
        None
    }
}

/// How to reach one engine, with its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostConnection {
    /// A socket on this machine.
    Unix {
        /// Its path.
        path: String,
    },
    /// TCP with mutual TLS; PEM texts.
    Tls {
        /// `host:port`.
        address: String,
        /// The authority that signed the engine's certificate.
        ca: String,
        /// Our certificate.
        certificate: String,
        /// Our key.
        key: Secret<String>,
    },
    /// TCP without protection.
    Plain {
        /// `host:port`.
        address: String,
        /// An administrator said *insecure*.
        insecure: bool,
    },
}

impl HostConnection {
    /// The connection without its secrets. Reads certificates: not for every look at a host.
    pub fn view(&self) -> ConnectionView {
        match self {
            Self::Unix { path } => ConnectionView::Unix { path: path.clone() },
            Self::Tls {
                address,
                ca,
                certificate,
                ..
            } => ConnectionView::Tls {
                address: address.clone(),
                // Whichever ends first ends the connection.
                certificate_ends: [certificate, ca]
                    .into_iter()
                    .filter_map(|pem| certificate::end_of(pem))
                    .min(),
            },
            Self::Plain { address, insecure } => ConnectionView::Plain {
                address: address.clone(),
                insecure: *insecure,
            },
        }
    }
}

#[cfg(test)]
pub(crate) use self::certificate::tests::{NEAR, NEAR_END};
