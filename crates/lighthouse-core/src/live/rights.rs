//! Cutting streams of their own (logs, terminals) when a right is lost.

use std::time::Duration;

use lighthouse_model::{Permission, UserId};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};

use super::Refresh;
use crate::Console;
use crate::change::Change;

/// How often it is looked whether a session still lives; a loss is noticed within 5 s.
pub(super) const LOOK_EVERY: Duration = Duration::from_secs(3);

impl Console {
    /// Resolves when the viewer may not do this any more, is signed out, or the console stops.
    pub async fn right_lost(&self, user: UserId, permission: Permission, refresh: &Refresh) {
        let stop = self.stopping();
        let mut changes = self.changes().follow();
        loop {
            let next = Instant::now() + LOOK_EVERY;
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    () = sleep_until(next) => break,
                    change = changes.recv() => match change {
                        Ok(change) if change.change == Change::Rights(user) => break,
                        Ok(_) | Err(RecvError::Lagged(_)) => {}
                        Err(RecvError::Closed) => return,
                    },
                }
            }
            match refresh().await {
                Some(viewer) if viewer.may(permission) => {}
                _ => return,
            }
        }
    }
}
