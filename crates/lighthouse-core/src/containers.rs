//! Containers: the list, one container's page, its measurements and its terminal.
//!
//! What lives here: reading. Starting, stopping and removing are operations
//! ([`crate::Console::act_on_containers`]).

mod detail;
mod terminal;

use std::sync::Arc;

use lighthouse_model::container::{ContainerDetail, ContainerRow};
use lighthouse_model::live::{ContainerPage, ContainerWindow, Revision};
use lighthouse_model::{ContainerKey, Name, Problem};

pub(crate) use self::detail::Inspections;
pub use self::terminal::Terminal;
use crate::access::{Right, right};
use crate::fleet::Container;
use crate::{Console, Grant, Result, Target};

impl Console {
    /// The target for [`crate::authorize`] of a container that a page's address names by host name and full id.
    pub fn container_target(&self, host: &str, id: &str) -> Result<Target> {
        let missing = || Problem::not_found("such container");
        let name: Name = host.parse().map_err(|_| missing())?;
        let id = id.parse().map_err(|_| missing())?;
        let host = self.fleet().host_named(&name).ok_or_else(missing)?.id;
        Ok(Target::Container(ContainerKey { host, id }))
    }

    /// A window of the list of all containers, with the revision it is of.
    pub fn container_page(
        &self,
        grant: &Grant<right::ContainerView>,
        window: &ContainerWindow,
    ) -> (Revision, ContainerPage) {
        let seen = self.fleet().page(window);
        (seen.revision, seen.page(grant.viewer().permissions))
    }

    /// The row of the grant's container.
    pub fn container_row(&self, grant: &Grant<right::ContainerView>) -> Result<ContainerRow> {
        let container = self.container_of(grant)?;
        let stale = self.fleet().stale_since(container.key.host);
        Ok(container.row(grant.viewer().permissions, stale))
    }

    /// Everything the page of the grant's container shows. When its engine does not answer in time, what the
    /// fleet knows.
    pub async fn container_detail(&self, grant: &Grant<right::ContainerView>) -> Result<ContainerDetail> {
        let container = self.container_of(grant)?;
        let stale = self.fleet().stale_since(container.key.host);
        let inspection = self.inspections().of(self.fleet(), &container).await;
        Ok(detail::view(
            &container,
            inspection.as_deref(),
            grant.viewer().permissions,
            stale,
        ))
    }

    /// What is known of the container a grant is for.
    pub(crate) fn container_of<R: Right>(&self, grant: &Grant<R>) -> Result<Arc<Container>> {
        let Target::Container(key) = grant.target() else {
            return Err(Problem::not_found("such container").into());
        };
        self.fleet()
            .container(key)
            .ok_or_else(|| Problem::not_found("such container").into())
    }
}
