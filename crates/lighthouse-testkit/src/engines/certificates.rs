//! Certificates for mutual TLS, made anew for each bench.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use crate::BenchError;

/// A certificate authority, and a client it vouches for. All in PEM.
#[derive(Debug, Clone)]
pub struct Certificates {
    /// The authority's certificate: who is trusted, at both ends.
    pub authority: String,
    /// A certificate that engines accept.
    pub client: String,
    /// The key to it.
    pub client_key: String,
    /// A well-formed certificate by another authority, which engines refuse.
    pub stranger: String,
    /// The key to that.
    pub stranger_key: String,
    /// Where these and the engines' own lie: `ca.pem`, `cert.pem` and `key.pem` as the Docker command line
    /// wants them.
    pub folder: PathBuf,
}

impl Certificates {
    /// Makes them, good for servers at these addresses.
    pub(super) fn make(bench: &Path, addresses: &[String]) -> Result<Self, BenchError> {
        let folder = bench.join("certificates");
        fs::create_dir_all(&folder).map_err(BenchError::path("create", &folder))?;
        let made = Made::make(addresses)
            .map_err(|error| BenchError::NotPossible(format!("making certificates: {error}")))?;
        for (file, text) in [
            ("ca.pem", &made.authority),
            ("server.pem", &made.server.0),
            ("server-key.pem", &made.server.1),
            ("cert.pem", &made.client.0),
            ("key.pem", &made.client.1),
        ] {
            let path = folder.join(file);
            fs::write(&path, text).map_err(BenchError::path("write", &path))?;
        }
        let Made {
            authority,
            client,
            stranger,
            ..
        } = made;
        Ok(Self {
            authority,
            client: client.0,
            client_key: client.1,
            stranger: stranger.0,
            stranger_key: stranger.1,
            folder,
        })
    }
}

struct Made {
    authority: String,
    server: (String, String),
    client: (String, String),
    stranger: (String, String),
}

impl Made {
    fn make(addresses: &[String]) -> Result<Self, rcgen::Error> {
        let (authority, issuer) = authority("bench authority")?;
        let (_, other) = authority_of_nobody()?;
        Ok(Self {
            server: leaf("engine", addresses, ExtendedKeyUsagePurpose::ServerAuth, &issuer)?,
            client: leaf("console", &[], ExtendedKeyUsagePurpose::ClientAuth, &issuer)?,
            stranger: leaf("stranger", &[], ExtendedKeyUsagePurpose::ClientAuth, &other)?,
            authority,
        })
    }
}

fn authority_of_nobody() -> Result<(String, Issuer<'static, KeyPair>), rcgen::Error> {
    authority("another authority")
}

fn authority(name: &str) -> Result<(String, Issuer<'static, KeyPair>), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = params.self_signed(&key)?.pem();
    Ok((certificate, Issuer::new(params, key)))
}

/// Certificate and key.
fn leaf(
    name: &str,
    addresses: &[String],
    purpose: ExtendedKeyUsagePurpose,
    issuer: &Issuer<'_, KeyPair>,
) -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(addresses)?;
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![purpose];
    Ok((params.signed_by(&key, issuer)?.pem(), key.serialize_pem()))
}
