//! Configuration: flag > environment > file > default.
//!
//! Every flag of `lighthouse serve` is also an environment variable `LIGHTHOUSE_…` and a key of the file given
//! with `--config` (by default `lighthouse.toml` in the data directory).

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

use crate::origin::PublicUrl;
use crate::telemetry::LogFormat;

/// What can be given on the command line, in the environment or in the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Given {
    /// The directory that holds everything Lighthouse keeps [default: the platform's data directory]
    #[arg(long, env = "LIGHTHOUSE_DATA", value_name = "DIR")]
    #[serde(skip)]
    pub data: Option<PathBuf>,
    /// A configuration file [default: lighthouse.toml in the data directory]
    #[arg(long, env = "LIGHTHOUSE_CONFIG", value_name = "FILE")]
    #[serde(skip)]
    pub config: Option<PathBuf>,
    /// The address and port to listen on [default: 127.0.0.1:3000]
    #[arg(long, env = "LIGHTHOUSE_LISTEN", value_name = "ADDR")]
    pub listen: Option<SocketAddr>,
    /// The URL people open, such as `https://console.example/lighthouse`; decides origins, cookies and base path
    #[arg(long, env = "LIGHTHOUSE_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// A reverse proxy whose `X-Forwarded-For` is believed; may be given more than once
    #[arg(
        long,
        env = "LIGHTHOUSE_TRUSTED_PROXY",
        value_name = "IP",
        value_delimiter = ','
    )]
    pub trusted_proxy: Vec<IpAddr>,
    /// A certificate chain in PEM form: end TLS here
    #[arg(long, env = "LIGHTHOUSE_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key in PEM form
    #[arg(long, env = "LIGHTHOUSE_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// How log lines look
    #[arg(long, env = "LIGHTHOUSE_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
    /// What is logged: `error`, `warn`, `info`, `debug`, or a filter such as `info,lighthouse_core=debug`
    #[arg(long, env = "LIGHTHOUSE_LOG", value_name = "FILTER")]
    pub log: Option<String>,
    /// The one-time token of the first run, for automation; at least 32 characters
    #[arg(
        long,
        env = "LIGHTHOUSE_SETUP_TOKEN",
        value_name = "TOKEN",
        hide_env_values = true
    )]
    #[serde(skip)]
    pub setup_token: Option<String>,
}

/// The configuration as it holds.
#[derive(Debug, Clone)]
pub struct Configuration {
    /// The data directory.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The URL people open, if it was given.
    pub public_url: Option<PublicUrl>,
    /// Proxies whose word on the client's address counts.
    pub trusted_proxies: Vec<IpAddr>,
    /// Certificate chain and key files.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged.
    pub log: String,
    /// The first-run token, if it was given.
    pub setup_token: Option<String>,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The platform names no data directory.
    #[error("no data directory: give one with --data DIR or LIGHTHOUSE_DATA")]
    NoDataDirectory,
    /// The file cannot be read.
    #[error("the configuration file `{path}` cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
    },
    /// The file makes no sense.
    #[error("the configuration file `{path}` cannot be used: {why}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Why, with the line.
        why: String,
    },
    /// The public URL makes no sense.
    #[error("`{given}` cannot be the public URL: {why}")]
    PublicUrl {
        /// What was given.
        given: String,
        /// Why.
        why: &'static str,
    },
    /// The first-run token can be guessed.
    #[error("LIGHTHOUSE_SETUP_TOKEN must have 32 to 128 characters; `openssl rand -hex 16` makes one")]
    SetupToken,
}

impl Configuration {
    /// Joins what was given with the file and the defaults.
    pub fn resolve(given: Given) -> Result<Self, ConfigurationError> {
        let data = given
            .data
            .clone()
            .or_else(default_data)
            .ok_or(ConfigurationError::NoDataDirectory)?;
        let usual = data.join("lighthouse.toml");
        let file = if let Some(path) = &given.config {
            read_file(path)?
        } else if usual.exists() {
            read_file(&usual)?
        } else {
            Given::default()
        };
        let public_url = given
            .public_url
            .or(file.public_url)
            .map(|text| {
                PublicUrl::parse(&text).map_err(|why| ConfigurationError::PublicUrl { given: text, why })
            })
            .transpose()?;
        if given
            .setup_token
            .as_ref()
            .is_some_and(|token| !(32..=128).contains(&token.len()))
        {
            return Err(ConfigurationError::SetupToken);
        }
        let trusted_proxies = if given.trusted_proxy.is_empty() {
            file.trusted_proxy
        } else {
            given.trusted_proxy
        };
        Ok(Self {
            data,
            listen: given
                .listen
                .or(file.listen)
                .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000))),
            public_url,
            trusted_proxies,
            tls: given
                .tls_cert
                .or(file.tls_cert)
                .zip(given.tls_key.or(file.tls_key)),
            log_format: given.log_format.or(file.log_format).unwrap_or_default(),
            log: given.log.or(file.log).unwrap_or_else(|| "info".to_owned()),
            setup_token: given.setup_token,
        })
    }

    /// The base path, empty or like `/lighthouse`.
    pub fn base_path(&self) -> &str {
        self.public_url.as_ref().map_or("", PublicUrl::base_path)
    }
}

fn read_file(path: &Path) -> Result<Given, ConfigurationError> {
    let text = std::fs::read_to_string(path).map_err(|why| ConfigurationError::Unreadable {
        path: path.to_owned(),
        why,
    })?;
    toml::from_str(&text).map_err(|why| ConfigurationError::Invalid {
        path: path.to_owned(),
        why: why.to_string(),
    })
}

/// `$XDG_DATA_HOME/lighthouse`, `~/.local/share/lighthouse`, or `~/Library/Application Support/Lighthouse`.
fn default_data() -> Option<PathBuf> {
    if let Some(data) = std::env::var_os("XDG_DATA_HOME").filter(|v| !v.is_empty()) {
        return Some(PathBuf::from(data).join("lighthouse"));
    }
    let home = PathBuf::from(std::env::var_os("HOME").filter(|v| !v.is_empty())?);
    Some(if cfg!(target_os = "macos") {
        home.join("Library/Application Support/Lighthouse")
    } else {
        home.join(".local/share/lighthouse")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_wins_over_the_file_and_the_file_over_the_default() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("lighthouse.toml"),
            "listen = \"127.0.0.1:4000\"\npublic-url = \"https://x.example/lh/\"\n",
        )
        .unwrap();
        let given = Given {
            data: Some(dir.path().to_owned()),
            ..Given::default()
        };
        let from_file = Configuration::resolve(given.clone()).unwrap();
        assert_eq!(from_file.listen.port(), 4000);
        assert_eq!(from_file.base_path(), "/lh");
        let from_flag = Configuration::resolve(Given {
            listen: Some(([127, 0, 0, 1], 5000).into()),
            ..given
        })
        .unwrap();
        assert_eq!(from_flag.listen.port(), 5000);
    }

    #[test]
    fn an_unknown_key_in_the_file_is_refused_by_name() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("lighthouse.toml"), "lissen = \"x\"\n").unwrap();
        let given = Given {
            data: Some(dir.path().to_owned()),
            ..Given::default()
        };
        let error = Configuration::resolve(given).unwrap_err().to_string();
        assert!(error.contains("lissen"), "{error}");
    }
}
