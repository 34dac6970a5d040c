//! What waits for a viewer: bounded, the oldest lines go first, and the gap is counted exactly.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use lighthouse_model::log::{LogFrame, LogLine, LogSource};
use tokio::sync::Notify;

/// Bytes that wait at most, counted with what each line costs.
const BYTES: usize = 1024 * 1024;
/// Lines that wait at most: more would be shown too late.
const LINES: usize = 10_000;
/// Lines in one frame at most.
const BATCH: usize = 1000;
/// What a line costs beside its text.
const OVERHEAD: usize = 48;

/// Between the streams from engines and one viewer.
#[derive(Debug, Default)]
pub(super) struct Ring {
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Item>,
    /// News of sources whose place in the order was dropped: they are told first.
    control: Vec<LogFrame>,
    lines: usize,
    bytes: usize,
    dropped_lines: u64,
    dropped_bytes: u64,
}

#[derive(Debug)]
enum Item {
    Line(LogLine),
    Frame(LogFrame),
}

impl Ring {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn line(&self, line: LogLine) {
        let mut state = self.lock();
        let first = state.is_empty();
        state.push(line);
        drop(state);
        if first {
            self.filled.notify_one();
        }
    }

    pub(super) fn source(&self, source: LogSource) {
        self.frame(LogFrame::Source(source));
    }

    pub(super) fn ended(&self, source: u32, why: String) {
        self.frame(LogFrame::Ended { source, why });
    }

    pub(super) fn closed(&self, why: &str) {
        self.frame(LogFrame::Closed { why: why.to_owned() });
    }

    fn frame(&self, frame: LogFrame) {
        self.lock().waiting.push_back(Item::Frame(frame));
        self.filled.notify_one();
    }

    /// Resolves when something waits.
    pub(super) async fn filled(&self) {
        loop {
            let notified = self.filled.notified();
            if !self.lock().is_empty() {
                return;
            }
            notified.await;
        }
    }

    /// Takes a batch: first what was dropped, then what waits longest.
    pub(super) fn take(&self, out: &mut VecDeque<LogFrame>) {
        let mut state = self.lock();
        if state.dropped_lines > 0 {
            out.push_back(LogFrame::Gap {
                lines: std::mem::take(&mut state.dropped_lines),
                bytes: std::mem::take(&mut state.dropped_bytes),
            });
        }
        out.extend(state.control.drain(..));
        let mut batch = Vec::new();
        while batch.len() < BATCH {
            match state.waiting.pop_front() {
                Some(Item::Line(line)) => {
                    state.lines -= 1;
                    state.bytes -= cost(&line);
                    batch.push(line);
                }
                Some(Item::Frame(frame)) => {
                    if !batch.is_empty() {
                        out.push_back(LogFrame::Lines(std::mem::take(&mut batch)));
                    }
                    out.push_back(frame);
                }
                None => break,
            }
        }
        if !batch.is_empty() {
            out.push_back(LogFrame::Lines(batch));
        }
    }
}

impl State {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.control.is_empty() && self.dropped_lines == 0
    }

    fn push(&mut self, line: LogLine) {
        self.lines += 1;
        self.bytes += cost(&line);
        self.waiting.push_back(Item::Line(line));
        while self.bytes > BYTES || self.lines > LINES {
            match self.waiting.pop_front() {
                Some(Item::Line(line)) => {
                    self.lines -= 1;
                    self.bytes -= cost(&line);
                    self.dropped_lines += 1;
                    self.dropped_bytes += line.text.len() as u64;
                }
                Some(Item::Frame(frame)) => self.control.push(frame),
                None => break,
            }
        }
    }
}

fn cost(line: &LogLine) -> usize {
    line.text.len() + OVERHEAD
}

#[cfg(test)]
mod tests {
    use lighthouse_model::log::Output;
    use proptest::prelude::*;

    use super::*;

    fn line(n: usize, length: usize) -> LogLine {
        LogLine {
            source: 0,
            at: i64::try_from(n).unwrap(),
            output: Output::Stdout,
            level: None,
            text: "x".repeat(length),
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Lines written = lines shown + lines reported as dropped, in order, whatever the pace of the reader.
        #[test]
        fn what_is_not_shown_is_counted(
            steps in prop::collection::vec((0..12_000usize, 0..200usize, 0..8usize), 1..12)
        ) {
            let ring = Ring::default();
            let (mut written, mut written_bytes) = (0usize, 0u64);
            let (mut shown, mut shown_bytes, mut dropped, mut dropped_bytes) = (0u64, 0u64, 0u64, 0u64);
            let mut last = -1;
            let mut out = VecDeque::new();
            let mut read = |ring: &Ring, batches: usize| {
                for _ in 0..batches {
                    ring.take(&mut out);
                    for frame in out.drain(..) {
                        match frame {
                            LogFrame::Lines(lines) => for line in lines {
                                assert!(line.at > last, "in order");
                                // What lies between was dropped before, and told before.
                                assert_eq!(line.at, i64::try_from(shown + dropped).unwrap());
                                last = line.at;
                                shown += 1;
                                shown_bytes += line.text.len() as u64;
                            },
                            LogFrame::Gap { lines, bytes } => {
                                dropped += lines;
                                dropped_bytes += bytes;
                            }
                            _ => {}
                        }
                    }
                }
                (shown + dropped, shown_bytes + dropped_bytes)
            };
            for (lines, length, batches) in steps {
                for _ in 0..lines {
                    ring.line(line(written, length));
                    written += 1;
                    written_bytes += length as u64;
                }
                {
                    let state = ring.lock();
                    prop_assert!(state.bytes <= BYTES && state.lines <= LINES);
                }
                read(&ring, batches);
            }
            let (lines, bytes) = read(&ring, 20);
            prop_assert_eq!(lines, written as u64);
            prop_assert_eq!(bytes, written_bytes);
        }
    }

    #[test]
    fn news_of_sources_survive_what_is_dropped() {
        let ring = Ring::default();
        ring.source(LogSource {
            n: 0,
            key: lighthouse_model::ContainerKey {
                host: crate::identity::NewId::fresh(),
                id: "a".repeat(64).parse().unwrap(),
            },
            name: "web-1".into(),
            host: "eu-1".into(),
        });
        for n in 0..LINES * 2 {
            ring.line(line(n, 10));
        }
        let mut out = VecDeque::new();
        ring.take(&mut out);
        assert!(matches!(out[0], LogFrame::Gap { lines: 10_000, .. }));
        assert!(matches!(out[1], LogFrame::Source(_)));
        assert!(matches!(out[2], LogFrame::Lines(_)));
    }
}
