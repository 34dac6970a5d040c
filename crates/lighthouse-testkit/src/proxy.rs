//! A TCP proxy for bad weather: delay, slices, cuts, and connections that are open and dead.
//!
//! The kernels of small test machines have no traffic shaping, and none can cut one connection at a chosen
//! moment. Every change applies to open connections as well as to new ones.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::{TcpListener, TcpStream, UnixStream},
    sync::{mpsc, watch},
    task::{JoinHandle, JoinSet},
    time::Instant,
};

use crate::BenchError;

/// Pieces on their way through the proxy in each direction; more are not read.
const IN_FLIGHT: usize = 256;

/// Where the proxy leads to.
#[derive(Debug, Clone)]
pub enum Target {
    /// `host:port`.
    Tcp(String),
    /// A unix socket.
    Unix(PathBuf),
}

/// How bad it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Weather {
    /// Added to each direction; order is kept and throughput is not limited.
    pub delay: Duration,
    /// Bytes are handed on in pieces of at most this size, each in a packet of its own; 0 for as they come.
    pub slice: usize,
    /// Nothing moves to the target, while connections stay open.
    pub stalled_up: bool,
    /// Nothing comes back from the target, while connections stay open.
    pub stalled_down: bool,
    /// The end of one side is not told to the other.
    pub half_open: bool,
    /// New connections are closed as soon as they are accepted.
    pub refusing: bool,
}

/// A running proxy; it ends when dropped.
#[derive(Debug)]
pub struct ChaosProxy {
    address: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    target: Target,
    weather: watch::Sender<Weather>,
    connections: Mutex<JoinSet<()>>,
    up: AtomicU64,
    down: AtomicU64,
    accepted: AtomicU64,
}

impl ChaosProxy {
    /// Listens on a free port of the loopback address and leads to the target, in fair weather.
    pub async fn to(target: Target) -> Result<Self, BenchError> {
        let failed = |error| BenchError::Io {
            doing: "listen as a proxy".to_owned(),
            source: error,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?.to_string();
        let shared = Arc::new(Shared {
            target,
            weather: watch::Sender::new(Weather::default()),
            connections: Mutex::default(),
            up: AtomicU64::new(0),
            down: AtomicU64::new(0),
            accepted: AtomicU64::new(0),
        });
        let accepting = tokio::spawn(Arc::clone(&shared).accept(listener));
        Ok(Self {
            address,
            shared,
            accepting,
        })
    }

    /// `address:port` to connect to.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Sets the weather, for open connections too.
    pub fn set(&self, weather: Weather) {
        self.shared.weather.send_replace(weather);
    }

    /// Changes one thing about the weather.
    pub fn change(&self, change: impl FnOnce(&mut Weather)) {
        self.shared.weather.send_modify(change);
    }

    /// Cuts every open connection; new ones are let through.
    pub fn cut(&self) {
        self.shared.connections().abort_all();
    }

    /// How many connections have been accepted so far.
    pub fn accepted(&self) -> u64 {
        self.shared.accepted.load(Ordering::Relaxed)
    }

    /// Bytes handed on so far, to the target and back.
    pub fn bytes(&self) -> (u64, u64) {
        (
            self.shared.up.load(Ordering::Relaxed),
            self.shared.down.load(Ordering::Relaxed),
        )
    }
}

impl Drop for ChaosProxy {
    fn drop(&mut self) {
        self.accepting.abort();
        self.cut();
    }
}

impl Shared {
    fn connections(&self) -> std::sync::MutexGuard<'_, JoinSet<()>> {
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn accept(self: Arc<Self>, listener: TcpListener) {
        while let Ok((stream, _)) = listener.accept().await {
            self.accepted.fetch_add(1, Ordering::Relaxed);
            if self.weather.borrow().refusing {
                continue;
            }
            let shared = Arc::clone(&self);
            let mut connections = self.connections();
            while connections.try_join_next().is_some() {}
            connections.spawn(async move {
                // A connection that ends badly is what this proxy is for.
                drop(shared.carry(stream).await);
            });
        }
    }

    async fn carry(&self, client: TcpStream) -> io::Result<()> {
        client.set_nodelay(true)?;
        match &self.target {
            Target::Tcp(address) => {
                let engine = TcpStream::connect(address).await?;
                engine.set_nodelay(true)?;
                self.join(client, engine).await
            }
            Target::Unix(path) => self.join(client, UnixStream::connect(path).await?).await,
        }
    }

    async fn join(&self, client: TcpStream, engine: impl AsyncRead + AsyncWrite) -> io::Result<()> {
        let (from_client, to_client) = split(client);
        let (from_engine, to_engine) = split(engine);
        let up = self.pump(from_client, to_engine, &self.up, |weather| weather.stalled_up);
        let down = self.pump(from_engine, to_client, &self.down, |weather| weather.stalled_down);
        tokio::try_join!(up, down).map(drop)
    }

    /// Reads ahead so that a delay does not become a limit on throughput.
    async fn pump(
        &self,
        mut from: impl AsyncRead + Unpin,
        mut to: impl AsyncWrite + Unpin,
        count: &AtomicU64,
        stalled: impl Fn(&Weather) -> bool,
    ) -> io::Result<()> {
        let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(IN_FLIGHT);
        let reading = async move {
            let mut buffer = vec![0; 16 * 1024];
            loop {
                let length = from.read(&mut buffer).await?;
                let piece = buffer[..length].to_vec();
                if sender.send((Instant::now(), piece)).await.is_err() || length == 0 {
                    return Ok::<_, io::Error>(());
                }
            }
        };
        let writing = async {
            let mut weather = self.weather.subscribe();
            while let Some((arrived, piece)) = receiver.recv().await {
                let delay = weather.borrow_and_update().delay;
                tokio::time::sleep_until(arrived + delay).await;
                weather
                    .wait_for(|weather| !stalled(weather))
                    .await
                    .map_err(io::Error::other)?;
                if piece.is_empty() {
                    weather
                        .wait_for(|weather| !weather.half_open)
                        .await
                        .map_err(io::Error::other)?;
                    return to.shutdown().await;
                }
                let slice = match weather.borrow().slice {
                    0 => piece.len(),
                    slice => slice,
                };
                for part in piece.chunks(slice) {
                    to.write_all(part).await?;
                    to.flush().await?;
                    count.fetch_add(part.len() as u64, Ordering::Relaxed);
                    if slice < piece.len() {
                        // Give the other side a chance to read this piece alone.
                        tokio::task::yield_now().await;
                    }
                }
            }
            Ok(())
        };
        tokio::try_join!(reading, writing).map(drop)
    }
}
