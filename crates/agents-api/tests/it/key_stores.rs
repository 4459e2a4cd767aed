//! Starts with an idempotency key that is kept in a store.
use std::sync::Arc;
use std::time::Duration;

use crate::support::connect_with;
use agents_api::start::{Claim, KeyStore, Lease, MemoryKeyStore, StartOrigin, StoreKey};
use agents_api::{BoxFuture, Delivery, ErrorKind, Repo, RetryPolicy};
use agents_api_emulator::{Clock, Effect, Emulator, Fault, Operation, TaskSeed};
use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A process: a client of its own with this store.
fn process(github: &Emulator, store: &(impl KeyStore + Clone)) -> Repo {
    let set_up =
        |client: agents_api::ClientBuilder| client.retry(RetryPolicy::never()).key_store(store.clone());
    connect_with(github, set_up).1
}

fn starts(github: &Emulator) -> usize {
    let requests = github.requests();
    requests.iter().filter(|request| request.method == "POST").count()
}

#[tokio::test(start_paused = true)]
async fn a_key_in_a_store_takes_one_request_and_never_expires() {
    let github = Emulator::start().await.unwrap();
    github.seed_tasks(300);
    let store = MemoryKeyStore::new();
    let first = process(&github, &store)
        .start_task("p")
        .idempotency_key("k")
        .await
        .unwrap();
    assert_eq!((first.origin, github.requests().len()), (StartOrigin::Created, 1));
    github.clear_requests();
    github.advance(YEAR);
    let again = process(&github, &store)
        .start_task("p")
        .idempotency_key("k")
        .await
        .unwrap();
    assert_eq!((again.origin, &again.id), (StartOrigin::Existing, &first.id));
    assert_eq!(github.requests().len(), 1);
    let error = process(&github, &store)
        .start_task("q")
        .idempotency_key("k")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IdempotencyMismatch);
}

