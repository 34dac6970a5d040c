//! Engines in memory: they keep what is made, write down what they are asked, and fail where a test says so.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use futures::{StreamExt, stream};
use lighthouse_core::access::{Proof, Right};
use lighthouse_core::console::Ports;
use lighthouse_core::dial::HostConnection;
use lighthouse_core::engine::{
    ContainerInspection, ContainerSpec, ContainerSummary, Engine, EngineError, EngineEvent, EngineStream,
    Engines, ExecSession, ExecSpec, Find, ImageFacts, LogRequest, NetworkSpec, ObjectName, ObjectSummary,
    PullProgress, RawLogLine, RawStats, RegistryAuth, VolumeSpec,
};
use lighthouse_core::identity::NewId;
use lighthouse_core::store::{HostRecord, HostStore, InstanceRecord};
use lighthouse_core::{Clock, Console, Grant, Target, Viewer, authorize};
use lighthouse_model::application::{BlueprintText, DeployInput};
use lighthouse_model::container::{ContainerState, Health};
use lighthouse_model::host::EngineFacts;
use lighthouse_model::operation::{OperationState, OperationView};
use lighthouse_model::{ContainerId, HostId, Millis, OperationId, Role, SessionId, UserId};
use lighthouse_testkit::MemoryStore;
use tokio::sync::broadcast;

use crate::world::TokioClock;

/// A container of a fake engine.
#[derive(Debug, Clone)]
pub(crate) struct FakeContainer {
    pub(crate) name: String,
    pub(crate) spec: ContainerSpec,
    pub(crate) state: ContainerState,
    pub(crate) health: Health,
    pub(crate) exit_code: Option<i64>,
    pub(crate) starts: u32,
}

/// What an engine has, and what it was asked.
#[derive(Debug, Default)]
pub(crate) struct World {
    pub(crate) containers: BTreeMap<ContainerId, FakeContainer>,
    pub(crate) networks: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) volumes: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) images: BTreeSet<String>,
    pub(crate) calls: Vec<String>,
    pub(crate) faults: Vec<(String, EngineError)>,
    /// Names of containers that are being made, and not listed yet.
    pub(crate) reserved: BTreeSet<String>,
    /// The next container takes so long that its caller gives up.
    pub(crate) late: bool,
    /// It accepts and never answers.
    pub(crate) silent: bool,
    made: u64,
}

/// Where the next engine call of all hosts is to hang for ever.
#[derive(Debug, Default)]
pub(crate) struct Trap {
    /// Changing calls so far.
    pub(crate) calls: usize,
    /// The call that hangs, counted from 1, and whether its effect happens.
    pub(crate) at: Option<(usize, bool)>,
}

/// One engine.
#[derive(Debug, Clone)]
pub(crate) struct FakeEngine {
    name: String,
    world: Arc<Mutex<World>>,
    trap: Arc<Mutex<Trap>>,
    events: broadcast::Sender<EngineEvent>,
}

