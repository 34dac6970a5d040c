//! TCP with mutual TLS.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use lighthouse_core::Secret;
use lighthouse_core::dial::{BoxStream, Dial, not_after};
use lighthouse_core::engine::{EngineError, deadline};
use lighthouse_model::Millis;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::TlsConnector;

use super::TcpDial;
use crate::failure;

/// Reaches an engine by TLS, trusting the given authority alone: the system's would let anyone with a public
/// certificate stand in for the engine.
#[derive(Clone)]
pub struct TlsDial {
    tcp: TcpDial,
    name: ServerName<'static>,
    connector: TlsConnector,
    /// When the engine's certificate ends, from the last handshake; 0 before the first.
    ends: Arc<AtomicI64>,
}

impl std::fmt::Debug for TlsDial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TlsDial")
            .field("tcp", &self.tcp)
            .finish_non_exhaustive()
    }
}

impl TlsDial {
    /// An address as `host:port`; authority, certificate and key as PEM.
    pub fn new(
        address: &str,
        ca: &str,
        certificate: &str,
        key: &Secret<String>,
    ) -> Result<Self, EngineError> {
        let tcp = TcpDial::new(address);
        let name = ServerName::try_from(tcp.host().to_owned())
            .map_err(|_| unusable(format!("`{address}` is not `host:port`")))?;

        let mut roots = RootCertStore::empty();
        for authority in certificates(ca, "the authority (CA)")? {
            roots
                .add(authority)
                .map_err(|error| unusable(format!("the authority (CA) cannot be used: {error}")))?;
        }
        let chain = certificates(certificate, "the client certificate")?;
        let key = PrivateKeyDer::from_pem_slice(key.expose().as_bytes())
            .map_err(|_| unusable("the client key is not a private key in PEM form".to_owned()))?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| unusable(format!("TLS cannot be used: {error}")))?
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => {
                    unusable("the client key does not belong to the client certificate".to_owned())
                }
                other => unusable(format!("the client certificate or key cannot be used: {other}")),
            })?;
        Ok(Self {
            tcp,
            name,
            connector: TlsConnector::from(Arc::new(config)),
            ends: Arc::default(),
        })
    }
}

#[async_trait]
impl Dial for TlsDial {
    async fn dial(&self) -> Result<BoxStream, EngineError> {
        let stream = self.tcp.connect().await?;
        failure::within("connecting with TLS", deadline::CONNECT, async {
            let stream = self
                .connector
                .connect(self.name.clone(), stream)
                .await
                .map_err(|error| failure::socket(&error))?;
            let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            if let Some(end) = shown.and_then(|own| not_after(own)) {
                self.ends.store(end, Ordering::Relaxed);
            }
            Ok(Box::new(stream) as BoxStream)
        })
        .await
    }

    fn certificate_ends(&self) -> Option<Millis> {
        Some(self.ends.load(Ordering::Relaxed)).filter(|end| *end != 0)
    }
}

fn certificates(pem: &str, what: &str) -> Result<Vec<CertificateDer<'static>>, EngineError> {
    let all: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match all {
        Ok(all) if !all.is_empty() => Ok(all),
        _ => Err(unusable(format!("{what} is not a certificate in PEM form"))),
    }
}

fn unusable(why: String) -> EngineError {
    EngineError::Unreachable { why }
}
