//! The same task in many repositories, some at a time, and what became of each.
//!
//! `cargo run --example fan_out` runs against an embedded emulator of GitHub on which some starts go wrong: no token, no
//! network, no bill. Nothing here is special to it; `Client::from_env()` does the same on GitHub.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;

use agents_api::start::Started;
use agents_api::{Client, Delivery, Error};
use agents_api_emulator::{Effect, Emulator, Fault, Operation};
use futures_util::{StreamExt, stream};

/// How many starts are under way at a time. The client itself leaves a second between two, as GitHub asks.
const AT_A_TIME: usize = 4;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut github = Emulator::builder();
    let names: Vec<_> = (1..=6).map(|number| format!("acme/service-{number}")).collect();
    // The last one is not there, and one start is applied although its answer is lost.
    for name in &names[..5] {
        let (owner, name) = name.split_once('/').ok_or("a name without a slash")?;
        github = github.repository(owner, name);
    }
    let github = github
        .fault(
            Fault::on(Operation::StartTask, Effect::Reset)
                .nth(3)
                .after_applied(),
        )
        .start()
        .await?;
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token())
        .build()?;

    let results: BTreeMap<_, _> = stream::iter(names)
        .map(|name| {
            let client = client.clone();
            async move {
                let result = start(&client, &name).await;
                (name, result)
            }
        })
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;

    for (name, result) in &results {
        match result {
            Ok(task) => println!("{name}  started   {}", task.id),
            Err(error) if error.delivery() == Delivery::Unknown => {
                println!("{name}  unclear   look before starting again: {error}");
            }
            Err(error) => println!("{name}  refused   {error}"),
        }
    }
    let failed = results.values().filter(|result| result.is_err()).count();
    println!("\n{} started, {failed} to look after", results.len() - failed);
    Ok(())
}

async fn start(client: &Client, name: &str) -> Result<Started, Error> {
    client
        .repo_from_full_name(name)?
        .start_task("Update the licence headers")
        .create_pull_request(true)
        .await
}