impl FakeEngine {
    fn new(name: &str, trap: &Arc<Mutex<Trap>>) -> Self {
        Self {
            name: name.to_owned(),
            world: Arc::default(),
            trap: Arc::clone(trap),
            events: broadcast::Sender::new(1024),
        }
    }

    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap()
    }

    /// Makes the next call that begins like this fail.
    pub(crate) fn fail(&self, call: &str, error: EngineError) {
        self.world().faults.push((call.to_owned(), error));
    }

    fn tell(&self, id: &ContainerId, action: &str) {
        self.events
            .send(EngineEvent {
                container: Some(id.clone()),
                action: action.to_owned(),
                attributes: BTreeMap::new(),
                at: 0,
            })
            .ok();
    }

    /// Ends a container by itself.
    pub(crate) fn die(&self, name: &str, code: i64) {
        let id = {
            let mut world = self.world();
            let (id, container) = world.containers.iter_mut().find(|(_, c)| c.name == name).unwrap();
            container.state = ContainerState::Exited;
            container.exit_code = Some(code);
            id.clone()
        };
        self.tell(&id, "die");
    }

    /// Puts a container there that nobody of ours made.
    pub(crate) fn foreign(&self, name: &str) -> ContainerId {
        let mut world = self.world();
        world.made += 1;
        let id = id_of(&self.name, world.made);
        world.containers.insert(
            id.clone(),
            FakeContainer {
                name: name.to_owned(),
                spec: ContainerSpec {
                    image: "theirs".to_owned(),
                    ..ContainerSpec::default()
                },
                state: ContainerState::Running,
                health: Health::None,
                exit_code: None,
                starts: 1,
            },
        );
        drop(world);
        self.tell(&id, "start");
        id
    }

    /// Makes a container after its caller was told that there was no answer.
    fn make_later(&self, id: ContainerId, name: String, spec: ContainerSpec) -> EngineError {
        let engine = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(6)).await;
            {
                let mut world = engine.world();
                world.reserved.remove(&name);
                world.containers.insert(
                    id.clone(),
                    FakeContainer {
                        name,
                        spec,
                        state: ContainerState::Created,
                        health: Health::None,
                        exit_code: None,
                        starts: 0,
                    },
                );
            }
            engine.tell(&id, "create");
        });
        EngineError::TimedOut {
            what: "create a container",
            seconds: 30,
        }
    }

    async fn asked(&self, call: String) -> Result<(), EngineError> {
        let silent = self.world().silent;
        if silent {
            tokio::time::sleep(Duration::from_secs(10)).await;
            return Err(EngineError::TimedOut {
                what: "anything",
                seconds: 10,
            });
        }
        // Every call takes a moment, so that things interleave.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let mut world = self.world();
        let fault = world
            .faults
            .iter()
            .position(|(c, _)| call.starts_with(c.as_str()));
        world.calls.push(call);
        match fault {
            Some(at) => Err(world.faults.remove(at).1),
            None => Ok(()),
        }
    }

    /// A call that changes something: it may be the one at which everything stops.
    async fn changes(&self, call: String) -> Result<bool, EngineError> {
        self.asked(call).await?;
        let trapped = {
            let mut trap = self.trap.lock().unwrap();
            trap.calls += 1;
            trap.at.filter(|(at, _)| *at == trap.calls)
        };
        match trapped {
            Some((_, false)) => std::future::pending().await,
            Some((_, true)) => Ok(true),
            None => Ok(false),
        }
    }

    async fn after(&self, trapped: bool) {
        if trapped {
            std::future::pending::<()>().await;
        }
    }

    fn summary(id: &ContainerId, c: &FakeContainer) -> ContainerSummary {
        ContainerSummary {
            id: id.clone(),
            name: c.name.clone(),
            image: c.spec.image.clone(),
            image_id: format!("sha256:{}", c.spec.image),
            state: c.state,
            health: c.health,
            exit_code: c.exit_code,
            created_at: 0,
            labels: c.spec.labels.clone(),
            ports: if c.state.is_up() {
                c.spec.ports.clone()
            } else {
                Vec::new()
            },
        }
    }

    fn up(world: &mut World, id: &ContainerId) -> Result<(), EngineError> {
        let gone = || EngineError::NotFound {
            message: format!("No such container: {id}"),
        };
        let container = world.containers.get(id).cloned().ok_or_else(gone)?;
        if container.state == ContainerState::Running {
            return Ok(());
        }
        let taken = world
            .containers
            .values()
            .filter(|c| c.state.is_up())
            .find_map(|c| {
                let theirs: Vec<_> = c.spec.ports.iter().filter_map(|p| p.host_port).collect();
                let mut ours = container.spec.ports.iter().filter_map(|p| p.host_port);
                ours.find(|port| theirs.contains(port))
            });
        if let Some(port) = taken {
            return Err(EngineError::Refused {
                status: 500,
                message: format!("Bind for 0.0.0.0:{port} failed: port is already allocated"),
            });
        }
        let container = world.containers.get_mut(id).ok_or_else(gone)?;
        container.starts += 1;
        let image = container.spec.image.clone();
        (container.state, container.exit_code, container.health) = if image.contains("crash") {
            (ContainerState::Exited, Some(1), Health::None)
        } else if image.contains("job") {
            (ContainerState::Exited, Some(0), Health::None)
        } else if image.contains("sick") {
            (ContainerState::Running, None, Health::Unhealthy)
        } else if image.contains("fit") {
            (ContainerState::Running, None, Health::Healthy)
        } else {
            (ContainerState::Running, None, Health::None)
        };
        Ok(())
    }
}

fn id_of(host: &str, n: u64) -> ContainerId {
    let host: u64 = host.bytes().map(u64::from).sum();
    format!("{host:032x}{n:032x}").parse().unwrap()
}

fn gone(id: &ContainerId) -> EngineError {
    EngineError::NotFound {
        message: format!("No such container: {id}"),
    }
}

