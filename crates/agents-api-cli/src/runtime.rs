//! What runs an asynchronous command. The runtime exists from here on and not before.
use std::process::ExitCode;

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::global::Global;
use crate::output::Output;

/// Runs a command to its end, or to Ctrl-C.
pub(crate) fn block_on<F>(
    global: Global,
    out: &Output,
    command: impl FnOnce(Context) -> F,
) -> Result<ExitCode>
where
    F: Future<Output = Result<Exit>>,
{
    Output::trace(global.verbose);
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
