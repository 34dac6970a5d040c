//! The demonstration: three engines, a registry, the sample application, and a console that knows them.
//!
//! Needs root on Linux. Everything is gone when it ends, however it ends.

use std::{
    env, fs,
    io::{self, Write},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use lighthouse_testkit::{
    BenchError,
    engines::{Engine, Engines},
    images::{Image, escape},
    plain_http::Socket,
    registry::Registry,
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

const HELP: &str = "\
usage: lighthouse-demo [OPTIONS]
  --bin FILE      the console (LIGHTHOUSE_BIN, else `lighthouse` beside this program)
  --listen ADDR   where it listens (127.0.0.1:3000)
  --hosts N       how many engines (3)
";

/// Who the demonstration makes the administrator.
const NAME: &str = "demo";
/// A console on a loopback address with made-up engines needs no secret.
const PASSWORD: &str = "lighthouse-demo";
/// The console is killed when it takes longer to end.
const STOP_WITHIN: Duration = Duration::from_secs(15);

struct Options {
    console: PathBuf,
    listen: String,
    hosts: usize,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let beside = env::current_exe()
            .map(|own| own.with_file_name("lighthouse"))
            .unwrap_or_default();
        let mut options = Self {
            console: env::var_os("LIGHTHOUSE_BIN").map_or(beside, PathBuf::from),
            listen: "127.0.0.1:3000".to_owned(),
            hosts: 3,
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} wants a value"));
            match word.as_str() {
                "--bin" => options.console = value()?.into(),
                "--listen" => options.listen = value()?,
                "--hosts" => options.hosts = value()?.parse().map_err(|_| "--hosts wants a number")?,
                _ => return Err(format!("`{word}` is no option")),
            }
        }
        Ok(options)
    }
}

/// The console's process; asked to end, and killed if it does not.
struct Console(Child);

