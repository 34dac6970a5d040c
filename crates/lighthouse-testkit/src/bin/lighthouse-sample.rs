//! The sample application: one program that can be each of the services a test or a demonstration needs.
//!
//! It uses nothing but the standard library, so that the testkit can compile it by itself, statically, in a
//! few seconds, and put it into an image.

use std::{
    env,
    fmt::Display,
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::ExitCode,
    str::FromStr,
    sync::Arc,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

const HELP: &str = "\
usage: sample COMMAND [ARGUMENT]
  web [PORT]             serve a page with the host's name, and /healthz (8080)
  slow-health [SECONDS]  as web, but /healthz answers 503 for so long (10)
  never-healthy          as web, but /healthz always answers 503
  check [PORT]           ask /healthz and exit 0 when it is well (8080)
  worker [MILLISECONDS]  a line of JSON with a level, so often (500)
  clock [MILLISECONDS]   a line with the time, so often (1000)
  chatty [N] [SECONDS]   N numbered lines a second (1000), for so long or for ever
  job [SECONDS]          work a while (1), then exit 0
  crash [WORDS]          say something to standard error and exit 1
  exit CODE              exit with that code
";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let command = arguments.first().map_or("web", String::as_str);
    let rest = arguments.get(1..).unwrap_or_default();
    let outcome = match command {
        "web" => web(argument(rest, 0, 8080), Health::After(Duration::ZERO)),
        "slow-health" => web(port(), Health::After(Duration::from_secs(argument(rest, 0, 10)))),
        "never-healthy" => web(port(), Health::Never),
        "check" => return check(argument(rest, 0, 8080)),
        "worker" => worker(Duration::from_millis(argument(rest, 0, 500))),
        "clock" => clock(Duration::from_millis(argument(rest, 0, 1000))),
        "chatty" => chatty(argument(rest, 0, 1000), argument(rest, 1, u64::MAX)),
        "job" => job(argument(rest, 0, 1)),
        "crash" => {
            let words = if rest.is_empty() {
                "cannot open the ledger: no such file".to_owned()
            } else {
                rest.join(" ")
            };
            complain(format_args!("fatal: {words}"));
            return ExitCode::from(1);
        }
        "exit" => return ExitCode::from(argument(rest, 0, 0)),
        _ => {
            complain(HELP);
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(format_args!("{command}: {error}"));
            ExitCode::from(1)
        }
    }
}

fn argument<T: FromStr>(rest: &[String], at: usize, default: T) -> T {
    rest.get(at).and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn port() -> u16 {
    env::var("PORT")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(8080)
}

fn say(line: impl Display) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{line}")?;
    output.flush()
}

fn complain(line: impl Display) {
    drop(writeln!(io::stderr(), "{line}"));
}

fn host() -> String {
    fs::read_to_string("/proc/sys/kernel/hostname")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn version() -> String {
    env::var("SAMPLE_VERSION").unwrap_or_else(|_| "0".to_owned())
}

/// When `/healthz` is well.
enum Health {
    After(Duration),
    Never,
}

fn web(port: u16, health: Health) -> io::Result<()> {
    let listener = TcpListener::bind(("0.0.0.0", port))?;
    say(format_args!("listening on port {port}, version {}", version()))?;
    let (begun, health) = (Instant::now(), Arc::new(health));
    for stream in listener.incoming() {
        let (stream, health) = (stream?, Arc::clone(&health));
        thread::spawn(move || {
            let well = match *health {
                Health::After(delay) => begun.elapsed() >= delay,
                Health::Never => false,
            };
            if let Err(error) = answer(&stream, well) {
                complain(format_args!("a visitor left early: {error}"));
            }
        });
    }
    Ok(())
}

fn answer(mut stream: &TcpStream, well: bool) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let path = request.split(' ').nth(1).unwrap_or("/").to_owned();
    let (status, body) = match path.as_str() {
        "/healthz" if well => ("200 OK", "ok\n".to_owned()),
        "/healthz" => ("503 Service Unavailable", "not yet\n".to_owned()),
        "/" => ("200 OK", format!("sample {} on {}\n", version(), host())),
        "/environment" => ("200 OK", environment()),
        _ => ("404 Not Found", "nothing here\n".to_owned()),
    };
    if path != "/healthz" {
        say(format_args!("{} \"{request}\" {status}", now()))?;
    }
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

fn environment() -> String {
    let mut all: Vec<_> = env::vars()
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    all.sort();
    all.concat()
}

fn check(port: u16) -> ExitCode {
    let ask = || -> io::Result<bool> {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n")?;
        let mut text = String::new();
        stream.read_to_string(&mut text)?;
        Ok(text.starts_with("HTTP/1.1 200"))
    };
    match ask() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => {
            complain("/healthz does not answer 200");
            ExitCode::from(1)
        }
        Err(error) => {
            complain(format_args!("/healthz cannot be asked: {error}"));
            ExitCode::from(1)
        }
    }
}

fn worker(every: Duration) -> io::Result<()> {
    const LEVELS: [(&str, &str); 8] = [
        ("info", "took an order"),
        ("debug", "looked up the price"),
        ("info", "packed the parcel"),
        ("info", "sent the parcel"),
        ("debug", "wrote the receipt"),
        ("warn", "the queue is longer than usual"),
        ("info", "took an order"),
        ("error", "the printer is out of paper"),
    ];
    for (number, (level, message)) in (1_u64..).zip(LEVELS.iter().cycle()) {
        let line = format!(
            "{{\"time\":\"{}\",\"level\":\"{level}\",\"message\":\"{message}\",\"order\":{number},\"host\":\"{}\"}}",
            now(),
            host()
        );
        if *level == "error" {
            complain(line);
        } else {
            say(line)?;
        }
        thread::sleep(every);
    }
    Ok(())
}

fn clock(every: Duration) -> io::Result<()> {
    loop {
        say(now())?;
        thread::sleep(every);
    }
}

fn chatty(per_second: u64, seconds: u64) -> io::Result<()> {
    const TICK: Duration = Duration::from_millis(10);
    let last = per_second.saturating_mul(seconds);
    let begun = Instant::now();
    let mut output = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut written = 0;
    while written < last {
        let due = u128::from(per_second) * begun.elapsed().as_micros() / 1_000_000;
        while written < last && u128::from(written) < due {
            written += 1;
            writeln!(
                output,
                "{written:09} the quick brown fox jumps over the lazy dog and counts its lines"
            )?;
        }
        output.flush()?;
        thread::sleep(TICK);
    }
    Ok(())
}

fn job(seconds: u64) -> io::Result<()> {
    say("job: begun")?;
    thread::sleep(Duration::from_secs(seconds));
    say("job: done")
}

/// The time as RFC 3339 with milliseconds, UTC.
#[expect(
    clippy::disallowed_methods,
    reason = "this program runs in a container and has no clock to be moved"
)]
fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let (days, second) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
    let (year, month, day) = civil(days);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        second / 3600,
        second / 60 % 60,
        second % 60,
        since.subsec_millis()
    )
}

/// Year, month and day of a number of days since 1970, by counting; called a few times a second.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    loop {
        let length = 365 + u64::from(leap(year));
        if days < length {
            break;
        }
        days -= length;
        year += 1;
    }
    let lengths = [
        31,
        28 + u64::from(leap(year)),
        31,
        30,
        31,
        30,
        31,
        31,
        30,
        31,
        30,
        31,
    ];
    let mut month = 1;
    for length in lengths {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_become_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_453), (2025, 12, 31));
    }
}
