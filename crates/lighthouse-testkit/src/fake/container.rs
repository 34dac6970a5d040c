//! A pretended container, and the shapes in which an engine tells of it.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Map, Value, json};

use super::instant::written;

/// How an engine writes a time that has not come.
const NEVER: &str = "0001-01-01T00:00:00Z";

/// One line of a log.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) time: Duration,
    pub(super) to_stderr: bool,
    pub(super) text: String,
}

#[derive(Debug, Clone)]
pub(super) struct Container {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) image_id: String,
    /// As given to `create`.
    pub(super) configuration: Value,
    pub(super) created: Duration,
    pub(super) status: &'static str,
    pub(super) started: Option<Duration>,
    pub(super) finished: Option<Duration>,
    pub(super) exit_code: i64,
    pub(super) health: Option<String>,
    /// Network name to its endpoint.
    pub(super) networks: BTreeMap<String, Value>,
    pub(super) log: Vec<Line>,
}

impl Container {
    pub(super) fn is_running(&self) -> bool {
        matches!(self.status, "running" | "paused")
    }

    pub(super) fn image(&self) -> &str {
        self.configuration["Image"].as_str().unwrap_or_default()
    }

    pub(super) fn tty(&self) -> bool {
        self.configuration["Tty"].as_bool().unwrap_or(false)
    }

    pub(super) fn labels(&self) -> Map<String, Value> {
        self.configuration["Labels"]
            .as_object()
            .cloned()
            .unwrap_or_default()
    }

    /// The command, for what becomes of the container.
    pub(super) fn command(&self) -> Vec<&str> {
        self.configuration["Cmd"]
            .as_array()
            .map(|words| words.iter().filter_map(Value::as_str).collect())
            .unwrap_or_default()
    }

    /// Whether a label filter (`key` or `key=value`) fits.
    pub(super) fn has_label(&self, filter: &str) -> bool {
        let labels = self.labels();
        match filter.split_once('=') {
            None => labels.contains_key(filter),
            Some((key, value)) => labels.get(key).and_then(Value::as_str) == Some(value),
        }
    }

    /// The words of `docker ps` for its state.
    fn status_words(&self) -> String {
        let health = self.health.as_ref().map(|health| match health.as_str() {
            "starting" => " (health: starting)".to_owned(),
            other => format!(" ({other})"),
        });
        match self.status {
            "created" => "Created".to_owned(),
            "running" => format!("Up 5 seconds{}", health.unwrap_or_default()),
            "paused" => "Up 5 seconds (Paused)".to_owned(),
            _ => format!("Exited ({}) 5 seconds ago", self.exit_code),
        }
    }

    /// A row of `GET /containers/json`.
    pub(super) fn row(&self) -> Value {
        json!({
            "Id": self.id,
            "Names": [format!("/{}", self.name)],
            "Image": self.image(),
            "ImageID": self.image_id,
            "Command": self.command().join(" "),
            "Created": self.created.as_secs(),
            "Ports": if self.is_running() { self.ports() } else { Vec::new() },
            "Labels": self.labels(),
            "State": self.status,
            "Status": self.status_words(),
            "HostConfig": { "NetworkMode": self.network_mode() },
            "NetworkSettings": { "Networks": self.networks },
            "Mounts": [],
        })
    }

    /// `GET /containers/{id}/json`.
    pub(super) fn inspected(&self) -> Value {
        let mut config = self.configuration.clone();
        let mut host = config["HostConfig"].take();
        if let Some(config) = config.as_object_mut() {
            config.remove("HostConfig");
            config.remove("NetworkingConfig");
            config.entry("Hostname").or_insert_with(|| self.id[..12].into());
            config.insert("Labels".to_owned(), self.labels().into());
        }
        if !host.is_object() {
            host = json!({});
        }
        if let Some(host) = host.as_object_mut() {
            host.entry("NetworkMode")
                .or_insert_with(|| self.network_mode().into());
            host.entry("RestartPolicy")
                .or_insert_with(|| json!({ "Name": "no", "MaximumRetryCount": 0 }));
        }
        let time = |time: Option<Duration>| time.map_or_else(|| NEVER.to_owned(), written);
        let mut state = json!({
            "Status": self.status,
            "Running": self.is_running(),
            "Paused": self.status == "paused",
            "Restarting": false,
            "OOMKilled": false,
            "Dead": false,
            "Pid": if self.is_running() { 4242 } else { 0 },
            "ExitCode": self.exit_code,
            "Error": "",
            "StartedAt": time(self.started),
            "FinishedAt": time(self.finished),
        });
        if let Some(health) = &self.health {
            state["Health"] = json!({ "Status": health, "FailingStreak": 0, "Log": [] });
        }
        let ports: Map<String, Value> = self
            .bindings()
            // Ports are published only while it runs.
            .filter(|_| self.is_running())
            .map(|(container, bindings)| (container.clone(), bindings.clone()))
            .collect();
        json!({
            "Id": self.id,
            "Created": written(self.created),
            "Path": self.command().first().copied().unwrap_or_default(),
            "Args": self.command().get(1..).unwrap_or_default(),
            "State": state,
            "Image": self.image_id,
            "Name": format!("/{}", self.name),
            "RestartCount": 0,
            "Driver": "overlay2",
            "Platform": "linux",
            "HostConfig": host,
            "Mounts": [],
            "Config": config,
            "NetworkSettings": { "Ports": ports, "Networks": self.networks, "IPAddress": "" },
        })
    }

    fn network_mode(&self) -> &str {
        self.configuration["HostConfig"]["NetworkMode"]
            .as_str()
            .unwrap_or("default")
    }

    fn bindings(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.configuration["HostConfig"]["PortBindings"]
            .as_object()
            .into_iter()
            .flatten()
    }

    /// What it publishes, or would if it ran.
    pub(super) fn ports(&self) -> Vec<Value> {
        let mut ports = Vec::new();
        for (container, bindings) in self.bindings() {
            let (private, kind) = container.split_once('/').unwrap_or((container, "tcp"));
            for binding in bindings.as_array().into_iter().flatten() {
                let public = binding["HostPort"]
                    .as_str()
                    .and_then(|text| text.parse::<u16>().ok());
                ports.push(json!({
                    "IP": "0.0.0.0",
                    "PrivatePort": private.parse::<u16>().unwrap_or(0),
                    "PublicPort": public.unwrap_or(32_768),
                    "Type": kind,
                }));
            }
        }
        ports
    }
}
