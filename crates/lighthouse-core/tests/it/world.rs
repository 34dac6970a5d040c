//! A scripted engine and a console on it.
//!
//! The engine does what a test says and nothing else: containers are put and taken, events told or swallowed,
//! calls hang or are refused.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::stream::{self, BoxStream};
use futures::{FutureExt, StreamExt};
use lighthouse_core::access::{Grant, Proof, Target, Viewer, authorize, right};
use lighthouse_core::console::Ports;
use lighthouse_core::dial::HostConnection;
use lighthouse_core::engine::{
    ContainerInspection, ContainerSpec, ContainerSummary, Engine, EngineError, EngineEvent, EngineStream,
    Engines, ExecControl, ExecSession, ExecSpec, Find, ImageFacts, LogRequest, NetworkSpec, ObjectName,
    ObjectSummary, PullProgress, RawLogLine, RawStats, RegistryAuth, VolumeSpec,
};
use lighthouse_core::identity::NewId;
use lighthouse_core::live::Refresh;
use lighthouse_core::store::{
    Acceptance, ApplicationRecord, ApplicationStore, AuditRecord, HostRecord, HostStore, InstanceRecord,
    Journal, OperationRecord, Store,
};
use lighthouse_core::{Clock, Console};
use lighthouse_model::container::{ContainerState, Health};
use lighthouse_model::host::EngineFacts;
use lighthouse_model::log::Output;
use lighthouse_model::operation::{OperationKind, OperationState};
use lighthouse_model::{
    ApplicationId, ContainerId, ContainerKey, HostId, Millis, OperationId, Role, SessionId, UserId,
};
use lighthouse_testkit::MemoryStore;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

/// A clock that goes as fast as tokio's, paused or not.
pub(crate) struct TokioClock(pub(crate) Instant);

impl Clock for TokioClock {
    fn now(&self) -> Millis {
        1_767_225_600_000 + Millis::try_from(self.0.elapsed().as_millis()).unwrap()
    }
}

/// How an engine behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Well,
    /// Accepts and never answers.
    Hangs,
    /// Nothing listens.
    Gone,
}

/// One scripted engine.
pub(crate) struct World {
    state: Mutex<State>,
    mood: watch::Sender<Mood>,
    pub(crate) open_logs: Arc<AtomicUsize>,
    pub(crate) open_stats: Arc<AtomicUsize>,
    pub(crate) lists: AtomicUsize,
    /// Calls so far, those under way, and the most at once.
    pub(crate) asked: AtomicUsize,
    under_way: Arc<AtomicUsize>,
    pub(crate) most_at_once: AtomicUsize,
}

struct State {
    engine_id: String,
    skew: Millis,
    containers: BTreeMap<ContainerId, ContainerSummary>,
    events: broadcast::Sender<EngineEvent>,
    logs: HashMap<ContainerId, Vec<RawLogLine>>,
    written: watch::Sender<u64>,
    programs: HashMap<String, &'static str>,
}

/// The id of the n-th container.
pub(crate) fn id(n: usize) -> ContainerId {
    format!("{n:064x}").parse().unwrap()
}

pub(crate) fn summary(n: usize, state: ContainerState) -> ContainerSummary {
    ContainerSummary {
        id: id(n),
        name: format!("box-{n}"),
        image: "busybox".to_owned(),
        image_id: "sha256:0".to_owned(),
        state,
        health: Health::None,
        exit_code: None,
        created_at: Millis::try_from(n).unwrap(),
        labels: BTreeMap::new(),
        ports: Vec::new(),
    }
}

