//! Reading what an engine sends without trusting its shape more than needed.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};

use lighthouse_core::engine::EngineError;

/// `null` is as good as absent.
pub(crate) fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads an answer.
pub(crate) fn read<T: DeserializeOwned>(what: &str, body: &[u8]) -> Result<T, EngineError> {
    serde_json::from_slice(body).map_err(|error| EngineError::Garbled {
        what: format!("{what}: {error}"),
    })
}
