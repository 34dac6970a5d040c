//! Ways to reach an engine: a unix socket, TCP, TCP with mutual TLS.

mod tcp;
mod tls;
mod unix;

use std::sync::Arc;

use lighthouse_core::dial::{Dial, HostConnection};
use lighthouse_core::engine::EngineError;

pub use tcp::TcpDial;
pub use tls::TlsDial;
pub use unix::UnixDial;

/// The dialer for a connection; certificates are read here.
pub fn dialer(connection: &HostConnection) -> Result<Arc<dyn Dial>, EngineError> {
    Ok(match connection {
        HostConnection::Unix { path } => Arc::new(UnixDial::new(path)),
        HostConnection::Plain { address, .. } => Arc::new(TcpDial::new(address)),
        HostConnection::Tls {
            address,
            ca,
            certificate,
            key,
        } => Arc::new(TlsDial::new(address, ca, certificate, key)?),
    })
}
