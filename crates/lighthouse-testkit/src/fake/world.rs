//! What the fake engine holds in memory, and what happens to it.
//!
//! Every change sends the events that an engine sends. Refusals carry the status and the words of an engine,
//! since callers tell causes apart by them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::{Map, Value, json};
use tokio::sync::broadcast;

use super::{
    container::{Container, Line},
    instant::{now, written},
};

/// An engine remembers so many events, and a follower who lags further loses some.
const REMEMBERED: usize = 256;

/// Status and message.
pub(super) type Refusal = (u16, String);

/// A line on its way to those who follow the log of a container.
pub(super) type Written = (String, Line);

#[derive(Debug)]
pub(crate) struct World {
    pub(super) id: String,
    containers: Vec<Container>,
    images: BTreeMap<String, String>,
    offered: BTreeSet<String>,
    pub(super) networks: BTreeMap<String, Value>,
    pub(super) volumes: BTreeMap<String, Value>,
    pub(super) events: broadcast::Sender<Value>,
    past: VecDeque<Value>,
    pub(super) lines: broadcast::Sender<Written>,
}

/// 64 hexadecimal digits.
fn new_id() -> String {
    format!("{:032x}{:032x}", fastrand::u128(..), fastrand::u128(..))
}

fn not_found(kind: &str, name: &str) -> Refusal {
    (404, format!("No such {kind}: {name}"))
}

impl World {
    pub(super) fn new() -> Self {
        let mut world = Self {
            id: new_id(),
            containers: Vec::new(),
            images: BTreeMap::new(),
            offered: BTreeSet::new(),
            networks: BTreeMap::new(),
            volumes: BTreeMap::new(),
            events: broadcast::Sender::new(REMEMBERED),
            past: VecDeque::new(),
            lines: broadcast::Sender::new(4096),
        };
        for (name, driver) in [("bridge", "bridge"), ("host", "host"), ("none", "null")] {
            world
                .networks
                .insert(name.to_owned(), network(name, driver, &json!({})));
        }
        world
    }

    // Events

    pub(super) fn emit(&mut self, event: Value) {
        self.past.push_back(event.clone());
        if self.past.len() > REMEMBERED {
            self.past.pop_front();
        }
        // Nobody listening is no error.
        drop(self.events.send(event));
    }

    /// Those still remembered since a time in seconds.
    pub(super) fn past_events(&self, since: f64) -> Vec<Value> {
        #[expect(clippy::cast_precision_loss, reason = "seconds are compared, not nanoseconds")]
        let at = |event: &Value| event["timeNano"].as_i64().unwrap_or(0) as f64 / 1e9;
        self.past
            .iter()
            .filter(|event| at(event) >= since)
            .cloned()
            .collect()
    }

    pub(super) fn storm(&mut self, count: usize) {
        for number in 0..count {
            let attributes = json!({ "name": format!("storm-{number}"), "image": "storm:1" });
            self.tell(
                "container",
                "exec_start: true",
                &format!("{number:064x}"),
                &attributes,
            );
        }
    }

    fn tell(&mut self, kind: &str, action: &str, id: &str, attributes: &Value) {
        let time = now();
        let mut event = json!({
            "Type": kind,
            "Action": action,
            "Actor": { "ID": id, "Attributes": attributes },
            "scope": "local",
            "time": time.as_secs(),
            "timeNano": u64::try_from(time.as_nanos()).unwrap_or(u64::MAX),
        });
        if kind == "container" {
            event["status"] = action.into();
            event["id"] = id.into();
            event["from"] = event["Actor"]["Attributes"]["image"].clone();
        }
        self.emit(event);
    }

    fn tell_of(&mut self, at: usize, action: &str, more: &[(&str, String)]) {
        let container = &self.containers[at];
        let mut attributes = container.labels();
        attributes.insert("name".to_owned(), container.name.clone().into());
        attributes.insert("image".to_owned(), container.image().into());
        for (key, value) in more {
            attributes.insert((*key).to_owned(), value.clone().into());
        }
        let id = container.id.clone();
        self.tell("container", action, &id, &attributes.into());
    }

    // Images

    pub(super) fn add_image(&mut self, reference: &str) {
        self.images
            .entry(tagged(reference))
            .or_insert_with(|| format!("sha256:{}", new_id()));
    }

    pub(super) fn offer_image(&mut self, reference: &str) {
        self.offered.insert(tagged(reference));
    }

    /// Pulls; gives whether there was such an image.
    pub(super) fn pull(&mut self, reference: &str) -> bool {
        let reference = tagged(reference);
        let there = self.offered.contains(&reference) || self.images.contains_key(&reference);
        if there {
            self.add_image(&reference);
            self.tell("image", "pull", &reference.clone(), &json!({ "name": reference }));
        }
        there
    }

