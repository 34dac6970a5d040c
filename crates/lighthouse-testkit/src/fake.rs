//! An engine that is only pretended: containers in memory, and answers that can be made wrong on purpose.
//!
//! For what a real engine cannot be made to do: hang at one call only, answer garbage, die in the middle of a
//! body, send states nobody has heard of, flood with events; and for many engines at once. It speaks the shapes
//! of API 1.41. What a real engine can do should be tested on a real one.
//!
//! A container's command decides what becomes of it, as with the sample application: `job` exits with 0 as
//! soon as it is started, `crash` with 1, `exit N` with N, anything else runs on. A health check is well at once;
//! with `never-healthy` it never is, with `slow-health` when [`FakeEngine::set_health`] says so.
//!
//! ```no_run
//! # async fn test() -> Result<(), lighthouse_testkit::BenchError> {
//! use lighthouse_testkit::fake::FakeEngine;
//!
//! let engine = FakeEngine::on_tcp().await?;
//! engine.add_image("sample:1");
//! engine.on("POST", "/containers/*/start").times(1).hang();
//! engine.on("GET", "/containers/json").edit(|list| list[0]["State"] = "hibernating".into());
//! # Ok(()) }
//! ```

mod answer;
mod container;
mod instant;
mod routes;
mod script;
mod stream;
mod world;

use std::{
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, UnixListener},
    sync::watch,
    task::{JoinHandle, JoinSet},
};

pub use script::Rule;
use script::{Rules, serve};
use world::World;

use crate::BenchError;

/// A pretended engine; it ends when dropped.
#[derive(Debug)]
pub struct FakeEngine {
    shared: Arc<Shared>,
    place: Place,
    listening: Mutex<Option<JoinHandle<()>>>,
}

/// What connections and the owner have in common.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) world: Mutex<World>,
    pub(crate) rules: Mutex<Rules>,
    pub(crate) frozen: watch::Sender<bool>,
    garbage: Mutex<Option<Vec<u8>>>,
    calls: Mutex<Vec<String>>,
    connections: Mutex<JoinSet<()>>,
}

#[derive(Debug, Clone)]
enum Place {
    Socket(PathBuf),
    Address(String),
}

