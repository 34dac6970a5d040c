//! Engines for tests in other languages: started, told as one line of JSON, and driven by lines.
//!
//! Standard output carries JSON only, one value per line: first the bench, then one answer per command read
//! from standard input. At its end, and at SIGINT or SIGTERM, everything is taken apart.

use std::{
    io::{self, BufRead, Write},
    process::ExitCode,
    thread,
};

use lighthouse_testkit::{
    BenchError,
    engines::{Engine, Engines, Listener, Version},
    images::Image,
    registry::{self, Registry},
    skip::engines_can_run,
};
use serde_json::{Value, json};
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

const HELP: &str = "\
usage: lighthouse-engines [OPTIONS]
  --count N            how many engines (3)
  --version V          installed, newer, or both by turns (both)
  --tls N              engine N listens with mutual TLS on TCP; may be repeated
  --registry           an open registry with the sample images
  --guarded-registry   a registry with a password, with the sample images
  --no-images          engines without any image
  --sweep              only remove what dead benches left
commands on standard input, NAME is h1, h2 …:
  pause|resume NAME    the daemon is stopped and goes on (SIGSTOP, SIGCONT)
  kill|stop NAME       the daemon is killed, or ends in order
  restart NAME         the daemon is started again
  cut NAME             its link goes down
  swallow|reset NAME   packets to it vanish, or are answered with a reset
  heal NAME            the link is whole again
";

#[derive(Debug)]
struct Options {
    count: usize,
    version: Option<Version>,
    tls: Vec<usize>,
    open: bool,
    guarded: bool,
    images: bool,
    sweep: bool,
}

impl Options {
    fn read(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            count: 3,
            version: None,
            tls: Vec::new(),
            open: false,
            guarded: false,
            images: true,
            sweep: false,
        };
        let number = |word: Option<String>| {
            word.and_then(|word| word.parse().ok())
                .ok_or("a number is missing")
        };
        while let Some(word) = words.next() {
            match word.as_str() {
                "--count" => options.count = number(words.next())?,
                "--tls" => options.tls.push(number(words.next())?),
                "--version" => {
                    options.version = match words.next().as_deref() {
                        Some("installed") => Some(Version::Installed),
                        Some("newer") => Some(Version::Newer),
                        Some("both") => None,
                        _ => return Err("--version wants installed, newer or both".to_owned()),
                    }
                }
                "--registry" => options.open = true,
                "--guarded-registry" => options.guarded = true,
                "--no-images" => options.images = false,
                "--sweep" => options.sweep = true,
                other => return Err(format!("`{other}` is no option")),
            }
        }
        Ok(options)
    }
}

/// Everything that runs; the registries end first.
struct Bench {
    open: Option<Registry>,
    guarded: Option<Registry>,
    pushed: Vec<String>,
    images: Vec<Image>,
    engines: Engines,
}

impl Bench {
    fn start(options: &Options) -> Result<Self, BenchError> {
        let mut builder = Engines::builder(options.count);
        if let Some(version) = options.version {
            builder = builder.version(version);
        }
        for &number in &options.tls {
            builder = builder.listener(number, Listener::MutualTls);
        }
        // The sample is compiled while engines start, when it is not in the cache yet.
        let images = thread::spawn({
            let wanted = options.images || options.open || options.guarded;
            move || if wanted { sample_images() } else { Ok(Vec::new()) }
        });
        let engines = builder.start()?;
        let images = images
            .join()
            .unwrap_or_else(|_| Err(BenchError::NotPossible("making images panicked".to_owned())))?;
        if options.images {
            engines.import(&images)?;
        }
        let open = options.open.then(|| Registry::open(&engines)).transpose()?;
        let guarded = options.guarded.then(|| Registry::guarded(&engines)).transpose()?;
        let mut pushed = Vec::new();
        if let Some(engine) = engines.all().first() {
            for registry in [&open, &guarded].into_iter().flatten() {
                for image in &images {
                    if !options.images {
                        image.import(engine)?;
                    }
                    pushed.push(registry.push(engine, image)?);
                    if !options.images {
                        engine.http().delete(&format!("/images/{}", image.reference()))?;
                    }
                }
            }
        }
        Ok(Self {
            open,
            guarded,
            pushed,
            images,
            engines,
        })
    }