impl World {
    pub(crate) fn new(engine_id: &str) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                engine_id: engine_id.to_owned(),
                skew: 0,
                containers: BTreeMap::new(),
                events: broadcast::Sender::new(1024),
                logs: HashMap::new(),
                written: watch::Sender::new(0),
                programs: HashMap::from([("/bin/sh".to_owned(), "$ ")]),
            }),
            mood: watch::Sender::new(Mood::Well),
            open_logs: Arc::default(),
            open_stats: Arc::default(),
            lists: AtomicUsize::new(0),
            asked: AtomicUsize::new(0),
            under_way: Arc::default(),
            most_at_once: AtomicUsize::new(0),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.mood.send_replace(mood);
        if mood == Mood::Gone {
            self.cut_events();
        }
    }

    pub(crate) fn set_engine(&self, engine_id: &str, skew: Millis) {
        let mut state = self.lock();
        engine_id.clone_into(&mut state.engine_id);
        state.skew = skew;
    }

    /// Ends every event stream.
    pub(crate) fn cut_events(&self) {
        self.lock().events = broadcast::Sender::new(1024);
    }

    /// Puts a container without telling anybody.
    pub(crate) fn put(&self, container: ContainerSummary) {
        self.lock().containers.insert(container.id.clone(), container);
    }

    /// The only program that containers have, and what it prints.
    pub(crate) fn set_program(&self, path: &str, prompt: &'static str) {
        self.lock().programs = HashMap::from([(path.to_owned(), prompt)]);
    }

    pub(crate) fn state_of(&self, id: &ContainerId) -> Option<ContainerState> {
        self.lock().containers.get(id).map(|c| c.state)
    }

    pub(crate) fn take(&self, n: usize) {
        self.lock().containers.remove(&id(n));
    }

    pub(crate) fn edit(&self, n: usize, edit: impl FnOnce(&mut ContainerSummary)) {
        edit(self.lock().containers.get_mut(&id(n)).unwrap());
    }

    pub(crate) fn tell(&self, n: usize, action: &str, attributes: &[(&str, &str)]) {
        let event = EngineEvent {
            container: Some(id(n)),
            action: action.to_owned(),
            attributes: attributes
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
            at: 0,
        };
        self.lock().events.send(event).ok();
    }

    /// Puts a container and tells of it.
    pub(crate) fn run(&self, n: usize) {
        self.put(summary(n, ContainerState::Running));
        self.tell(n, "start", &[]);
    }

    /// Ends a container by itself.
    pub(crate) fn crash(&self, n: usize, code: i64) {
        self.edit(n, |c| {
            c.state = ContainerState::Exited;
            c.exit_code = Some(code);
        });
        self.wake();
        self.tell(n, "die", &[("exitCode", &code.to_string())]);
    }

    pub(crate) fn write(&self, n: usize, at: Millis, text: &str) {
        let line = RawLogLine {
            output: Output::Stdout,
            at,
            text: Bytes::copy_from_slice(text.as_bytes()),
            truncated: false,
        };
        self.lock().logs.entry(id(n)).or_default().push(line);
        self.wake();
    }

    fn wake(&self) {
        self.lock().written.send_modify(|n| *n += 1);
    }

    /// What every call does first.
    async fn mood(&self) -> Result<(), EngineError> {
        let _under_way = Open::new(&self.under_way);
        self.asked.fetch_add(1, Ordering::AcqRel);
        let now = self.under_way.load(Ordering::Acquire);
        self.most_at_once.fetch_max(now, Ordering::AcqRel);
        let mut mood = self.mood.subscribe();
        loop {
            match *mood.borrow_and_update() {
                Mood::Well => return Ok(()),
                Mood::Gone => {
                    return Err(EngineError::Unreachable {
                        why: "connection refused".to_owned(),
                    });
                }
                Mood::Hangs => {}
            }
            mood.changed().await.unwrap();
        }
    }
}

/// Counts one less when dropped.
struct Open(Arc<AtomicUsize>);

impl Open {
    fn new(counter: &Arc<AtomicUsize>) -> Self {
        counter.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(counter))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A scripted engine as the console reaches it.
struct Connected(Arc<World>);

fn unscripted<T>() -> Result<T, EngineError> {
    Err(EngineError::Refused {
        status: 501,
        message: "not scripted".to_owned(),
    })
}

#[async_trait]
impl Engine for Connected {
    async fn ping(&self) -> Result<(), EngineError> {
        self.0.mood().await
    }

    async fn facts(&self) -> Result<(EngineFacts, Millis), EngineError> {
        self.0.mood().await?;
        let state = self.0.lock();
        let facts = EngineFacts {
            engine_id: state.engine_id.clone(),
            hostname: "machine".to_owned(),
            version: "20.10.24".to_owned(),
            api_version: "1.41".to_owned(),
            os: "linux".to_owned(),
            architecture: "x86_64".to_owned(),
            operating_system: "Debian".to_owned(),
            cpus: 2,
            memory: 1 << 30,
        };
        Ok((facts, 1_767_225_600_000 + state.skew))
    }