/// A poisoned lock is taken as it is: the test that poisoned it has failed already.
pub(crate) fn hold<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl FakeEngine {
    /// Listens on a unix socket.
    pub async fn on_socket(path: impl Into<PathBuf>) -> Result<Self, BenchError> {
        Self::start(Place::Socket(path.into())).await
    }

    /// Listens on a free TCP port of the loopback address.
    pub async fn on_tcp() -> Result<Self, BenchError> {
        Self::start(Place::Address("127.0.0.1:0".to_owned())).await
    }

    async fn start(place: Place) -> Result<Self, BenchError> {
        let shared = Arc::new(Shared {
            world: Mutex::new(World::new()),
            rules: Mutex::default(),
            frozen: watch::Sender::new(false),
            garbage: Mutex::default(),
            calls: Mutex::default(),
            connections: Mutex::default(),
        });
        let mut engine = Self {
            shared,
            place,
            listening: Mutex::new(None),
        };
        engine.place = engine.listen().await?;
        Ok(engine)
    }

    /// Where the unix socket lies; empty for one on TCP.
    pub fn socket(&self) -> &Path {
        match &self.place {
            Place::Socket(path) => path,
            Place::Address(_) => Path::new(""),
        }
    }

    /// `address:port`; empty for one on a unix socket.
    pub fn tcp(&self) -> &str {
        match &self.place {
            Place::Socket(_) => "",
            Place::Address(address) => address,
        }
    }

    /// Begins a rule for calls of this method (`*` for any) whose path, without version and query, matches the
    /// pattern; `*` in it stands for anything. The newest rule that matches decides.
    pub fn on(&self, method: &str, pattern: &str) -> Rule<'_> {
        Rule::new(&self.shared.rules, method, pattern)
    }

    /// Forgets all rules.
    pub fn forget_rules(&self) {
        hold(&self.shared.rules).clear();
    }

    /// Stops answering anything, as an engine that got SIGSTOP; connections are still accepted.
    pub fn freeze(&self) {
        self.shared.frozen.send_replace(true);
    }

    /// Goes on after [`freeze`](Self::freeze), with whatever was asked meanwhile.
    pub fn thaw(&self) {
        self.shared.frozen.send_replace(false);
    }

    /// Answers every new connection with these bytes instead of HTTP; `None` ends it.
    pub fn speak_garbage(&self, bytes: Option<&[u8]>) {
        *hold(&self.shared.garbage) = bytes.map(<[u8]>::to_vec);
    }

    /// Dies: nobody listens any more and every connection is cut. Its containers stay.
    pub fn go_down(&self) {
        if let Some(task) = hold(&self.listening).take() {
            task.abort();
        }
        hold(&self.shared.connections).abort_all();
        if let Place::Socket(path) = &self.place {
            drop(std::fs::remove_file(path));
        }
    }

    /// Listens again where it did before.
    pub async fn come_up(&self) -> Result<(), BenchError> {
        self.go_down();
        self.listen().await.map(drop)
    }

    /// Cuts every open connection and goes on listening.
    pub fn cut_connections(&self) {
        hold(&self.shared.connections).abort_all();
    }

    /// Every call so far, as `GET /containers/json?all=true`, without version.
    pub fn calls(&self) -> Vec<String> {
        hold(&self.shared.calls).clone()
    }

    /// Makes an image present; without it a container of that image cannot be created.
    pub fn add_image(&self, reference: &str) {
        hold(&self.shared.world).add_image(reference);
    }

    /// Makes an image that can be pulled.
    pub fn offer_image(&self, reference: &str) {
        hold(&self.shared.world).offer_image(reference);
    }

    /// Creates and starts a container from a body as for `POST /containers/create`; gives its id.
    pub fn run(&self, name: &str, configuration: Value) -> Result<String, BenchError> {
        let mut world = hold(&self.shared.world);
        let refused = |(status, body): (u16, String)| BenchError::Refused {
            who: "the fake engine".to_owned(),
            request: format!("run {name}"),
            status,
            body,
        };
        if let Some(image) = configuration["Image"].as_str() {
            world.add_image(image);
        }
        let id = world.create(name, configuration).map_err(refused)?;
        world.start(&id).map_err(refused)?;
        Ok(id)
    }

    /// What `GET /containers/json?all=true` would say.
    pub fn containers(&self) -> Vec<Value> {
        hold(&self.shared.world).list(true, &Value::Null)
    }

    /// A container ends by itself with this exit code.
    pub fn exit(&self, container: &str, code: i64) {
        hold(&self.shared.world).exit(container, code);
    }

    /// A container's health becomes `healthy`, `unhealthy` or `starting`.
    pub fn set_health(&self, container: &str, health: &str) {
        hold(&self.shared.world).set_health(container, health);
    }

    /// A container writes a line, to standard error if told so.
    pub fn write_log(&self, container: &str, line: &str, to_stderr: bool) {
        hold(&self.shared.world).write_log(container, line, to_stderr);
    }

    /// Sends any event to whoever follows.
    pub fn emit(&self, event: Value) {
        hold(&self.shared.world).emit(event);
    }

    /// Sends so many events about containers that do not exist, as fast as it can.
    pub fn storm(&self, count: usize) {
        hold(&self.shared.world).storm(count);
    }

    async fn listen(&self) -> Result<Place, BenchError> {
        let failed = |error| BenchError::Io {
            doing: "listen as a fake engine".to_owned(),
            source: error,
        };
        let shared = Arc::clone(&self.shared);
        let (task, place) = match &self.place {
            Place::Socket(path) => {
                let listener = UnixListener::bind(path).map_err(failed)?;
                let accepting = async move {
                    while let Ok((stream, _)) = listener.accept().await {
                        shared.take(stream);
                    }
                };
                (tokio::spawn(accepting), self.place.clone())
            }
            Place::Address(address) => {
                let listener = TcpListener::bind(address).await.map_err(failed)?;
                let place = listener.local_addr().map_err(failed)?;
                let accepting = async move {
                    while let Ok((stream, _)) = listener.accept().await {
                        drop(stream.set_nodelay(true));
                        shared.take(stream);
                    }
                };
                (tokio::spawn(accepting), Place::Address(place.to_string()))
            }
        };
        *hold(&self.listening) = Some(task);
        Ok(place)
    }
}

impl Shared {
    fn take(self: &Arc<Self>, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) {
        let shared = Arc::clone(self);
        let mut connections = hold(&self.connections);
        while connections.try_join_next().is_some() {}
        connections.spawn(async move {
            // How a connection ends is the client's affair.
            drop(shared.speak(stream).await);
        });
    }

    async fn speak(
        self: Arc<Self>,
        mut stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    ) -> io::Result<()> {
        let garbage = hold(&self.garbage).clone();
        if let Some(bytes) = garbage {
            stream.write_all(&bytes).await?;
            return stream.shutdown().await;
        }
        let service = service_fn(|request| serve(Arc::clone(&self), request));
        http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await
            .map_err(io::Error::other)
    }

    pub(crate) fn note(&self, call: String) {
        hold(&self.calls).push(call);
    }
}

impl Drop for FakeEngine {
    fn drop(&mut self) {
        self.go_down();
    }
}
