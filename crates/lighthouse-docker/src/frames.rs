//! The engine's framing of two outputs in one stream: eight bytes of header, then the payload.
//!
//! The header is the output's number (0 input, 1 output, 2 error), three zeros, and the payload's length in
//! network order. Containers with a terminal have no such framing.

use bytes::{Bytes, BytesMut};
use lighthouse_core::engine::EngineError;
use lighthouse_model::log::Output;

/// Bytes that one frame may have.
pub(crate) const FRAME: usize = 1024 * 1024;

const HEADER: usize = 8;

/// Cuts bytes into frames.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    rest: BytesMut,
}

impl Frames {
    /// Takes what came.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
    }

    /// The next whole frame, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<(Output, Bytes)>, EngineError> {
        let Some((header, payload)) = self.rest.split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let [kind, 0, 0, 0, a, b, c, d] = *header else {
            return Err(garbled("an output frame without its three zeros"));
        };
        let output = match kind {
            0 | 1 => Output::Stdout,
            2 => Output::Stderr,
            _ => return Err(garbled("an output frame of no known output")),
        };
        let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
        if length > FRAME {
            return Err(garbled("an output frame longer than 1 MiB"));
        }
        if payload.len() < length {
            return Ok(None);
        }
        let mut frame = self.rest.split_to(HEADER + length).freeze();
        Ok(Some((output, frame.split_off(HEADER))))
    }
}

fn garbled(what: &str) -> EngineError {
    EngineError::Garbled {
        what: what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(frames: &mut Frames) -> Vec<(Output, Bytes)> {
        std::iter::from_fn(|| frames.next().unwrap()).collect()
    }

    #[test]
    fn frames_come_whole_however_they_are_cut() {
        let text = b"\x01\0\0\0\0\0\0\x03abc\x02\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\x01z";
        for cut in 0..text.len() {
            let mut frames = Frames::default();
            frames.feed(&text[..cut]);
            let mut got = all(&mut frames);
            frames.feed(&text[cut..]);
            got.extend(all(&mut frames));
            let expected = [
                (Output::Stdout, Bytes::from_static(b"abc")),
                (Output::Stderr, Bytes::new()),
                (Output::Stderr, Bytes::from_static(b"z")),
            ];
            assert_eq!(got, expected, "cut at {cut}");
        }
    }

    #[test]
    fn what_is_no_frame_is_told_and_not_held() {
        for bad in [
            &b"\x01\0\0\0\xff\xff\xff\xff"[..],
            b"plain text",
            b"\x07\0\0\0\0\0\0\x01",
        ] {
            let mut frames = Frames::default();
            frames.feed(bad);
            assert!(matches!(frames.next(), Err(EngineError::Garbled { .. })));
        }
    }
}
