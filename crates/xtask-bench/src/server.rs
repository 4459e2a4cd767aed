//! The emulator in a process of its own.
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// A running emulator; it ends when this is dropped, or when this process ends.
pub(super) struct Server {
    child: Child,
    /// Its address.
    pub(super) base: String,
    /// The id of a task with one session.
    pub(super) one: String,
    /// The id of a task with twenty.
    pub(super) twenty: String,
}

impl Server {
    /// Starts one with so many tasks; each answer takes so many milliseconds.
    pub(super) fn start(programs: &Path, tasks: u32, latency: u32) -> Result<Self> {
        let mut child = Command::new(programs)
            .args(["serve", &tasks.to_string(), &latency.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("cannot run {}", programs.display()))?;
        let mut line = String::new();
        if let Some(out) = child.stdout.take() {
            BufReader::new(out).read_line(&mut line)?;
        }
        let mut words = line.split_whitespace().map(str::to_owned);
        let (base, one, twenty) = (words.next(), words.next(), words.next());
        let mut server = Self {
            child,
            base: String::new(),
            one: String::new(),
            twenty: String::new(),
        };
        server.base = base.context("the emulator did not start")?;
        server.one = one.context("the emulator names no task")?;
        server.twenty = twenty.context("the emulator names no second task")?;
        Ok(server)
    }

    /// The repository's tasks.
    pub(super) fn tasks(&self) -> String {
        format!("{}/agents/repos/octocat/hello-world/tasks", self.base)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