impl Drop for Console {
    fn drop(&mut self) {
        let asked = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        if asked.is_none_or(|pid| kill_process(pid, Signal::TERM).is_err()) {
            drop(self.0.kill());
        }
        let begun = Instant::now();
        while begun.elapsed() < STOP_WITHIN {
            if matches!(self.0.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Everything that runs, in the order in which it ends.
struct Demo {
    console: Console,
    registry: Registry,
    engines: Engines,
}

fn start(options: &Options) -> Result<Demo, BenchError> {
    say(&format!(
        "starting {} engines, a registry and the console …",
        options.hosts
    ));
    let images = thread::spawn(|| Ok(vec![Image::busybox()?, Image::sample(1)?, Image::sample(2)?]));
    let engines = Engines::builder(options.hosts).start()?;
    let images: Vec<Image> = images
        .join()
        .unwrap_or_else(|_| Err(BenchError::NotPossible("making images panicked".to_owned())))?;
    engines.import(&images)?;
    let registry = Registry::open(&engines)?;
    if let Some(first) = engines.all().first() {
        for image in &images {
            registry.push(first, image)?;
        }
    }
    // Something to see that the console did not make: what runs on hosts before anybody had a console.
    for (engine, (name, command)) in
        engines
            .all()
            .iter()
            .zip([("backup", "clock"), ("orders", "worker"), ("ledger", "crash")])
    {
        run(engine, name, command)?;
    }
    let token = format!("{:032x}", fastrand::u128(..));
    let console = console(options, &engines, &token)?;
    introduce(&options.listen, &engines, &token)?;
    Ok(Demo {
        console,
        registry,
        engines,
    })
}

fn run(engine: &Engine, name: &str, command: &str) -> Result<(), BenchError> {
    let body = json!({ "Image": "sample:1", "Cmd": [command] });
    engine
        .http()
        .post(&format!("/containers/create?name={name}"), &body)?;
    engine
        .http()
        .post(&format!("/containers/{name}/start"), &Value::Null)
        .map(drop)
}

#[expect(clippy::disallowed_methods, reason = "the demonstration starts the console")]
fn console(options: &Options, engines: &Engines, token: &str) -> Result<Console, BenchError> {
    let folder = engines.folder().join("console");
    let failed = |doing: String| move |source| BenchError::Io { doing, source };
    fs::create_dir_all(&folder).map_err(failed(format!("create {}", folder.display())))?;
    let log_path = folder.join("log");
    let log = fs::File::create(&log_path).map_err(failed(format!("create {}", log_path.display())))?;
    let errors = log
        .try_clone()
        .map_err(failed("share the console's log".to_owned()))?;
    let child = std::process::Command::new(&options.console)
        .arg("serve")
        .arg("--data")
        .arg(folder.join("data"))
        .args(["--listen", &options.listen])
        .env("LIGHTHOUSE_SETUP_TOKEN", token)
        .envs([engines.mark()])
        .env_remove("DOCKER_HOST")
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(log)
        .stderr(errors)
        .spawn()
        .map_err(failed(format!("start the console {}", options.console.display())))?;
    let mut console = Console(child);
    let probe = Socket::tcp(&options.listen).patience(Duration::from_secs(2));
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_secs(30) {
        if probe
            .call("GET", "/healthz", None)
            .is_ok_and(|answer| answer.status == 200)
        {
            return Ok(console);
        }
        if matches!(console.0.try_wait(), Ok(Some(_))) {
            break;
        }
        thread::sleep(Duration::from_millis(50));
    }
    let log = fs::read_to_string(&log_path).unwrap_or_default();
    Err(BenchError::NotPossible(format!(
        "the console did not come up:\n{log}"
    )))
}

/// Becomes the administrator and adds the hosts, as a person would.
fn introduce(listen: &str, engines: &Engines, token: &str) -> Result<(), BenchError> {
    let http = Socket::tcp(listen).patience(Duration::from_secs(20));
    let origin = format!("Origin: http://{listen}\r\n");
    let form = format!(
        "token={}&name={}&password={}",
        escape(token),
        escape(NAME),
        escape(PASSWORD)
    );
    let kind = "application/x-www-form-urlencoded";
    let answer = http.send("POST", "/setup", &origin, Some((kind, form.as_bytes())))?;
    let cookie = answer
        .header("set-cookie")
        .and_then(|value| value.split(';').next());
    let Some(cookie) = cookie.filter(|_| answer.status == 303) else {
        return Err(BenchError::Refused {
            who: "the console".to_owned(),
            request: "POST /setup".to_owned(),
            status: answer.status,
            body: answer.text(),
        });
    };
    let headers = format!("{origin}Cookie: {cookie}\r\n");
    for (engine, zone) in engines.all().iter().zip(["eu", "eu", "us"].iter().cycle()) {
        let host = json!({
            "name": engine.name(),
            "connection": { "kind": "unix", "path": engine.socket() },
            "labels": { "zone": zone },
        });
        let body = host.to_string();
        http.expect(
            "POST",
            "/api/v1/hosts",
            &headers,
            Some(("application/json", body.as_bytes())),
        )?;
    }
    Ok(())
}

/// A blueprint to try.
fn blueprint(registry: &Registry) -> String {
    let image = |version: u32| format!("{}/sample:{version}", registry.address());
    format!(
        "name: shop
services:
  web:
    image: {}
    command: [web]
    healthcheck:
      test: [CMD, /sample, check]
      interval: 1s
    deploy:
      replicas: 3
    x-lighthouse:
      placement: spread
  worker:
    image: {}
    command: [worker]
",
        image(1),
        image(2)
    )
}

fn say(words: &str) {
    // Whoever closed our output does not want to hear it.
    drop(writeln!(io::stdout(), "{words}"));
}

async fn show(options: &Options) -> Result<(), BenchError> {
    let failed = |source| BenchError::Io {
        doing: "listen for signals".to_owned(),
        source,
    };
    let mut interrupted = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
    let mut demo = start(options)?;
    say(&format!(
        "\nLighthouse is at http://{}/\nSign in as `{NAME}` with the password `{PASSWORD}`.\n\nHosts: {}\nRegistry: {}\n\n\
         A blueprint to try under Applications → New application:\n\n{}\nCtrl-C ends everything.",
        options.listen,
        demo.engines
            .all()
            .iter()
            .map(|one| format!("{} ({})", one.name(), one.version()))
            .collect::<Vec<_>>()
            .join(", "),
        demo.registry.address(),
        blueprint(&demo.registry),
    ));
    let mut alive = tokio::time::interval(Duration::from_millis(500));
    loop {
        tokio::select! {
            _ = interrupted.recv() => break,
            _ = terminated.recv() => break,
            _ = alive.tick() => {
                if let Ok(Some(status)) = demo.console.0.try_wait() {
                    let log = fs::read_to_string(demo.engines.folder().join("console/log")).unwrap_or_default();
                    let end: Vec<_> = log.lines().rev().take(15).collect();
                    let end: Vec<_> = end.into_iter().rev().collect();
                    return Err(BenchError::NotPossible(format!("the console ended ({status}):\n{}", end.join("\n"))));
                }
            }
        }
    }
    say("\ntaking everything apart …");
    drop(demo);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let complain = |words: &str| drop(writeln!(io::stderr(), "{words}"));
    let options = match Options::read(env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            complain(&format!("{error}\n{HELP}"));
            return ExitCode::from(2);
        }
    };
    match show(&options).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
