//! One engine: every operation of the port, within its permits and deadlines.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bollard::Docker;
use bollard::models::NetworkConnectRequest;
use bollard::query_parameters::{
    CreateContainerOptions, RemoveContainerOptions, RemoveVolumeOptions, RenameContainerOptions,
    RestartContainerOptions, StartContainerOptions, StopContainerOptions,
};
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use lighthouse_core::engine::{
    ContainerInspection, ContainerSpec, ContainerSummary, Engine, EngineError, EngineEvent, EngineStream,
    ExecSession, ExecSpec, Find, ImageFacts, LogRequest, NetworkAttachment, NetworkSpec, ObjectName,
    ObjectSummary, PullProgress, RawLogLine, RawStats, RegistryAuth, VolumeSpec, deadline,
};
use lighthouse_model::host::EngineFacts;
use lighthouse_model::{ContainerId, Millis};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::image::{ImageReference, InspectedImage};
use crate::inspection::Inspected;
use crate::lenient::or_default;
use crate::network::{self, ListedNetwork};
use crate::permits::Permits;
use crate::query::Target;
use crate::stats::Measured;
use crate::stream::Chunks;
use crate::summary::ListedContainer;
use crate::version::ApiVersion;
use crate::volume::ListedVolumes;
use crate::wire::{self, Wire};
use crate::{command, creation, events, exec, failure, lenient, logs, moment, pull, stats, volume};

/// What an engine waits for before it kills, when neither the call nor the container says.
const GRACE: u32 = 10;

/// Between two looks at a container that somebody else removes.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A handle on one engine, with its agreed version.
#[derive(Debug)]
pub(crate) struct DockerEngine {
    wire: Arc<Wire>,
    docker: Docker,
    version: ApiVersion,
    permits: Arc<Permits>,
}

impl DockerEngine {
    pub(crate) fn new(wire: Arc<Wire>, version: ApiVersion) -> Result<Self, EngineError> {
        Ok(Self {
            docker: command::client(&wire, version)?,
            wire,
            version,
            permits: Arc::new(Permits::new()),
        })
    }

    /// Work within a deadline. Where nobody answers, connections that nobody uses are given up too.
    async fn within<T>(
        &self,
        what: &'static str,
        limit: Duration,
        work: impl Future<Output = Result<T, EngineError>>,
    ) -> Result<T, EngineError> {
        let done = failure::within(what, limit, work).await;
        if matches!(&done, Err(error) if error.is_silence()) {
            self.wire.forget_idle();
        }
        done
    }

    /// A reading call whose answer is JSON.
    async fn read<T: DeserializeOwned>(&self, what: &'static str, target: &Target) -> Result<T, EngineError> {
        let _permit = self.permits.read().await?;
        self.within(what, deadline::READ, async {
            let answer = self.wire.call(wire::get(self.version, target)?).await?;
            lenient::read(what, &answer)
        })
        .await
    }

