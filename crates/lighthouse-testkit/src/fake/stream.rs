//! Answers without an end: events, logs, figures.

use std::{io, time::Duration};

use bytes::{BufMut, Bytes, BytesMut};
use futures::{Stream, StreamExt, stream};
use serde_json::{Value, json};
use tokio::sync::{broadcast, watch};

use super::{
    container::Line,
    instant::{now, written},
    world::Written,
};

/// First these, then whatever comes; a follower who lags loses what is too old, as with an engine.
pub(super) fn events(
    past: Vec<Value>,
    coming: broadcast::Receiver<Value>,
    frozen: watch::Receiver<bool>,
    wanted: impl Fn(&Value) -> bool + Clone + Send + 'static,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let past = stream::iter(past);
    past.chain(follow(coming, frozen))
        .filter(move |event| futures::future::ready(wanted(event)))
        .map(|event| Ok(Bytes::from(format!("{event}\n"))))
}

/// The lines so far, then those to come if they are followed.
pub(super) fn log(
    past: Vec<Line>,
    coming: Option<broadcast::Receiver<Written>>,
    frozen: watch::Receiver<bool>,
    id: String,
    form: Form,
) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let coming = coming.map(|coming| {
        follow(coming, frozen)
            .filter_map(move |(of, line)| futures::future::ready((of == id).then_some(line)))
    });
    let coming = coming.map_or_else(|| stream::empty().boxed(), StreamExt::boxed);
    stream::iter(past)
        .chain(coming)
        .filter_map(move |line| futures::future::ready(form.write(&line).map(Ok)))
}

/// Figures of a container, one set a second or only one.
pub(super) fn stats(id: String, name: String, once: bool) -> impl Stream<Item = io::Result<Bytes>> + Send {
    let limit = if once { 1 } else { usize::MAX };
    stream::unfold(0_u64, move |round| {
        let figures = figures(&id, &name, round);
        async move {
            if round > 0 {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
            Some((Ok(Bytes::from(format!("{figures}\n"))), round + 1))
        }
    })
    .take(limit)
}

/// How a log is sent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Form {
    pub(super) raw: bool,
    pub(super) timestamps: bool,
    pub(super) stdout: bool,
    pub(super) stderr: bool,
}

impl Form {
    /// A frame of eight bytes and the line, or for a terminal the line alone.
    fn write(self, line: &Line) -> Option<Bytes> {
        if !self.raw && !(if line.to_stderr { self.stderr } else { self.stdout }) {
            return None;
        }
        let time = if self.timestamps {
            format!("{} ", written(line.time))
        } else {
            String::new()
        };
        let text = format!("{time}{}\n", line.text);
        let mut frame = BytesMut::with_capacity(text.len() + 8);
        if !self.raw {
            frame.put_u32(if line.to_stderr { 0x0200_0000 } else { 0x0100_0000 });
            frame.put_u32(u32::try_from(text.len()).unwrap_or(u32::MAX));
        }
        frame.put_slice(text.as_bytes());
        Some(frame.freeze())
    }
}

fn follow<T: Clone + Send + 'static>(
    coming: broadcast::Receiver<T>,
    frozen: watch::Receiver<bool>,
) -> impl Stream<Item = T> + Send {
    stream::unfold((coming, frozen), |(mut coming, mut frozen)| async move {
        loop {
            let next = coming.recv().await;
            drop(frozen.wait_for(|frozen| !frozen).await);
            match next {
                Ok(item) => return Some((item, (coming, frozen))),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    })
}

/// A tenth of one processor of two, and 8 MiB.
fn figures(id: &str, name: &str, round: u64) -> Value {
    let cpu = |round: u64| {
        json!({
            "cpu_usage": { "total_usage": round * 100_000_000, "percpu_usage": [round * 50_000_000, round * 50_000_000] },
            "system_cpu_usage": round * 2_000_000_000,
            "online_cpus": 2,
        })
    };
    json!({
        "id": id, "name": format!("/{name}"), "read": written(now()),
        "cpu_stats": cpu(round + 2), "precpu_stats": cpu(round + 1),
        "memory_stats": { "usage": 8_388_608, "limit": 1_073_741_824, "stats": { "total_inactive_file": 0 } },
        "pids_stats": { "current": 1 }, "networks": {}, "blkio_stats": {},
    })
}
