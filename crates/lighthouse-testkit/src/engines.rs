//! Docker engines side by side on this machine, each a host of its own.
//!
//! Every engine lives in its own network namespace on a bridge, with its own `/run`, `/etc/docker` and data.
//! All of it is gone when the [`Engines`] value is dropped, when its owner panics, and when its owner is killed.

mod certificates;
mod engine;
mod newer;

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex, OnceLock},
    thread,
    time::Duration,
};

pub use certificates::Certificates;
pub use engine::Engine;

use crate::{BenchError, images::Image, programs::run, skip, slot::Slot};

/// Which Docker Engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Version {
    /// The one that Debian 12 ships and this machine has installed: 20.10, API 1.41.
    Installed,
    /// The one of the Debian release after it, unpacked beside the other: 26.1, API 1.45. The installed one
    /// takes its place, with a loud word, when it cannot be had.
    Newer,
}

/// How an engine listens on TCP; each listens on a unix socket as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Listener {
    /// Without encryption on port 2375.
    #[default]
    Plain,
    /// With mutual TLS on port 2376, see [`Engines::certificates`].
    MutualTls,
}

/// One engine to be.
#[derive(Debug, Clone)]
struct Wish {
    version: Version,
    listener: Listener,
}

/// How many engines and of which kind.
#[derive(Debug, Clone)]
pub struct Builder {
    wishes: Vec<Wish>,
    arguments: Vec<String>,
    disk: Option<u64>,
}

impl Builder {
    /// All engines of this version. Without it the even ones (`h2`, `h4`, …) are newer.
    #[must_use]
    pub fn version(mut self, version: Version) -> Self {
        for wish in &mut self.wishes {
            wish.version = version;
        }
        self
    }

    /// How the engine with this number, counted from 1, listens on TCP.
    #[must_use]
    pub fn listener(mut self, number: usize, listener: Listener) -> Self {
        if let Some(wish) = number.checked_sub(1).and_then(|at| self.wishes.get_mut(at)) {
            wish.listener = listener;
        }
        self
    }

    /// A further argument for every `dockerd`.
    #[must_use]
    pub fn argument(mut self, argument: impl Into<String>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Every engine keeps its data on a disk of its own of so many MiB, which a test can fill.
    #[must_use]
    pub fn disk(mut self, mebibytes: u64) -> Self {
        self.disk = Some(mebibytes);
        self
    }

    /// Starts all engines at once and waits until each answers.
    pub fn start(self) -> Result<Engines, BenchError> {
        skip::engines_can_run().map_err(BenchError::NotPossible)?;
        let newer = if self.wishes.iter().any(|wish| wish.version == Version::Newer) {
            newer::unpacked_or_loudly_none()
        } else {
            None
        };
        let slot = Slot::take()?;
        raise_bridge(&slot)?;
        let mutual = self
            .wishes
            .iter()
            .any(|wish| wish.listener == Listener::MutualTls);
        let addresses: Vec<_> = (1..=self.wishes.len())
            .map(|number| host_address(&slot, number))
            .collect();
        let certificates = if mutual {
            Some(Certificates::make(slot.dir(), &addresses)?)
        } else {
            None
        };
        let all = thread::scope(|scope| {
            let starting: Vec<_> = (1..)
                .zip(&self.wishes)
                .map(|(number, wish)| {
                    let setup = engine::Setup {
                        bench: slot.name(),
                        number,
                        dir: slot.dir().join(format!("h{number}")),
                        address: host_address(&slot, number),
                        gateway: slot.address(1),
                        newer: newer.clone().filter(|_| wish.version == Version::Newer),
                        tls: (wish.listener == Listener::MutualTls)
                            .then(|| certificates.clone())
                            .flatten(),
                        arguments: self.arguments.clone(),
                        disk: self.disk,
                    };
                    scope.spawn(move || Engine::start(setup))
                })
                .collect();
            starting
                .into_iter()
                .map(|thread| {
                    thread.join().unwrap_or_else(|_| {
                        Err(BenchError::NotPossible(
                            "the thread that starts an engine panicked".to_owned(),
                        ))
                    })
                })
                .collect::<Result<Vec<_>, _>>()
        })?;
        Ok(Engines {
            all,
            certificates,
            slot,
        })
    }

    /// As [`start`](Self::start); where engines cannot run the test is noted as skipped and `None` is given.
    pub fn start_or_skip(self) -> Result<Option<Engines>, BenchError> {
        if let Err(reason) = skip::engines_can_run() {
            let test = thread::current()
                .name()
                .unwrap_or("a test with engines")
                .to_owned();
            skip::skip(&format!("{test}: {reason}"));
            return Ok(None);
        }
        self.start().map(Some)
    }
}

/// Running engines, taken apart on drop.
#[derive(Debug)]
pub struct Engines {
    // Before the slot: its drop waits until the processes of these are gone.
    all: Vec<Engine>,
    certificates: Option<Certificates>,
    slot: Slot,
}

impl Engines {
    /// So many engines, named `h1`, `h2` and so on.
    pub fn builder(count: usize) -> Builder {
        let wishes = (1..=count)
            .map(|number| Wish {
                version: if number % 2 == 0 {
                    Version::Newer
                } else {
                    Version::Installed
                },
                listener: Listener::Plain,
            })
            .collect();
        Builder {
            wishes,
            arguments: Vec::new(),
            disk: None,
        }
    }

