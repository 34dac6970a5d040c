//! What is said of certificates that do not fit. The other side is a TLS server inside the test.

use std::sync::Arc;
use std::time::Duration;

use lighthouse_core::Secret;
use lighthouse_core::dial::HostConnection;
use lighthouse_core::engine::{Engine, EngineError, Engines};
use lighthouse_docker::DockerEngines;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn leaf(
    name: &str,
    by: &Authority,
    shape: impl FnOnce(&mut CertificateParams),
) -> (rcgen::Certificate, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([name.to_owned()]).unwrap();
    shape(&mut params);
    (params.signed_by(&key, by).unwrap(), key)
}

/// A server that asks for certificates of this authority and answers every request with API 1.41; its address.
async fn server(trusted: &Authority, own: (rcgen::Certificate, KeyPair)) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.der().clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
        .build()
        .unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![own.0.der().clone()],
            PrivateKeyDer::try_from(own.1.serialize_der()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut stream = acceptor.accept(stream).await?;
                let mut request = [0; 1024];
                let _some = stream.read(&mut request).await?;
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"ApiVersion\":\"1.41\"}")
                    .await?;
                stream.shutdown().await
            });
        }
    });
    address
}

async fn connect(
    address: &str,
    ca: &Authority,
    client: &(rcgen::Certificate, KeyPair),
) -> Result<Arc<dyn Engine>, EngineError> {
    let connection = HostConnection::Tls {
        address: address.to_owned(),
        ca: ca.pem(),
        certificate: client.0.pem(),
        key: Secret::new(client.1.serialize_pem()),
    };
    DockerEngines.connect(&connection).await
}

fn why(result: Result<Arc<dyn Engine>, EngineError>) -> String {
    match result.map(drop) {
        Err(EngineError::Unreachable { why }) => why,
        other => panic!("expected to be told why, got {other:?}"),
    }
}

#[tokio::test]
async fn the_end_of_the_engines_own_certificate_is_known() {
    let ours = authority("ours");
    let client = leaf("console", &ours, |_| {});
    let own = leaf("127.0.0.1", &ours, |params| {
        params.not_after = rcgen::date_time_ymd(2049, 12, 31);
    });
    let address = server(&ours, own).await;
    let engine = connect(&address, &ours, &client).await.unwrap();
    // 2049-12-31, 00:00 UTC.
    assert_eq!(engine.certificate_ends(), Some(2_524_521_600_000));
}

#[tokio::test]
async fn each_certificate_that_does_not_fit_is_told_in_its_own_words() {
    let ours = authority("ours");
    let theirs = authority("theirs");
    let client = leaf("console", &ours, |_| {});

    let good = server(&ours, leaf("127.0.0.1", &ours, |_| {})).await;
    connect(&good, &ours, &client).await.unwrap();

    assert_eq!(
        why(connect(&good, &theirs, &client).await),
        "the engine's certificate is not signed by the given authority (CA)"
    );

    let named = server(&ours, leaf("eu-1.example", &ours, |_| {})).await;
    let mismatch = why(connect(&named, &ours, &client).await);
    assert!(
        mismatch.starts_with("the engine's certificate is not for `127.0.0.1` but for "),
        "{mismatch}"
    );
    assert!(mismatch.contains("eu-1.example"), "{mismatch}");

    let expired = server(
        &ours,
        leaf("127.0.0.1", &ours, |params| {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }),
    )
    .await;
    let expired = why(connect(&expired, &ours, &client).await);
    assert!(
        expired.starts_with("the engine's certificate expired ") && expired.ends_with(" days ago; renew it"),
        "{expired}"
    );

    let early = server(
        &ours,
        leaf("127.0.0.1", &ours, |params| {
            params.not_before = rcgen::date_time_ymd(2190, 1, 1);
            params.not_after = rcgen::date_time_ymd(2191, 1, 1);
        }),
    )
    .await;
    let early = why(connect(&early, &ours, &client).await);
    assert!(early.contains("is valid only in"), "{early}");

    let stranger = leaf("console", &theirs, |_| {});
    assert_eq!(
        why(connect(&good, &ours, &stranger).await),
        "the engine refused our client certificate; is it signed by the authority the engine trusts?"
    );

    let past = leaf("console", &ours, |params| {
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2021, 1, 1);
    });
    assert_eq!(
        why(connect(&good, &ours, &past).await),
        "the engine refused our client certificate: it expired"
    );
}

#[tokio::test]
async fn text_that_is_no_certificate_is_told_before_anything_is_dialled() {
    let ours = authority("ours");
    let (client, key) = leaf("console", &ours, |_| {});
    let (_, other) = leaf("console", &ours, |_| {});
    let connection = |ca: &str, certificate: &str, key: &str| HostConnection::Tls {
        address: "127.0.0.1:9".to_owned(),
        ca: ca.to_owned(),
        certificate: certificate.to_owned(),
        key: Secret::new(key.to_owned()),
    };
    let (ca, client, key) = (ours.pem(), client.pem(), key.serialize_pem());
    for (connection, expected) in [
        (
            connection("hello", &client, &key),
            "the authority (CA) is not a certificate in PEM form",
        ),
        (
            connection(&ca, &key, &key),
            "the client certificate is not a certificate in PEM form",
        ),
        (
            connection(&ca, &client, "hello"),
            "the client key is not a private key in PEM form",
        ),
        (
            connection(&ca, &client, &other.serialize_pem()),
            "the client key does not belong to the client certificate",
        ),
    ] {
        assert_eq!(why(DockerEngines.connect(&connection).await), expected);
    }
}

#[tokio::test]
async fn a_port_without_tls_is_told_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.write_all(b"HTTP/1.0 400 Bad Request\r\n\r\n").await;
        }
    });
    let ours = authority("ours");
    let client = leaf("console", &ours, |_| {});
    let told = why(connect(&address, &ours, &client).await);
    assert!(told.starts_with("the other side does not speak TLS"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn an_address_that_swallows_everything_takes_three_seconds() {
    // Accepted by the kernel, never by anyone.
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let ours = authority("ours");
    let client = leaf("console", &ours, |_| {});
    let begun = tokio::time::Instant::now();
    let error = connect(&address, &ours, &client).await.map(drop).unwrap_err();
    assert!(
        matches!(error, EngineError::TimedOut { seconds: 3, .. }),
        "{error}"
    );
    assert!(begun.elapsed() <= Duration::from_secs(7));
}

#[tokio::test]
async fn sockets_that_are_not_there_are_told_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let connection = HostConnection::Unix {
        path: folder.path().join("docker.sock").display().to_string(),
    };
    let told = why(DockerEngines.connect(&connection).await);
    assert!(told.ends_with("docker.sock: no such socket"), "{told}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let connection = HostConnection::Plain {
        address,
        insecure: false,
    };
    assert_eq!(
        why(DockerEngines.connect(&connection).await),
        "connection refused: nothing listens there"
    );
    let connection = HostConnection::Plain {
        address: "no-such-host.invalid:2375".to_owned(),
        insecure: false,
    };
    assert_eq!(
        why(DockerEngines.connect(&connection).await),
        "the name `no-such-host.invalid` is not known"
    );
}
