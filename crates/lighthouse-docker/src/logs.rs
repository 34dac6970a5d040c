//! A container's log: lines with their time and output, each cut at 16 KiB.

use std::collections::VecDeque;

use bytes::Bytes;
use futures::stream;
use lighthouse_core::engine::{EngineError, EngineStream, LogRequest, RawLogLine};
use lighthouse_model::log::Output;
use lighthouse_model::{ContainerId, Millis};

use crate::frames::Frames;
use crate::moment;
use crate::query::Target;
use crate::stream::Chunks;

/// Bytes that one line may have.
pub(crate) const LINE: usize = 16 * 1024;

/// `2024-02-29T12:34:56.789123456+01:00` and the space after it.
const STAMP: usize = 40;

/// Where to ask for it.
pub(crate) fn target(id: &ContainerId, request: LogRequest) -> Target {
    let mut target = Target::new(format!("/containers/{id}/logs"))
        .with("stdout", "1")
        .with("stderr", "1")
        .with("timestamps", "1");
    if let Some(lines) = request.tail {
        target = target.with("tail", &lines.to_string());
    }
    if request.follow {
        target = target.with("follow", "1");
    }
    if let Some(since) = request.since {
        let (seconds, millis) = (since.div_euclid(1000), since.rem_euclid(1000));
        target = target.with("since", &format!("{seconds}.{millis:03}000000"));
    }
    target
}

/// The lines of an open answer.
pub(crate) fn decode(chunks: Chunks, tty: bool) -> EngineStream<RawLogLine> {
    let decoder = if tty {
        Decoder::terminal()
    } else {
        Decoder::framed()
    };
    let state = (Some(chunks), decoder);
    Box::pin(stream::try_unfold(state, async |(mut chunks, mut decoder)| {
        loop {
            if let Some(line) = decoder.ready.pop_front() {
                return Ok::<_, EngineError>(Some((line, (chunks, decoder))));
            }
            let Some(open) = chunks.as_mut() else {
                return Ok(None);
            };
            if let Some(bytes) = open.next().await? {
                decoder.feed(&bytes)?;
            } else {
                decoder.end();
                chunks = None;
            }
        }
    }))
}

/// Turns bytes into lines, by one of the two framings.
#[derive(Debug)]
struct Decoder {
    framing: Framing,
    ready: VecDeque<RawLogLine>,
    /// The time of the last line that had one.
    last: Millis,
}

#[derive(Debug)]
enum Framing {
    /// With a terminal: nothing but lines.
    Terminal(Line),
    /// Without: frames, and a line under way for each output.
    Framed { frames: Frames, out: Line, err: Line },
}

/// A line under way.
#[derive(Debug, Default)]
struct Line {
    text: Vec<u8>,
    at: Option<Millis>,
    truncated: bool,
    begun: bool,
}

impl Line {
    fn push(&mut self, bytes: &[u8], limit: usize) {
        self.begun = true;
        let space = limit.saturating_sub(self.text.len());
        if bytes.len() > space {
            self.truncated = true;
        }
        self.text.extend_from_slice(&bytes[..bytes.len().min(space)]);
    }
}

impl Decoder {
    fn terminal() -> Self {
        Self::with(Framing::Terminal(Line::default()))
    }

    fn framed() -> Self {
        Self::with(Framing::Framed {
            frames: Frames::default(),
            out: Line::default(),
            err: Line::default(),
        })
    }

    fn with(framing: Framing) -> Self {
        Self {
            framing,
            ready: VecDeque::new(),
            last: 0,
        }
    }