#[tokio::test(start_paused = true)]
async fn of_processes_that_start_at_the_same_moment_one_sends() {
    let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
    let store = MemoryKeyStore::new();
    let all = (0..8).map(|_| {
        process(&github, &store)
            .start_task("p")
            .idempotency_key("k")
            .into_future()
    });
    let ids: Vec<_> = join_all(all)
        .await
        .into_iter()
        .map(|started| started.unwrap().task.id)
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!((starts(&github), github.tasks().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_process_that_died_while_it_started_leaves_a_key_that_is_searched_for() {
    for applied in [true, false] {
        let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
        let hang = Fault::on(Operation::StartTask, Effect::Hang).nth(1);
        github.inject(if applied { hang.after_applied() } else { hang });
        let store = MemoryKeyStore::new();
        let start = process(&github, &store).start_task("p").idempotency_key("k");
        assert!(timeout(SECOND, start.into_future()).await.is_err());
        // Long after a search without a store would have given up.
        github.advance(SECOND * 3600);
        let second = process(&github, &store)
            .start_task("p")
            .idempotency_key("k")
            .await
            .unwrap();
        let origin = if applied {
            StartOrigin::Existing
        } else {
            StartOrigin::Created
        };
        assert_eq!((second.origin, github.tasks().len()), (origin, 1));
        github.clear_requests();
        let third = process(&github, &store)
            .start_task("p")
            .idempotency_key("k")
            .await
            .unwrap();
        assert_eq!((&third.id, github.requests().len()), (&second.id, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_start_gives_its_key_back() {
    let github = Emulator::start().await.unwrap();
    let store = MemoryKeyStore::new();
    let start = |model: &str| {
        process(&github, &store)
            .start_task("p")
            .model(model)
            .idempotency_key("k")
    };
    let error = start("no-such").await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::Rejected);
    assert_eq!(start("gpt-5.4").await.unwrap().origin, StartOrigin::Created);
    assert_eq!(github.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_lost_response_is_recovered_and_recorded() {
    let github = Emulator::start().await.unwrap();
    github.inject(
        Fault::on(Operation::StartTask, Effect::Reset)
            .nth(1)
            .after_applied(),
    );
    let store = MemoryKeyStore::new();
    let first = process(&github, &store)
        .start_task("p")
        .idempotency_key("k")
        .await
        .unwrap();
    assert_eq!(first.origin, StartOrigin::Recovered);
    github.advance(YEAR);
    let again = process(&github, &store)
        .start_task("p")
        .idempotency_key("k")
        .await
        .unwrap();
    assert_eq!((again.origin, &again.id), (StartOrigin::Existing, &first.id));
}

#[tokio::test(start_paused = true)]
async fn keys_of_other_repositories_are_others() {
    let github = Emulator::builder()
        .repository("octocat", "hello-world")
        .repository("octocat", "other")
        .start()
        .await
        .unwrap();
    let store = MemoryKeyStore::new();
    let (client, repo) = connect_with(&github, |client| client.key_store(store.clone()));
    let other = client.repo("octocat", "other").unwrap();
    let first = repo.start_task("p").idempotency_key("k").await.unwrap();
    let second = other.start_task("p").idempotency_key("k").await.unwrap();
    assert_ne!(first.id, second.id);
    let key = StoreKey::new("Octocat/Hello-World", "k");
    assert_eq!(key, StoreKey::new(repo.to_string(), "k"));
}

/// A database that is down, or whose leases end.
#[derive(Clone, Copy)]
enum Broken {
    Claim,
    Record,
    Held,
    Renew,
    Search,
}

impl KeyStore for Broken {
    fn claim(&self, _: StoreKey) -> BoxFuture<Result<Claim, BoxError>> {
        let claim = match self {
            Self::Claim => Err("the database is down".into()),
            Self::Held => Ok(Claim::InProgress),
            Self::Record => Ok(Claim::New(Lease::new("1"))),
            Self::Renew => Ok(Claim::New(Lease::new("1").renew_every(SECOND))),
            Self::Search => {
                let since = std::time::SystemTime::now().into();
                Ok(Claim::abandoned(Lease::new("1").renew_every(SECOND), since))
            }
        };
        Box::pin(std::future::ready(claim))
    }

    fn record(&self, _: StoreKey, _: Lease, _: String) -> BoxFuture<Result<(), BoxError>> {
        Box::pin(std::future::ready(Err("the database is down".into())))
    }

    fn release(&self, _: StoreKey, _: Lease) -> BoxFuture<Result<(), BoxError>> {
        Box::pin(std::future::ready(Err("the database is down".into())))
    }

    fn renew(&self, _: StoreKey, token: String) -> BoxFuture<Result<(), BoxError>> {
        assert_eq!(token, "1");
        Box::pin(std::future::ready(Err("another holds the key".into())))
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_if_the_store_does_not_give_the_key() {
    let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
    for (store, kind, said) in [
        (Broken::Claim, ErrorKind::KeyStore, "the database is down"),
        (Broken::Held, ErrorKind::KeyInUse, "is in use"),
    ] {
        let start = process(&github, &store).start_task("p").idempotency_key("k");
        let error = start.await.unwrap_err();
        assert_eq!((error.kind(), error.delivery()), (kind, Delivery::NotSent));
        assert!(error.to_string().contains(said), "{error}");
    }
    assert!(github.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_task_that_could_not_be_recorded_is_still_the_result() {
    let github = Emulator::start().await.unwrap();
    let start = process(&github, &Broken::Record)
        .start_task("p")
        .idempotency_key("k");
    assert_eq!(start.await.unwrap().origin, StartOrigin::Created);
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_lease_is_lost_counts_as_lost() {
    let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
    github.inject(Fault::on(Operation::StartTask, Effect::Hang).nth(1));
    let start = process(&github, &Broken::Renew)
        .start_task("p")
        .idempotency_key("k");
    let error = start.await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::Unknown);
    assert!(error.to_string().contains("another holds the key"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_is_lost_during_the_search_sends_nothing() {
    let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
    let start = process(&github, &Broken::Search)
        .start_task("p")
        .idempotency_key("k");
    let error = start.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::KeyStore, Delivery::NotSent)
    );
    assert!(error.to_string().contains("another holds the key"), "{error}");
    assert_eq!(starts(&github), 0);
}

#[tokio::test]
async fn a_key_that_is_released_is_never_left_abandoned() {
    let store = MemoryKeyStore::new();
    let hammer = || {
        let store = store.clone();
        std::thread::spawn(move || {
            for _ in 0..100_000 {
                let key = StoreKey::new("o/r", "k");
                let claim = futures_util::FutureExt::now_or_never(store.claim(key.clone()));
                match claim.unwrap().unwrap() {
                    Claim::New(lease) => drop(store.release(key, lease)),
                    Claim::InProgress => {}
                    other => panic!("{other:?}"),
                }
            }
        })
    };
    let threads = [hammer(), hammer(), hammer()];
    for thread in threads {
        thread.join().unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_process_that_waits_for_another_gets_its_task() {
    let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
    let store = MemoryKeyStore::new();
    let key = StoreKey::new("octocat/hello-world", "k");
    let Claim::New(lease) = store.claim(key.clone()).await.unwrap() else {
        panic!("not new");
    };
    let task = github
        .seed_task(TaskSeed::new("p\n\nIdempotency-Key: k"))
        .unwrap();
    let other = async {
        sleep(SECOND * 5).await;
        store.record(key, lease, task.id()).await.unwrap();
    };
    let start = process(&github, &Arc::new(store.clone()))
        .start_task("p")
        .idempotency_key("k");
    let (started, ()) = tokio::join!(start.into_future(), other);
    assert_eq!(started.unwrap().id, task.id());
    assert_eq!(starts(&github), 0);
}

#[cfg(feature = "file-key-store")]
mod files {
    use std::process::{Child, Command};

    use agents_api::Client;
    use agents_api::start::FileKeyStore;

    use super::*;

    /// A process of its own that starts a task with a key in this directory.
    fn spawn(github: &Emulator, directory: &std::path::Path) -> Child {
        Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "key_stores::files::start_as_the_environment_says",
                "--ignored",
            ])
            .env("KEYS", directory)
            .env("KEYS_URL", github.base_url())
            .env("KEYS_TOKEN", github.token())
            .spawn()
            .unwrap()
    }

    fn repo(url: &str, token: &str, directory: impl Into<std::path::PathBuf>) -> Repo {
        let store = FileKeyStore::open(directory).unwrap();
        let client = Client::builder().base_url(url).token(token).key_store(store);
        client.build().unwrap().repo("octocat", "hello-world").unwrap()
    }

    #[tokio::test]
    #[ignore = "a part of the tests below, in a process of its own"]
    async fn start_as_the_environment_says() {
        let text = |name| std::env::var(name).unwrap();
        let repo = repo(&text("KEYS_URL"), &text("KEYS_TOKEN"), text("KEYS"));
        repo.start_task("p").idempotency_key("k").await.unwrap();
    }

    /// Waits until the key is claimed, and if the start is to be applied, until it is.
    async fn until_sent(github: &Emulator, directory: &std::path::Path, applied: bool) {
        let claimed = || {
            let mut files = std::fs::read_dir(directory).into_iter().flatten();
            files.any(|file| {
                std::fs::read_to_string(file.unwrap().path())
                    .unwrap()
                    .contains("claimed")
            })
        };
        while !claimed() || (applied && github.tasks().is_empty()) {
            sleep(Duration::from_millis(10)).await;
        }
    }

    #[tokio::test]
    async fn a_key_survives_the_kill_of_its_process() {
        for applied in [true, false] {
            let github = Emulator::start().await.unwrap();
            // The one that is not applied is killed in its process, and may not even have been sent.
            let hang = Fault::on(Operation::StartTask, Effect::Hang).nth(1);
            github.inject(if applied { hang.after_applied() } else { hang });
            let name = format!("agents-api-killed-{applied}-{}", std::process::id());
            let directory = std::env::temp_dir().join(name);
            let _ = std::fs::remove_dir_all(&directory);
            let mut child = spawn(&github, &directory);
            timeout(SECOND * 60, until_sent(&github, &directory, applied))
                .await
                .unwrap();
            child.kill().unwrap();
            child.wait().unwrap();
            github.clear_faults();

            let repo = repo(github.base_url(), github.token(), &directory);
            let key = agents_api::start::IdempotencyKey::new("k").visibility_timeout(SECOND);
            let second = repo.start_task("p").idempotency_key(key).await.unwrap();
            let origin = if applied {
                StartOrigin::Existing
            } else {
                StartOrigin::Created
            };
            assert_eq!((second.origin, github.tasks().len()), (origin, 1));
            std::fs::remove_dir_all(&directory).unwrap();
        }
    }

    #[tokio::test]
    async fn of_processes_with_one_directory_one_sends() {
        let github = Emulator::start().await.unwrap();
        let directory = std::env::temp_dir().join(format!("agents-api-many-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&directory);
        let children: Vec<_> = (0..4).map(|_| spawn(&github, &directory)).collect();
        let wait = |mut child: Child| tokio::task::spawn_blocking(move || child.wait().unwrap().success());
        for child in children {
            assert!(timeout(SECOND * 120, wait(child)).await.unwrap().unwrap());
        }
        assert_eq!((starts(&github), github.tasks().len()), (1, 1));
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
