//! Watches: every change of a task, once, up to its end and beyond.
mod support;

use agents_api::until;
use agents_api_emulator::{Clock, Emulator, Script};
use support::connect;

#[tokio::test(start_paused = true)]
async fn paused() {
    for i in 0..20 {
        let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
        let (_, repo) = connect(&github);
        github.next_script(Script::slow_success_with_pull_request());
        let begun = tokio::time::Instant::now();
        let r = repo.start_task("p").wait_until(until::ended()).await;
        println!(
            "{i} {:?} {} {:?}",
            begun.elapsed(),
            github.requests().len(),
            r.map(|t| t.state).map_err(|e| e.to_string())
        );
    }
}