    pub(super) fn image_id(&self, reference: &str) -> Option<&String> {
        let by_id = || self.images.values().find(|id| *id == reference);
        self.images.get(&tagged(reference)).or_else(by_id)
    }

    pub(super) fn images(&self) -> Vec<Value> {
        self.images
            .iter()
            .map(|(reference, id)| {
                json!({
                    "Id": id, "RepoTags": [reference], "RepoDigests": [], "ParentId": "", "Created": 1_700_000_000,
                    "Size": 4_000_000, "VirtualSize": 4_000_000, "SharedSize": -1, "Containers": -1, "Labels": {},
                })
            })
            .collect()
    }

    pub(super) fn remove_image(&mut self, reference: &str) -> bool {
        self.images.remove(&tagged(reference)).is_some()
    }

    // Containers

    /// By full id, by a prefix that only one has, or by name.
    fn find(&self, key: &str) -> Result<usize, Refusal> {
        let key = key.trim_start_matches('/');
        let exact = |one: &Container| one.id == key || one.name == key;
        if let Some(at) = self.containers.iter().position(exact) {
            return Ok(at);
        }
        let mut with_prefix = self
            .containers
            .iter()
            .enumerate()
            .filter(|(_, one)| one.id.starts_with(key));
        match (with_prefix.next(), with_prefix.next()) {
            (Some((at, _)), None) => Ok(at),
            (Some(_), Some(_)) => Err((400, format!("Multiple IDs found with provided prefix: {key}"))),
            _ => Err(not_found("container", key)),
        }
    }

    pub(super) fn get(&self, key: &str) -> Result<&Container, Refusal> {
        self.find(key).map(|at| &self.containers[at])
    }

    pub(super) fn list(&self, all: bool, filters: &Value) -> Vec<Value> {
        let wanted = |kind: &str| -> Vec<String> {
            match &filters[kind] {
                Value::Array(words) => words
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
                // The older form: an object whose keys are the words.
                Value::Object(words) => words.keys().cloned().collect(),
                _ => Vec::new(),
            }
        };
        let (labels, ids, names, states) = (wanted("label"), wanted("id"), wanted("name"), wanted("status"));
        self.containers
            .iter()
            .rev()
            .filter(|one| all || !states.is_empty() || one.is_running())
            .filter(|one| labels.iter().all(|label| one.has_label(label)))
            .filter(|one| ids.is_empty() || ids.iter().any(|id| one.id.starts_with(id.as_str())))
            .filter(|one| {
                names.is_empty() || names.iter().any(|name| one.name.contains(name.trim_matches('/')))
            })
            .filter(|one| states.is_empty() || states.iter().any(|state| one.status == state))
            .map(Container::row)
            .collect()
    }

    pub(super) fn create(&mut self, name: &str, configuration: Value) -> Result<String, Refusal> {
        let image = configuration["Image"].as_str().unwrap_or_default();
        let Some(image_id) = self.image_id(image).cloned() else {
            return Err(not_found("image", image));
        };
        let id = new_id();
        let name = if name.is_empty() {
            format!("fake_{}", &id[..8])
        } else {
            name.to_owned()
        };
        self.refuse_taken(&name)?;
        let mut networks = BTreeMap::new();
        let mode = configuration["HostConfig"]["NetworkMode"]
            .as_str()
            .unwrap_or("default");
        let first = if mode == "default" { "bridge" } else { mode };
        if !mode.contains(':') {
            let endpoint = configuration["NetworkingConfig"]["EndpointsConfig"][first].clone();
            networks.insert(first.to_owned(), self.endpoint(first, &endpoint)?);
        }
        self.containers.push(Container {
            id: id.clone(),
            name,
            image_id,
            configuration,
            created: now(),
            status: "created",
            started: None,
            finished: None,
            exit_code: 0,
            health: None,
            networks,
            log: Vec::new(),
        });
        self.tell_of(self.containers.len() - 1, "create", &[]);
        Ok(id)
    }

    fn refuse_taken(&self, name: &str) -> Result<(), Refusal> {
        let Some(holder) = self.containers.iter().find(|one| one.name == name) else {
            return Ok(());
        };
        let words = format!(
            "Conflict. The container name \"/{name}\" is already in use by container \"{}\". You have to remove (or \
             rename) that container to be able to reuse that name.",
            holder.id
        );
        Err((409, words))
    }

