//! Where an engine may be on this machine: what the environment says, then the usual sockets.

use std::path::Path;

use lighthouse_core::Secret;
use lighthouse_core::dial::HostConnection;
use lighthouse_core::hosts::Candidate;

/// Sockets an engine usually listens on.
const USUAL_SOCKETS: [&str; 3] = [
    "/var/run/docker.sock",
    "/run/docker.sock",
    "/run/podman/podman.sock",
];

/// Places to try, in order.
pub(super) fn engines() -> Vec<Candidate> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut found = Vec::new();
    if let Some(given) = variable("DOCKER_HOST") {
        let certificates = variable("DOCKER_TLS_VERIFY").and(variable("DOCKER_CERT_PATH"));
        found.push(Candidate {
            place: format!("DOCKER_HOST ({given})"),
            connection: from_docker_host(&given, certificates.as_deref().map(Path::new)),
        });
    }
    let own = variable("XDG_RUNTIME_DIR").map(|directory| format!("{directory}/docker.sock"));
    for path in own.into_iter().chain(USUAL_SOCKETS.map(str::to_owned)) {
        let connection = if Path::new(&path).exists() {
            Ok(HostConnection::Unix { path: path.clone() })
        } else {
            Err("there is no such socket".to_owned())
        };
        found.push(Candidate {
            place: path,
            connection,
        });
    }
    found
}

fn from_docker_host(given: &str, certificates: Option<&Path>) -> Result<HostConnection, String> {
    if let Some(path) = given.strip_prefix("unix://") {
        return Ok(HostConnection::Unix {
            path: path.to_owned(),
        });
    }
    let Some(address) = given
        .strip_prefix("tcp://")
        .map(|rest| rest.trim_end_matches('/'))
    else {
        return Err("only unix:// and tcp:// can be used; add the host by hand".to_owned());
    };
    let Some(directory) = certificates else {
        return Ok(HostConnection::Plain {
            address: address.to_owned(),
            insecure: false,
        });
    };
    let read = |name: &str| {
        let path = directory.join(name);
        std::fs::read_to_string(&path).map_err(|why| format!("`{}` cannot be read: {why}", path.display()))
    };
    Ok(HostConnection::Tls {
        address: address.to_owned(),
        ca: read("ca.pem")?,
        certificate: read("cert.pem")?,
        key: Secret::new(read("key.pem")?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_host_is_read_as_the_docker_client_reads_it() {
        assert_eq!(
            from_docker_host("unix:///x/docker.sock", None),
            Ok(HostConnection::Unix {
                path: "/x/docker.sock".into()
            })
        );
        assert_eq!(
            from_docker_host("tcp://127.0.0.1:2375/", None),
            Ok(HostConnection::Plain {
                address: "127.0.0.1:2375".into(),
                insecure: false
            })
        );
        assert!(from_docker_host("ssh://me@there", None).is_err());
    }
}
