//! `--emulator`: an emulator of GitHub in this process, with a past to look at.
use agents_api_emulator::{Emulator, Script, TaskSeed};

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// The repository that is always there.
pub(super) const REPO: &str = "octocat/hello-world";

/// A minute takes a second.
const SPEED: f64 = 60.0;

/// Tasks with a past.
const TASKS: u32 = 24;

/// Tasks that are under way, by the scripts they live by.
const UNDER_WAY: [(&str, &str); 4] = [
    ("Add a dark mode to the settings page", "slow-success"),
    ("Update the dependencies and fix what breaks", "fails"),
    ("Translate the error messages into French", "waits-for-user"),
    ("Write tests for the checkout", "follow-up"),
];

/// Starts one on a free loopback port. It ends with the process.
pub(super) async fn start(repos: &[String]) -> Result<Emulator> {
    let failed = |error: agents_api_emulator::Error| {
        Failure::new(Exit::Ended, format!("the emulator cannot start: {error}"))
    };
    let mut builder = Emulator::builder().speed(SPEED).tasks(TASKS).log_capacity(0);
    let mut names: Vec<&str> = vec![REPO];
    names.extend(repos.iter().map(String::as_str).filter(|name| *name != REPO));
    for (owner, name) in names.iter().filter_map(|name| name.split_once('/')) {
        builder = builder.repository(owner, name);
    }
    let emulator = builder.start().await.map_err(failed)?;
    for (prompt, script) in UNDER_WAY {
        let seed = TaskSeed::new(prompt).create_pull_request();
        let script = Script::builtin(script).unwrap_or_else(Script::quick_success);
        emulator.seed_task(seed.script(script)).map_err(failed)?;
    }
    Ok(emulator)
}
