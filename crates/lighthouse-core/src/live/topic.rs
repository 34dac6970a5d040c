//! What a topic shows to a viewer.

use lighthouse_model::Problem;
use lighthouse_model::live::{Revision, Topic, TopicData};

use crate::access::{authorize, right};
use crate::change::Change;
use crate::store::OperationFilter;
use crate::{Console, Result, Target, Viewer};

/// Operations in the topic of the newest.
const OPERATIONS: u32 = 100;

impl Console {
    /// Everything a topic shows to a viewer, with the revision it is of. Changes after that revision are not lost
    /// to whoever follows from it.
    pub async fn topic(&self, viewer: &Viewer, topic: &Topic) -> Result<(Revision, TopicData)> {
        // Read first: what is read after it may be newer, never older.
        let revision = self.changes().revision();
        match topic {
            Topic::Overview => {
                let overview = self.overview(viewer).await?;
                Ok((revision, TopicData::Overview(overview)))
            }
            Topic::Hosts => {
                let grant = authorize::<right::HostView>(viewer, Target::Installation)?;
                let (revision, hosts) = self.hosts(&grant);
                Ok((revision, TopicData::Hosts(hosts)))
            }
            Topic::Containers(window) => {
                let grant = authorize::<right::ContainerView>(viewer, Target::Installation)?;
                let (revision, page) = self.container_page(&grant, window);
                Ok((revision, TopicData::Containers(page)))
            }
            Topic::Container { key } => {
                let grant = authorize::<right::ContainerView>(viewer, Target::Container(key.clone()))?;
                let detail = self.container_detail(&grant).await?;
                Ok((revision, TopicData::Container(detail)))
            }
            Topic::Stats { key } => {
                let grant = authorize::<right::ContainerView>(viewer, Target::Container(key.clone()))?;
                self.container_of(&grant)?;
                let samples = self.fleet().stats(key).borrow().to_vec();
                Ok((revision, TopicData::Stats(samples)))
            }
            Topic::Applications => {
                let grant = authorize::<right::ApplicationView>(viewer, Target::Installation)?;
                let rows = self.application_rows(&grant).await?;
                Ok((revision, TopicData::Applications(rows)))
            }
            Topic::Application { name } => {
                // Who may see no application may not learn which names exist.
                authorize::<right::ApplicationView>(viewer, Target::Installation)?;
                let target = self.application_target(name.as_str()).await?;
                let grant = authorize::<right::ApplicationView>(viewer, target)?;
                let view = self.application_view(&grant).await?;
                Ok((revision, TopicData::Application(view)))
            }
            Topic::Operations => {
                let grant = authorize::<right::OperationView>(viewer, Target::Installation)?;
                let newest = OperationFilter {
                    limit: OPERATIONS,
                    ..OperationFilter::default()
                };
                let rows = self.operation_rows(&grant, &newest).await?;
                Ok((revision, TopicData::Operations(rows)))
            }
            Topic::Operation { id } => {
                let grant = authorize::<right::OperationView>(viewer, Target::Operation(*id))?;
                let view = self.operation_view(&grant).await?;
                Ok((revision, TopicData::Operation(view)))
            }
        }
    }
}

/// May the viewer follow this topic now?
pub(super) fn permit(viewer: &Viewer, topic: &Topic) -> Result<(), Problem> {
    match topic {
        Topic::Overview | Topic::Hosts => {
            authorize::<right::HostView>(viewer, Target::Installation).map(drop)
        }
        Topic::Containers(_) | Topic::Container { .. } | Topic::Stats { .. } => {
            authorize::<right::ContainerView>(viewer, Target::Installation).map(drop)
        }
        Topic::Applications | Topic::Application { .. } => {
            authorize::<right::ApplicationView>(viewer, Target::Installation).map(drop)
        }
        Topic::Operations | Topic::Operation { .. } => {
            authorize::<right::OperationView>(viewer, Target::Installation).map(drop)
        }
    }
}

/// Can this change make a difference to what a topic shows?
pub(super) fn concerns(topic: &Topic, change: &Change) -> bool {
    match topic {
        _ if matches!(change, Change::Rights(_)) => false,
        Topic::Stats { .. } => false,
        Topic::Overview | Topic::Applications | Topic::Application { .. } => true,
        Topic::Hosts => !matches!(change, Change::Operation(_)),
        Topic::Containers(_) => {
            matches!(
                change,
                Change::Container(_) | Change::Containers(_) | Change::Host(_)
            )
        }
        Topic::Container { key } => match change {
            Change::Container(other) => key == other,
            Change::Containers(host) | Change::Host(host) => key.host == *host,
            _ => false,
        },
        Topic::Operations => matches!(change, Change::Operation(_)),
        Topic::Operation { id } => *change == Change::Operation(*id),
    }
}