    async fn list(&self) -> Result<Vec<ContainerSummary>, EngineError> {
        self.0.mood().await?;
        self.0.lists.fetch_add(1, Ordering::AcqRel);
        Ok(self.0.lock().containers.values().cloned().collect())
    }

    async fn list_one(&self, id: &ContainerId) -> Result<Option<ContainerSummary>, EngineError> {
        self.0.mood().await?;
        Ok(self.0.lock().containers.get(id).cloned())
    }

    async fn find(&self, _: &Find) -> Result<Vec<ContainerSummary>, EngineError> {
        unscripted()
    }

    async fn inspect(&self, id: &ContainerId) -> Result<ContainerInspection, EngineError> {
        self.0.mood().await?;
        let summary = self.0.lock().containers.get(id).cloned();
        let summary = summary.ok_or(EngineError::NotFound {
            message: "No such container".to_owned(),
        })?;
        Ok(ContainerInspection {
            summary,
            command: vec!["sleep".to_owned()],
            working_dir: String::new(),
            user: String::new(),
            tty: false,
            restart_policy: "no".to_owned(),
            restart_count: 0,
            environment: vec!["PASSWORD=secret".to_owned()],
            mounts: Vec::new(),
            networks: Vec::new(),
            memory_limit: None,
            started_at: None,
            finished_at: None,
            out_of_memory: false,
            engine_error: String::new(),
            health_log: Vec::new(),
        })
    }

    async fn events(&self) -> Result<EngineStream<EngineEvent>, EngineError> {
        self.0.mood().await?;
        let receiver = self.0.lock().events.subscribe();
        let follow = stream::unfold(receiver, |mut receiver| async move {
            let event = receiver.recv().await.ok()?;
            Some((Ok(event), receiver))
        });
        Ok(follow.boxed())
    }

    async fn create(&self, _: &ObjectName, _: &ContainerSpec) -> Result<ContainerId, EngineError> {
        unscripted()
    }
    async fn start(&self, _: &ContainerId) -> Result<(), EngineError> {
        unscripted()
    }
    async fn stop(&self, _: &ContainerId, _: Option<u32>) -> Result<(), EngineError> {
        unscripted()
    }
    async fn restart(&self, _: &ContainerId, _: Option<u32>) -> Result<(), EngineError> {
        unscripted()
    }
    async fn remove(&self, _: &ContainerId, _: bool) -> Result<(), EngineError> {
        unscripted()
    }
    async fn rename(&self, _: &ContainerId, _: &ObjectName) -> Result<(), EngineError> {
        unscripted()
    }
    async fn create_network(&self, _: &ObjectName, _: &NetworkSpec) -> Result<(), EngineError> {
        unscripted()
    }
    async fn remove_network(&self, _: &ObjectName) -> Result<(), EngineError> {
        unscripted()
    }
    async fn networks(&self, _: &str, _: &str) -> Result<Vec<ObjectSummary>, EngineError> {
        unscripted()
    }
    async fn create_volume(&self, _: &ObjectName, _: &VolumeSpec) -> Result<(), EngineError> {
        unscripted()
    }
    async fn remove_volume(&self, _: &ObjectName) -> Result<(), EngineError> {
        unscripted()
    }
    async fn volumes(&self, _: &str, _: &str) -> Result<Vec<ObjectSummary>, EngineError> {
        unscripted()
    }
    async fn image(&self, _: &str) -> Result<Option<ImageFacts>, EngineError> {
        unscripted()
    }
    async fn pull(
        &self,
        _: &str,
        _: Option<&RegistryAuth>,
    ) -> Result<EngineStream<PullProgress>, EngineError> {
        unscripted()
    }

