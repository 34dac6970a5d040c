//! Which call does what.

use std::{collections::HashMap, sync::Arc};

use hyper::{Method, Uri};
use serde_json::{Value, json};

use super::{
    Shared,
    answer::{Answer, empty, json_of, refusal, streaming, text},
    hold,
    stream::{self, Form},
    world::{Refusal, World},
};

/// A call, taken apart.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: String,
    /// Without `/v1.41`.
    pub(super) path: String,
    query: HashMap<String, String>,
    raw_query: String,
    body: Value,
}

impl Call {
    pub(super) fn new(method: &Method, uri: &Uri, body: &[u8]) -> Self {
        let raw_query = uri.query().unwrap_or_default().to_owned();
        let query = raw_query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .map(|(key, value)| (unescape(key), unescape(value)))
            .collect();
        Self {
            method: method.to_string(),
            path: unescape(without_version(uri.path())),
            query,
            raw_query,
            body: serde_json::from_slice(body).unwrap_or_default(),
        }
    }

    /// As it is noted.
    pub(super) fn line(&self) -> String {
        let mark = if self.raw_query.is_empty() { "" } else { "?" };
        format!("{} {}{mark}{}", self.method, self.path, self.raw_query)
    }

    fn word(&self, key: &str) -> &str {
        self.query.get(key).map_or("", String::as_str)
    }

    fn flag(&self, key: &str) -> bool {
        matches!(self.word(key), "1" | "true" | "True")
    }
}