    fn tell(&self, options: &Options) -> Value {
        let hosts: Vec<_> = self.engines.all().iter().map(host).collect();
        let images: Vec<_> = self
            .images
            .iter()
            .filter(|_| options.images)
            .map(Image::reference)
            .collect();
        json!({
            "hosts": hosts,
            "registry": self.open.as_ref().map(Registry::address),
            "guarded_registry": self.guarded.as_ref().map(|guarded| json!({
                "address": guarded.address(),
                "user": registry::USER,
                "password": registry::PASSWORD,
            })),
            "images": images,
            "registry_images": self.pushed,
            "gateway": self.engines.gateway(),
            "certificates": self.engines.certificates().map(|made| &made.folder),
        })
    }

    fn obey(&self, line: &str) -> Value {
        let outcome = match line.split_whitespace().collect::<Vec<_>>()[..] {
            [command, name] => self.engines.get(name).and_then(|engine| act(engine, command)),
            _ => Err(BenchError::NotPossible(
                "a command is a word and the name of an engine".to_owned(),
            )),
        };
        match outcome {
            Ok(()) => json!({ "ok": true, "command": line }),
            Err(error) => json!({ "ok": false, "command": line, "error": error.to_string() }),
        }
    }
}

fn act(engine: &Engine, command: &str) -> Result<(), BenchError> {
    match command {
        "pause" => engine.pause(),
        "resume" => engine.resume(),
        "kill" => engine.kill(),
        "stop" => engine.stop(),
        "restart" => engine.restart(),
        "cut" => engine.cut(),
        "swallow" => engine.swallow(),
        "reset" => engine.reset(),
        "heal" => engine.heal(),
        other => Err(BenchError::NotPossible(format!("`{other}` is no command"))),
    }
}

fn host(engine: &Engine) -> Value {
    json!({
        "name": engine.name(),
        "socket": engine.socket(),
        "tcp": engine.tcp(),
        "tls": engine.uses_tls(),
        "version": engine.version(),
        "api": engine.api_version(),
        "netns": engine.netns(),
        "address": engine.address(),
    })
}

fn sample_images() -> Result<Vec<Image>, BenchError> {
    Ok(vec![Image::busybox()?, Image::sample(1)?, Image::sample(2)?])
}

fn say(value: &Value) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{value}")?;
    output.flush()
}

/// Lines of standard input, from a thread: reading it cannot be cancelled.
fn commands() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(16);
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

async fn serve(options: &Options) -> Result<(), BenchError> {
    let failed = |error| BenchError::Io {
        doing: "speak with whoever started this".to_owned(),
        source: error,
    };
    let mut interrupted = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminated = signal(SignalKind::terminate()).map_err(failed)?;
    let mut commands = commands();
    let bench = Bench::start(options)?;
    say(&bench.tell(options)).map_err(failed)?;
    loop {
        tokio::select! {
            _ = interrupted.recv() => return Ok(()),
            _ = terminated.recv() => return Ok(()),
            line = commands.recv() => {
                let Some(line) = line else { return Ok(()) };
                if !line.trim().is_empty() {
                    say(&bench.obey(line.trim())).map_err(failed)?;
                }
            }
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let complain = |words: &str| drop(writeln!(io::stderr(), "{words}"));
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            complain(&format!("{error}\n{HELP}"));
            return ExitCode::from(2);
        }
    };
    if let Err(reason) = engines_can_run() {
        complain(&format!("engines cannot run here: {reason}"));
        return ExitCode::from(3);
    }
    let outcome = if options.sweep {
        lighthouse_testkit::sweep()
    } else {
        serve(&options).await
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
