//! Exactly one task an item, although workers die, answers are lost and leases run out.
use std::collections::BTreeMap;
use std::time::Duration;

use agents_api_campaigns::{CampaignStatus, Store, apply};
use agents_api_emulator::{Effect, Emulator, Fault, Operation};

use crate::support::{Database, client, github, options, plan, take_in};

/// Kills workers at random until this many have died.
const KILLS: usize = 200;
const WORKERS: usize = 8;
/// More than eight workers start in the time that the kills take.
const ITEMS: usize = 150;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_workers_killed_two_hundred_times_leave_one_task_an_item() {
    for database in Database::all().await {
        kill_workers(&database).await;
    }
}

async fn kill_workers(database: &Database) {
    let github = github(ITEMS, Emulator::builder().speed(2000.0).seed(7)).await;
    // Together they lose the response to 45 % of the starts, after the task was created.
    for effect in [Effect::Reset, Effect::Html { status: 502 }, Effect::Close] {
        github.inject(
            Fault::on(Operation::StartTask, effect)
                .after_applied()
                .chance(0.18)
                .times(u64::MAX),
        );
    }
    let store = database.open().await;
    take_in(&store, &plan(ITEMS, "concurrency: 100\nwaves: {success_rate: 0}")).await;

    let start_worker = || {
        // A client and a connection of its own: nothing is shared but the database and GitHub.
        let (client, url) = (client(&github), database.url().to_owned());
        tokio::spawn(async move {
            let store = Store::open(&url).await?;
            apply(&client, &store, "test", &options()).await
        })
    };
    let mut workers: Vec<_> = (0..WORKERS).map(|_| start_worker()).collect();
    let mut random = fastrand::Rng::with_seed(3);
    for kill in 0..KILLS {
        tokio::time::sleep(Duration::from_millis(random.u64(20..200))).await;
        let victim = random.usize(..WORKERS);
        workers[victim].abort();
        workers[victim] = start_worker();
        if kill % 40 == 20 {
            database.drop_connections().await;
        }
    }
    for worker in workers {
        let state = worker.await.unwrap().unwrap();
        assert_eq!(state.status, CampaignStatus::Finished);
    }

    let mut tasks: BTreeMap<String, usize> = BTreeMap::new();
    for task in github.tasks() {
        let prompt = task.json()["sessions"][0]["prompt"].as_str().unwrap().to_owned();
        let repository = prompt
            .lines()
            .next()
            .unwrap()
            .trim_start_matches("Fix ")
            .to_owned();
        *tasks.entry(repository).or_default() += 1;
    }
    assert_eq!(tasks.len(), ITEMS, "none is missing: {tasks:?}");
    assert!(tasks.values().all(|count| *count == 1), "{tasks:?}");
    let state = store.state("test").await.unwrap();
    assert!(state.items.iter().all(|item| item.task_id.is_some()), "{state:?}");
}