#[async_trait]
impl Engine for FakeEngine {
    async fn ping(&self) -> Result<(), EngineError> {
        self.asked("ping".into()).await
    }
    async fn facts(&self) -> Result<(EngineFacts, Millis), EngineError> {
        self.asked("facts".into()).await?;
        let facts = EngineFacts {
            engine_id: self.name.clone(),
            hostname: self.name.clone(),
            version: "20.10.24".into(),
            api_version: "1.41".into(),
            os: "linux".into(),
            architecture: "x86_64".into(),
            operating_system: "Debian".into(),
            cpus: 4,
            memory: 8 << 30,
        };
        Ok((facts, 0))
    }
    async fn list(&self) -> Result<Vec<ContainerSummary>, EngineError> {
        self.asked("list".into()).await?;
        Ok(self
            .world()
            .containers
            .iter()
            .map(|(id, c)| Self::summary(id, c))
            .collect())
    }
    async fn list_one(&self, id: &ContainerId) -> Result<Option<ContainerSummary>, EngineError> {
        self.asked("list-one".into()).await?;
        Ok(self.world().containers.get(id).map(|c| Self::summary(id, c)))
    }
    async fn find(&self, by: &Find) -> Result<Vec<ContainerSummary>, EngineError> {
        self.asked("find".into()).await?;
        let world = self.world();
        let found = world.containers.iter().filter(|(_, c)| match by {
            Find::Name(name) => c.name == name.as_str(),
            Find::Label(key, value) => c.spec.labels.get(key) == Some(value),
        });
        Ok(found.map(|(id, c)| Self::summary(id, c)).collect())
    }
    async fn inspect(&self, id: &ContainerId) -> Result<ContainerInspection, EngineError> {
        self.asked(format!("inspect {id}")).await?;
        let world = self.world();
        let c = world.containers.get(id).ok_or_else(|| gone(id))?;
        Ok(ContainerInspection {
            summary: Self::summary(id, c),
            command: Vec::new(),
            working_dir: String::new(),
            user: String::new(),
            tty: false,
            restart_policy: "no".into(),
            restart_count: 0,
            environment: Vec::new(),
            mounts: Vec::new(),
            networks: Vec::new(),
            memory_limit: None,
            started_at: None,
            finished_at: None,
            out_of_memory: false,
            engine_error: String::new(),
            health_log: vec![(1, "connection refused".into())],
        })
    }
    async fn events(&self) -> Result<EngineStream<EngineEvent>, EngineError> {
        self.asked("events".into()).await?;
        let receiver = self.events.subscribe();
        Ok(stream::unfold(receiver, |mut receiver| async move {
            let event = receiver.recv().await.ok()?;
            Some((Ok(event), receiver))
        })
        .boxed())
    }
    async fn create(&self, name: &ObjectName, spec: &ContainerSpec) -> Result<ContainerId, EngineError> {
        let trapped = self.changes(format!("create {name}")).await?;
        let id = {
            let mut world = self.world();
            let taken = world.containers.values().any(|c| c.name == name.as_str());
            if taken || world.reserved.contains(name.as_str()) {
                return Err(EngineError::Conflict {
                    message: format!("Conflict. The container name \"/{name}\" is already in use"),
                });
            }
            if !world.images.contains(&spec.image) {
                return Err(EngineError::NotFound {
                    message: format!("No such image: {}", spec.image),
                });
            }
            world.made += 1;
            let id = id_of(&self.name, world.made);
            if std::mem::take(&mut world.late) {
                world.reserved.insert(name.to_string());
                drop(world);
                return Err(self.make_later(id, name.to_string(), spec.clone()));
            }
            world.containers.insert(
                id.clone(),
                FakeContainer {
                    name: name.to_string(),
                    spec: spec.clone(),
                    state: ContainerState::Created,
                    health: Health::None,
                    exit_code: None,
                    starts: 0,
                },
            );
            id
        };
        self.tell(&id, "create");
        self.after(trapped).await;
        Ok(id)
    }
    async fn start(&self, id: &ContainerId) -> Result<(), EngineError> {
        let name = self
            .world()
            .containers
            .get(id)
            .map(|c| c.name.clone())
            .unwrap_or_default();
        let trapped = self.changes(format!("start {name}")).await?;
        Self::up(&mut self.world(), id)?;
        self.tell(id, "start");
        self.after(trapped).await;
        Ok(())
    }
    async fn stop(&self, id: &ContainerId, _grace: Option<u32>) -> Result<(), EngineError> {
        let name = self
            .world()
            .containers
            .get(id)
            .map(|c| c.name.clone())
            .unwrap_or_default();
        let trapped = self.changes(format!("stop {name}")).await?;
        {
            let mut world = self.world();
            let container = world.containers.get_mut(id).ok_or_else(|| gone(id))?;
            if container.state.is_up() {
                container.state = ContainerState::Exited;
                container.exit_code = Some(143);
            }
        }
        self.tell(id, "stop");
        self.after(trapped).await;
        Ok(())
    }
    async fn restart(&self, id: &ContainerId, grace: Option<u32>) -> Result<(), EngineError> {
        self.stop(id, grace).await?;
        self.start(id).await
    }
    async fn remove(&self, id: &ContainerId, _force: bool) -> Result<(), EngineError> {
        let name = self
            .world()
            .containers
            .get(id)
            .map(|c| c.name.clone())
            .unwrap_or_default();
        let trapped = self.changes(format!("remove {name}")).await?;
        self.world().containers.remove(id);
        self.tell(id, "destroy");
        self.after(trapped).await;
        Ok(())
    }
    async fn rename(&self, id: &ContainerId, name: &ObjectName) -> Result<(), EngineError> {
        let trapped = self.changes(format!("rename {name}")).await?;
        {
            let mut world = self.world();
            if world.containers.values().any(|c| c.name == name.as_str()) {
                return Err(EngineError::Conflict {
                    message: "in use".into(),
                });
            }
            world.containers.get_mut(id).ok_or_else(|| gone(id))?.name = name.to_string();
        }
        self.tell(id, "rename");
        self.after(trapped).await;
        Ok(())
    }
    async fn create_network(&self, name: &ObjectName, spec: &NetworkSpec) -> Result<(), EngineError> {
        let trapped = self.changes(format!("create-network {name}")).await?;
        {
            let mut world = self.world();
            let nonce = |labels: &BTreeMap<String, String>| labels.get("io.lighthouse.nonce").cloned();
            match world.networks.get(name.as_str()) {
                Some(labels) if nonce(labels) == nonce(&spec.labels) => {}
                Some(_) => {
                    return Err(EngineError::Conflict {
                        message: "network exists".into(),
                    });
                }
                None => {
                    world.networks.insert(name.to_string(), spec.labels.clone());
                }
            }
        }
        self.after(trapped).await;
        Ok(())
    }
    async fn remove_network(&self, name: &ObjectName) -> Result<(), EngineError> {
        let trapped = self.changes(format!("remove-network {name}")).await?;
        self.world().networks.remove(name.as_str());
        self.after(trapped).await;
        Ok(())
    }
    async fn networks(&self, label: &str, value: &str) -> Result<Vec<ObjectSummary>, EngineError> {
        self.asked("networks".into()).await?;
        Ok(objects(&self.world().networks, label, value))
    }
    async fn create_volume(&self, name: &ObjectName, spec: &VolumeSpec) -> Result<(), EngineError> {
        let trapped = self.changes(format!("create-volume {name}")).await?;
        self.world()
            .volumes
            .entry(name.to_string())
            .or_insert_with(|| spec.labels.clone());
        self.after(trapped).await;
        Ok(())
    }
    async fn remove_volume(&self, name: &ObjectName) -> Result<(), EngineError> {
        let trapped = self.changes(format!("remove-volume {name}")).await?;
        self.world().volumes.remove(name.as_str());
        self.after(trapped).await;
        Ok(())
    }
    async fn volumes(&self, label: &str, value: &str) -> Result<Vec<ObjectSummary>, EngineError> {
        self.asked("volumes".into()).await?;
        Ok(objects(&self.world().volumes, label, value))
    }
    async fn image(&self, reference: &str) -> Result<Option<ImageFacts>, EngineError> {
        self.asked(format!("image {reference}")).await?;
        let there = self.world().images.contains(reference);
        Ok(there.then(|| ImageFacts {
            id: format!("sha256:{reference}"),
            repo_digests: Vec::new(),
        }))
    }
    async fn pull(
        &self,
        reference: &str,
        _auth: Option<&RegistryAuth>,
    ) -> Result<EngineStream<PullProgress>, EngineError> {
        let trapped = self.changes(format!("pull {reference}")).await?;
        self.world().images.insert(reference.to_owned());
        self.after(trapped).await;
        Ok(stream::iter([Ok(PullProgress { done: 10, total: 10 })]).boxed())
    }
    async fn logs(
        &self,
        _id: &ContainerId,
        _request: LogRequest,
    ) -> Result<EngineStream<RawLogLine>, EngineError> {
        self.asked("logs".into()).await?;
        Ok(stream::iter([Ok(RawLogLine {
            output: lighthouse_model::log::Output::Stderr,
            at: 0,
            text: "no database".into(),
            truncated: false,
        })])
        .boxed())
    }
    async fn stats(&self, _id: &ContainerId) -> Result<EngineStream<RawStats>, EngineError> {
        Ok(stream::pending().boxed())
    }
    async fn exec(&self, _id: &ContainerId, _spec: &ExecSpec) -> Result<ExecSession, EngineError> {
        Err(EngineError::Refused {
            status: 501,
            message: "not here".into(),
        })
    }
}