    /// Starts it; `false` when it ran already.
    pub(super) fn start(&mut self, key: &str) -> Result<bool, Refusal> {
        let at = self.find(key)?;
        if self.containers[at].is_running() {
            return Ok(false);
        }
        self.refuse_taken_ports(at)?;
        let container = &mut self.containers[at];
        container.status = "running";
        container.started = Some(now());
        container.exit_code = 0;
        let command: Vec<String> = container.command().into_iter().map(str::to_owned).collect();
        let checked = container.configuration["Healthcheck"]["Test"]
            .as_array()
            .is_some_and(|test| {
                test.first()
                    .and_then(Value::as_str)
                    .is_some_and(|word| word != "NONE")
            });
        container.health = checked.then(|| "starting".to_owned());
        let id = container.id.clone();
        self.tell_of(at, "start", &[]);
        match command.iter().map(String::as_str).collect::<Vec<_>>()[..] {
            ["job", ..] => self.exit(&id, 0),
            ["crash", ..] => {
                self.write_log(&id, "fatal: cannot open the ledger: no such file", true);
                self.exit(&id, 1);
            }
            ["exit", code] => self.exit(&id, code.parse().unwrap_or(0)),
            ["never-healthy" | "slow-health", ..] => {}
            _ if checked => self.set_health(&id, "healthy"),
            _ => {}
        }
        Ok(true)
    }

    /// Two running containers cannot publish the same port.
    fn refuse_taken_ports(&self, at: usize) -> Result<(), Refusal> {
        let public = |container: &Container| -> BTreeSet<u64> {
            container
                .ports()
                .iter()
                .filter_map(|port| port["PublicPort"].as_u64())
                .collect()
        };
        let mine = public(&self.containers[at]);
        for other in self.containers.iter().filter(|one| one.is_running()) {
            if let Some(port) = mine.intersection(&public(other)).next() {
                let words = format!(
                    "driver failed programming external connectivity on endpoint {}: Bind for 0.0.0.0:{port} failed: \
                     port is already allocated",
                    self.containers[at].name
                );
                return Err((500, words));
            }
        }
        Ok(())
    }

    /// Stops or kills it; `false` when it did not run.
    pub(super) fn stop(&mut self, key: &str, killed: bool) -> Result<bool, Refusal> {
        let at = self.find(key)?;
        if !self.containers[at].is_running() {
            if killed {
                let id = &self.containers[at].id;
                return Err((
                    409,
                    format!("Cannot kill container: {key}: Container {id} is not running"),
                ));
            }
            return Ok(false);
        }
        let id = self.containers[at].id.clone();
        self.tell_of(
            at,
            "kill",
            &[("signal", if killed { "9" } else { "15" }.to_owned())],
        );
        self.exit(&id, if killed { 137 } else { 0 });
        if !killed {
            self.tell_of(at, "stop", &[]);
        }
        Ok(true)
    }

    pub(super) fn set_paused(&mut self, key: &str, paused: bool) -> Result<(), Refusal> {
        let at = self.find(key)?;
        let (from, to, action) = if paused {
            ("running", "paused", "pause")
        } else {
            ("paused", "running", "unpause")
        };
        if self.containers[at].status != from {
            return Err((409, format!("Container {} is not {from}", self.containers[at].id)));
        }
        self.containers[at].status = to;
        self.tell_of(at, action, &[]);
        Ok(())
    }

    pub(super) fn exit(&mut self, key: &str, code: i64) {
        let Ok(at) = self.find(key) else { return };
        let container = &mut self.containers[at];
        container.status = "exited";
        container.finished = Some(now());
        container.exit_code = code;
        self.tell_of(at, "die", &[("exitCode", code.to_string())]);
    }

    pub(super) fn set_health(&mut self, key: &str, health: &str) {
        let Ok(at) = self.find(key) else { return };
        self.containers[at].health = Some(health.to_owned());
        self.tell_of(at, &format!("health_status: {health}"), &[]);
    }

    pub(super) fn write_log(&mut self, key: &str, text: &str, to_stderr: bool) {
        let Ok(at) = self.find(key) else { return };
        let line = Line {
            time: now(),
            to_stderr,
            text: text.to_owned(),
        };
        self.containers[at].log.push(line.clone());
        drop(self.lines.send((self.containers[at].id.clone(), line)));
    }

    pub(super) fn rename(&mut self, key: &str, name: &str) -> Result<(), Refusal> {
        let at = self.find(key)?;
        self.refuse_taken(name)?;
        let old = std::mem::replace(&mut self.containers[at].name, name.to_owned());
        self.tell_of(at, "rename", &[("oldName", format!("/{old}"))]);
        Ok(())
    }