fn without_version(path: &str) -> &str {
    let Some(rest) = path.strip_prefix("/v") else {
        return path;
    };
    match rest.find('/') {
        Some(at)
            if rest[..at]
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.') =>
        {
            &rest[at..]
        }
        _ => path,
    }
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let code = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match (first, code.and_then(|code| u8::from_str_radix(code, 16).ok())) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            (b'+', _) => {
                bytes.push(b' ');
                rest = tail;
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Does what is asked and answers.
pub(super) fn route(shared: &Arc<Shared>, call: &Call) -> Answer {
    let parts: Vec<&str> = call.path.trim_matches('/').split('/').collect();
    let mut world = hold(&shared.world);
    let frozen = shared.frozen.subscribe();
    let outcome = match (call.method.as_str(), &parts[..]) {
        ("GET" | "HEAD", ["_ping"]) => Ok(text(200, "OK")),
        ("GET", ["version"]) => Ok(json_of(200, &version())),
        ("GET", ["info"]) => Ok(json_of(200, &info(&world))),
        ("GET", ["events"]) => {
            let since = call.word("since");
            let past = since
                .parse()
                .map(|since| world.past_events(since))
                .unwrap_or_default();
            let types = filters(call)["type"].clone();
            let wanted = move |event: &Value| match &types {
                Value::Array(types) => types.contains(&event["Type"]),
                Value::Object(types) => types.contains_key(event["Type"].as_str().unwrap_or_default()),
                _ => true,
            };
            let coming = world.events.subscribe();
            Ok(streaming(
                "application/json",
                stream::events(past, coming, frozen, wanted),
            ))
        }
        ("GET", ["containers", "json"]) => {
            let rows = world.list(call.flag("all"), &filters(call));
            Ok(json_of(200, &rows.into()))
        }
        ("POST", ["containers", "create"]) => {
            let made = world.create(call.word("name"), call.body.clone());
            made.map(|id| json_of(201, &json!({ "Id": id, "Warnings": [] })))
        }
        ("GET", ["containers", key, "json"]) => world.get(key).map(|one| json_of(200, &one.inspected())),
        ("GET", ["containers", key, "logs"]) => logs(&world, key, call, frozen),
        ("GET", ["containers", key, "stats"]) => world.get(key).map(|one| {
            let once = call.word("stream") == "false" || call.word("stream") == "0";
            streaming(
                "application/json",
                stream::stats(one.id.clone(), one.name.clone(), once),
            )
        }),
        ("POST" | "DELETE", ["containers", ..]) => change(&mut world, call, &parts),
        (_, ["images", ..]) => images(&mut world, call, &parts),
        (_, ["networks", ..]) => networks(&mut world, call, &parts),
        (_, ["volumes", ..]) => volumes(&mut world, call, &parts),
        _ => Ok(refusal(404, "page not found")),
    };
    outcome.unwrap_or_else(|(status, message)| refusal(status, &message))
}

fn filters(call: &Call) -> Value {
    serde_json::from_str(call.word("filters")).unwrap_or_default()
}

fn logs(
    world: &World,
    key: &str,
    call: &Call,
    frozen: tokio::sync::watch::Receiver<bool>,
) -> Result<Answer, Refusal> {
    let one = world.get(key)?;
    let form = Form {
        raw: one.tty(),
        timestamps: call.flag("timestamps"),
        stdout: call.flag("stdout"),
        stderr: call.flag("stderr"),
    };
    let since: f64 = call.word("since").parse().unwrap_or(0.0);
    let mut past: Vec<_> = one
        .log
        .iter()
        .filter(|line| line.time.as_secs_f64() >= since)
        .cloned()
        .collect();
    if let Ok(tail) = call.word("tail").parse::<usize>() {
        past.drain(..past.len().saturating_sub(tail));
    }
    let coming = call.flag("follow").then(|| world.lines.subscribe());
    Ok(streaming(
        "application/octet-stream",
        stream::log(past, coming, frozen, one.id.clone(), form),
    ))
}

fn change(world: &mut World, call: &Call, parts: &[&str]) -> Result<Answer, Refusal> {
    let done = |changed: bool| empty(if changed { 204 } else { 304 });
    match (call.method.as_str(), parts) {
        ("POST", ["containers", key, "start"]) => world.start(key).map(done),
        ("POST", ["containers", key, "stop"]) => world.stop(key, false).map(done),
        ("POST", ["containers", key, "kill"]) => world.stop(key, true).map(done),
        ("POST", ["containers", key, "restart"]) => {
            world.stop(key, false)?;
            world.start(key).map(|_| empty(204))
        }
        ("POST", ["containers", key, "pause"]) => world.set_paused(key, true).map(|()| empty(204)),
        ("POST", ["containers", key, "unpause"]) => world.set_paused(key, false).map(|()| empty(204)),
        ("POST", ["containers", key, "rename"]) => world.rename(key, call.word("name")).map(|()| empty(204)),
        ("POST", ["containers", key, "wait"]) => world
            .get(key)
            .map(|one| json_of(200, &json!({ "StatusCode": one.exit_code }))),
        ("DELETE", ["containers", key]) => world.remove(key, call.flag("force")).map(|()| empty(204)),
        _ => Ok(refusal(404, "page not found")),
    }
}

fn images(world: &mut World, call: &Call, parts: &[&str]) -> Result<Answer, Refusal> {
    match (call.method.as_str(), parts) {
        ("GET", ["images", "json"]) => Ok(json_of(200, &world.images().into())),
        ("POST", ["images", "create"]) => {
            let (name, tag) = (call.word("fromImage"), call.word("tag"));
            let reference = match tag {
                "" => name.to_owned(),
                digest if digest.contains(':') => format!("{name}@{digest}"),
                tag => format!("{name}:{tag}"),
            };
            Ok(pull(world, &reference))
        }
        ("GET", ["images", name @ .., "json"]) => {
            let name = name.join("/");
            let id = world
                .image_id(&name)
                .ok_or_else(|| (404, format!("No such image: {name}")))?;
            Ok(json_of(
                200,
                &json!({
                    "Id": id, "RepoTags": [name], "RepoDigests": [], "Created": "2025-01-01T00:00:00Z",
                    "Architecture": "amd64", "Os": "linux", "Size": 4_000_000, "Config": { "Env": [], "Labels": {} },
                }),
            ))
        }
        ("DELETE", ["images", name @ ..]) => {
            let name = name.join("/");
            if world.remove_image(&name) {
                return Ok(json_of(200, &json!([{ "Untagged": name }])));
            }
            Err((404, format!("No such image: {name}")))
        }
        _ => Ok(refusal(404, "page not found")),
    }
}

/// Lines of progress; a failure is told in a 200, as engines do it once the pull has begun.
fn pull(world: &mut World, reference: &str) -> Answer {
    let mut lines = vec![json!({ "status": format!("Pulling from {reference}"), "id": "latest" })];
    if !world.pull(reference) {
        let words = format!("manifest for {reference} not found: manifest unknown: manifest unknown");
        return refusal(404, &words);
    }
    for current in [1_000_000, 2_500_000, 4_000_000] {
        lines.push(json!({
            "status": "Downloading", "id": "0123456789ab",
            "progressDetail": { "current": current, "total": 4_000_000 },
        }));
    }
    lines.push(json!({ "status": "Pull complete", "id": "0123456789ab" }));
    lines.push(json!({ "status": format!("Status: Downloaded newer image for {reference}") }));
    let pieces = lines
        .into_iter()
        .map(|line| Ok(format!("{line}\r\n").into()))
        .collect::<Vec<_>>();
    streaming("application/json", futures::stream::iter(pieces))
}

fn networks(world: &mut World, call: &Call, parts: &[&str]) -> Result<Answer, Refusal> {
    match (call.method.as_str(), parts) {
        ("GET", ["networks"]) => {
            let all: Vec<_> = world
                .networks
                .values()
                .filter(|one| fits(one, &filters(call)))
                .cloned()
                .collect();
            Ok(json_of(200, &all.into()))
        }
        ("POST", ["networks", "create"]) => {
            let made = world.create_network(&call.body);
            made.map(|id| json_of(201, &json!({ "Id": id, "Warning": "" })))
        }
        ("GET", ["networks", key]) => world.network(key).map(|one| json_of(200, one)),
        ("DELETE", ["networks", key]) => world.remove_network(key).map(|()| empty(204)),
        ("POST", ["networks", key, "connect"]) => {
            let container = call.body["Container"].as_str().unwrap_or_default();
            world
                .connect(key, container, &call.body["EndpointConfig"])
                .map(|()| empty(200))
        }
        ("POST", ["networks", key, "disconnect"]) => {
            let container = call.body["Container"].as_str().unwrap_or_default();
            world.disconnect(key, container).map(|()| empty(200))
        }
        _ => Ok(refusal(404, "page not found")),
    }
}

fn volumes(world: &mut World, call: &Call, parts: &[&str]) -> Result<Answer, Refusal> {
    match (call.method.as_str(), parts) {
        ("GET", ["volumes"]) => {
            let all: Vec<_> = world
                .volumes
                .values()
                .filter(|one| fits(one, &filters(call)))
                .cloned()
                .collect();
            Ok(json_of(200, &json!({ "Volumes": all, "Warnings": [] })))
        }
        ("POST", ["volumes", "create"]) => Ok(json_of(201, &world.create_volume(&call.body))),
        ("GET", ["volumes", name]) => {
            let volume = world
                .volumes
                .get(*name)
                .ok_or_else(|| (404, format!("get {name}: no such volume")))?;
            Ok(json_of(200, volume))
        }
        ("DELETE", ["volumes", name]) => match world.volumes.remove(*name) {
            Some(_) => Ok(empty(204)),
            None => Err((404, format!("get {name}: no such volume"))),
        },
        _ => Ok(refusal(404, "page not found")),
    }
}

/// Whether a network or volume has the labels and the name that a filter asks for.
fn fits(one: &Value, filters: &Value) -> bool {
    let words = |kind: &str| -> Vec<String> {
        match &filters[kind] {
            Value::Array(words) => words
                .iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
            Value::Object(words) => words.keys().cloned().collect(),
            _ => Vec::new(),
        }
    };
    let labelled = words("label").iter().all(|label| match label.split_once('=') {
        None => !one["Labels"][label].is_null(),
        Some((key, value)) => one["Labels"][key] == value,
    });
    let names = words("name");
    let name = one["Name"].as_str().unwrap_or_default();
    labelled && (names.is_empty() || names.iter().any(|wanted| name.contains(wanted.as_str())))
}

fn version() -> Value {
    json!({
        "Version": "20.10.24", "ApiVersion": "1.41", "MinAPIVersion": "1.12", "Os": "linux", "Arch": "amd64",
        "KernelVersion": "6.1.0", "GitCommit": "fake", "GoVersion": "go1.19.8",
        "Platform": { "Name": "fake" },
        "Components": [{ "Name": "Engine", "Version": "20.10.24", "Details": { "ApiVersion": "1.41" } }],
    })
}

fn info(world: &World) -> Value {
    let (all, running) = world.counts();
    json!({
        "ID": world.id[..32], "Name": "fake", "ServerVersion": "20.10.24", "Containers": all,
        "ContainersRunning": running, "ContainersPaused": 0, "ContainersStopped": all - running, "Images": 1,
        "Driver": "overlay2", "NCPU": 2, "MemTotal": 4_294_967_296_u64, "OperatingSystem": "Fake Linux",
        "OSType": "linux", "Architecture": "x86_64", "KernelVersion": "6.1.0", "Labels": [],
        "DockerRootDir": "/var/lib/docker", "CgroupDriver": "cgroupfs", "CgroupVersion": "1",
        "Swarm": { "LocalNodeState": "inactive", "NodeID": "" }, "SecurityOptions": [], "Warnings": [],
    })
}

#[cfg(test)]
mod tests {
    use super::{unescape, without_version};

    #[test]
    fn the_version_in_a_path_is_left_out() {
        assert_eq!(without_version("/v1.41/containers/json"), "/containers/json");
        assert_eq!(without_version("/volumes/a"), "/volumes/a");
    }

    #[test]
    fn escapes_are_undone() {
        assert_eq!(unescape("%7B%22a%22%3A1%7D+b%2"), "{\"a\":1} b%2");
    }
}
