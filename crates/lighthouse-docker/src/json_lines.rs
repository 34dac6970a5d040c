//! JSON values, one per line, as engines send events, measurements and the progress of a pull.

use lighthouse_core::engine::EngineError;
use serde::de::DeserializeOwned;

/// Bytes that one value may have.
const LINE: usize = 1024 * 1024;

/// Cuts bytes into lines and lines into values.
#[derive(Debug, Default)]
pub(crate) struct JsonLines {
    rest: Vec<u8>,
}

impl JsonLines {
    /// Takes what came and gives every value that is now whole.
    ///
    /// JSON of another shape is left out: newer engines say more. What is no JSON at all ends the stream: its
    /// reader lists anew.
    pub(crate) fn feed<T: DeserializeOwned>(&mut self, bytes: &[u8]) -> Result<Vec<T>, EngineError> {
        let mut values = Vec::new();
        let mut lines = bytes.split(|byte| *byte == b'\n');
        // `split` gives at least one piece; the last has no line end yet.
        let last = lines.next_back().unwrap_or_default();
        for line in lines {
            if self.rest.is_empty() {
                read(line, &mut values)?;
            } else {
                self.hold(line)?;
                read(&self.rest, &mut values)?;
                self.rest.clear();
            }
        }
        self.hold(last)?;
        Ok(values)
    }

    fn hold(&mut self, piece: &[u8]) -> Result<(), EngineError> {
        if self.rest.len() + piece.len() > LINE {
            return Err(EngineError::Garbled {
                what: "a line of JSON longer than 1 MiB".to_owned(),
            });
        }
        self.rest.extend_from_slice(piece);
        Ok(())
    }
}

fn read<T: DeserializeOwned>(line: &[u8], values: &mut Vec<T>) -> Result<(), EngineError> {
    let line = line.trim_ascii();
    if line.is_empty() {
        return Ok(());
    }
    match serde_json::from_slice(line) {
        Ok(value) => values.push(value),
        Err(error) if error.is_data() => {
            tracing::debug!(%error, "an engine sent JSON of another shape; left out");
        }
        Err(error) => {
            return Err(EngineError::Garbled {
                what: format!("a line that is not JSON: {error}"),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_whole_however_they_are_cut() {
        let text = b"1\r\n22\n\n333\n";
        for cut in 0..text.len() {
            let mut lines = JsonLines::default();
            let mut all: Vec<u32> = lines.feed(&text[..cut]).unwrap();
            all.extend(lines.feed::<u32>(&text[cut..]).unwrap());
            assert_eq!(all, [1, 22, 333], "cut at {cut}");
        }
    }

    #[test]
    fn other_shapes_are_left_out_and_garbage_ends_the_stream() {
        let mut lines = JsonLines::default();
        let values: Vec<u32> = lines.feed(b"1\n{\"a\":2}\n3\n").unwrap();
        assert_eq!(values, [1, 3]);
        assert!(matches!(
            lines.feed::<u32>(b"HTTP/1.1 what\n"),
            Err(EngineError::Garbled { .. })
        ));
    }

    #[test]
    fn a_line_without_end_is_given_up_at_a_mebibyte() {
        let mut lines = JsonLines::default();
        let chunk = vec![b' '; 64 * 1024];
        let mut fed = 0;
        while lines.feed::<u32>(&chunk).is_ok() {
            fed += chunk.len();
            assert!(fed <= LINE);
        }
        assert_eq!(fed, LINE);
    }
}