    /// One of bollard's calls that change something.
    async fn change<T>(
        &self,
        what: &'static str,
        limit: Duration,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, EngineError> {
        let _permit = self.permits.change().await?;
        self.within(what, limit, async { call.await.map_err(failure::bollard) })
            .await
    }

    /// An answer that goes on.
    async fn open(
        &self,
        what: &'static str,
        limit: Duration,
        request: Request<Full<Bytes>>,
    ) -> Result<Chunks, EngineError> {
        let permit = self.permits.stream().await?;
        let (lane, response) = self.within(what, limit, self.wire.open(request)).await?;
        Ok(Chunks::new(lane, response.into_body(), permit))
    }

    async fn containers(&self, target: &Target) -> Result<Vec<ContainerSummary>, EngineError> {
        let listed: Vec<ListedContainer> = self.read("listing containers", target).await?;
        listed.into_iter().map(ListedContainer::summary).collect()
    }

    async fn inspected(&self, id: &ContainerId) -> Result<Inspected, EngineError> {
        let target = Target::new(format!("/containers/{id}/json"));
        self.read("inspecting a container", &target).await
    }

    /// The grace to send, and how long to wait for the answer.
    async fn patience(&self, id: &ContainerId, grace: Option<u32>) -> Duration {
        let seconds = match grace {
            Some(seconds) => seconds,
            None => match self.inspected(id).await {
                Ok(inspected) => inspected.stop_timeout().unwrap_or(GRACE),
                Err(_) => GRACE,
            },
        };
        Duration::from_secs(seconds.into()) + deadline::STOP_SLACK
    }

    async fn until_gone(&self, id: &ContainerId) -> Result<(), EngineError> {
        while self.list_one(id).await?.is_some() {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    async fn networks_by(&self, kind: &str, value: &str) -> Result<Vec<ListedNetwork>, EngineError> {
        self.read(
            "listing networks",
            &Target::new("/networks").filtered(kind, value),
        )
        .await
    }

    async fn join(&self, id: &ContainerId, network: &NetworkAttachment) -> Result<(), EngineError> {
        let request = NetworkConnectRequest {
            container: id.to_string(),
            endpoint_config: Some(creation::endpoint(network)),
        };
        let call = self.docker.connect_network(network.network.as_str(), request);
        self.change("joining a network", deadline::CHANGE, call).await
    }
}

/// What already is as it should be is no failure.
fn gone_is_fine(result: Result<(), EngineError>) -> Result<(), EngineError> {
    match result {
        Err(EngineError::NotFound { .. }) => Ok(()),
        other => other,
    }
}

fn engine_seconds(seconds: u32) -> i32 {
    i32::try_from(seconds).unwrap_or(i32::MAX)
}

/// The answer of `/info`, as far as it is used.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Info {
    #[serde(default, rename = "ID", deserialize_with = "or_default")]
    id: String,
    #[serde(default, deserialize_with = "or_default")]
    name: String,
    #[serde(default, deserialize_with = "or_default")]
    server_version: String,
    #[serde(default, rename = "OSType", deserialize_with = "or_default")]
    os_type: String,
    #[serde(default, deserialize_with = "or_default")]
    operating_system: String,
    #[serde(default, deserialize_with = "or_default")]
    architecture: String,
    #[serde(default, rename = "NCPU", deserialize_with = "or_default")]
    cpus: u32,
    #[serde(default, deserialize_with = "or_default")]
    mem_total: u64,
    #[serde(default, deserialize_with = "or_default")]
    system_time: String,
}

#[async_trait]
impl Engine for DockerEngine {
    fn certificate_ends(&self) -> Option<Millis> {
        self.wire.certificate_ends()
    }

    async fn ping(&self) -> Result<(), EngineError> {
        // No permit: a sign of life must not wait behind what hangs.
        self.within("ping", deadline::PING, async {
            let request = wire::get_unversioned(&Target::new("/_ping"))?;
            self.wire.call(request).await.map(drop)
        })
        .await
    }

    async fn facts(&self) -> Result<(EngineFacts, Millis), EngineError> {
        let info: Info = self.read("asking for its facts", &Target::new("/info")).await?;
        let clock = moment::parse(&info.system_time).ok_or_else(|| EngineError::Garbled {
            what: "asking for its facts: no time".to_owned(),
        })?;
        let facts = EngineFacts {
            engine_id: info.id,
            hostname: info.name,
            version: info.server_version,
            api_version: self.version.to_string(),
            os: info.os_type,
            architecture: info.architecture,
            operating_system: info.operating_system,
            cpus: info.cpus,
            memory: info.mem_total,
        };
        Ok((facts, clock))
    }

    async fn list(&self) -> Result<Vec<ContainerSummary>, EngineError> {
        self.containers(&Target::new("/containers/json").with("all", "1"))
            .await
    }

    async fn list_one(&self, id: &ContainerId) -> Result<Option<ContainerSummary>, EngineError> {
        let target = Target::new("/containers/json")
            .with("all", "1")
            .filtered("id", id.as_str());
        let found = self.containers(&target).await?;
        Ok(found.into_iter().find(|container| container.id == *id))
    }

    async fn find(&self, by: &Find) -> Result<Vec<ContainerSummary>, EngineError> {
        let target = Target::new("/containers/json").with("all", "1");
        match by {
            Find::Name(name) => {
                // The filter is a regular expression; what it finds is compared exactly.
                let pattern = format!("^/?{}$", name.as_str().replace('.', "\\."));
                let mut found = self.containers(&target.filtered("name", &pattern)).await?;
                found.retain(|container| container.name == name.as_str());
                Ok(found)
            }
            Find::Label(key, value) => {
                let mut found = self
                    .containers(&target.filtered("label", &format!("{key}={value}")))
                    .await?;
                found.retain(|container| container.labels.get(key) == Some(value));
                Ok(found)
            }
        }
    }

    async fn inspect(&self, id: &ContainerId) -> Result<ContainerInspection, EngineError> {
        self.inspected(id).await?.inspection()
    }

    async fn events(&self) -> Result<EngineStream<EngineEvent>, EngineError> {
        let target = Target::new("/events").filtered("type", "container");
        let request = wire::get(self.version, &target)?;
        let chunks = self.open("following events", deadline::READ, request).await?;
        Ok(events::decode(chunks))
    }

    async fn create(&self, name: &ObjectName, spec: &ContainerSpec) -> Result<ContainerId, EngineError> {
        let (body, later) = creation::body(spec, self.version)?;
        let options = CreateContainerOptions {
            name: Some(name.to_string()),
            platform: String::new(),
        };
        // Its future holds the whole body: too large for a stack.
        let call = Box::pin(self.docker.create_container(Some(options), body));
        let made = self
            .change("creating a container", deadline::CHANGE, call)
            .await?;
        let id: ContainerId = made.id.parse().map_err(|error| EngineError::Garbled {
            what: format!("creating a container: {error}"),
        })?;
        for network in later {
            if let Err(error) = self.join(&id, network).await {
                // Half a container would only hold the name.
                if let Err(second) = self.remove(&id, true).await {
                    tracing::warn!(container = %id, %second, "a container that could not join its networks stays behind");
                }
                return Err(error);
            }
        }
        Ok(id)
    }

    async fn start(&self, id: &ContainerId) -> Result<(), EngineError> {
        let call = self
            .docker
            .start_container(id.as_str(), None::<StartContainerOptions>);
        self.change("starting a container", deadline::CHANGE, call).await
    }

    async fn stop(&self, id: &ContainerId, grace: Option<u32>) -> Result<(), EngineError> {
        let limit = self.patience(id, grace).await;
        let options = StopContainerOptions {
            signal: None,
            t: grace.map(engine_seconds),
        };
        let call = self.docker.stop_container(id.as_str(), Some(options));
        self.change("stopping a container", limit, call).await
    }

    async fn restart(&self, id: &ContainerId, grace: Option<u32>) -> Result<(), EngineError> {
        let limit = self.patience(id, grace).await + deadline::CHANGE;
        let options = RestartContainerOptions {
            signal: None,
            t: grace.map(engine_seconds),
        };
        let call = self.docker.restart_container(id.as_str(), Some(options));
        self.change("restarting a container", limit, call).await
    }

    async fn remove(&self, id: &ContainerId, force: bool) -> Result<(), EngineError> {
        let options = RemoveContainerOptions {
            v: true,
            force,
            link: false,
        };
        let call = self.docker.remove_container(id.as_str(), Some(options));
        let removed = gone_is_fine(self.change("removing a container", deadline::CHANGE, call).await);
        match removed {
            // Somebody else is at it: as good, once it is done.
            Err(EngineError::Conflict { message }) if message.contains("already in progress") => {
                self.within(
                    "waiting for a container's removal",
                    deadline::CHANGE,
                    self.until_gone(id),
                )
                .await
            }
            other => other,
        }
    }

    async fn rename(&self, id: &ContainerId, name: &ObjectName) -> Result<(), EngineError> {
        let options = RenameContainerOptions {
            name: name.to_string(),
        };
        let call = self.docker.rename_container(id.as_str(), options);
        self.change("renaming a container", deadline::CHANGE, call).await
    }

    async fn create_network(&self, name: &ObjectName, spec: &NetworkSpec) -> Result<(), EngineError> {
        let ours = spec.labels.get(network::NONCE);
        let there =
            |found: Vec<ListedNetwork>| found.into_iter().find(|network| network.name == name.as_str());
        let made = {
            let _permit = self.permits.change().await?;
            self.within("creating a network", deadline::CHANGE, async {
                let body = network::Creation::new(name, spec);
                let request = wire::post(self.version, &Target::new("/networks/create"), &body)?;
                self.wire.call(request).await.map(drop)
            })
            .await
        };
        let Err(EngineError::Conflict { message }) = made else {
            return made;
        };
        match there(self.networks_by("name", name.as_str()).await?) {
            Some(network) if ours.is_some() && network.labels.get(network::NONCE) == ours => Ok(()),
            _ => Err(EngineError::Conflict { message }),
        }
    }

    async fn remove_network(&self, name: &ObjectName) -> Result<(), EngineError> {
        let call = self.docker.remove_network(name.as_str());
        gone_is_fine(self.change("removing a network", deadline::CHANGE, call).await)
    }

    async fn networks(&self, label: &str, value: &str) -> Result<Vec<ObjectSummary>, EngineError> {
        let mut found = self.networks_by("label", &format!("{label}={value}")).await?;
        found.retain(|network| network.labels.get(label).map(String::as_str) == Some(value));
        Ok(found.into_iter().map(Into::into).collect())
    }

    async fn create_volume(&self, name: &ObjectName, spec: &VolumeSpec) -> Result<(), EngineError> {
        let _permit = self.permits.change().await?;
        self.within("creating a volume", deadline::CHANGE, async {
            let body = volume::body(name, spec);
            let request = wire::post(self.version, &Target::new("/volumes/create"), &body)?;
            self.wire.call(request).await.map(drop)
        })
        .await
    }

    async fn remove_volume(&self, name: &ObjectName) -> Result<(), EngineError> {
        let call = self
            .docker
            .remove_volume(name.as_str(), None::<RemoveVolumeOptions>);
        gone_is_fine(self.change("removing a volume", deadline::CHANGE, call).await)
    }

    async fn volumes(&self, label: &str, value: &str) -> Result<Vec<ObjectSummary>, EngineError> {
        let target = Target::new("/volumes").filtered("label", &format!("{label}={value}"));
        let listed: ListedVolumes = self.read("listing volumes", &target).await?;
        let mut found: Vec<ObjectSummary> = listed.volumes.into_iter().map(Into::into).collect();
        found.retain(|volume| volume.labels.get(label).map(String::as_str) == Some(value));
        Ok(found)
    }

    async fn image(&self, reference: &str) -> Result<Option<ImageFacts>, EngineError> {
        let reference: ImageReference = reference.parse()?;
        let found = self
            .read::<InspectedImage>("inspecting an image", &reference.target())
            .await;
        match found {
            Ok(image) => Ok(Some(image.into())),
            Err(EngineError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn pull(
        &self,
        reference: &str,
        auth: Option<&RegistryAuth>,
    ) -> Result<EngineStream<PullProgress>, EngineError> {
        let reference: ImageReference = reference.parse()?;
        let (repository, tag) = reference.to_pull();
        let target = Target::new("/images/create")
            .with("fromImage", repository)
            .with("tag", tag);
        let mut request = wire::post_nothing(self.version, &target)?;
        if let Some(auth) = auth {
            request.headers_mut().insert(pull::AUTH, pull::auth_header(auth)?);
        }
        // The head comes with the first message: when the registry has answered.
        let chunks = self
            .open("asking the registry for an image", deadline::PULL_IDLE, request)
            .await?;
        Ok(pull::decode(chunks))
    }

    async fn logs(
        &self,
        id: &ContainerId,
        request: LogRequest,
    ) -> Result<EngineStream<RawLogLine>, EngineError> {
        let target = logs::target(id, request);
        let asked = wire::get(self.version, &target)?;
        let chunks = self.open("opening a log", deadline::READ, asked).await?;
        Ok(logs::decode(chunks, request.tty))
    }

    async fn stats(&self, id: &ContainerId) -> Result<EngineStream<RawStats>, EngineError> {
        let target = Target::new(format!("/containers/{id}/stats"));
        let request = wire::get(self.version, &target.clone().with("stream", "1"))?;
        let chunks = self.open("opening measurements", deadline::READ, request).await?;
        // One at once gives the counters to start from, so that the first figure does not take two rounds.
        let once = target.with("stream", "0").with("one-shot", "1");
        let first: Option<Measured> = self.read("measuring once", &once).await.ok();
        Ok(stats::decode(chunks, first))
    }

    async fn exec(&self, id: &ContainerId, spec: &ExecSpec) -> Result<ExecSession, EngineError> {
        exec::open(&self.wire, &self.docker, &self.permits, self.version, id, spec).await
    }
}
