//! TCP without protection.

use async_trait::async_trait;
use lighthouse_core::dial::{BoxStream, Dial};
use lighthouse_core::engine::{EngineError, deadline};
use tokio::net::TcpStream;

use crate::failure;

/// Reaches an engine by plain TCP.
#[derive(Debug, Clone)]
pub struct TcpDial {
    address: String,
}

impl TcpDial {
    /// An address as `host:port`.
    pub fn new(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
        }
    }

    /// The host in the address, without the brackets of IPv6.
    pub(crate) fn host(&self) -> &str {
        let host = self.address.rsplit_once(':').map_or("", |(host, _)| host);
        host.strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host)
    }

    /// The open socket.
    pub(crate) async fn connect(&self) -> Result<TcpStream, EngineError> {
        if !has_port(&self.address) {
            return Err(EngineError::Unreachable {
                why: format!("`{}` is not `host:port`", self.address),
            });
        }
        failure::within("connecting", deadline::CONNECT, async {
            let addresses: Vec<_> = tokio::net::lookup_host(&self.address)
                .await
                .map_err(|_| EngineError::Unreachable {
                    why: format!("the name `{}` is not known", self.host()),
                })?
                .collect();
            let stream = TcpStream::connect(&*addresses)
                .await
                .map_err(|error| failure::socket(&error))?;
            // Small requests and answers would wait for each other's acknowledgements.
            stream
                .set_nodelay(true)
                .map_err(|error| failure::socket(&error))?;
            Ok(stream)
        })
        .await
    }
}

#[async_trait]
impl Dial for TcpDial {
    async fn dial(&self) -> Result<BoxStream, EngineError> {
        Ok(Box::new(self.connect().await?))
    }
}

fn has_port(address: &str) -> bool {
    address
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_of_an_address_is_what_certificates_name() {
        assert_eq!(TcpDial::new("eu-1.example:2376").host(), "eu-1.example");
        assert_eq!(TcpDial::new("10.0.0.7:2376").host(), "10.0.0.7");
        assert_eq!(TcpDial::new("[fe80::1]:2376").host(), "fe80::1");
    }

    #[tokio::test]
    async fn an_address_without_a_port_is_told_so() {
        for address in ["example", "example:", ":2376", "example:99999"] {
            let error = TcpDial::new(address).connect().await.unwrap_err();
            assert_eq!(error.to_string(), format!("`{address}` is not `host:port`"));
        }
    }
}
