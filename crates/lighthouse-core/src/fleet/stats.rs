//! CPU and memory of containers that somebody looks at: one stream each, whoever looks, and none for nobody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt;
use lighthouse_model::ContainerKey;
use lighthouse_model::container::StatsSample;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::{Fleet, Inner};
use crate::engine::deadline;

/// Samples kept for the plot of a viewer that comes later.
const SAMPLES: usize = 120;
/// A stream is closed so long after its last viewer left.
const LINGER: Duration = Duration::from_secs(5);
/// Before a stream that broke is opened again.
const AGAIN: Duration = Duration::from_secs(2);

/// The newest samples, oldest first.
pub(crate) type Samples = Arc<Vec<StatsSample>>;

/// The streams that are open.
#[derive(Default)]
pub(super) struct Feeds {
    open: Mutex<HashMap<ContainerKey, watch::Sender<Samples>>>,
}

impl Feeds {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ContainerKey, watch::Sender<Samples>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Fleet {
    /// Follows the measurements of a container; the stream to its engine lives as long as somebody does.
    pub(crate) fn stats(&self, key: &ContainerKey) -> watch::Receiver<Samples> {
        let mut open = self.inner.feeds.lock();
        if let Some(sender) = open.get(key) {
            return sender.subscribe();
        }
        let (sender, receiver) = watch::channel(Samples::default());
        open.insert(key.clone(), sender.clone());
        let (fleet, key) = (self.clone(), key.clone());
        self.inner.tasks.spawn(async move {
            let stop = fleet.inner.stop.clone();
            tokio::select! {
                () = stop.cancelled() => {}
                () = fleet.measure(&key, &sender) => {}
                () = fleet.inner.left(&key, &sender) => {}
            }
        });
        receiver
    }

    async fn measure(&self, key: &ContainerKey, sender: &watch::Sender<Samples>) {
        let mut watch = self.watch_container(key);
        loop {
            let running = watch
                .borrow_and_update()
                .as_ref()
                .is_some_and(|c| c.state.is_up());
            if let (true, Ok(engine)) = (running, self.engine(key.host)) {
                let stream = timeout(deadline::READ, engine.stats(&key.id)).await;
                if let Ok(Ok(mut stream)) = stream {
                    while let Some(Ok(raw)) = stream.next().await {
                        let sample = StatsSample {
                            at: self.inner.clock.now(),
                            cpu_percent: raw.cpu_percent,
                            memory: raw.memory,
                            memory_limit: raw.memory_limit,
                        };
                        sender.send_modify(|samples| {
                            let samples = Arc::make_mut(samples);
                            if samples.len() == SAMPLES {
                                samples.remove(0);
                            }
                            samples.push(sample);
                        });
                    }
                }
            }
            // It does not run, or its host does not answer: wait for news, and look again in any case.
            tokio::select! {
                changed = watch.changed() => if changed.is_err() {
                    sleep(AGAIN).await;
                },
                () = sleep(AGAIN) => {}
            }
        }
    }
}

impl Inner {
    /// Resolves when nobody has looked for a while.
    async fn left(&self, key: &ContainerKey, sender: &watch::Sender<Samples>) {
        loop {
            sender.closed().await;
            sleep(LINGER).await;
            let mut open = self.feeds.lock();
            if sender.receiver_count() == 0 {
                // Removed under the lock: who comes next opens a new one.
                open.remove(key);
                return;
            }
        }
    }
}
