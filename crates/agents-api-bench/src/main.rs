//! The programs that `cargo measure` runs and measures. Each does one thing a number of times, and ends.
mod by_hand;
mod decode;
mod fleet;
mod ideal;
mod peers;
mod serve;
mod walk;

use std::io::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use peers::{Failure, Peer};

/// What each program is called with.
const USAGE: &str = "\
agents-api-bench serve TASKS LATENCY_MS
agents-api-bench call PEER get|start|page BASE TASK_ID TIMES
agents-api-bench decode PEER URL TIMES
agents-api-bench walk PEER CONCURRENCY BASE
agents-api-bench fleet fleet|polls TASKS ACTIVE TRACKED";

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = runtime
        .map_err(Failure::from)
        .and_then(|runtime| runtime.block_on(run(&arguments)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {}", chain(&*error));
            ExitCode::FAILURE
        }
    }
}

/// A message with those of its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

async fn run(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        ["serve", tasks, latency] => {
            let served = serve::Served {
                tasks: tasks.parse()?,
                latency: Duration::from_millis(latency.parse()?),
            };
            serve::serve(served).await
        }
        ["call", peer, what, base, id, times] => {
            let peer = Peer::new(peer, base)?;
            for _ in 0..times.parse::<u32>()? {
                match *what {
                    "get" => peer.get(id).await?,
                    "start" => peer.start().await?,
                    "page" => drop(peer.page(1).await?),
                    other => return Err(format!("no call is named {other}\n{USAGE}").into()),
                }
            }
            Ok(())
        }
        ["decode", peer, url, times] => decode::decode(peer, url, times.parse()?).await,
        ["walk", peer, concurrency, base] => walk::walk(peer, concurrency.parse()?, base).await,
        ["fleet", how, tasks, active, tracked] => {
            let population = ideal::Population {
                tasks: tasks.parse()?,
                active: active.parse()?,
                tracked: tracked.parse()?,
            };
            fleet::hour(how, population).await
        }
        _ => Err(USAGE.into()),
    }
}