fn objects(all: &BTreeMap<String, BTreeMap<String, String>>, label: &str, value: &str) -> Vec<ObjectSummary> {
    all.iter()
        .filter(|(_, labels)| labels.get(label).is_some_and(|v| v == value))
        .map(|(name, labels)| ObjectSummary {
            id: name.clone(),
            name: name.clone(),
            labels: labels.clone(),
        })
        .collect()
}

struct FakeEngines(BTreeMap<String, FakeEngine>);

#[async_trait]
impl Engines for FakeEngines {
    async fn connect(&self, connection: &HostConnection) -> Result<Arc<dyn Engine>, EngineError> {
        let HostConnection::Unix { path } = connection else {
            return Err(EngineError::Unreachable { why: "no".into() });
        };
        let engine = self.0.get(path).cloned().ok_or(EngineError::Unreachable {
            why: "no such socket".into(),
        })?;
        engine.ping().await?;
        Ok(Arc::new(engine))
    }
}

/// A console on fake hosts, and everything a test looks at.
pub(crate) struct Bench {
    pub(crate) console: Console,
    pub(crate) store: MemoryStore,
    pub(crate) hosts: BTreeMap<String, FakeEngine>,
    pub(crate) ids: BTreeMap<String, HostId>,
    pub(crate) trap: Arc<Mutex<Trap>>,
    clock: Arc<TokioClock>,
}