    pub(super) fn remove(&mut self, key: &str, force: bool) -> Result<(), Refusal> {
        let at = self.find(key)?;
        if self.containers[at].is_running() {
            let id = self.containers[at].id.clone();
            if !force {
                let words = format!(
                    "You cannot remove a running container {id}. Stop the container before attempting removal or force \
                     remove"
                );
                return Err((409, words));
            }
            self.stop(&id, true)?;
        }
        self.tell_of(at, "destroy", &[]);
        self.containers.remove(at);
        Ok(())
    }

    // Networks and volumes

    pub(super) fn create_network(&mut self, body: &Value) -> Result<String, Refusal> {
        let name = body["Name"].as_str().unwrap_or_default().to_owned();
        if self.networks.contains_key(&name) {
            return Err((409, format!("network with name {name} already exists")));
        }
        let made = network(
            &name,
            body["Driver"].as_str().unwrap_or("bridge"),
            &body["Labels"],
        );
        let id = made["Id"].as_str().unwrap_or_default().to_owned();
        self.networks.insert(name.clone(), made);
        self.tell(
            "network",
            "create",
            &id,
            &json!({ "name": name, "type": "bridge" }),
        );
        Ok(id)
    }

    pub(super) fn network(&self, key: &str) -> Result<&Value, Refusal> {
        self.networks
            .values()
            .find(|network| network["Name"] == key || network["Id"] == key)
            .ok_or_else(|| (404, format!("network {key} not found")))
    }

    fn endpoint(&self, network: &str, wanted: &Value) -> Result<Value, Refusal> {
        let id = self.network(network)?["Id"].clone();
        let aliases = wanted["Aliases"].clone();
        Ok(json!({ "NetworkID": id, "EndpointID": new_id(), "IPAddress": "172.18.0.2", "Aliases": aliases }))
    }

    pub(super) fn connect(&mut self, network: &str, key: &str, wanted: &Value) -> Result<(), Refusal> {
        let name = self.network(network)?["Name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let (at, endpoint) = (self.find(key)?, self.endpoint(network, wanted)?);
        self.containers[at].networks.insert(name, endpoint);
        Ok(())
    }

    pub(super) fn disconnect(&mut self, network: &str, key: &str) -> Result<(), Refusal> {
        let name = self.network(network)?["Name"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let at = self.find(key)?;
        self.containers[at].networks.remove(&name);
        Ok(())
    }

    pub(super) fn remove_network(&mut self, key: &str) -> Result<(), Refusal> {
        let (name, id) = {
            let network = self.network(key)?;
            (
                network["Name"].as_str().unwrap_or_default().to_owned(),
                network["Id"].clone(),
            )
        };
        if self
            .containers
            .iter()
            .any(|one| one.is_running() && one.networks.contains_key(&name))
        {
            return Err((
                403,
                format!("error while removing network: network {name} has active endpoints"),
            ));
        }
        self.networks.remove(&name);
        let id = id.as_str().unwrap_or_default();
        self.tell(
            "network",
            "destroy",
            id,
            &json!({ "name": name, "type": "bridge" }),
        );
        Ok(())
    }

    pub(super) fn create_volume(&mut self, body: &Value) -> Value {
        let name = body["Name"].as_str().map_or_else(new_id, str::to_owned);
        let labels = body["Labels"].as_object().cloned().unwrap_or_default();
        self.volumes
            .entry(name.clone())
            .or_insert_with(|| {
                json!({
                    "Name": name, "Driver": "local", "Scope": "local", "Options": {}, "Labels": labels,
                    "Mountpoint": format!("/var/lib/docker/volumes/{name}/_data"), "CreatedAt": written(now()),
                })
            })
            .clone()
    }

    pub(super) fn counts(&self) -> (usize, usize) {
        (
            self.containers.len(),
            self.containers.iter().filter(|one| one.is_running()).count(),
        )
    }
}

fn network(name: &str, driver: &str, labels: &Value) -> Value {
    let labels: Map<String, Value> = labels.as_object().cloned().unwrap_or_default();
    json!({
        "Name": name, "Id": new_id(), "Created": written(now()), "Scope": "local", "Driver": driver,
        "EnableIPv6": false, "IPAM": { "Driver": "default", "Config": [] }, "Internal": false, "Attachable": false,
        "Ingress": false, "Containers": {}, "Options": {}, "Labels": labels,
    })
}

/// With `:latest` when no tag is named.
fn tagged(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or(reference);
    if last.contains(':') || last.contains('@') {
        reference.to_owned()
    } else {
        format!("{reference}:latest")
    }
}
