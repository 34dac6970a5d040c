//! One engine: how it is started, and what can be done to it.

use std::{
    fs::{self, File, OpenOptions},
    io::Read,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::{Certificates, tail, wait_until};
use crate::{
    BenchError,
    plain_http::Socket,
    programs::{finish, program, run},
    slot::MARK,
};

/// An engine that loads many containers takes its time, and so does a machine that compiles meanwhile.
const UP_WITHIN: Duration = Duration::from_mins(1);

/// Makes the namespace's own `/run`, `/etc/docker` and name server, says so, and then only holds it open.
const HOLD: &str = r#"
set -e
mount --make-rprivate /
mkdir -p /etc/docker
mount --bind "$1/etc" /etc/docker
mount --bind "$1/resolv.conf" /etc/resolv.conf
mount --bind "$1/run" /run
if [ -f "$1/disk" ]; then mount -o loop "$1/disk" "$1/data"; fi
echo ready
exec sleep infinity
"#;

/// What makes the engine's side answer every connection with a reset.
const RESET: [&str; 9] = [
    "INPUT",
    "-i",
    "eth0",
    "-p",
    "tcp",
    "-j",
    "REJECT",
    "--reject-with",
    "tcp-reset",
];

/// All that an engine is started from.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) bench: String,
    pub(super) number: usize,
    pub(super) dir: PathBuf,
    pub(super) address: String,
    pub(super) gateway: String,
    pub(super) newer: Option<PathBuf>,
    pub(super) tls: Option<Certificates>,
    pub(super) arguments: Vec<String>,
    /// Size of a disk of its own, in MiB.
    pub(super) disk: Option<u64>,
}

/// A Docker engine on the bench.
#[derive(Debug)]
pub struct Engine {
    name: String,
    setup: Setup,
    holder: Child,
    daemon: Mutex<Option<Child>>,
    socket: Socket,
    version: String,
    api_version: String,
}

impl Engine {
    pub(super) fn start(setup: Setup) -> Result<Self, BenchError> {
        for folder in ["data", "exec", "run", "etc"] {
            let path = setup.dir.join(folder);
            fs::create_dir_all(&path).map_err(BenchError::path("create", &path))?;
        }
        // Nobody listens there, so a name that does not exist fails at once instead of after a long wait.
        let resolv = setup.dir.join("resolv.conf");
        fs::write(
            &resolv,
            format!("nameserver {}\noptions timeout:1 attempts:1\n", setup.gateway),
        )
        .map_err(BenchError::path("write", &resolv))?;
        if let Some(size) = setup.disk {
            make_disk(&setup.dir.join("disk"), size)?;
        }
        setup.connect()?;
        let holder = setup.hold()?;
        let socket = Socket::new(setup.dir.join("docker.sock"));
        let mut engine = Self {
            name: format!("h{}", setup.number),
            setup,
            holder,
            daemon: Mutex::new(None),
            socket,
            version: String::new(),
            api_version: String::new(),
        };
        engine.start_daemon()?;
        let version = engine.socket.get("/version")?;
        version["Version"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut engine.version);
        version["ApiVersion"]
            .as_str()
            .unwrap_or_default()
            .clone_into(&mut engine.api_version);
        Ok(engine)
    }

    /// Name on the bench: `h1`, `h2` and so on.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The unix socket, reachable whatever happens to the engine's link.
    pub fn socket(&self) -> &Path {
        self.socket.path()
    }

    /// Plain HTTP over that socket.
    pub fn http(&self) -> &Socket {
        &self.socket
    }

    /// Address in the bench's network; published ports of containers are found there.
    pub fn address(&self) -> &str {
        &self.setup.address
    }

    /// `address:port` of the TCP listener.
    pub fn tcp(&self) -> String {
        let port = if self.setup.tls.is_some() { 2376 } else { 2375 };
        format!("{}:{port}", self.setup.address)
    }

    /// Whether the TCP listener asks for certificates.
    pub fn uses_tls(&self) -> bool {
        self.setup.tls.is_some()
    }

    /// The engine's own version, such as `20.10.24+dfsg1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The newest API it speaks, such as `1.41`.
    pub fn api_version(&self) -> &str {
        &self.api_version
    }

    /// Name of its network namespace.
    pub fn netns(&self) -> String {
        format!("{}h{}", self.setup.bench, self.setup.number)
    }

    /// Process id of the daemon, while there is one.
    pub fn pid(&self) -> Option<u32> {
        self.daemon
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .as_ref()
            .map(Child::id)
    }

    /// The engine hangs: connections are accepted by the kernel and nothing is answered.
    pub fn pause(&self) -> Result<(), BenchError> {
        self.signal(Signal::STOP)?;
        // Each thread stops by itself, and until then it serves.
        let stopped = wait_until(Duration::from_secs(5), || self.pid().is_none_or(is_stopped));
        if stopped {
            Ok(())
        } else {
            Err(BenchError::NotPossible(format!("`{}` does not stop", self.name)))
        }
    }

