//! Images made here, since none can be pulled: `busybox`, and the sample application in several versions.

mod sample;
mod tree;

use std::fs;

use tree::Tree;

use crate::{BenchError, engines::Engine, programs};

/// An image that every engine can be given.
#[derive(Debug, Clone)]
pub struct Image {
    /// Such as `sample:1`.
    reference: String,
    archive: Vec<u8>,
    /// Lines as in a Dockerfile.
    changes: Vec<String>,
}

/// Statically linked, so it needs nothing else in the image.
const BUSYBOX: &str = "/bin/busybox";

/// A shell as first process that ends when it is asked to: a first process without a handler ignores SIGTERM.
const ENTRY: &str = "\
#!/bin/sh
trap 'kill -TERM $child; exit 0' TERM INT
/sample \"$@\" &
child=$!
wait $child
";

impl Image {
    /// `busybox:latest`: a shell and the usual tools; starts `sh`.
    pub fn busybox() -> Result<Self, BenchError> {
        let mut tree = Tree::default();
        add_busybox(&mut tree)?;
        Ok(Self {
            reference: "busybox:latest".to_owned(),
            archive: tree.finish()?,
            changes: vec![r#"CMD ["sh"]"#.to_owned()],
        })
    }

    /// `sample:<version>`: the sample application with busybox beside it.
    ///
    /// It serves on port 8080 unless told another command (`worker`, `clock`, `job`, `crash` …; the program
    /// lists them when run with `help`). Versions differ in what the page says. It stops when asked to; run with
    /// `/sample` as entrypoint it ignores SIGTERM. `["CMD", "/sample", "check"]` is a health check.
    pub fn sample(version: u32) -> Result<Self, BenchError> {
        let mut tree = Tree::default();
        add_busybox(&mut tree)?;
        tree.file("sample", 0o755, &sample::program_bytes()?)?;
        tree.file("entry", 0o755, ENTRY.as_bytes())?;
        Ok(Self {
            reference: format!("sample:{version}"),
            archive: tree.finish()?,
            changes: [
                r#"ENTRYPOINT ["/entry"]"#.to_owned(),
                r#"CMD ["web"]"#.to_owned(),
                "EXPOSE 8080".to_owned(),
                format!("ENV SAMPLE_VERSION={version}"),
            ]
            .to_vec(),
        })
    }

    /// Any image: `archive` is a tar of its root, `changes` are lines as in a Dockerfile.
    pub fn of(reference: impl Into<String>, archive: Vec<u8>, changes: &[&str]) -> Self {
        let changes = changes.iter().map(|&line| line.to_owned()).collect();
        Self {
            reference: reference.into(),
            archive,
            changes,
        }
    }

    /// Name and tag.
    pub fn reference(&self) -> &str {
        &self.reference
    }

    /// Gives the image to an engine; what it gets as id differs between engines, as it holds the time.
    pub fn import(&self, engine: &Engine) -> Result<(), BenchError> {
        let (repository, tag) = self
            .reference
            .rsplit_once(':')
            .unwrap_or((&self.reference, "latest"));
        let mut path = format!(
            "/images/create?fromSrc=-&repo={}&tag={}",
            escape(repository),
            escape(tag)
        );
        for change in &self.changes {
            path.push_str("&changes=");
            path.push_str(&escape(change));
        }
        let answer = engine
            .http()
            .expect("POST", &path, "", Some(("application/x-tar", &self.archive)))?;
        refuse_errors(engine, &path, &answer.text())
    }
}

/// An engine tells of a failed import or push inside an answer with status 200.
pub(crate) fn refuse_errors(engine: &Engine, path: &str, body: &str) -> Result<(), BenchError> {
    if body.contains("\"error\"") {
        return Err(BenchError::Refused {
            who: engine.socket().display().to_string(),
            request: format!("POST {path}"),
            status: 200,
            body: body.to_owned(),
        });
    }
    Ok(())
}

fn add_busybox(tree: &mut Tree) -> Result<(), BenchError> {
    let program = programs::find("busybox").unwrap_or_else(|| BUSYBOX.into());
    let bytes = fs::read(&program).map_err(BenchError::path("read", &program))?;
    tree.file("bin/busybox", 0o755, &bytes)?;
    for name in programs::run("busybox", &["--list"])?
        .lines()
        .filter(|name| *name != "busybox")
    {
        tree.link(&format!("bin/{name}"), "busybox")?;
    }
    tree.file(
        "etc/passwd",
        0o644,
        b"root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n",
    )?;
    tree.file("etc/group", 0o644, b"root:x:0:\nnogroup:x:65534:\n")?;
    tree.folder("tmp", 0o1777)
}

/// Percent-encoding for a value in a query.
pub fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
