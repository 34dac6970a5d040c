//! Bringing an image from its registry.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use futures::stream;
use http::HeaderValue;
use lighthouse_core::engine::{EngineError, EngineStream, PullProgress, RegistryAuth, deadline};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout_at};

use crate::failure;
use crate::json_lines::JsonLines;
use crate::lenient::or_default;
use crate::stream::Chunks;

/// Layers watched at most; no image has more than 127.
const LAYERS: usize = 1024;

/// The header that carries what to sign in with.
pub(crate) const AUTH: &str = "x-registry-auth";

/// The value of [`AUTH`], marked so that nothing prints it.
pub(crate) fn auth_header(auth: &RegistryAuth) -> Result<HeaderValue, EngineError> {
    #[derive(Serialize)]
    struct Auth<'a> {
        username: &'a str,
        password: &'a str,
        serveraddress: &'a str,
    }
    let json = serde_json::to_vec(&Auth {
        username: &auth.username,
        password: auth.secret.expose(),
        serveraddress: &auth.registry,
    })
    .map_err(|error| crate::wire::unsendable(&error))?;
    let mut value =
        HeaderValue::try_from(URL_SAFE.encode(json)).map_err(|error| crate::wire::unsendable(&error))?;
    value.set_sensitive(true);
    Ok(value)
}

/// One message of a pull.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Message {
    #[serde(default, deserialize_with = "or_default")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    status: String,
    #[serde(default, deserialize_with = "or_default")]
    progress_detail: Detail,
    #[serde(default, deserialize_with = "or_default")]
    error: String,
    #[serde(default, deserialize_with = "or_default")]
    error_detail: ErrorDetail,
}

#[derive(Debug, Default, Deserialize)]
struct Detail {
    #[serde(default, deserialize_with = "or_default")]
    current: i64,
    #[serde(default, deserialize_with = "or_default")]
    total: i64,
}

#[derive(Debug, Default, Deserialize)]
struct ErrorDetail {
    #[serde(default, deserialize_with = "or_default")]
    code: u16,
    #[serde(default, deserialize_with = "or_default")]
    message: String,
}

/// All layers of one pull.
#[derive(Debug, Default)]
struct Layers {
    bytes: HashMap<String, (u64, u64)>,
}

impl Layers {
    /// Takes a message; says whether the sums changed.
    fn take(&mut self, message: Message) -> Result<bool, EngineError> {
        if !message.error.is_empty() || !message.error_detail.message.is_empty() {
            let text = if message.error_detail.message.is_empty() {
                message.error
            } else {
                message.error_detail.message
            };
            return Err(EngineError::Refused {
                status: message.error_detail.code,
                message: failure::words(text, 0),
            });
        }
        let current = u64::try_from(message.progress_detail.current).unwrap_or_default();
        let total = u64::try_from(message.progress_detail.total).unwrap_or_default();
        let before = self.sum();
        match message.status.as_str() {
            "Downloading" if self.bytes.len() < LAYERS || self.bytes.contains_key(&message.id) => {
                self.bytes.insert(message.id, (current, total.max(current)));
            }
            // Unpacking counts from nought again; the bytes are here by then.
            "Verifying Checksum" | "Download complete" | "Extracting" | "Pull complete" => {
                if let Some((done, total)) = self.bytes.get_mut(&message.id) {
                    *done = *total;
                }
            }
            _ => {}
        }
        Ok(self.sum() != before)
    }

    fn sum(&self) -> PullProgress {
        let (done, total) = self.bytes.values().fold((0_u64, 0_u64), |sum, layer| {
            (sum.0.saturating_add(layer.0), sum.1.saturating_add(layer.1))
        });
        PullProgress { done, total }
    }
}

/// The progress of an open answer. It ends when the image is there, or with the error that stopped it.
pub(crate) fn decode(chunks: Chunks) -> EngineStream<PullProgress> {
    let state = (
        chunks,
        JsonLines::default(),
        Layers::default(),
        Instant::now() + deadline::PULL,
    );
    Box::pin(stream::try_unfold(
        state,
        async |(mut chunks, mut lines, mut layers, end)| {
            loop {
                let next = chunks.next_within("pulling an image, without progress", deadline::PULL_IDLE);
                let Ok(next) = timeout_at(end, next).await else {
                    return Err(failure::timed_out("pulling an image", deadline::PULL));
                };
                let Some(bytes) = next? else {
                    return Ok(None);
                };
                let mut changed = false;
                for message in lines.feed(&bytes)? {
                    changed |= layers.take(message)?;
                }
                if changed {
                    return Ok(Some((layers.sum(), (chunks, lines, layers, end))));
                }
            }
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use lighthouse_core::Secret;

    fn take(layers: &mut Layers, json: serde_json::Value) -> Result<bool, EngineError> {
        layers.take(serde_json::from_value(json).unwrap())
    }

    #[test]
    fn progress_is_summed_over_layers_and_unpacking_does_not_count_again() {
        let mut layers = Layers::default();
        for message in [
            serde_json::json!({"status": "Pulling from shop/web", "id": "latest"}),
            serde_json::json!({"status": "Already exists", "id": "base"}),
            serde_json::json!({"status": "Downloading", "id": "a", "progressDetail": {"current": 10, "total": 100}}),
            serde_json::json!({"status": "Downloading", "id": "b", "progressDetail": {"current": 20, "total": 200}}),
        ] {
            take(&mut layers, message).unwrap();
        }
        assert_eq!(layers.sum(), PullProgress { done: 30, total: 300 });
        let complete = serde_json::json!({"status": "Download complete", "id": "a", "progressDetail": {}});
        assert_eq!(take(&mut layers, complete), Ok(true));
        let unpack = serde_json::json!({"status": "Extracting", "id": "a", "progressDetail": {"current": 1, "total": 100}});
        assert_eq!(take(&mut layers, unpack), Ok(false));
        assert_eq!(
            layers.sum(),
            PullProgress {
                done: 120,
                total: 300
            }
        );
    }

    #[test]
    fn an_error_inside_the_stream_is_an_error() {
        let error = take(
            &mut Layers::default(),
            serde_json::json!({"errorDetail": {"message": "toomanyrequests: slow down"}, "error": "toomanyrequests"}),
        );
        assert_eq!(
            error,
            Err(EngineError::Refused {
                status: 0,
                message: "toomanyrequests: slow down".to_owned()
            })
        );
    }

    #[test]
    fn what_to_sign_in_with_is_never_printed() {
        let header = auth_header(&RegistryAuth {
            registry: "r.example".to_owned(),
            username: "me".to_owned(),
            secret: Secret::new("hunter2".to_owned()),
        })
        .unwrap();
        assert_eq!(format!("{header:?}"), "Sensitive");
        let json = URL_SAFE.decode(header.as_bytes()).unwrap();
        let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
        assert_eq!(json["password"], "hunter2");
    }
}
