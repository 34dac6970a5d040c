//! Frames of `/ws/live`: JSON text messages, one socket per tab.
//!
//! A page is rendered by the server at a revision; the browser then subscribes to what is on the screen and
//! receives what changed after it. A subscription's first answer is always a snapshot unless its revision is
//! still current. A slow reader gets [`ServerFrame::Snapshot`] again, never an unbounded queue.

use serde::{Deserialize, Serialize};

use crate::application::{ApplicationRow, ApplicationView};
use crate::container::{ContainerCounts, ContainerDetail, ContainerRow, StatsSample};
use crate::host::HostRow;
use crate::operation::{OperationRow, OperationView};
use crate::{ContainerKey, Millis, Name, OperationId};

/// Raised when a frame changes in a way that older pages cannot read.
pub const PROTOCOL: u32 = 1;

/// Orders everything the console shows; rises with every change.
pub type Revision = u64;

/// Which column a list of containers is sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ContainerSort {
    /// Trouble first, then by name.
    #[default]
    State,
    /// By name.
    Name,
    /// By host, then name.
    Host,
    /// By image, then name.
    Image,
    /// Newest first.
    Created,
}

/// A window of the list of containers.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct ContainerWindow {
    /// The query as typed.
    pub query: String,
    /// The order.
    #[serde(default)]
    pub sort: ContainerSort,
    /// Turned round?
    #[serde(default)]
    pub descending: bool,
    /// The first row wanted.
    #[serde(default)]
    pub offset: u32,
    /// How many rows at most; the console caps it at 500.
    pub limit: u32,
}

/// What a tab can look at.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "topic")]
pub enum Topic {
    /// The overview.
    Overview,
    /// All hosts.
    Hosts,
    /// A window of the list of containers.
    Containers(ContainerWindow),
    /// One container.
    Container {
        /// Which one.
        key: ContainerKey,
    },
    /// CPU and memory of one container, while it is looked at.
    Stats {
        /// Which one.
        key: ContainerKey,
    },
    /// All applications.
    Applications,
    /// One application.
    Application {
        /// Its name.
        name: Name,
    },
    /// The newest operations.
    Operations,
    /// One operation.
    Operation {
        /// Which one. Not `id` in JSON: a topic stands flat in [`ClientFrame::Subscribe`], which has an `id` already.
        #[serde(rename = "operation")]
        id: OperationId,
    },
}

/// What the browser sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "do")]
pub enum ClientFrame {
    /// Follow a topic. `id` is the tab's own; using one again replaces what it followed.
    Subscribe {
        /// The tab's number for it.
        id: u32,
        /// What to follow.
        #[serde(flatten)]
        topic: Topic,
        /// The revision the page was rendered at.
        #[serde(default)]
        revision: Option<Revision>,
    },
    /// Stop following.
    Unsubscribe {
        /// The tab's number for it.
        id: u32,
    },
}

/// What the console sends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ServerFrame {
    /// Always first.
    Hello {
        /// [`PROTOCOL`].
        protocol: u32,
        /// The console's build: another one than the page's offers a reload.
        build: String,
        /// The console's clock.
        now: Millis,
    },
    /// Sent every few seconds: the connection lives, and this is how old the oldest datum is.
    Pulse {
        /// The console's clock.
        now: Millis,
        /// How the fleet is.
        #[serde(flatten)]
        pulse: Pulse,
    },
    /// Everything a topic shows, at a revision.
    Snapshot {
        /// The tab's number for it.
        id: u32,
        /// Its revision.
        revision: Revision,
        /// What it shows.
        data: Box<TopicData>,
    },
    /// What changed since the revision before.
    Change {
        /// The tab's number for it.
        id: u32,
        /// The revision after it.
        revision: Revision,
        /// What changed.
        data: Box<TopicChange>,
    },
    /// A topic cannot be followed, or no longer: it is gone, or the right to see it is.
    Refused {
        /// The tab's number for it.
        id: u32,
        /// Why.
        problem: crate::Problem,
    },
    /// The session ended: sign in again.
    SignedOut,
}

/// What every page says of the fleet. All zero for those who may not see hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Pulse {
    /// When the host that answered longest ago last answered; `None` without hosts.
    pub oldest: Option<Millis>,
    /// Hosts that do not answer.
    pub down: u32,
    /// Hosts reached without TLS beyond the loopback.
    pub insecure: u32,
}

