//! How the data of the first paint travel inside the page: as JSON, read the way answers of server functions are.
//!
//! The codec that Leptos brings reads from a string. Server functions read from bytes, and every type that both
//! read is compiled twice: a tenth of the WASM.

use codee::{Decoder, Encoder};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// JSON, read from bytes.
pub(crate) struct FirstJson;

impl<T: Serialize> Encoder<T> for FirstJson {
    type Error = serde_json::Error;
    type Encoded = String;

    fn encode(value: &T) -> Result<String, Self::Error> {
        serde_json::to_string(value)
    }
}

impl<T: DeserializeOwned> Decoder<T> for FirstJson {
    type Error = serde_json::Error;
    type Encoded = str;

    fn decode(text: &str) -> Result<T, Self::Error> {
        serde_json::from_slice(text.as_bytes())
    }
}
