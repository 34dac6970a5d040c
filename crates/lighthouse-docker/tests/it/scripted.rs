//! An engine of a few lines inside the test: for what neither a real nor a pretended one does on purpose, and in
//! paused time.

mod bounds;
mod connections;
mod silence;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use lighthouse_core::dial::{BoxStream, Dial};
use lighthouse_core::engine::{Engine, EngineError};
use lighthouse_docker::DockerEngines;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

/// What the script does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// Answers with these bytes and goes on.
    Bytes(Vec<u8>),
    /// Answers with these bytes and closes.
    Close(Vec<u8>),
    /// Answers with these bytes and holds the connection open.
    Hold(Vec<u8>),
    /// Answers with the first bytes and then the second for ever.
    Flood(Vec<u8>, Vec<u8>),
}

type Script = Box<dyn Fn(&str) -> Reply + Send + Sync>;

/// Dials into the script.
pub(crate) struct Scripted {
    script: Script,
    seen: Mutex<Vec<String>>,
    dialled: AtomicUsize,
    open: Arc<AtomicUsize>,
    written: Arc<AtomicUsize>,
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scripted")
    }
}

/// A JSON answer.
pub(crate) fn json(status: u16, body: &str) -> Reply {
    Reply::Bytes(
        format!(
            "HTTP/1.1 {status} Some\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )
}

/// The head of an answer without a length.
pub(crate) fn head() -> Vec<u8> {
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec()
}

/// One chunk of it.
pub(crate) fn chunk(bytes: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat()
}

impl Scripted {
    /// A script over requests such as `GET /v1.41/containers/json?all=1`; `GET /version` is answered with 1.41.
    pub(crate) fn new(script: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            script: Box::new(move |request| {
                if request == "GET /version" {
                    json(200, r#"{"ApiVersion":"1.41","MinAPIVersion":"1.12"}"#)
                } else {
                    script(request)
                }
            }),
            seen: Mutex::default(),
            dialled: AtomicUsize::new(0),
            open: Arc::default(),
            written: Arc::default(),
        })
    }

    pub(crate) async fn engine(self: &Arc<Self>) -> Arc<dyn Engine> {
        DockerEngines::over(Arc::new(Handle(Arc::clone(self))))
            .await
            .unwrap()
    }

    /// Every request so far but the one for the version.
    pub(crate) fn seen(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|r| *r != "GET /version").cloned().collect()
    }

    pub(crate) fn dialled(&self) -> usize {
        self.dialled.load(Ordering::SeqCst)
    }

    pub(crate) fn open(&self) -> usize {
        self.open.load(Ordering::SeqCst)
    }

    pub(crate) fn written(&self) -> usize {
        self.written.load(Ordering::SeqCst)
    }

    async fn serve(self: Arc<Self>, mut stream: DuplexStream) {
        self.open.fetch_add(1, Ordering::SeqCst);
        // The client's end of the connection ends this one, whatever the script is doing.
        drop(self.converse(&mut stream).await);
        self.open.fetch_sub(1, Ordering::SeqCst);
    }

    async fn converse(&self, stream: &mut DuplexStream) -> std::io::Result<()> {
        while let Some(request) = read_request(stream).await? {
            self.seen.lock().unwrap().push(request.clone());
            match (self.script)(&request) {
                Reply::Bytes(bytes) => stream.write_all(&bytes).await?,
                Reply::Close(bytes) => {
                    stream.write_all(&bytes).await?;
                    return Ok(());
                }
                Reply::Hold(bytes) => {
                    stream.write_all(&bytes).await?;
                    let mut rest = Vec::new();
                    stream.read_to_end(&mut rest).await?;
                }
                Reply::Flood(first, then) => {
                    stream.write_all(&first).await?;
                    loop {
                        stream.write_all(&then).await?;
                        self.written.fetch_add(then.len(), Ordering::SeqCst);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The port wants the dialer itself; the test keeps the script.
#[derive(Debug)]
struct Handle(Arc<Scripted>);

#[async_trait]
impl Dial for Handle {
    async fn dial(&self) -> Result<BoxStream, EngineError> {
        self.0.dialled.fetch_add(1, Ordering::SeqCst);
        let (ours, theirs) = tokio::io::duplex(64 * 1024);
        tokio::spawn(Arc::clone(&self.0).serve(theirs));
        Ok(Box::new(ours))
    }
}

/// `METHOD target` of the next request; its body is read and dropped.
async fn read_request(stream: &mut DuplexStream) -> std::io::Result<Option<String>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return Ok(None),
        }
    }
    let head = String::from_utf8(head).unwrap();
    let length = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let mut words = head.split(' ');
    Ok(Some(format!(
        "{} {}",
        words.next().unwrap(),
        words.next().unwrap()
    )))
}