    /// It goes on after [`pause`](Self::pause).
    pub fn resume(&self) -> Result<(), BenchError> {
        self.signal(Signal::CONT)
    }

    /// The daemon is killed; its containers run on.
    pub fn kill(&self) -> Result<(), BenchError> {
        self.signal(Signal::KILL)?;
        self.reap()
    }

    /// The daemon ends in order, and stops its containers.
    pub fn stop(&self) -> Result<(), BenchError> {
        self.signal(Signal::TERM)?;
        self.reap()
    }

    /// Starts the daemon again; one that still runs is stopped in order first.
    pub fn restart(&self) -> Result<(), BenchError> {
        if self.pid().is_some() {
            self.resume()?;
            self.stop()?;
        }
        self.start_daemon()
    }

    /// Pulls the cable: the link goes down.
    pub fn cut(&self) -> Result<(), BenchError> {
        run("ip", &["link", "set", &self.setup.cable(), "down"]).map(drop)
    }

    /// Packets to and from the engine are swallowed without a word.
    pub fn swallow(&self) -> Result<(), BenchError> {
        self.heal()?;
        self.iptables("-I", &["INPUT", "-i", "eth0", "-j", "DROP"])?;
        self.iptables("-I", &["OUTPUT", "-o", "eth0", "-j", "DROP"])
    }

    /// Connections, open ones too at their next packet, are answered with a reset.
    pub fn reset(&self) -> Result<(), BenchError> {
        self.heal()?;
        self.iptables("-I", &RESET)
    }

    /// The link is up and passes packets again.
    pub fn heal(&self) -> Result<(), BenchError> {
        while self
            .iptables("-D", &["INPUT", "-i", "eth0", "-j", "DROP"])
            .is_ok()
        {}
        while self
            .iptables("-D", &["OUTPUT", "-o", "eth0", "-j", "DROP"])
            .is_ok()
        {}
        while self.iptables("-D", &RESET).is_ok() {}
        run("ip", &["link", "set", &self.setup.cable(), "up"])?;
        // The kernel remembers for a while that nobody answered there.
        run("ip", &["neigh", "flush", "to", &self.setup.address]).map(drop)
    }

    fn iptables(&self, action: &str, rule: &[&str]) -> Result<(), BenchError> {
        let space = format!("--net=/run/netns/{}", self.netns());
        finish(
            program("nsenter")
                .args([&space, "iptables", "-w", "5", action])
                .args(rule),
        )
        .map(drop)
    }

    fn signal(&self, signal: Signal) -> Result<(), BenchError> {
        let pid = self.pid().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        let Some(pid) = pid else {
            return Err(BenchError::NotPossible(format!(
                "the daemon of `{}` does not run",
                self.name
            )));
        };
        kill_process(pid, signal)
            .map_err(std::io::Error::from)
            .map_err(BenchError::io(format!(
                "send a signal to the daemon of `{}`",
                self.name
            )))
    }

    fn reap(&self) -> Result<(), BenchError> {
        let daemon = self.daemon.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut daemon) = daemon {
            daemon
                .wait()
                .map_err(BenchError::io(format!("wait for the daemon of `{}`", self.name)))?;
        }
        Ok(())
    }

    fn start_daemon(&self) -> Result<(), BenchError> {
        // Left behind by a killed daemon: a new one would take them for a running one's.
        for stale in ["docker.pid", "exec/containerd/containerd.pid", "docker.sock"] {
            drop(fs::remove_file(self.setup.dir.join(stale)));
        }
        let daemon = self.setup.daemon(self.holder.id())?;
        *self.daemon.lock().unwrap_or_else(PoisonError::into_inner) = Some(daemon);
        let probe = self.socket.clone().patience(Duration::from_secs(2));
        let up = wait_until(UP_WITHIN, || {
            probe
                .call("GET", "/_ping", None)
                .is_ok_and(|answer| answer.status == 200)
        });
        if up {
            return Ok(());
        }
        Err(BenchError::NotUp {
            host: self.name.clone(),
            seconds: UP_WITHIN.as_secs(),
            log: tail(&self.setup.dir.join("log")),
        })
    }
}

/// Whether every thread of a process is stopped.
fn is_stopped(process: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{process}/task")) else {
        return true;
    };
    threads.flatten().all(|thread| {
        // The state follows the name, which is in parentheses and may hold anything.
        fs::read_to_string(thread.path().join("stat")).is_ok_and(|stat| {
            stat.rsplit_once(") ")
                .is_some_and(|(_, rest)| rest.starts_with('T'))
        })
    })
}

