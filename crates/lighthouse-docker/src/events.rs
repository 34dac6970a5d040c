//! What happens on an engine, as it tells it.

use std::collections::{BTreeMap, VecDeque};

use futures::stream;
use lighthouse_core::engine::{EngineError, EngineEvent, EngineStream};
use serde::Deserialize;

use crate::json_lines::JsonLines;
use crate::lenient::or_default;
use crate::stream::Chunks;

/// One event, as far as it is used.
#[derive(Debug, Deserialize)]
struct Told {
    #[serde(default, rename = "Type", deserialize_with = "or_default")]
    kind: String,
    #[serde(default, rename = "Action", deserialize_with = "or_default")]
    action: String,
    #[serde(default, rename = "Actor", deserialize_with = "or_default")]
    actor: Actor,
    #[serde(default, deserialize_with = "or_default")]
    time: i64,
    #[serde(default, rename = "timeNano", deserialize_with = "or_default")]
    time_nano: i64,
}

#[derive(Debug, Default, Deserialize)]
struct Actor {
    #[serde(default, rename = "ID", deserialize_with = "or_default")]
    id: String,
    #[serde(default, rename = "Attributes", deserialize_with = "or_default")]
    attributes: BTreeMap<String, String>,
}

impl Told {
    /// In our words; `None` when it changes nothing that is shown. A health check makes three `exec` events each
    /// time it runs.
    fn event(self) -> Option<EngineEvent> {
        if self.action.is_empty() || self.action.starts_with("exec_") {
            return None;
        }
        let container = if self.kind == "container" {
            Some(self.actor.id.parse().ok()?)
        } else {
            None
        };
        Some(EngineEvent {
            container,
            action: self.action,
            attributes: self.actor.attributes,
            at: if self.time_nano == 0 {
                self.time.saturating_mul(1000)
            } else {
                self.time_nano / 1_000_000
            },
        })
    }
}

/// The events of an open answer.
pub(crate) fn decode(chunks: Chunks) -> EngineStream<EngineEvent> {
    let state = (chunks, JsonLines::default(), VecDeque::new());
    Box::pin(stream::try_unfold(
        state,
        async |(mut chunks, mut lines, mut ready)| {
            loop {
                if let Some(event) = ready.pop_front() {
                    return Ok::<_, EngineError>(Some((event, (chunks, lines, ready))));
                }
                let Some(bytes) = chunks.next().await? else {
                    return Ok(None);
                };
                let told: Vec<Told> = lines.feed(&bytes)?;
                ready.extend(told.into_iter().filter_map(Told::event));
            }
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(json: serde_json::Value) -> Option<EngineEvent> {
        serde_json::from_value::<Told>(json).unwrap().event()
    }

    #[test]
    fn an_event_is_read_from_its_actor() {
        let event = told(serde_json::json!({
            "status": "die", "id": "x", "from": "y", "Type": "container", "Action": "die", "scope": "local",
            "Actor": {"ID": "e".repeat(64), "Attributes": {"exitCode": "3", "name": "web"}},
            "time": 1_700_000_000, "timeNano": 1_700_000_000_123_456_789_i64,
        }))
        .unwrap();
        assert_eq!(event.container, "e".repeat(64).parse().ok());
        assert_eq!(event.attributes["exitCode"], "3");
        assert_eq!(event.at, 1_700_000_000_123);
    }

    #[test]
    fn health_checks_and_what_nobody_understands_are_left_out() {
        assert_eq!(
            told(serde_json::json!({"Type": "container", "Action": "exec_start: /bin/true"})),
            None
        );
        assert_eq!(
            told(serde_json::json!({"Type": "container", "Action": "die", "Actor": {"ID": "short"}})),
            None
        );
        assert_eq!(told(serde_json::json!({"unheard": "of"})), None);
    }
}