    async fn logs(
        &self,
        id: &ContainerId,
        request: LogRequest,
    ) -> Result<EngineStream<RawLogLine>, EngineError> {
        self.0.mood().await?;
        let world = Arc::clone(&self.0);
        let all = world.lock().logs.get(id).cloned().unwrap_or_default();
        let from = match (request.since, request.tail) {
            (Some(since), _) => all.iter().position(|l| l.at >= since).unwrap_or(all.len()),
            (None, Some(tail)) => all.len().saturating_sub(tail as usize),
            (None, None) => 0,
        };
        let written = world.lock().written.subscribe();
        let open = Open::new(&world.open_logs);
        let id = id.clone();
        let follow = stream::unfold(
            (world, id, from, written, open),
            move |(world, id, at, mut written, open)| async move {
                loop {
                    written.borrow_and_update();
                    let (line, running) = {
                        let state = world.lock();
                        let line = state.logs.get(&id).and_then(|lines| lines.get(at).cloned());
                        (line, state.containers.get(&id).is_some_and(|c| c.state.is_up()))
                    };
                    if let Some(line) = line {
                        return Some((Ok(line), (world, id, at + 1, written, open)));
                    }
                    if !request.follow || !running {
                        return None;
                    }
                    written.changed().await.ok()?;
                }
            },
        );
        Ok(follow.boxed())
    }

    async fn stats(&self, _: &ContainerId) -> Result<EngineStream<RawStats>, EngineError> {
        self.0.mood().await?;
        let open = Open::new(&self.0.open_stats);
        let ticks: BoxStream<'static, _> = stream::unfold((0.0, open), |(n, open)| async move {
            tokio::time::sleep(Duration::from_secs(1)).await;
            let stats = RawStats {
                cpu_percent: n,
                memory: 1,
                memory_limit: 2,
            };
            Some((Ok(stats), (n + 1.0, open)))
        })
        .boxed();
        Ok(ticks)
    }

    async fn exec(&self, _: &ContainerId, spec: &ExecSpec) -> Result<ExecSession, EngineError> {
        self.0.mood().await?;
        let program = spec.command[0].clone();
        let state = self.0.lock();
        let output: EngineStream<Bytes> = match state.programs.get(&program).copied() {
            Some(prompt) => {
                let first = stream::once(async move { Ok(Bytes::from_static(prompt.as_bytes())) });
                // A terminal stays open; anything else ends.
                if spec.tty.is_some() {
                    first.chain(stream::pending()).boxed()
                } else {
                    first.boxed()
                }
            }
            None => stream::once(async {
                Ok(Bytes::from_static(
                    b"OCI runtime exec failed: exec failed: no such file or directory",
                ))
            })
            .boxed(),
        };
        Ok(ExecSession {
            output,
            input: Box::pin(tokio::io::sink()),
            control: Arc::new(Running),
        })
    }
}

/// A process that does not end.
struct Running;

#[async_trait]
impl ExecControl for Running {
    async fn resize(&self, _: u16, _: u16) -> Result<(), EngineError> {
        Ok(())
    }
    async fn exit_code(&self) -> Result<Option<i64>, EngineError> {
        Ok(None)
    }
}

/// Engines by the path of their socket.
#[derive(Default)]
pub(crate) struct Worlds(Mutex<HashMap<String, Arc<World>>>);

#[async_trait]
impl Engines for Worlds {
    async fn connect(&self, connection: &HostConnection) -> Result<Arc<dyn Engine>, EngineError> {
        let HostConnection::Unix { path } = connection else {
            return unscripted();
        };
        let world = self.0.lock().unwrap().get(path).cloned();
        let world = world.ok_or_else(|| EngineError::Unreachable {
            why: "no such socket".to_owned(),
        })?;
        world.mood().await?;
        Ok(Arc::new(Connected(world)))
    }
}

/// A console on scripted engines `h0`, `h1`, ….
pub(crate) struct Bench {
    pub(crate) console: Console,
    pub(crate) store: MemoryStore,
    pub(crate) worlds: Vec<Arc<World>>,
    pub(crate) hosts: Vec<HostId>,
    engines: Arc<Worlds>,
}

impl Bench {
    pub(crate) async fn new(hosts: usize) -> Self {
        let worlds: Vec<_> = (0..hosts).map(|n| World::new(&format!("engine-{n}"))).collect();
        Self::with(worlds).await
    }

    pub(crate) async fn with(worlds: Vec<Arc<World>>) -> Self {
        Self::prepared(worlds, async |_, _| {}).await
    }

