//! HTTP with nothing of ours in between.
//!
//! The bench looks at engines from outside; if it used the project's own adapter, an error there would hide
//! itself. One request per connection, whole answers only, blocking.

use std::{
    io::{Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;

use crate::BenchError;

/// An engine's socket, or the address of any HTTP server.
#[derive(Debug, Clone)]
pub struct Socket {
    way: Way,
    patience: Duration,
}

#[derive(Debug, Clone)]
enum Way {
    Unix(PathBuf),
    Tcp(String),
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Status line and headers as they came.
    pub head: String,
    /// The body, chunks joined.
    pub body: Vec<u8>,
}

impl Answer {
    /// The value of the first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.trim())
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl Socket {
    /// Speaks to the engine listening at `path`; a read or write may take 60 s.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            way: Way::Unix(path.into()),
            patience: Duration::from_mins(1),
        }
    }

    /// Speaks to the server at `host:port`, without TLS.
    pub fn tcp(address: impl Into<String>) -> Self {
        Self {
            way: Way::Tcp(address.into()),
            patience: Duration::from_mins(1),
        }
    }

    /// The same socket with another limit for each read and write.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Where the socket lies; empty for one on TCP.
    pub fn path(&self) -> &Path {
        match &self.way {
            Way::Unix(path) => path,
            Way::Tcp(_) => Path::new(""),
        }
    }

    /// Sends a request and reads the whole answer, whatever its status.
    ///
    /// `body` is a content type and the bytes.
    pub fn call(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Result<Answer, BenchError> {
        self.send(method, path, "", body)
    }

    /// As [`call`](Self::call), with further header lines, each with its line end.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: Option<(&str, &[u8])>,
    ) -> Result<Answer, BenchError> {
        self.exchange(method, path, headers, body)
            .map_err(BenchError::io(format!("ask {self} for {method} {path}")))
    }

    /// As [`send`](Self::send), with any status but 2xx and 304 as an error.
    pub fn expect(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: Option<(&str, &[u8])>,
    ) -> Result<Answer, BenchError> {
        let answer = self.send(method, path, headers, body)?;
        match answer.status {
            200..=299 | 304 => Ok(answer),
            status => Err(BenchError::Refused {
                who: self.to_string(),
                request: format!("{method} {path}"),
                status,
                body: answer.text(),
            }),
        }
    }

    /// Gets JSON.
    pub fn get(&self, path: &str) -> Result<Value, BenchError> {
        self.json(path, &self.expect("GET", path, "", None)?)
    }

    /// Posts JSON and gives the JSON answered, or `Null` for an empty body; `Null` is posted as no body.
    pub fn post(&self, path: &str, body: &Value) -> Result<Value, BenchError> {
        let bytes = body.to_string().into_bytes();
        // An engine that expects no body does not read one, and then resets the connection.
        let sent = (!body.is_null()).then_some(("application/json", bytes.as_slice()));
        self.json(path, &self.expect("POST", path, "", sent)?)
    }

    /// Deletes.
    pub fn delete(&self, path: &str) -> Result<(), BenchError> {
        self.expect("DELETE", path, "", None).map(drop)
    }

    fn json(&self, path: &str, answer: &Answer) -> Result<Value, BenchError> {
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer.body)
            .map_err(std::io::Error::from)
            .map_err(BenchError::io(format!("read the answer of {self} to {path}")))
    }

    fn exchange(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: Option<(&str, &[u8])>,
    ) -> std::io::Result<Answer> {
        let mut stream: Box<dyn Stream> = match &self.way {
            Way::Unix(path) => {
                let stream = UnixStream::connect(path)?;
                stream.set_read_timeout(Some(self.patience))?;
                stream.set_write_timeout(Some(self.patience))?;
                Box::new(stream)
            }
            Way::Tcp(address) => {
                let stream = TcpStream::connect(address)?;
                stream.set_read_timeout(Some(self.patience))?;
                stream.set_write_timeout(Some(self.patience))?;
                Box::new(stream)
            }
        };
        let host = match &self.way {
            Way::Unix(_) => "engine",
            Way::Tcp(address) => address,
        };
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}");
        if let Some((kind, bytes)) = body {
            head.extend([
                "Content-Type: ",
                kind,
                "\r\nContent-Length: ",
                &bytes.len().to_string(),
                "\r\n",
            ]);
        } else if method != "GET" {
            head.push_str("Content-Length: 0\r\n");
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes())?;
        if let Some((_, bytes)) = body {
            stream.write_all(bytes)?;
        }
        let mut raw = Vec::new();
        stream.read_to_end(&mut raw)?;
        parse(&raw).ok_or_else(|| {
            let seen = String::from_utf8_lossy(&raw[..raw.len().min(200)]).into_owned();
            std::io::Error::new(
                std::io::ErrorKind::InvalidData,
                format!("not an HTTP answer: {seen:?}"),
            )
        })
    }
}

trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

impl std::fmt::Display for Socket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.way {
            Way::Unix(path) => path.display().fmt(formatter),
            Way::Tcp(address) => address.fmt(formatter),
        }
    }
}

/// Splits head and body; understands `Transfer-Encoding: chunked`.
fn parse(raw: &[u8]) -> Option<Answer> {
    let end = raw.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&raw[..end]).ok()?;
    let status = head.split(' ').nth(1)?.get(..3)?.parse().ok()?;
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let rest = &raw[end + 4..];
    let body = if chunked {
        join_chunks(rest)?
    } else {
        rest.to_vec()
    };
    Some(Answer {
        status,
        head: head.to_owned(),
        body,
    })
}

fn join_chunks(mut rest: &[u8]) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let line = rest.windows(2).position(|window| window == b"\r\n")?;
        let size = std::str::from_utf8(&rest[..line]).ok()?.split(';').next()?.trim();
        let size = usize::from_str_radix(size, 16).ok()?;
        if size == 0 {
            return Some(body);
        }
        let start = line + 2;
        body.extend_from_slice(rest.get(start..start + size)?);
        rest = rest.get(start + size + 2..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_plain_answer_is_read() {
        let answer = parse(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK").unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (200, "OK"));
    }

    #[test]
    fn chunks_are_joined() {
        let raw =
            b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
        let answer = parse(raw).unwrap();
        assert_eq!((answer.status, answer.text().as_str()), (404, "abcde"));
    }

    #[test]
    fn an_answer_cut_short_is_no_answer() {
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab").is_none());
        assert!(parse(b"HTTP/1.1 200").is_none());
    }
}
