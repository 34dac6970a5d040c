//! TCP without protection.

use std::time::Duration;

use async_trait::async_trait;
use lighthouse_core::dial::{BoxStream, Dial};
use lighthouse_core::engine::{EngineError, deadline};
use socket2::{SockRef, TcpKeepalive};
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
            // An idle stream of events notices by this alone that the other end is gone without a goodbye.
            SockRef::from(&stream)
                .set_tcp_keepalive(&keepalive())
                .map_err(|error| failure::socket(&error))?;
            Ok(stream)
        })
        .await
    }
}

/// Asked after 15 s of silence and then every 5 s; given up after three questions without an answer.
fn keepalive() -> TcpKeepalive {
    TcpKeepalive::new()
        .with_time(Duration::from_secs(15))
        .with_interval(Duration::from_secs(5))
        .with_retries(3)
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
    async fn an_idle_connection_notices_that_its_peer_is_gone() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stream = TcpDial::new(address).connect().await.unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(15));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(5));
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 3);
    }

    #[tokio::test]
    async fn an_address_without_a_port_is_told_so() {
        for address in ["example", "example:", ":2376", "example:99999"] {
            let error = TcpDial::new(address).connect().await.unwrap_err();
            assert_eq!(error.to_string(), format!("`{address}` is not `host:port`"));
        }
    }
}