    /// The same engines for every test of this process, started by whoever asks first.
    ///
    /// Gone when the process ends. Tests that share engines must use names of their own, and not break them.
    pub fn shared(count: usize) -> Result<Option<Arc<Self>>, BenchError> {
        static SHARED: OnceLock<Mutex<Option<Arc<Engines>>>> = OnceLock::new();
        let mut shared = SHARED.get_or_init(Mutex::default).lock().map_err(|_| {
            BenchError::NotPossible("the shared engines did not start in another test".into())
        })?;
        if let Some(engines) = shared.as_ref().filter(|engines| engines.all.len() >= count) {
            return Ok(Some(Arc::clone(engines)));
        }
        let Some(started) = Self::builder(count).start_or_skip()? else {
            return Ok(None);
        };
        let started = Arc::new(started);
        *shared = Some(Arc::clone(&started));
        Ok(Some(started))
    }

    /// All of them, in the order of their numbers.
    pub fn all(&self) -> &[Engine] {
        &self.all
    }

    /// The one named so, such as `h2`.
    pub fn get(&self, name: &str) -> Result<&Engine, BenchError> {
        self.all
            .iter()
            .find(|engine| engine.name() == name)
            .ok_or_else(|| BenchError::NoSuchEngine(name.to_owned()))
    }

    /// What a client needs for engines that listen with mutual TLS.
    pub fn certificates(&self) -> Option<&Certificates> {
        self.certificates.as_ref()
    }

    /// Gives every engine these images, all engines at once.
    pub fn import(&self, images: &[Image]) -> Result<(), BenchError> {
        thread::scope(|scope| {
            let busy: Vec<_> = self
                .all
                .iter()
                .map(|engine| scope.spawn(|| images.iter().try_for_each(|image| image.import(engine))))
                .collect();
            busy.into_iter()
                .try_for_each(|thread| thread.join().unwrap_or(Ok(())))
        })
    }

    /// Where everything of this bench lies; whatever is put there is gone with it.
    pub fn folder(&self) -> &Path {
        self.slot.dir()
    }

    /// A process started with this environment variable ends with the bench, even when its owner is killed.
    pub fn mark(&self) -> (&'static str, String) {
        self.slot.mark()
    }

    /// The address of this machine that every engine and every container of theirs can reach.
    pub fn gateway(&self) -> String {
        self.slot.address(1)
    }
}

/// Engines sit at `.11`, `.12` and so on.
fn host_address(slot: &Slot, number: usize) -> String {
    let last = u8::try_from(number + 10).unwrap_or(u8::MAX);
    slot.address(last)
}

fn raise_bridge(slot: &Slot) -> Result<(), BenchError> {
    let name = slot.name();
    run("ip", &["link", "add", &name, "type", "bridge"])?;
    run(
        "ip",
        &["addr", "add", &format!("{}/24", slot.address(1)), "dev", &name],
    )?;
    run("ip", &["link", "set", &name, "up"])?;
    // Where bridged traffic passes iptables, a forwarding policy of DROP would part the engines.
    run(
        "iptables",
        &[
            "-w", "5", "-I", "FORWARD", "-i", &name, "-o", &name, "-j", "ACCEPT",
        ],
    )?;
    Ok(())
}

/// Asks again until an answer comes or the time is over.
pub(crate) fn wait_until(limit: Duration, mut ready: impl FnMut() -> bool) -> bool {
    let pause = Duration::from_millis(20);
    let rounds = limit.as_millis() / pause.as_millis();
    for _ in 0..rounds {
        if ready() {
            return true;
        }
        thread::sleep(pause);
    }
    ready()
}

/// The end of a log, for an error.
pub(crate) fn tail(path: &Path) -> String {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(15)..].join("\n")
}
