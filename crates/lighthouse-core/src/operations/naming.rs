//! Names and labels of what we make on hosts.

use std::collections::BTreeMap;

use lighthouse_model::OperationId;

use super::work::{Subject, Unit};
use crate::engine::{InvalidObjectName, ObjectName};
use crate::fleet::label;

/// The name that a container gets when it is made: unique for each generation, so the engine's refusal to give a
/// name twice is the lock.
pub(crate) fn made_name(application: &str, unit: &Unit) -> Result<ObjectName, InvalidObjectName> {
    format!(
        "{application}-{}-{}-g{}",
        unit.service, unit.number, unit.generation
    )
    .parse()
}

/// The name that it has when the older generation is gone: the one that Compose would give it.
pub(crate) fn final_name(
    application: &str,
    service: &str,
    number: u32,
) -> Result<ObjectName, InvalidObjectName> {
    format!("{application}-{service}-{number}").parse()
}

/// Puts our labels and those that Compose's tools read on a container.
pub(crate) fn label_container(
    labels: &mut BTreeMap<String, String>,
    subject: &Subject,
    unit: &Unit,
    fingerprint: &str,
    operation: OperationId,
    installation: &str,
) {
    let application = subject.name.as_str();
    let number = unit.number.to_string();
    let ours = [
        (label::APP, application.to_owned()),
        (label::SERVICE, unit.service.clone()),
        (label::INSTANCE, unit.name()),
        (label::RELEASE, subject.release.to_string()),
        (label::OPERATION, operation.to_string()),
        (label::NONCE, unit.nonce.clone()),
        (label::GENERATION, unit.generation.to_string()),
        (label::INSTALLATION, installation.to_owned()),
        (label::COMPOSE_PROJECT, application.to_owned()),
        (label::COMPOSE_SERVICE, unit.service.clone()),
        ("com.docker.compose.container-number", number),
        ("com.docker.compose.oneoff", "False".to_owned()),
        ("com.docker.compose.config-hash", fingerprint.to_owned()),
        ("com.docker.compose.project.config_files", String::new()),
        ("com.docker.compose.project.working_dir", String::new()),
        ("com.docker.compose.version", COMPOSE_VERSION.to_owned()),
    ];
    labels.extend(ours.map(|(key, value)| (key.to_owned(), value)));
}

/// The version of Compose whose labels these are.
const COMPOSE_VERSION: &str = "2.26.1";

/// Puts our labels and Compose's on a network or a volume; `kind` is Compose's word for it.
pub(crate) fn label_object(
    labels: &mut BTreeMap<String, String>,
    application: &str,
    kind: &str,
    key: &str,
    nonce: &str,
    installation: &str,
) {
    let ours = [
        (label::APP, application),
        (label::NONCE, nonce),
        (label::INSTALLATION, installation),
        (label::COMPOSE_PROJECT, application),
        ("com.docker.compose.version", COMPOSE_VERSION),
    ];
    labels.extend(ours.map(|(key, value)| (key.to_owned(), value.to_owned())));
    labels.insert(format!("com.docker.compose.{kind}"), key.to_owned());
}
