//! One topic that a tab follows.

use std::time::Duration;

use lighthouse_model::live::{Revision, ServerFrame, Topic, TopicChange, TopicData};
use lighthouse_model::operation::OperationView;
use tokio::time::Instant;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::window::Window;
use crate::change::Change;
use crate::fleet::Dirty;

/// Between two frames of one topic.
const FRAME: Duration = Duration::from_millis(16);
/// However busy, a topic is not older than this.
const LONGEST: Duration = Duration::from_millis(500);
/// A topic may keep the console busy for at most one part in so many of the time.
const SHARE: u32 = 4;

/// A followed topic.
pub(super) struct Feed {
    /// Tells it from what the tab followed under the same number before.
    pub(super) serial: u64,
    pub(super) topic: Topic,
    pub(super) kind: Kind,
    pub(super) dirty: Dirty,
    /// Not before then.
    pub(super) due: Instant,
}

pub(super) enum Kind {
    Window(Box<Window>),
    /// Measurements arrive by themselves until the guard is dropped.
    Stats {
        told: usize,
        last: i64,
        _open: DropGuard,
    },
    /// Small enough to be read anew and compared.
    Whole {
        told: Option<Box<TopicData>>,
        reading: bool,
    },
}

impl Feed {
    pub(super) fn new(serial: u64, topic: Topic) -> Self {
        let kind = match &topic {
            Topic::Containers(window) => Kind::Window(Box::new(Window::new(window))),
            Topic::Stats { .. } => Kind::Stats {
                told: 0,
                last: i64::MIN,
                _open: CancellationToken::new().drop_guard(),
            },
            _ => Kind::Whole {
                told: None,
                reading: false,
            },
        };
        Self {
            serial,
            topic,
            kind,
            dirty: Dirty::everything(),
            due: Instant::now(),
        }
    }

    pub(super) fn mark(&mut self, change: &Change) {
        match change {
            Change::Container(key) => self.dirty.key(key.clone()),
            Change::Containers(host) | Change::Host(host) => self.dirty.host(*host),
            _ => self.dirty.all(),
        }
    }

    /// When there is something to do, if there is.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        let busy = matches!(self.kind, Kind::Whole { reading: true, .. } | Kind::Stats { .. });
        (!busy && !self.dirty.is_clean()).then_some(self.due)
    }

    /// After work that took so long: the next frame is not before a 60th of a second, and not so soon that the
    /// console does nothing else.
    pub(super) fn rest(&mut self, cost: Duration) {
        self.due = Instant::now() + FRAME.max((cost * SHARE).min(LONGEST));
    }

    /// The tab's picture is not what was told: tell it everything.
    pub(super) fn forget(&mut self) {
        self.dirty.again();
        match &mut self.kind {
            Kind::Window(window) => window.forget(),
            Kind::Whole { told, .. } => *told = None,
            Kind::Stats { told, .. } => *told = 0,
        }
    }

    /// The frame that tells `data`; `None` when the tab knows it already.
    pub(super) fn tell(&mut self, id: u32, revision: Revision, data: TopicData) -> Option<ServerFrame> {
        let Kind::Whole { told, .. } = &mut self.kind else {
            return None;
        };
        let frame = match (told.as_deref(), &data) {
            (None, _) => ServerFrame::Snapshot {
                id,
                revision,
                data: Box::new(data.clone()),
            },
            (Some(before), now) if before == now => return None,
            (Some(TopicData::Operation(before)), TopicData::Operation(now)) => ServerFrame::Change {
                id,
                revision,
                data: Box::new(operation_change(before, now)),
            },
            _ => ServerFrame::Change {
                id,
                revision,
                data: Box::new(TopicChange::Whole(Box::new(data.clone()))),
            },
        };
        *told = Some(Box::new(data));
        Some(frame)
    }
}

/// The steps that changed or are new; everything when steps were taken away.
fn operation_change(before: &OperationView, now: &OperationView) -> TopicChange {
    if now.steps.len() < before.steps.len() {
        return TopicChange::Whole(Box::new(TopicData::Operation(now.clone())));
    }
    let steps = now.steps.iter().enumerate();
    TopicChange::Operation {
        row: now.row.clone(),
        steps: steps
            .filter(|(n, step)| before.steps.get(*n) != Some(*step))
            .map(|(_, step)| step.clone())
            .collect(),
    }
}
