//! What becomes of the instances on a host that is removed.

use std::collections::BTreeMap;

use lighthouse_model::{ApplicationId, HostId, Name, Problem};

use crate::change::Change;
use crate::store::InstanceRecord;
use crate::{Console, Result};

/// What becomes of the instances of applications that are on a host which is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnHost {
    /// There must be none.
    None,
    /// They are forgotten, if the host does not answer: it is gone for ever. Should it come back, its containers are
    /// not managed.
    Forgotten,
}

impl Console {
    /// Refuses, or forgets what is on a host. Answers with words for the record.
    pub(super) async fn leave_host(&self, id: HostId, name: &Name, instances: OnHost) -> Result<String> {
        let rows: Vec<InstanceRecord> = self
            .store()
            .instances(None)
            .await?
            .into_iter()
            .filter(|row| row.host == id)
            .collect();
        let words = self.words_of(&rows).await?;
        if !rows.is_empty() {
            let answers = self.fleet().host(id).is_some_and(|host| host.liveness.is_up());
            match instances {
                OnHost::Forgotten if !answers => {}
                OnHost::Forgotten | OnHost::None if answers => {
                    return Err(Problem::Conflict {
                        why: format!(
                            "Host `{name}` has instances of applications ({words}). Remove those applications or \
                             deploy them to other hosts first."
                        ),
                    }
                    .into());
                }
                _ => {
                    return Err(Problem::Conflict {
                        why: format!(
                            "Host `{name}` has instances of applications ({words}) and does not answer. If it is \
                             gone for ever, say that they are to be forgotten with it."
                        ),
                    }
                    .into());
                }
            }
        }
        self.forget_all(id, &rows).await?;
        Ok(if rows.is_empty() {
            String::new()
        } else {
            format!("forgot {words}")
        })
    }

    /// Forgets rows of instances, networks and volumes on a host; nothing is asked of its engine.
    async fn forget_all(&self, id: HostId, rows: &[InstanceRecord]) -> Result<()> {
        for row in rows {
            self.store()
                .remove_instance(row.application, &row.service, row.number, row.generation)
                .await?;
        }
        for application in self.store().applications().await? {
            for object in self.store().objects(application.id).await? {
                if object.host == id {
                    self.store().remove_object(&object).await?;
                }
            }
        }
        if !rows.is_empty() {
            self.operations().reload_ownership().await?;
            for row in rows {
                self.changes().tell(Change::Application(row.application));
            }
        }
        Ok(())
    }

    async fn words_of(&self, rows: &[InstanceRecord]) -> Result<String> {
        let mut counts: BTreeMap<ApplicationId, usize> = BTreeMap::new();
        for row in rows {
            *counts.entry(row.application).or_default() += 1;
        }
        let applications = self.store().applications().await?;
        let words: Vec<String> = counts
            .iter()
            .map(|(id, n)| {
                let known = applications.iter().find(|one| one.id == *id);
                let name = known.map_or_else(|| id.to_string(), |one| one.name.to_string());
                format!("{n} of `{name}`")
            })
            .collect();
        Ok(words.join(", "))
    }
}