    fn feed(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        let Self { framing, ready, last } = self;
        match framing {
            Framing::Terminal(line) => {
                for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
                    let (text, ended) = without_end(piece);
                    line.push(text, LINE + STAMP);
                    if ended {
                        ready.push_back(stamped(line, last));
                    }
                }
            }
            Framing::Framed { frames, out, err } => {
                frames.feed(bytes);
                while let Some((output, payload)) = frames.next()? {
                    let line = match output {
                        Output::Stdout => &mut *out,
                        Output::Stderr => &mut *err,
                    };
                    // Each frame begins with a time, also one that goes on with a long line.
                    let (at, text) = split_stamp(&payload);
                    if let Some(at) = at {
                        *last = at;
                    }
                    for piece in text.split_inclusive(|byte| *byte == b'\n') {
                        let (text, ended) = without_end(piece);
                        line.at.get_or_insert(*last);
                        line.push(text, LINE);
                        if ended {
                            ready.push_back(finish(line, output, *last));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The log ended: a line without its end is a line.
    fn end(&mut self) {
        let Self { framing, ready, last } = self;
        match framing {
            Framing::Terminal(line) => {
                if line.begun {
                    ready.push_back(stamped(line, last));
                }
            }
            Framing::Framed { out, err, .. } => {
                for (line, output) in [(out, Output::Stdout), (err, Output::Stderr)] {
                    if line.begun {
                        ready.push_back(finish(line, output, *last));
                    }
                }
            }
        }
    }
}

/// A whole line that still has its time in front.
fn stamped(line: &mut Line, last: &mut Millis) -> RawLogLine {
    let (at, text) = split_stamp(&line.text);
    *last = at.unwrap_or(*last);
    let stamp = line.text.len() - text.len();
    line.text.drain(..stamp);
    if line.text.len() > LINE {
        line.truncated = true;
    }
    line.at = Some(*last);
    finish(line, Output::Stdout, *last)
}

fn finish(line: &mut Line, output: Output, last: Millis) -> RawLogLine {
    let Line {
        text, at, truncated, ..
    } = std::mem::take(line);
    let text = text.strip_suffix(b"\r").unwrap_or(&text);
    RawLogLine {
        output,
        at: at.unwrap_or(last),
        // A copy of its own: a slice would keep the whole chunk in memory as long as the line.
        text: Bytes::copy_from_slice(&text[..text.len().min(LINE)]),
        truncated,
    }
}

fn without_end(piece: &[u8]) -> (&[u8], bool) {
    piece
        .strip_suffix(b"\n")
        .map_or((piece, false), |text| (text, true))
}

/// The time in front of a line, and the line.
fn split_stamp(line: &[u8]) -> (Option<Millis>, &[u8]) {
    let front = &line[..line.len().min(STAMP)];
    let end = front.iter().position(|byte| *byte == b' ');
    // An empty line is a time alone.
    let (stamp, rest) = match end {
        Some(end) => (&line[..end], &line[end + 1..]),
        None => (line.trim_ascii_end(), &line[line.trim_ascii_end().len()..]),
    };
    match std::str::from_utf8(stamp).ok().and_then(moment::parse) {
        Some(at) => (Some(at), rest),
        None => (None, line),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "2024-02-29T12:34:56.789123456Z";
    const MILLIS: Millis = 1_709_210_096_789;

    fn frame(kind: u8, payload: &str) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&[kind, 0, 0, 0], &length[..], payload.as_bytes()].concat()
    }

    fn run(mut decoder: Decoder, bytes: &[u8], step: usize) -> Vec<(Output, Millis, String, bool)> {
        for chunk in bytes.chunks(step) {
            decoder.feed(chunk).unwrap();
        }
        decoder.end();
        decoder
            .ready
            .into_iter()
            .map(|line| {
                let text = String::from_utf8_lossy(&line.text).into_owned();
                (line.output, line.at, text, line.truncated)
            })
            .collect()
    }

    #[test]
    fn two_outputs_are_told_apart_however_the_bytes_are_cut() {
        let log = [
            frame(1, &format!("{AT} one\n")),
            frame(2, &format!("{AT} two\r\n")),
            frame(1, &format!("{AT} \n")),
            frame(1, &format!("{AT} no end")),
        ]
        .concat();
        for step in [1, 3, 7, 64, log.len()] {
            assert_eq!(
                run(Decoder::framed(), &log, step),
                [
                    (Output::Stdout, MILLIS, "one".to_owned(), false),
                    (Output::Stderr, MILLIS, "two".to_owned(), false),
                    (Output::Stdout, MILLIS, String::new(), false),
                    (Output::Stdout, MILLIS, "no end".to_owned(), false),
                ],
                "in steps of {step}"
            );
        }
    }

    #[test]
    fn a_terminal_has_lines_only_and_bytes_like_headers_are_text() {
        let log = format!("{AT} one\r\n{AT} \u{1}\0\0\0\0\0\0\u{5}hello\r\n{AT} \r\nnot stamped\n");
        for step in [1, 5, log.len()] {
            let lines: Vec<_> = run(Decoder::terminal(), log.as_bytes(), step)
                .into_iter()
                .map(|(_, at, text, _)| (at, text))
                .collect();
            let expected = ["one", "\u{1}\0\0\0\0\0\0\u{5}hello", "", "not stamped"];
            assert_eq!(lines, expected.map(|text| (MILLIS, text.to_owned())));
        }
    }

    #[test]
    fn a_long_line_in_several_frames_is_one_cut_line() {
        let part = "x".repeat(LINE);
        let log = [
            frame(1, &format!("{AT} {part}")),
            frame(2, &format!("{AT} between\n")),
            frame(1, &format!("{AT} {part}")),
            frame(1, &format!("{AT} end\n")),
            frame(1, &format!("{AT} next\n")),
        ]
        .concat();
        let lines = run(Decoder::framed(), &log, 1000);
        assert_eq!(lines.len(), 3);
        assert_eq!(lines[0].2, "between");
        assert_eq!((lines[1].2.len(), lines[1].3), (LINE, true));
        assert_eq!((lines[2].2.as_str(), lines[2].3), ("next", false));
    }

    #[test]
    fn a_terminal_line_without_end_never_grows() {
        let mut decoder = Decoder::terminal();
        for _ in 0..1000 {
            decoder.feed(&[b'x'; 4096]).unwrap();
        }
        let Framing::Terminal(line) = &decoder.framing else {
            unreachable!()
        };
        assert!(line.text.len() <= LINE + STAMP);
        decoder.end();
        assert_eq!(decoder.ready[0].text.len(), LINE);
        assert!(decoder.ready[0].truncated);
    }

    #[test]
    fn the_request_names_what_is_wanted() {
        let id = "a".repeat(64).parse().unwrap();
        let request = LogRequest {
            tail: Some(100),
            follow: true,
            since: Some(1_700_000_000_123),
            tty: false,
        };
        assert_eq!(
            target(&id, request).as_str().split_once('?').unwrap().1,
            "stdout=1&stderr=1&timestamps=1&tail=100&follow=1&since=1700000000%2E123000000"
        );
    }
}
