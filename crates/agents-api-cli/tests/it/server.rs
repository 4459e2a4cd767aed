//! An emulator for the program to talk to, and the program set up to do so.
use std::process::{Command, Output};

use agents_api_emulator::{Builder, Emulator};
use tokio::runtime::Runtime;

/// An emulator in this process, where a minute takes a third of a second.
pub(crate) struct Server {
    runtime: Runtime,
    emulator: Emulator,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(|builder| builder)
    }

    pub(crate) fn with(set_up: impl FnOnce(Builder) -> Builder) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let builder = set_up(Emulator::builder().speed(200.0));
        let emulator = runtime.block_on(builder.start()).unwrap();
        Self { runtime, emulator }
    }

    /// The emulator, to look into and to break.
    pub(crate) fn github(&self) -> &Emulator {
        let _in_runtime = self.runtime.enter();
        &self.emulator
    }

    /// How many starts arrived.
    pub(crate) fn starts(&self) -> usize {
        let requests = self.emulator.requests();
        requests
            .iter()
            .filter(|request| request.method == "POST" && request.path.ends_with("/tasks"))
            .count()
    }

    /// The program with these arguments, in an empty environment but for the server.
    pub(crate) fn agents<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = agents(args);
        command
            .env("GITHUB_API_URL", self.emulator.base_url())
            .env("GH_TOKEN", self.emulator.token())
            .env("GH_REPO", "octocat/hello-world");
        command
    }
}

/// The program with these arguments, in an empty environment.
pub(crate) fn agents<'a>(args: impl IntoIterator<Item = &'a str>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_agents"));
    command.args(args).env_clear();
    command
}

/// What a command printed, and its exit code.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Ran {
    Ran::from(command.output().unwrap())
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}
