//! The emulator as a program: parses flags, prints one line, then serves until shutdown.
//!
//! Here rather than in the binary, so that other programs can offer it as a command of theirs.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use tokio::runtime::Builder as Runtime;

use crate::clock::Clock;
use crate::emulator::Emulator;
use crate::emulator::builder::{Builder, DEFAULT_TOKEN};
use crate::faults::plan::FaultPlan;
use crate::life::{Scenario, Script};
use crate::limits::{Limits, SecondaryLimits};
use crate::model::{Access, RepoName};
use crate::settings::Realism;
use crate::world::account::Token;

/// How long connections and workers may take to end after a signal.
const GRACE: Duration = Duration::from_secs(1);

/// Emulates GitHub's agent tasks API in memory.
#[derive(Clone, clap::Args)]
#[group(skip)]
pub struct Args {
    /// Port to listen on; 0 picks a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Address to listen on; anything but a loopback address is reachable from other machines
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = host)]
    host: IpAddr,
    /// Token that clients must send; it belongs to octocat and may do everything
    #[arg(long, value_name = "T", default_value = DEFAULT_TOKEN, value_parser = token)]
    token: String,
    /// Further token that may only read
    #[arg(long, value_name = "T", value_parser = token)]
    read_only_token: Vec<String>,
    /// Repository to add; may be given repeatedly [default: octocat/hello-world]
    #[arg(long = "repo", value_name = "OWNER/NAME")]
    repos: Vec<RepoName>,
    /// Initial tasks with random histories, at most ten million
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(..=10_000_000))]
    tasks: u32,
    /// Where ids, random lives and random faults come from
    #[arg(long, value_name = "N", default_value = "0", value_parser = seed, allow_negative_numbers = true)]
    seed: u64,
    /// Speed of the emulator's clock: 1 is real time, 60 a minute a second, 0 stands still
    #[arg(long, value_name = "X", default_value = "1", value_parser = speed, allow_negative_numbers = true)]
    speed: f64,
    /// How started tasks live: a script's name, or "random" for a random one each
    #[arg(long, value_name = "LIFE", default_value = "quick-success")]
    life: String,
    /// Requests each token may send an hour
    #[arg(long, value_name = "N", default_value_t = 5000)]
    quota: u32,
    /// Enforce GitHub's secondary limits as well
    #[arg(long)]
    secondary_limits: bool,
    /// Open a pull request also for starts that do not mention one, as GitHub was seen to do
    #[arg(long)]
    pull_requests_by_default: bool,
    /// Imitate what GitHub was observed to do: late visibility, lists that lag, empty global ids
    #[arg(long)]
    realistic: bool,
    /// Time at which the clock starts, like 2026-01-31T12:00:00Z [default: the current time]
    #[arg(long, value_name = "TIME")]
    now: Option<DateTime<Utc>>,
    /// Serve the control API at /_emulator/ to clients on this machine that send this token
    #[arg(long, value_name = "T", value_parser = token)]
    control: Option<String>,
    /// File of scripts, in TOML: prompts name them by script:NAME, --life by NAME
    #[arg(long, value_name = "FILE")]
    scripts: Option<PathBuf>,
    /// Maximum number of tasks; starts beyond it respond 507
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    max_tasks: u32,
    /// File to write the port to once it listens
    #[arg(long, value_name = "FILE")]
    port_file: Option<PathBuf>,
    /// File of faults, in TOML
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// File to append a line of JSON to for every request; - is standard output
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
}

/// Runs the emulator until SIGINT or SIGTERM. The first line on standard output is `listening on http://HOST:PORT`;
/// warnings and the error go to standard error.
pub fn run(args: Args) -> ExitCode {
    match serve(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            warn(&message);
            ExitCode::FAILURE
        }
    }
}

fn serve(args: Args) -> Result<(), String> {
    let port_file = args.port_file.clone();
    let builder = builder(args)?;
    let cannot = |error| format!("cannot start: {error}");
    let service = Runtime::new_multi_thread().enable_all().build().map_err(cannot)?;
    // Signals have a runtime of their own: all workers of the other may wait for whoever reads the log.
    let signals = Runtime::new_current_thread()
        .enable_all()
        .build()
        .map_err(cannot)?;
    let in_signals = signals.enter();
    // Listened for before the first line is printed: whoever reads it may send a signal at once.
    let stopped = stopped()?;
    drop(in_signals);
    let github = service.block_on(start(builder, port_file.as_deref()))?;
    signals.block_on(async {
        stopped.await;
        let _ = tokio::time::timeout(GRACE, github.shutdown()).await;
    });
    service.shutdown_timeout(GRACE);
    Ok(())
}

async fn start(builder: Builder, port_file: Option<&Path>) -> Result<Emulator, String> {
    let github = builder
        .start()
        .await
        .map_err(|error| match std::error::Error::source(&error) {
            Some(source) => format!("{error}: {source}; choose another address with --host and --port"),
            None => error.to_string(),
        })?;
    if let Some(path) = port_file {
        let written = write_whole(path, &format!("{}\n", github.address().port()));
        written.map_err(|error| format!("--port-file {}: {error}; choose another file", path.display()))?;
    }
    if !github.address().ip().is_loopback() {
        warn("other machines can reach this emulator: its host is not a loopback address");
    }
    let mut out = io::stdout().lock();
    let printed = writeln!(out, "listening on {}", github.base_url()).and_then(|()| out.flush());
    drop(out);
    printed.map_err(|error| format!("cannot write to standard output: {error}"))?;
    Ok(github)
}