/// A file with an empty file system.
fn make_disk(path: &Path, mebibytes: u64) -> Result<(), BenchError> {
    let file = File::create(path).map_err(BenchError::path("create", path))?;
    file.set_len(mebibytes << 20)
        .map_err(BenchError::path("size", path))?;
    finish(program("mkfs.ext4").args(["-q", "-F"]).arg(path)).map(drop)
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Dead at once; the bench's watcher takes care of containers and everything else.
        let daemon = self
            .daemon
            .get_mut()
            .unwrap_or_else(PoisonError::into_inner)
            .as_mut();
        for child in daemon.into_iter().chain([&mut self.holder]) {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

impl Setup {
    /// The bridge's end of the engine's cable.
    fn cable(&self) -> String {
        format!("{}v{}", self.bench, self.number)
    }

    fn connect(&self) -> Result<(), BenchError> {
        let space = format!("{}h{}", self.bench, self.number);
        let cable = self.cable();
        run("ip", &["netns", "add", &space])?;
        run(
            "ip",
            &[
                "link", "add", &cable, "type", "veth", "peer", "name", "eth0", "netns", &space,
            ],
        )?;
        run("ip", &["link", "set", &cable, "master", &self.bench, "up"])?;
        run(
            "ip",
            &[
                "-n",
                &space,
                "addr",
                "add",
                &format!("{}/24", self.address),
                "dev",
                "eth0",
            ],
        )?;
        run("ip", &["-n", &space, "link", "set", "eth0", "up"])?;
        run("ip", &["-n", &space, "link", "set", "lo", "up"])?;
        Ok(())
    }

    /// Starts the process that keeps the engine's namespaces while the daemon comes and goes.
    fn hold(&self) -> Result<Child, BenchError> {
        let doing = || BenchError::io(format!("make the namespaces of h{}", self.number));
        let log = self.dir.join("namespaces.log");
        let errors = File::create(&log).map_err(BenchError::path("create", &log))?;
        let mut holder = program("nsenter")
            .arg(format!("--net=/run/netns/{}h{}", self.bench, self.number))
            .args(["unshare", "-m", "sh", "-c", HOLD, "hold"])
            .env(MARK, &self.bench)
            .arg(&self.dir)
            .current_dir("/")
            // Ctrl-C in a terminal is for the owner alone.
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn()
            .map_err(doing())?;
        let mut word = [0_u8; 6];
        let told = holder
            .stdout
            .take()
            .map(|mut output| output.read_exact(&mut word));
        if !matches!(told, Some(Ok(()))) {
            drop(holder.kill());
            drop(holder.wait());
            return Err(BenchError::NotPossible(format!(
                "own mounts for an engine: {}",
                tail(&log)
            )));
        }
        Ok(holder)
    }

    fn daemon(&self, holder: u32) -> Result<Child, BenchError> {
        let dir = self.dir.display();
        let log_path = self.dir.join("log");
        let log = || {
            OpenOptions::new()
                .create(true)
                .append(true)
                .open(&log_path)
                .map_err(BenchError::path("open", &log_path))
        };
        let mut command = program("nsenter");
        command.env(MARK, &self.bench);
        command.args([
            format!("--mount=/proc/{holder}/ns/mnt"),
            format!("--net=/proc/{holder}/ns/net"),
        ]);
        if let Some(newer) = &self.newer {
            let path = std::env::var("PATH").unwrap_or_default();
            let root = newer.display();
            command.env(
                "PATH",
                format!("{root}/usr/sbin:{root}/usr/bin:{path}:/usr/sbin:/sbin"),
            );
            command.arg(newer.join("usr/sbin/dockerd"));
        } else {
            command.arg("dockerd");
        }
        command
            .arg(format!("--data-root={dir}/data"))
            .arg(format!("--exec-root={dir}/exec"))
            .arg(format!("--pidfile={dir}/docker.pid"))
            .arg(format!("--host=unix://{dir}/docker.sock"))
            .arg(format!("--cgroup-parent=/{}/h{}", self.bench, self.number))
            .arg("--exec-opt=native.cgroupdriver=cgroupfs")
            .arg(format!("--insecure-registry={}/24", self.gateway))
            .args(["--log-level=warn", "--shutdown-timeout=3"])
            .args(&self.arguments);
        match &self.tls {
            None => command
                .arg(format!("--host=tcp://{}:2375", self.address))
                .arg("--tls=false"),
            Some(tls) => command
                .arg(format!("--host=tcp://{}:2376", self.address))
                .arg("--tlsverify")
                .arg(format!("--tlscacert={}", tls.folder.join("ca.pem").display()))
                .arg(format!("--tlscert={}", tls.folder.join("server.pem").display()))
                .arg(format!(
                    "--tlskey={}",
                    tls.folder.join("server-key.pem").display()
                )),
        };
        command
            .current_dir("/")
            // Ctrl-C in a terminal is for the owner alone.
            .process_group(0)
            .stdout(log()?)
            .stderr(log()?)
            .spawn()
            .map_err(BenchError::io(format!("start the daemon of h{}", self.number)))
    }
}
