//! Plain forms and the server functions behind them: how fields become what a function takes, and what is said
//! when it did it.

use std::collections::BTreeMap;

use lighthouse_model::host::EngineFacts;
use serde_json::{Map, Value, json};

use crate::text;

/// The functions that forms may call, with what is said when they are done.
const CALLS: &[(&str, &str)] = &[
    ("credentials/remove", "Credential removed."),
    ("credentials/save", "Credential saved, used for the next pull."),
    ("hosts/add", "Host added."),
    ("hosts/test", "The engine answers."),
    ("password", "Password changed; your other sessions end."),
    ("pools/add", "Pool made."),
    ("pools/remove", "Pool removed."),
    ("sessions/end", "Session ended."),
    ("sessions/revoke", "Session ended."),
    ("tokens/add", "Token made."),
    ("tokens/revoke", "Token revoked."),
    ("users/add", "Account made; they can sign in now."),
    ("users/change", "Account changed."),
    ("users/password", "Password set; their sessions end."),
];

/// What is said when a call is done; `None` for calls that no form makes.
#[must_use]
pub fn done(call: &str) -> Option<&'static str> {
    CALLS
        .iter()
        .find(|(known, _)| *known == call)
        .map(|(_, words)| *words)
}

/// What an engine said of itself, when a form only asked for that.
#[must_use]
pub fn told(call: &str, answer: &[u8]) -> Option<String> {
    let engine: EngineFacts = (call == "hosts/test")
        .then(|| serde_json::from_slice(answer).ok())
        .flatten()?;
    Some(format!(
        "Docker Engine {} answers: {}, {}, {} CPUs, {} of memory.",
        engine.version,
        engine.hostname,
        engine.operating_system,
        engine.cpus,
        text::bytes(engine.memory)
    ))
}

/// The secret in an answer, which is shown once.
#[must_use]
pub fn secret(call: &str, answer: &[u8]) -> Option<String> {
    let answer: Value = (call == "tokens/add")
        .then(|| serde_json::from_slice(answer).ok())
        .flatten()?;
    Some(answer.get("secret")?.as_str()?.to_owned())
}

/// Reads fields as the body that a server function takes. Dots nest; what follows a colon says how the value is
/// read: `number`, `bool`, `json`, `labels`, or `secret` for a text that is kept with its spaces. A field of one
/// `when` (`tls>ca`) counts only when that is the connection's kind. Of fields with the same name the last counts.
#[must_use]
pub fn body(fields: &[(String, String)]) -> Value {
    let last: BTreeMap<&str, &str> = fields
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let kind = last
        .get("input.connection.kind")
        .or_else(|| last.get("connection.kind"));
    let mut whole = Map::new();
    for (name, value) in &last {
        let (when, name) = name
            .split_once('>')
            .map_or((None, *name), |(when, name)| (Some(when), name));
        if name == "call" || when.is_some_and(|when| kind != Some(&when)) {
            continue;
        }
        let (path, read) = name.split_once(':').unwrap_or((name, ""));
        put(&mut whole, path, read_as(read, value));
    }
    // Testing takes the connection alone, out of the same form.
    if last.get("call") == Some(&"hosts/test")
        && let Some(connection) = whole.get("input").and_then(|input| input.get("connection"))
    {
        return json!({ "connection": connection });
    }
    Value::Object(whole)
}

fn read_as(read: &str, value: &str) -> Value {
    match read {
        "number" => value.parse::<i64>().map_or(Value::Null, Value::from),
        "bool" => Value::from(value == "true"),
        "json" => serde_json::from_str(value).unwrap_or_default(),
        "labels" => json!(text::parse_labels(value)),
        "secret" => Value::from(value),
        _ => Value::from(value.trim()),
    }
}

fn put(whole: &mut Map<String, Value>, path: &str, value: Value) {
    match path.split_once('.') {
        None => {
            whole.insert(path.to_owned(), value);
        }
        Some((first, rest)) => {
            let inner = whole.entry(first).or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(fields: &[(&str, &str)]) -> Vec<(String, String)> {
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn fields_are_read_as_their_names_say() {
        let body = body(&fields(&[
            ("call", "users/change"),
            ("enabled:bool", "false"),
            ("enabled:bool", "true"),
            ("days:number", "90"),
            ("name", " ada "),
            ("password:secret", " x "),
        ]));
        assert_eq!(
            body,
            json!({"enabled": true, "days": 90, "name": "ada", "password": " x "})
        );
    }

    #[test]
    fn only_the_fields_of_the_chosen_connection_count() {
        let mut form = fields(&[
            ("call", "hosts/add"),
            ("input.name", "eu-1"),
            ("input.connection.kind", "unix"),
            ("unix>input.connection.path", "/run/docker.sock"),
            ("tls>input.connection.address", "10.0.0.5:2376"),
            ("input.labels:labels", "zone=eu"),
        ]);
        let connection = json!({"kind": "unix", "path": "/run/docker.sock"});
        assert_eq!(
            body(&form),
            json!({"input": {"name": "eu-1", "labels": {"zone": "eu"}, "connection": connection}})
        );
        form.push(("call".to_owned(), "hosts/test".to_owned()));
        assert_eq!(body(&form), json!({"connection": connection}));
    }
}