#[cfg(unix)]
fn stopped() -> Result<impl Future<Output = ()>, String> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn stopped() -> Result<impl Future<Output = ()>, String> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}

fn builder(args: Args) -> Result<Builder, String> {
    if args.read_only_token.contains(&args.token) {
        return Err("--read-only-token: the token is --token already, which may do everything".to_owned());
    }
    let limits = Limits {
        quota: args.quota,
        secondary: args.secondary_limits.then(SecondaryLimits::default),
        ..Limits::default()
    };
    let scripts = args.scripts.as_deref().map_or_else(|| Ok(Vec::new()), scripts)?;
    let scenario = scenario(&args.life, &scripts)?;
    let clock = match args.now {
        Some(now) => Clock::scaled_from(now, args.speed),
        None => Clock::scaled(args.speed),
    };
    let mut builder = Emulator::builder()
        .host(args.host)
        .port(args.port)
        .token(args.token)
        .seed(args.seed)
        .clock(clock)
        .tasks(args.tasks)
        .scenario(scenario)
        .max_tasks(args.max_tasks.max(args.tasks))
        .limits(limits);
    if args.realistic {
        builder = builder.realism(Realism::github());
    }
    for script in scripts {
        builder = builder.script(script);
    }
    match args.control {
        Some(token) => builder = builder.control(token),
        // Without the control API the log can only be read from the file.
        None => builder = builder.log_capacity(0),
    }
    for repo in args.repos {
        builder = builder.repository(repo.owner, repo.name);
    }
    for token in args.read_only_token {
        builder = builder.add_token(Token::new(token).access(Access::Read));
    }
    if args.pull_requests_by_default {
        builder = builder.pull_requests_by_default();
    }
    if let Some(path) = &args.faults {
        builder = builder.fault_plan(faults(path)?);
    }
    if let Some(path) = &args.log {
        let sink = sink(path).map_err(|error| format!("--log {}: {error}", path.display()))?;
        builder = builder.log_to(sink);
    }
    Ok(builder)
}

/// Where the log goes, with a word of warning should it end before the program does.
fn sink(path: &Path) -> io::Result<impl io::Write + Send + 'static> {
    let sink: Box<dyn io::Write + Send> = if path == Path::new("-") {
        Box::new(io::stdout())
    } else {
        Box::new(File::options().create(true).append(true).open(path)?)
    };
    Ok(Announced(sink))
}

/// A log sink that reports write failures: the emulator continues without its log.
struct Announced(Box<dyn io::Write + Send>);

impl io::Write for Announced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0
            .write_all(bytes)
            .inspect_err(|error| warn(&format!("the log ends here, it cannot be written: {error}")))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes a file at once: who waits for it never reads a part of it.
fn write_whole(path: &Path, text: &str) -> io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    fs::write(&part, text)?;
    fs::rename(&part, path)
}

fn warn(message: &str) {
    let _ = writeln!(io::stderr(), "agents-api-emulator: {message}");
}

fn faults(path: &Path) -> Result<FaultPlan, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("--faults {}: {error}", path.display()))?;
    text.parse()
        .map_err(|error| format!("--faults {}: {error}", path.display()))
}

fn token(text: &str) -> Result<String, String> {
    if text.starts_with("ghs_") {
        return Err("a ghs_ token is refused by every operation; use another prefix, like ghp_".to_owned());
    }
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("a token is made of visible ASCII characters without spaces, like ghp_test".to_owned());
    }
    Ok(text.to_owned())
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text
        .parse::<f64>()
        .ok()
        .filter(|speed| speed.is_finite() && *speed >= 0.0);
    speed.ok_or_else(|| "a speed is a number from 0 on, like 1 or 60".to_owned())
}

/// How tasks live: a script of the file, a built-in one, or a random life each.
fn scenario(name: &str, scripts: &[Script]) -> Result<Scenario, String> {
    let custom = scripts.iter().find(|script| script.name() == name).cloned();
    match custom.or_else(|| Script::builtin(name)) {
        Some(script) => Ok(Scenario::Script(script)),
        None if name == "random" => Ok(Scenario::Random),
        None => {
            let custom = scripts.iter().map(Script::name);
            let known: Vec<&str> = Script::BUILTIN.iter().copied().chain(custom).collect();
            Err(format!(
                "--life {name:?}: unknown; use random or one of: {}",
                known.join(", ")
            ))
        }
    }
}

/// A file of scripts: `[[script]]` tables.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptFile {
    #[serde(default)]
    script: Vec<Script>,
}

fn scripts(path: &Path) -> Result<Vec<Script>, String> {
    let explain = |error: &dyn std::fmt::Display| format!("--scripts {}: {error}", path.display());
    let text = fs::read_to_string(path).map_err(|error| explain(&error))?;
    let file: ScriptFile = toml::from_str(&text).map_err(|error| explain(&error.to_string().trim_end()))?;
    Ok(file.script)
}

fn host(text: &str) -> Result<IpAddr, String> {
    if text == "localhost" {
        return Ok(IpAddr::from([127, 0, 0, 1]));
    }
    text.parse()
        .map_err(|_| "not an IP address; use one like 127.0.0.1, or localhost".to_owned())
}

fn seed(text: &str) -> Result<u64, String> {
    text.parse()
        .map_err(|_| "not a seed; use a whole number from 0 to 18446744073709551615".to_owned())
}
