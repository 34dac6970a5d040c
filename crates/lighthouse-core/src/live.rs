//! Live data: what a topic shows, and following topics while they are on the screen.
//!
//! [`Console::topic`] is the one path to what a page shows: the first rendering, snapshots and the API use it.
//! [`Console::live`] is everything behind `/ws/live`; the server's socket only pipes frames.

mod feed;
mod follower;
mod overview;
mod rights;
mod topic;
mod window;

use std::sync::Arc;

use futures::future::BoxFuture;
use lighthouse_model::Permission;
use lighthouse_model::live::{ClientFrame, Pulse, ServerFrame};
use tokio::sync::mpsc;

use crate::{Console, Viewer};

/// Frames that wait for a slow reader; more become one snapshot.
pub const FRAMES: usize = 16;
/// Frames from a tab that wait to be read.
pub const COMMANDS: usize = 32;

/// Looks up who the viewer is now: `None` when the session or token has ended. Asked every few seconds and
/// whenever rights change, so that a right that is lost cuts what it showed.
pub type Refresh = Arc<dyn Fn() -> BoxFuture<'static, Option<Viewer>> + Send + Sync>;

impl Console {
    /// Serves one tab until it leaves, its viewer is signed out, or the console stops.
    ///
    /// `commands` is what the tab sends, `frames` what it is sent; make them with room for [`COMMANDS`] and
    /// [`FRAMES`]. Nothing is spawned: whoever calls this drives it.
    pub async fn live(
        &self,
        viewer: Viewer,
        refresh: Refresh,
        build: &str,
        commands: mpsc::Receiver<ClientFrame>,
        frames: mpsc::Sender<ServerFrame>,
    ) {
        follower::Follower::new(self.clone(), viewer, refresh, frames)
            .run(build, commands)
            .await;
    }

    /// What every page of this viewer says of the fleet.
    pub fn pulse(&self, viewer: &Viewer) -> Pulse {
        if viewer.may(Permission::HostView) {
            self.fleet().pulse()
        } else {
            Pulse::default()
        }
    }
}
