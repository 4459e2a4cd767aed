//! The command line: flags that every command takes, the table of commands, and what runs them.
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser};

use crate::commands::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::output::Output;

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Start Copilot cloud-agent tasks, follow them, and exit by their result
#[derive(Parser)]
#[command(name = "agents", version, styles = STYLES, max_term_width = 100, after_help = Exit::table())]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: Global,
}

/// Flags that every command takes.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Print JSON: all of it, or these fields
    #[arg(long, global = true, value_name = "FIELDS", num_args = 0..=1, require_equals = true, default_missing_value = "", value_delimiter = ',')]
    pub(crate) json: Option<Vec<String>>,
    /// Filter the JSON with a jq expression; strings are printed without quotes
    #[arg(long, global = true, value_name = "EXPR")]
    pub(crate) jq: Option<String>,
    /// The GitHub host: github.com or SUBDOMAIN.ghe.com [env: GH_HOST]
    #[arg(long, global = true, value_name = "HOST")]
    pub(crate) hostname: Option<String>,
    /// Take the token from this environment variable
    #[arg(long, global = true, value_name = "VAR")]
    pub(crate) token_env: Option<String>,
    /// Use an emulator of GitHub in this process: no token, no network, no bill
    #[arg(long, global = true)]
    pub(crate) emulator: bool,
    /// Show the requests; twice for more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    /// No progress and no notes, errors only
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
}

impl Cli {
    /// Runs the command and reports its failure.
    pub(crate) fn run(self) -> ExitCode {
        let out = Output::new(&self.global);
        match self.command.run(self.global, &out) {
            Ok(code) => code,
            Err(failure) => {
                out.failure(&failure);
                failure.exit.into()
            }
        }
    }
}

/// Runs an asynchronous command to its end, or to Ctrl-C. The runtime exists from here on and not before.
pub(crate) fn block_on<F>(
    global: Global,
    out: &Output,
    command: impl FnOnce(Context) -> F,
) -> Result<ExitCode>
where
    F: Future<Output = Result<Exit>>,
{
    out.trace(global.verbose);
    let context = Context::new(global, out.clone())?;
    let following = context.following.clone();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Ended, format!("cannot start: {error}")))?;
    let exit = runtime.block_on(async {
        tokio::select! {
            biased;
            result = command(context) => result,
            () = interrupted() => Err(following.interrupted()),
        }
    });
    // What still runs in the background, such as an embedded emulator, has nothing left to do.
    runtime.shutdown_background();
    exit.map(Into::into)
}

#[cfg(unix)]
async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(not(unix))]
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}
