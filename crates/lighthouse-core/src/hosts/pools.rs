//! Pools: hosts chosen by a label query.

use lighthouse_model::host::PoolView;
use lighthouse_model::query::Query;
use lighthouse_model::{Action, Actions, Name, Permission, PoolId, Problem};

use crate::access::right;
use crate::fleet::HostState;
use crate::identity::NewId;
use crate::store::{PoolRecord, StoreError};
use crate::{Console, Error, Grant, Result};

/// The name of the built-in pool.
pub const ALL_HOSTS: &str = "all-hosts";

impl Console {
    /// The pools, the built-in one first.
    pub async fn pools(&self, grant: &Grant<right::HostView>) -> Result<Vec<PoolView>> {
        let manage = grant.viewer().may(Permission::HostManage);
        let hosts = self.fleet().hosts();
        let mut views = Vec::new();
        if let Ok(name) = ALL_HOSTS.parse::<Name>() {
            views.push(PoolView {
                id: None,
                name,
                query: String::new(),
                hosts: hosts.iter().map(|h| h.name.clone()).collect(),
                allowed: Actions::NONE,
            });
        }
        let mut pools = self.store().pools().await?;
        pools.sort_by(|a, b| a.name.cmp(&b.name));
        for pool in pools {
            let members = chosen(&hosts, &pool.query);
            views.push(PoolView {
                id: Some(pool.id),
                name: pool.name,
                query: pool.query,
                hosts: members.into_iter().map(|h| h.name.clone()).collect(),
                allowed: Actions::NONE.with_if(Action::Remove, manage),
            });
        }
        Ok(views)
    }

    /// Makes a pool.
    pub async fn add_pool(
        &self,
        grant: &Grant<right::HostManage>,
        name: &str,
        query: &str,
    ) -> Result<PoolId> {
        let name: Name = name.parse().map_err(|why| Problem::invalid("name", why))?;
        let taken = || Problem::NameTaken {
            what: "pool".to_owned(),
            name: name.to_string(),
        };
        if name.as_str() == ALL_HOSTS {
            return Err(taken().into());
        }
        let parsed = Query::parse(query).map_err(|why| Problem::invalid("query", why))?;
        if parsed.is_empty() {
            return Err(Problem::invalid(
                "query",
                "a pool needs a query, such as `label.zone:eu`; all hosts are a pool already",
            )
            .into());
        }
        let pool = PoolRecord {
            id: PoolId::fresh(),
            name: name.clone(),
            query: query.to_owned(),
        };
        self.store().add_pool(&pool).await.map_err(|error| match error {
            StoreError::Taken(_) => taken().into(),
            other => Error::from(other),
        })?;
        self.note(grant.viewer(), "add-pool", format!("pool {name}"), pool.query)
            .await?;
        Ok(pool.id)
    }

    /// Takes a pool away; its hosts stay.
    ///
    /// # Errors
    /// [`Problem::Conflict`] while applications are placed on it.
    pub async fn remove_pool(&self, grant: &Grant<right::HostManage>, id: PoolId) -> Result<()> {
        let pools = self.store().pools().await?;
        let pool = pools
            .into_iter()
            .find(|p| p.id == id)
            .ok_or_else(|| Problem::not_found("such pool"))?;
        let users: Vec<String> = self
            .store()
            .applications()
            .await?
            .into_iter()
            .filter(|a| a.pool == Some(id))
            .map(|a| format!("`{}`", a.name))
            .collect();
        if !users.is_empty() {
            return Err(Problem::Conflict {
                why: format!(
                    "Pool `{}` is where {} belongs. Deploy it to another pool first.",
                    pool.name,
                    users.join(", ")
                ),
            }
            .into());
        }
        self.store().remove_pool(id).await?;
        self.note(
            grant.viewer(),
            "remove-pool",
            format!("pool {}", pool.name),
            String::new(),
        )
        .await
    }

    /// The hosts of a pool as they are now; `None` is all of them.
    pub(crate) async fn pool_members(&self, pool: Option<PoolId>) -> Result<Vec<HostState>> {
        let hosts = self.fleet().hosts();
        let Some(id) = pool else {
            return Ok(hosts);
        };
        let pools = self.store().pools().await?;
        let pool = pools
            .into_iter()
            .find(|p| p.id == id)
            .ok_or_else(|| Problem::not_found("such pool"))?;
        Ok(chosen(&hosts, &pool.query).into_iter().cloned().collect())
    }
}

/// The hosts a query chooses; none when the query is broken.
fn chosen<'a>(hosts: &'a [HostState], query: &str) -> Vec<&'a HostState> {
    let Ok(query) = Query::parse(query) else {
        return Vec::new();
    };
    hosts.iter().filter(|host| query.matches(*host)).collect()
}
