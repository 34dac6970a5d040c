//! Real engines: 20.10 and 26.1, each over its unix socket and over TCP, one with mutual TLS.
//!
//! Every scenario runs the same on all of them. They share the engines, so each takes names of its own.

mod creation;
mod exec;
mod faults;
mod health;
mod lifecycle;
mod list;
mod logs;
mod networks;
mod operations;
mod pull;
mod stats;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::StreamExt;
use lighthouse_core::Secret;
use lighthouse_core::dial::HostConnection;
use lighthouse_core::engine::{
    ContainerSpec, ContainerSummary, Engine, Engines as _, LogRequest, ObjectName,
};
use lighthouse_docker::DockerEngines;
use lighthouse_model::ContainerId;
use lighthouse_testkit::engines::{Engine as Host, Engines, Listener};
use lighthouse_testkit::images::Image;
use tokio::time::timeout;

/// One way to one engine.
pub(crate) struct Place {
    /// Such as `h1-tls`.
    pub(crate) name: &'static str,
    pub(crate) engine: Arc<dyn Engine>,
    bench: Arc<Engines>,
    host: &'static str,
}

/// An object's name that no other scenario and no other place takes.
pub(crate) fn named(place: &Place, what: &str) -> ObjectName {
    format!("{what}-{}", place.name).parse().unwrap()
}

/// The engines of this process with `busybox` on each; `None` where engines cannot run.
pub(crate) async fn bench() -> Option<Arc<Engines>> {
    static BENCH: OnceLock<Option<Arc<Engines>>> = OnceLock::new();
    let start = || {
        let start = || {
            let engines = Engines::builder(2)
                .listener(1, Listener::MutualTls)
                .start_or_skip()
                .unwrap()?;
            let image = Image::busybox().unwrap();
            for engine in engines.all() {
                image.import(engine).unwrap();
            }
            Some(Arc::new(engines))
        };
        BENCH.get_or_init(start).clone()
    };
    tokio::task::spawn_blocking(start).await.unwrap()
}

/// Runs a scenario on every engine, over every way to it.
pub(crate) async fn everywhere(scenario: impl AsyncFn(&Place)) {
    let Some(bench) = bench().await else { return };
    for (name, host, tcp) in [
        ("h1-unix", "h1", false),
        ("h1-tls", "h1", true),
        ("h2-unix", "h2", false),
        ("h2-tcp", "h2", true),
    ] {
        let place = place(&bench, name, host, tcp).await;
        eprintln!("-- {name}");
        scenario(&place).await;
    }
}

/// Runs a scenario once on every engine, for what costs much and does not depend on the way.
pub(crate) async fn once_each(scenario: impl AsyncFn(&Place)) {
    let Some(bench) = bench().await else { return };
    for (name, host) in [("h1-tls", "h1"), ("h2-tcp", "h2")] {
        let place = place(&bench, name, host, true).await;
        eprintln!("-- {name}");
        scenario(&place).await;
    }
}

async fn place(bench: &Arc<Engines>, name: &'static str, host: &'static str, tcp: bool) -> Place {
    let connection = connection(bench, bench.get(host).unwrap(), tcp);
    Place {
        name,
        engine: DockerEngines.connect(&connection).await.unwrap(),
        bench: Arc::clone(bench),
        host,
    }
}

/// The way to an engine by its socket or by TCP.
pub(crate) fn connection(bench: &Engines, host: &Host, tcp: bool) -> HostConnection {
    match (tcp, bench.certificates().filter(|_| host.uses_tls())) {
        (false, _) => HostConnection::Unix {
            path: host.socket().display().to_string(),
        },
        (true, None) => HostConnection::Plain {
            address: host.tcp(),
            insecure: true,
        },
        (true, Some(certificates)) => HostConnection::Tls {
            address: host.tcp(),
            ca: certificates.authority.clone(),
            certificate: certificates.client.clone(),
            key: Secret::new(certificates.client_key.clone()),
        },
    }
}

impl Place {
    /// The engine's own description of a container, asked past the adapter.
    pub(crate) fn told(&self, id: &ContainerId) -> serde_json::Value {
        let host = self.bench.get(self.host).unwrap();
        host.http().get(&format!("/containers/{id}/json")).unwrap()
    }

    pub(crate) fn host(&self) -> &Host {
        self.bench.get(self.host).unwrap()
    }

    /// Makes and starts a container.
    pub(crate) async fn run(&self, what: &str, spec: &ContainerSpec) -> ContainerId {
        let id = self.engine.create(&named(self, what), spec).await.unwrap();
        self.engine.start(&id).await.unwrap();
        id
    }

    /// Waits until a container is as wished: looks anew at each event.
    pub(crate) async fn until(
        &self,
        id: &ContainerId,
        wished: impl Fn(&ContainerSummary) -> bool,
    ) -> ContainerSummary {
        let wait = async {
            let mut events = self.engine.events().await.unwrap();
            loop {
                let now = self.engine.list_one(id).await.unwrap().unwrap();
                if wished(&now) {
                    return now;
                }
                // The list lags behind the event that announces it; looking again costs little.
                let _next = timeout(Duration::from_millis(200), events.next()).await;
            }
        };
        timeout(Duration::from_secs(30), wait).await.unwrap()
    }

    /// Waits until a container says `ready`.
    pub(crate) async fn ready(&self, id: &ContainerId) {
        let request = LogRequest {
            tail: None,
            follow: true,
            since: None,
            tty: false,
        };
        let mut log = self.engine.logs(id, request).await.unwrap();
        let wait = async { while log.next().await.unwrap().unwrap().text != "ready" {} };
        timeout(Duration::from_secs(30), wait).await.unwrap();
    }

    pub(crate) async fn clear(&self, id: &ContainerId) {
        self.engine.remove(id, true).await.unwrap();
    }
}

/// A container of `busybox` that runs this in a shell.
pub(crate) fn shell(script: &str) -> ContainerSpec {
    ContainerSpec {
        image: "busybox:latest".to_owned(),
        command: Some(["sh", "-c", script].map(str::to_owned).to_vec()),
        labels: BTreeMap::from([("io.lighthouse.app".to_owned(), "contract".to_owned())]),
        ..ContainerSpec::default()
    }
}
