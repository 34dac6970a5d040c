//! Volumes.

use std::collections::BTreeMap;

use bollard::models::VolumeCreateRequest;
use lighthouse_core::engine::{ObjectName, ObjectSummary, VolumeSpec};
use serde::Deserialize;

use crate::lenient::or_default;

/// The body of a creation.
pub(crate) fn body(name: &ObjectName, spec: &VolumeSpec) -> VolumeCreateRequest {
    let driver = if spec.driver.is_empty() {
        "local"
    } else {
        &spec.driver
    };
    VolumeCreateRequest {
        name: Some(name.to_string()),
        driver: Some(driver.to_owned()),
        driver_opts: Some(spec.options.clone().into_iter().collect()),
        labels: Some(spec.labels.clone().into_iter().collect()),
        cluster_volume_spec: None,
    }
}

/// The answer of `/volumes`.
#[derive(Debug, Deserialize)]
pub(crate) struct ListedVolumes {
    #[serde(default, rename = "Volumes", deserialize_with = "or_default")]
    pub(crate) volumes: Vec<ListedVolume>,
}

/// One line of it, as far as it is used.
#[derive(Debug, Deserialize)]
pub(crate) struct ListedVolume {
    #[serde(default, rename = "Name", deserialize_with = "or_default")]
    name: String,
    #[serde(default, rename = "Labels", deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
}

impl From<ListedVolume> for ObjectSummary {
    fn from(volume: ListedVolume) -> Self {
        Self {
            id: volume.name.clone(),
            name: volume.name,
            labels: volume.labels,
        }
    }
}