    /// A console that finds something in its store when it starts.
    pub(crate) async fn prepared(
        worlds: Vec<Arc<World>>,
        prepare: impl AsyncFnOnce(&MemoryStore, &[HostId]),
    ) -> Self {
        let store = MemoryStore::default();
        let engines = Arc::new(Worlds::default());
        let mut hosts = Vec::new();
        for (n, world) in worlds.iter().enumerate() {
            let path = format!("/run/h{n}.sock");
            engines.0.lock().unwrap().insert(path.clone(), Arc::clone(world));
            let record = HostRecord {
                id: HostId::fresh(),
                name: format!("h{n}").parse().unwrap(),
                labels: BTreeMap::new(),
                connection: HostConnection::Unix { path },
                engine_id: None,
                created_at: 0,
                version: 1,
            };
            store.add_host(&record).await.unwrap();
            hosts.push(record.id);
        }
        prepare(&store, &hosts).await;
        let console = Console::start(Ports {
            clock: Arc::new(TokioClock(Instant::now())),
            store: Arc::new(store.clone()) as Arc<dyn Store>,
            engines: Arc::clone(&engines) as Arc<dyn Engines>,
            installation: "test".to_owned(),
        })
        .await
        .unwrap();
        let bench = Self {
            console,
            store,
            worlds,
            hosts,
            engines,
        };
        bench.settle().await;
        bench
    }

    /// One more engine that listens at this path.
    pub(crate) fn listen(&self, path: &str, world: &Arc<World>) {
        self.engines
            .0
            .lock()
            .unwrap()
            .insert(path.to_owned(), Arc::clone(world));
    }

    /// Lets everything that is due now happen; takes a virtual millisecond.
    pub(crate) async fn settle(&self) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    pub(crate) fn key(&self, host: usize, n: usize) -> ContainerKey {
        ContainerKey {
            host: self.hosts[host],
            id: id(n),
        }
    }
}

pub(crate) fn viewer(role: Role) -> Viewer {
    Viewer {
        user: UserId::fresh(),
        name: "ada".parse().unwrap(),
        permissions: role.permissions(),
        proof: Proof::Session(SessionId::fresh()),
        address: "127.0.0.1".to_owned(),
        refusals: lighthouse_core::access::Refusals::default(),
    }
}

/// A viewer who can be changed while a tab is open.
#[derive(Clone)]
pub(crate) struct Someone(pub(crate) Arc<Mutex<Option<Viewer>>>);

impl Someone {
    pub(crate) fn new(viewer: &Viewer) -> Self {
        Self(Arc::new(Mutex::new(Some(viewer.clone()))))
    }

    pub(crate) fn refresh(&self) -> Refresh {
        let who = Arc::clone(&self.0);
        Arc::new(move || {
            let now = who.lock().unwrap().clone();
            async move { now }.boxed()
        })
    }
}

/// An application in the store with instances `web-n`: on which host, and n.
pub(crate) async fn application(
    store: &MemoryStore,
    hosts: &[HostId],
    name: &str,
    instances: &[(usize, u32)],
) -> ApplicationId {
    let id = ApplicationId::fresh();
    let user = viewer(Role::Administrator);
    let grant: Grant<right::ApplicationDeploy> = authorize(&user, Target::Application(id)).unwrap();
    let operation = OperationRecord {
        id: OperationId::fresh(),
        kind: OperationKind::Deploy,
        target: name.to_owned(),
        application: Some(id),
        actor: "ada".to_owned(),
        grant: grant.record(),
        epoch: 1,
        state: OperationState::Succeeded,
        created_at: 0,
        ended_at: None,
        payload: String::new(),
    };
    let record = ApplicationRecord {
        id,
        name: name.parse().unwrap(),
        generation: 1,
        pool: None,
        release: None,
        scale: BTreeMap::new(),
        running: true,
        created_at: 0,
    };
    let audit = AuditRecord {
        at: 0,
        actor: "ada".to_owned(),
        address: String::new(),
        action: "deploy".to_owned(),
        target: name.to_owned(),
        outcome: "accepted".to_owned(),
        operation: None,
        detail: String::new(),
    };
    let with = Acceptance {
        application: Some(record),
        release: None,
    };
    store.accept(&operation, &[], &with, &audit).await.unwrap();
    for (host, number) in instances {
        let instance = InstanceRecord {
            application: id,
            service: "web".to_owned(),
            number: *number,
            host: hosts[*host],
            generation: 1,
            release: 1,
            nonce: format!("nonce-{number}"),
            container: None,
            fingerprint: String::new(),
        };
        store.save_instance(&instance).await.unwrap();
    }
    id
}
