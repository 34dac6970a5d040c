//! Reading the blueprints that people gave and the store keeps.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use lighthouse_blueprint::{Blueprint, Broken, Loaded, Source};
use lighthouse_model::application::BlueprintText;
use lighthouse_model::{ApplicationId, Name};

use crate::store::Store;

/// Blueprints remembered; each is some ten kilobytes.
const REMEMBERED: usize = 256;

/// Reads a blueprint with the texts that go with it.
pub(crate) fn read(text: &BlueprintText, application: &str) -> Result<Loaded, Broken> {
    let env_files: BTreeMap<String, String> = text.env_files.iter().cloned().collect();
    lighthouse_blueprint::load(&Source {
        text: &text.compose,
        application: Some(application),
        env: Some(&text.variables),
        env_files: &env_files,
        profiles: &text.profiles,
    })
}

/// The blueprints of releases. A release never changes, so each is read once.
pub(crate) struct Blueprints {
    store: Arc<dyn Store>,
    known: Mutex<HashMap<(ApplicationId, i64), Arc<Blueprint>>>,
}

impl Blueprints {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            known: Mutex::default(),
        }
    }

    /// The blueprint of a release; `None` when there is no such release or it cannot be read any more.
    pub(crate) async fn of(
        &self,
        application: ApplicationId,
        name: &Name,
        release: i64,
    ) -> Option<Arc<Blueprint>> {
        let key = (application, release);
        if let Some(known) = self
            .known
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
        {
            return Some(Arc::clone(known));
        }
        let record = match self.store.release(application, release).await {
            Ok(record) => record?,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "a release could not be read"
                );
                return None;
            }
        };
        let blueprint = Arc::new(read(&record.blueprint, name.as_str()).ok()?.blueprint);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, Arc::clone(&blueprint));
        Some(blueprint)
    }
}