/// Everything a topic shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(clippy::large_enum_variant, reason = "always boxed in its frame")]
pub enum TopicData {
    /// The overview.
    Overview(OverviewView),
    /// All hosts.
    Hosts(Vec<HostRow>),
    /// A window of the list of containers.
    Containers(ContainerPage),
    /// One container.
    Container(ContainerDetail),
    /// CPU and memory of one container.
    Stats(Vec<StatsSample>),
    /// All applications.
    Applications(Vec<ApplicationRow>),
    /// One application.
    Application(ApplicationView),
    /// The newest operations.
    Operations(Vec<OperationRow>),
    /// One operation.
    Operation(OperationView),
}

/// What changed in a topic.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TopicChange {
    /// Rows of the window that changed, and the window's order when that changed.
    Containers {
        /// Changed or new rows.
        rows: Vec<ContainerRow>,
        /// The window's keys in order; `None` when unchanged.
        order: Option<Vec<ContainerKey>>,
        /// Rows that match the query in all.
        total: u32,
        /// Counts over all that match.
        counts: ContainerCounts,
    },
    /// One more measurement.
    Stats(StatsSample),
    /// Steps that changed, with the row.
    Operation {
        /// The row.
        row: OperationRow,
        /// Changed steps.
        steps: Vec<crate::operation::StepView>,
    },
    /// Topics that are small are sent whole.
    Whole(Box<TopicData>),
}

/// A window of the list of containers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerPage {
    /// The rows, in order.
    pub rows: Vec<ContainerRow>,
    /// Rows that match the query in all.
    pub total: u32,
    /// Counts over all that match.
    pub counts: ContainerCounts,
    /// What is wrong with the query, if anything; the rows are then those of an empty query.
    pub query_problem: Option<String>,
    /// Hosts whose rows are missing or stale because they do not answer.
    pub hosts_down: Vec<Name>,
}

/// One cell of the map of all hosts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapCell {
    /// The container.
    pub key: ContainerKey,
    /// Its name.
    pub name: String,
    /// Its tone.
    pub tone: crate::Tone,
}

/// The overview: trouble first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverviewView {
    /// What needs attention, worst first.
    pub attention: Vec<Attention>,
    /// Each host with its containers, for the map.
    pub hosts: Vec<(HostRow, Vec<MapCell>)>,
    /// Containers in all.
    pub counts: ContainerCounts,
    /// Applications in all.
    pub applications: Vec<ApplicationRow>,
    /// Operations in progress.
    pub running: Vec<OperationRow>,
    /// The last operations that ended.
    pub recent: Vec<OperationRow>,
    /// Without hosts: where an engine was looked for, and what was found there.
    pub tried: Vec<(String, String)>,
    /// What the viewer may do here: `Create` adds a host, `Deploy` makes an application.
    pub allowed: crate::Actions,
}

/// One thing that needs attention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attention {
    /// What and how bad.
    pub verdict: crate::Verdict,
    /// What it is about, by name.
    pub subject: String,
    /// The page to go to, without the base path, such as `/hosts/eu-1`.
    pub path: String,
    /// Since when.
    pub since: Option<Millis>,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A topic stands flat in its frame: a field of the same name as one of the frame's would make it unreadable.
    #[test]
    fn every_topic_can_be_followed() {
        let key = ContainerKey {
            host: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            id: "4f".repeat(32).parse().unwrap(),
        };
        let topics = [
            Topic::Overview,
            Topic::Hosts,
            Topic::Containers(ContainerWindow::default()),
            Topic::Container { key: key.clone() },
            Topic::Stats { key },
            Topic::Applications,
            Topic::Application {
                name: "shop".parse().unwrap(),
            },
            Topic::Operations,
            Topic::Operation {
                id: "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap(),
            },
        ];
        for topic in topics {
            let frame = ClientFrame::Subscribe {
                id: 7,
                topic,
                revision: Some(3),
            };
            let text = serde_json::to_string(&frame).unwrap();
            assert_eq!(
                serde_json::from_str::<ClientFrame>(&text).unwrap(),
                frame,
                "{text}"
            );
        }
    }
}
