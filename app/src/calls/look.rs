//! Reading what a page shows.

use leptos::prelude::*;
use leptos::server_fn::codec::Json;
use lighthouse_model::live::{Revision, Topic, TopicData};
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A topic at a revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Looked {
    pub(crate) revision: Revision,
    pub(crate) data: TopicData,
}

/// Looks at a topic, the same as the live connection would show it at this moment.
#[server(prefix = "/api/ui", endpoint = "look", input = Json)]
pub(crate) async fn look(topic: Topic) -> Result<Looked, Failure> {
    let caller = super::caller::caller()?;
    // One topic, one right: the use case asks the gate itself.
    let (revision, data) = caller.console.topic(&caller.viewer, &topic).await?;
    Ok(Looked { revision, data })
}
