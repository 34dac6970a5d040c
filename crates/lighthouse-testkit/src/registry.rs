//! A real registry that the engines of a bench can pull from and push to.

use std::{
    fs::{self, File},
    io::{Read, Write},
    net::TcpStream,
    os::unix::process::CommandExt,
    process::Child,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE};
use serde_json::json;

use crate::{
    BenchError,
    engines::{Engine, Engines, tail, wait_until},
    images::{Image, escape, refuse_errors},
    programs::{find, program},
};

/// Who may use a guarded registry.
pub const USER: &str = "lighthouse";
/// With which password.
pub const PASSWORD: &str = "sample-password";
/// The password as the registry keeps it (bcrypt, cheapest cost).
const HTPASSWD: &str = "lighthouse:$2b$04$abcdefghijklmnopqrstuuDeDQRNMfpiiqlSh4AiTvXXcAdzocY0m\n";

/// A running registry; ends when dropped.
#[derive(Debug)]
pub struct Registry {
    process: Child,
    address: String,
    guarded: bool,
}

impl Registry {
    /// Starts one that asks nobody who they are, on port 5000 of the bench's gateway.
    pub fn open(engines: &Engines) -> Result<Self, BenchError> {
        Self::start(engines, 5000, false)
    }

    /// Starts one that serves only [`USER`] with [`PASSWORD`], on port 5001.
    pub fn guarded(engines: &Engines) -> Result<Self, BenchError> {
        Self::start(engines, 5001, true)
    }

    /// `host:port`; image references begin with it.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What an image is called here, such as `10.213.1.1:5000/sample:1`.
    pub fn reference(&self, image: &Image) -> String {
        format!("{}/{}", self.address, image.reference())
    }

    /// Pushes an image through an engine that has it; the engine forgets the registry's name for it again.
    ///
    /// Gives the reference to pull.
    pub fn push(&self, engine: &Engine, image: &Image) -> Result<String, BenchError> {
        let (name, tag) = image
            .reference()
            .rsplit_once(':')
            .unwrap_or((image.reference(), "latest"));
        let repository = format!("{}/{name}", self.address);
        let tagging = format!(
            "/images/{}/tag?repo={}&tag={}",
            image.reference(),
            escape(&repository),
            escape(tag)
        );
        engine.http().expect("POST", &tagging, "", None)?;
        let path = format!("/images/{repository}/push?tag={}", escape(tag));
        let header = format!("X-Registry-Auth: {}\r\n", self.credential());
        let answer = engine.http().expect("POST", &path, &header, None)?;
        refuse_errors(engine, &path, &answer.text())?;
        let reference = format!("{repository}:{tag}");
        engine
            .http()
            .delete(&format!("/images/{reference}?noprune=true"))?;
        Ok(reference)
    }

    /// As the engine's header `X-Registry-Auth` wants it.
    pub fn credential(&self) -> String {
        let credential = if self.guarded {
            json!({ "username": USER, "password": PASSWORD, "serveraddress": self.address })
        } else {
            json!({})
        };
        URL_SAFE.encode(credential.to_string())
    }

    fn start(engines: &Engines, port: u16, guarded: bool) -> Result<Self, BenchError> {
        let binary = find("docker-registry").ok_or_else(|| {
            BenchError::NotPossible("missing: `docker-registry` (Debian package docker-registry)".to_owned())
        })?;
        let dir = engines.folder().join(format!("registry-{port}"));
        let data = dir.join("data");
        fs::create_dir_all(&data).map_err(BenchError::path("create", &data))?;
        let address = format!("{}:{port}", engines.gateway());
        let htpasswd = dir.join("htpasswd");
        let mut configuration = json!({
            "version": 0.1,
            "log": { "level": "warn" },
            "storage": { "filesystem": { "rootdirectory": data }, "delete": { "enabled": true } },
            "http": { "addr": address },
        });
        if guarded {
            fs::write(&htpasswd, HTPASSWD).map_err(BenchError::path("write", &htpasswd))?;
            configuration["auth"] = json!({ "htpasswd": { "realm": "bench", "path": htpasswd } });
        }
        // JSON is YAML too.
        let file = dir.join("config.yml");
        fs::write(&file, configuration.to_string()).map_err(BenchError::path("write", &file))?;
        let log = dir.join("log");
        let output = || {
            File::options()
                .create(true)
                .append(true)
                .open(&log)
                .map_err(BenchError::path("open", &log))
        };
        let process = program(binary)
            .arg("serve")
            .envs([engines.mark()])
            .arg(&file)
            .current_dir("/")
            .process_group(0)
            .stdout(output()?)
            .stderr(output()?)
            .spawn()
            .map_err(BenchError::io("start the registry"))?;
        let registry = Self {
            process,
            address,
            guarded,
        };
        if wait_until(Duration::from_secs(20), || registry.answers()) {
            return Ok(registry);
        }
        Err(BenchError::NotUp {
            host: "registry".to_owned(),
            seconds: 20,
            log: tail(&log),
        })
    }

    /// Whether it speaks HTTP; 401 is an answer as well.
    fn answers(&self) -> bool {
        let ask = || -> std::io::Result<[u8; 5]> {
            let mut stream = TcpStream::connect(&self.address)?;
            stream.set_read_timeout(Some(Duration::from_secs(1)))?;
            stream.write_all(b"GET /v2/ HTTP/1.0\r\n\r\n")?;
            let mut word = [0; 5];
            stream.read_exact(&mut word)?;
            Ok(word)
        };
        ask().is_ok_and(|word| &word == b"HTTP/")
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
