//! `--exec`: a command for each event.
use std::process::Stdio;

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use super::notice::Notice;
use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// Runs the command in the shell, with the event on its standard input, and waits for its end.
pub(super) async fn run(command: &str, notice: &Notice, body: &[u8]) -> Result<()> {
    let failed = |why: String| Failure::new(Exit::Ended, format!("--exec: {why}"));
    let mut shell = if cfg!(windows) {
        let mut shell = Command::new("cmd");
        shell.arg("/C");
        shell
    } else {
        let mut shell = Command::new("sh");
        shell.arg("-c");
        shell
    };
    let mut child = shell
        .arg(command)
        .env("AGENTS_EVENT", notice.event)
        .env("AGENTS_TASK_ID", &notice.id)
        .env("AGENTS_TASK_STATE", notice.state.as_deref().unwrap_or_default())
        .env(
            "AGENTS_PREVIOUS_STATE",
            notice.previous_state.as_deref().unwrap_or_default(),
        )
        .env("AGENTS_TASK_URL", notice.url.as_deref().unwrap_or_default())
        .stdin(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut input) = child.stdin.take() {
        // A command need not read what it is given.
        let _ = input.write_all(body).await;
        let _ = input.write_all(b"\n").await;
    }
    let status = child.wait().await.map_err(|error| failed(error.to_string()))?;
    if status.success() {
        return Ok(());
    }
    Err(
        failed(format!("the command failed for task {}: {status}", notice.id))
            .hint("the event does not count as delivered: with --state, the next start delivers it again"),
    )
}