impl Bench {
    /// A console on hosts of these names, each with the usual images.
    pub(crate) async fn on(names: &[&str]) -> Self {
        let store = MemoryStore::default();
        let trap: Arc<Mutex<Trap>> = Arc::default();
        let mut hosts = BTreeMap::new();
        let mut ids = BTreeMap::new();
        for name in names {
            let engine = FakeEngine::new(name, &trap);
            for image in ["app:1", "app:2", "fit:1", "job:1"] {
                engine.world().images.insert(image.to_owned());
            }
            hosts.insert((*name).to_owned(), engine);
            let id = HostId::fresh();
            ids.insert((*name).to_owned(), id);
            store
                .add_host(&HostRecord {
                    id,
                    name: name.parse().unwrap(),
                    labels: BTreeMap::new(),
                    connection: HostConnection::Unix {
                        path: (*name).to_owned(),
                    },
                    engine_id: None,
                    created_at: 0,
                    version: 1,
                })
                .await
                .unwrap();
        }
        let clock = Arc::new(TokioClock(tokio::time::Instant::now()));
        let console = start(&store, &hosts, &clock).await;
        Self {
            console,
            store,
            hosts,
            ids,
            trap,
            clock,
        }
    }

    /// Stops the console and starts another one on the same store and hosts.
    pub(crate) async fn restart(&mut self) {
        self.console.stop().await;
        self.console = start(&self.store, &self.hosts, &self.clock).await;
    }

    pub(crate) fn host(&self, name: &str) -> &FakeEngine {
        &self.hosts[name]
    }

    /// A grant of an administrator.
    pub(crate) fn grant<R: Right>(target: Target) -> Grant<R> {
        Self::grant_as(Role::Administrator, target)
    }

    pub(crate) fn grant_as<R: Right>(role: Role, target: Target) -> Grant<R> {
        let viewer = Viewer {
            user: UserId::fresh(),
            name: "ada".parse().unwrap(),
            permissions: role.permissions(),
            proof: Proof::Session(SessionId::fresh()),
            address: "127.0.0.1".into(),
            refusals: lighthouse_core::access::Refusals::default(),
        };
        authorize(&viewer, target).unwrap()
    }

    pub(crate) async fn target(&self, name: &str) -> Target {
        self.console.application_target(name).await.unwrap()
    }

