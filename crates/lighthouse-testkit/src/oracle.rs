//! What is really there, asked from the engines themselves.
//!
//! A fault test ends with the question whether the fleet is as it should be. The console under test cannot
//! answer it, and neither can the adapter it uses; this asks each engine's socket and reads the labels.

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{BenchError, engines::Engines, images::escape, plain_http::Socket};

/// What every label of the project begins with.
const PREFIX: &str = "io.lighthouse.";

/// A container that carries labels of the project.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Seen {
    /// The engine's name on the bench.
    pub host: String,
    /// Full id.
    pub id: String,
    /// Without the slash.
    pub name: String,
    /// As the engine says: `created`, `running`, `exited` and so on.
    pub state: String,
    /// The engine's words: `Up 3 seconds (healthy)`.
    pub status: String,
    /// Image as given at creation.
    pub image: String,
    /// Labels of the project without their prefix: `app`, `service`, `instance`, `release`, `generation` …
    pub labels: BTreeMap<String, String>,
}

impl Seen {
    /// A label of the project, empty when it is missing.
    pub fn label(&self, key: &str) -> &str {
        self.labels.get(key).map_or("", String::as_str)
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.state == "running"
    }

    /// Application, service and instance: what should exist once.
    fn identity(&self) -> (String, String, String) {
        let word = |key| self.label(key).to_owned();
        (word("app"), word("service"), word("instance"))
    }
}

/// Looks at engines from outside.
#[derive(Debug, Clone)]
pub struct Oracle {
    hosts: Vec<(String, Socket)>,
}

impl Oracle {
    /// Looks at all engines of a bench.
    pub fn of(engines: &Engines) -> Self {
        Self::new(
            engines
                .all()
                .iter()
                .map(|engine| (engine.name().to_owned(), engine.http().clone())),
        )
    }

    /// Looks at these sockets, each with a name.
    pub fn new(hosts: impl IntoIterator<Item = (String, Socket)>) -> Self {
        Self {
            hosts: hosts.into_iter().collect(),
        }
    }

    /// Every container with a label of the project on any engine, in any state.
    pub fn all(&self) -> Result<Vec<Seen>, BenchError> {
        let mut seen = Vec::new();
        for (host, socket) in &self.hosts {
            let rows = socket.get("/containers/json?all=true")?;
            seen.extend(
                rows.as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|row| read(host, row)),
            );
        }
        Ok(seen)
    }

    /// Those of one application.
    pub fn application(&self, name: &str) -> Result<Vec<Seen>, BenchError> {
        let mut seen = self.all()?;
        seen.retain(|one| one.label("app") == name);
        Ok(seen)
    }

    /// Instances that run more than once, on one engine or on several: each as the containers that are it.
    pub fn running_twice(&self) -> Result<Vec<Vec<Seen>>, BenchError> {
        let mut by_identity: BTreeMap<_, Vec<Seen>> = BTreeMap::new();
        for one in self.all()?.into_iter().filter(Seen::is_running) {
            by_identity.entry(one.identity()).or_default().push(one);
        }
        Ok(by_identity.into_values().filter(|same| same.len() > 1).collect())
    }

    /// Instances of which one generation exists more than once, in whatever state.
    pub fn made_twice(&self) -> Result<Vec<Vec<Seen>>, BenchError> {
        let mut by_generation: BTreeMap<_, Vec<Seen>> = BTreeMap::new();
        for one in self.all()? {
            by_generation
                .entry((one.identity(), one.label("generation").to_owned()))
                .or_default()
                .push(one);
        }
        Ok(by_generation
            .into_values()
            .filter(|same| same.len() > 1)
            .collect())
    }

    /// Networks and volumes with labels of the project, as `(host, kind, name)`.
    pub fn belongings(&self) -> Result<Vec<(String, &'static str, String)>, BenchError> {
        let mut found = Vec::new();
        for (host, socket) in &self.hosts {
            let (networks, volumes) = (socket.get("/networks")?, socket.get("/volumes")?);
            for (kind, list) in [("network", &networks), ("volume", &volumes["Volumes"])] {
                for one in list.as_array().into_iter().flatten() {
                    let ours = one["Labels"]
                        .as_object()
                        .is_some_and(|all| all.keys().any(|key| key.starts_with(PREFIX)));
                    if ours {
                        found.push((host.clone(), kind, text(&one["Name"])));
                    }
                }
            }
        }
        Ok(found)
    }

    /// The whole inspection of a container on the engine named so.
    pub fn inspect(&self, host: &str, container: &str) -> Result<Value, BenchError> {
        let (_, socket) = self
            .hosts
            .iter()
            .find(|(name, _)| name == host)
            .ok_or_else(|| BenchError::NoSuchEngine(host.to_owned()))?;
        socket.get(&format!("/containers/{}/json", escape(container)))
    }

    /// Looks again until what is seen is as wanted, or the time is over; gives what was seen last.
    ///
    /// An engine that does not answer counts as not yet.
    pub fn eventually(
        &self,
        limit: Duration,
        wanted: impl Fn(&[Seen]) -> bool,
    ) -> Result<Vec<Seen>, BenchError> {
        let end = Instant::now() + limit;
        loop {
            let last = Instant::now() >= end;
            match self.all() {
                Ok(seen) if last || wanted(&seen) => return Ok(seen),
                Err(error) if last => return Err(error),
                _ => thread::sleep(Duration::from_millis(100)),
            }
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn read(host: &str, row: &Value) -> Option<Seen> {
    let labels: BTreeMap<_, _> = row["Labels"]
        .as_object()?
        .iter()
        .filter_map(|(key, value)| Some((key.strip_prefix(PREFIX)?.to_owned(), text(value))))
        .collect();
    if labels.is_empty() {
        return None;
    }
    Some(Seen {
        host: host.to_owned(),
        id: text(&row["Id"]),
        name: text(&row["Names"][0]).trim_start_matches('/').to_owned(),
        state: text(&row["State"]),
        status: text(&row["Status"]),
        image: text(&row["Image"]),
        labels,
    })
}