    /// What is to be deployed; the generation it is based on is the one that is there.
    pub(crate) async fn input(&self, name: &str, compose: &str) -> DeployInput {
        use lighthouse_core::store::ApplicationStore;
        let there = self.store.application(&name.parse().unwrap()).await.unwrap();
        DeployInput {
            name: name.into(),
            blueprint: BlueprintText {
                compose: compose.into(),
                ..BlueprintText::default()
            },
            pool: String::new(),
            reason: "because".into(),
            base_generation: there.map(|a| a.generation),
        }
    }

    pub(crate) async fn deploy(&self, name: &str, compose: &str) -> OperationId {
        let input = self.input(name, compose).await;
        let id = self
            .console
            .deploy(&Self::grant(Target::Installation), input)
            .await;
        id.unwrap_or_else(|e| panic!("{e}"))
    }

    pub(crate) async fn view(&self, id: OperationId) -> OperationView {
        self.console
            .operation_view(&Self::grant(Target::Operation(id)))
            .await
            .unwrap()
    }

    /// Waits until an operation has ended.
    pub(crate) async fn ended(&self, id: OperationId) -> OperationView {
        for _ in 0..20_000 {
            let view = self.view(id).await;
            if view.row.state.is_ended() {
                // Until the fleet has seen it too.
                tokio::time::sleep(Duration::from_millis(500)).await;
                return view;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not end: {:#?}", self.view(id).await);
    }

    /// Deploys and asserts that it went well.
    pub(crate) async fn deployed(&self, name: &str, compose: &str) -> OperationView {
        let id = self.deploy(name, compose).await;
        let view = self.ended(id).await;
        assert_eq!(view.row.state, OperationState::Succeeded, "{view:#?}");
        view
    }

    /// Every container on every host: host, name, state, image.
    pub(crate) fn containers(&self) -> Vec<(String, String, ContainerState, String)> {
        let mut all = Vec::new();
        for (host, engine) in &self.hosts {
            for container in engine.world().containers.values() {
                all.push((
                    host.clone(),
                    container.name.clone(),
                    container.state,
                    container.spec.image.clone(),
                ));
            }
        }
        all.sort();
        all
    }

    /// Names and images of what runs.
    pub(crate) fn running(&self) -> Vec<(String, String)> {
        let up = |c: &(String, String, ContainerState, String)| c.2 == ContainerState::Running;
        let mut all: Vec<_> = self
            .containers()
            .into_iter()
            .filter(up)
            .map(|(_, name, _, image)| (name, image))
            .collect();
        all.sort();
        all
    }

    pub(crate) async fn instances(&self) -> Vec<InstanceRecord> {
        use lighthouse_core::store::ApplicationStore;
        self.store.instances(None).await.unwrap()
    }

    /// What stands outside the product: every labelled container has a row with its nonce, every row a container,
    /// and no instance two.
    pub(crate) async fn assert_sound(&self) {
        let rows = self.instances().await;
        let mut nonces = BTreeSet::new();
        for engine in self.hosts.values() {
            for container in engine.world().containers.values() {
                if let Some(nonce) = container.spec.labels.get("io.lighthouse.nonce") {
                    assert!(nonces.insert(nonce.clone()), "two containers of {nonce}");
                    assert!(
                        rows.iter().any(|r| r.nonce == *nonce),
                        "an orphan: {} of {rows:#?}",
                        container.name
                    );
                }
            }
        }
        for row in &rows {
            assert!(nonces.contains(&row.nonce), "a row without a container: {row:#?}");
        }
        let mut up = BTreeSet::new();
        for engine in self.hosts.values() {
            for container in engine.world().containers.values() {
                let labels = &container.spec.labels;
                if container.state.is_up()
                    && let Some(instance) = labels.get("io.lighthouse.instance")
                {
                    let key = (labels["io.lighthouse.app"].clone(), instance.clone());
                    assert!(up.insert(key), "two live generations of {instance}");
                }
            }
        }
    }
}

async fn start(
    store: &MemoryStore,
    hosts: &BTreeMap<String, FakeEngine>,
    clock: &Arc<TokioClock>,
) -> Console {
    let console = Console::start(Ports {
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        store: Arc::new(store.clone()),
        engines: Arc::new(FakeEngines(hosts.clone())),
        installation: "test".into(),
    })
    .await
    .unwrap();
    tokio::time::sleep(Duration::from_millis(500)).await;
    console
}
