//! Starts with an idempotency key: at most one task, whatever the network does.

use std::sync::Arc;
use std::time::Duration;

use crate::support::{connect, connect_between, connect_with};
use agents_api::start::{Fallback, IdempotencyKey, Reconciled, StartOrigin};
use agents_api::{Delivery, ErrorKind, Repo, chrono};
use agents_api_emulator::{
    Clock, Effect, Emulator, Fault, Operation, RateLimitResponse, RequestRecord, Target, TaskHandle, TaskSeed,
};
use futures_util::future::join_all;
use tokio::time::{sleep, timeout};

const SECOND: Duration = Duration::from_secs(1);

/// An emulator that follows tokio's clock.
async fn emulator() -> Emulator {
    Emulator::builder().clock(Clock::real()).start().await.unwrap()
}

fn count(github: &Emulator, is: impl Fn(&RequestRecord) -> bool) -> usize {
    github.requests().iter().filter(|request| is(request)).count()
}

fn starts(github: &Emulator) -> usize {
    count(github, |request| request.method == "POST")
}

#[tokio::test(start_paused = true)]
async fn the_key_is_the_last_line_of_the_prompt() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    let started = repo
        .start_task("Fix it\n")
        .idempotency_key("issue-17")
        .await
        .unwrap();
    assert_eq!(
        (started.origin, started.duplicates.len()),
        (StartOrigin::Created, 0)
    );
    let body = github.requests().into_iter().find_map(|request| request.body);
    assert_eq!(
        body.unwrap(),
        r#"{"create_pull_request":false,"prompt":"Fix it\n\nIdempotency-Key: issue-17"}"#
    );
}

#[tokio::test(start_paused = true)]
async fn a_key_starts_one_task_in_this_process_and_the_next() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    let first = repo.start_task("p").idempotency_key("k").await.unwrap();
    let again = repo.start_task("p").idempotency_key("k").await.unwrap();
    assert_eq!((again.origin, &again.id), (StartOrigin::Existing, &first.id));
    for archived in [false, true] {
        if archived {
            github.tasks()[0].archive();
        }
        let (_, elsewhere) = connect(&github);
        let start = elsewhere
            .start_task("other words")
            .model("gpt-5.4")
            .idempotency_key(IdempotencyKey::new("k").accept_mismatch());
        let found = start.await.unwrap();
        assert_eq!((found.origin, &found.id), (StartOrigin::Existing, &first.id));
        assert_eq!(found.model.as_deref(), Some("claude-sonnet-4.6"));
    }
    assert_eq!(starts(&github), 1);
}

#[tokio::test(start_paused = true)]
async fn other_keys_and_older_tasks_are_others() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    let first = repo.start_task("p").idempotency_key("k").await.unwrap();
    let other = repo.start_task("p").idempotency_key("k2").await.unwrap();
    assert_ne!(first.id, other.id);
    github.advance(SECOND * 2 * 24 * 60 * 60);
    let (_, elsewhere) = connect(&github);
    let days = IdempotencyKey::new("k").lookback_window(SECOND * 3 * 24 * 60 * 60);
    let found = elsewhere.start_task("p").idempotency_key(days).await.unwrap();
    assert_eq!(found.id, first.id);
    let (_, elsewhere) = connect(&github);
    let newer = elsewhere.start_task("p").idempotency_key("k").await.unwrap();
    assert_eq!(newer.origin, StartOrigin::Created);
}

#[tokio::test(start_paused = true)]
async fn what_a_client_remembers_is_no_older_than_the_key_looks_back() {
    let github = emulator().await;
    let (_, repo) = connect(&github);
    let start = repo.start_task("p");
    let start = start.idempotency_key(IdempotencyKey::new("k").lookback_window(SECOND * 600));
    let first = start.clone().await.unwrap();
    sleep(SECOND * 500).await;
    assert_eq!(start.clone().await.unwrap().id, first.id);
    sleep(SECOND * 500).await;
    assert_ne!(start.await.unwrap().id, first.id);
}

#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_stand_in_a_prompt_is_refused_before_anything_is_sent() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    let start = repo.start_task("p").idempotency_key("two words");
    for error in [start.reconcile().await.unwrap_err(), start.await.unwrap_err()] {
        assert_eq!(
            (error.kind(), error.delivery()),
            (ErrorKind::InvalidInput, Delivery::NotSent)
        );
    }
    assert!(github.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_found_by_its_key_with_the_fallbacks_that_led_to_it() {
    let github = Emulator::start().await.unwrap();
    github.inject(Fault::on(Operation::StartTask, Effect::Truncate { after: None }).nth(2));
    let (_, repo) = connect(&github);
    let start = repo
        .start_task("p")
        .model("no-such")
        .or_model("gpt-5.4")
        .idempotency_key("k");
    let started = start.clone().await.unwrap();
    assert_eq!(
        (started.origin, started.model.as_deref()),
        (StartOrigin::Recovered, Some("gpt-5.4"))
    );
    assert!(matches!(started.fallbacks[..], [Fallback::Model { .. }]));
    assert!(matches!(start.reconcile().await.unwrap(), Reconciled::Found(task) if task.id == started.id));
    assert_eq!((starts(&github), github.tasks().len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_not_found_is_not_sent_again_by_the_same_call() {
    let github = emulator().await;
    github.inject(Fault::on(Operation::StartTask, Effect::Hang).nth(1));
    let (_, repo) = connect(&github);
    let start = repo.start_task("p").idempotency_key("k");
    let error = start.clone().await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::Unknown, "{error}");
    assert_eq!((starts(&github), github.tasks().len()), (1, 0));
    assert_eq!(start.await.unwrap().origin, StartOrigin::Created);
    assert_eq!((starts(&github), github.tasks().len()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_appears_late_is_found_also_after_the_caller_gave_up() {
    for patience in [SECOND * 2, SECOND * 300] {
        let github = emulator().await;
        github.inject(Fault::on(Operation::StartTask, Effect::Reset).nth(1));
        let (_, repo) = connect(&github);
        let start = repo.start_task("p").idempotency_key("k");
        let appears = async {
            sleep(SECOND * 50).await;
            github
                .seed_task(TaskSeed::new("p\n\nIdempotency-Key: k"))
                .unwrap();
        };
        let (first, ()) = tokio::join!(
            async {
                match timeout(patience, start.clone().into_future()).await {
                    Ok(started) => (started.unwrap(), StartOrigin::Recovered),
                    // At once, by the same client: it knows that it has to wait.
                    Err(_) => (start.clone().await.unwrap(), StartOrigin::Existing),
                }
            },
            appears
        );
        assert_eq!(first.0.origin, first.1);
        assert_eq!((starts(&github), github.tasks().len()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_dropped_under_way_counts_as_lost() {
    let github = emulator().await;
    github.inject(
        Fault::on(Operation::StartTask, Effect::Hang)
            .nth(1)
            .after_applied(),
    );
    let (_, repo) = connect(&github);
    let start = repo.start_task("p").idempotency_key("k");
    assert!(timeout(SECOND, start.clone().into_future()).await.is_err());
    assert_eq!(start.await.unwrap().origin, StartOrigin::Existing);
    assert_eq!((starts(&github), github.tasks().len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn starts_with_one_key_at_once_by_one_client_are_one() {
    let github = Emulator::start().await.unwrap();
    let (client, _) = connect(&github);
    let repos = ["Octocat", "octocat"].map(|owner| client.repo(owner, "hello-world").unwrap());
    let starts_at_once = repos.iter().cycle().take(10);
    let starts_at_once = starts_at_once.map(|repo| repo.start_task("p").idempotency_key("k").into_future());
    let ids: Vec<_> = join_all(starts_at_once)
        .await
        .into_iter()
        .map(|started| started.unwrap().task.id)
        .collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(starts(&github), 1);
}

#[tokio::test(start_paused = true)]
async fn of_duplicates_the_oldest_is_the_one_and_the_others_are_named() {
    let github = Emulator::start().await.unwrap();
    let seed = || {
        github
            .seed_task(TaskSeed::new("p\n\nIdempotency-Key: k"))
            .unwrap()
            .id()
    };
    let oldest = seed();
    github.advance(SECOND * 5);
    let other = seed();
    let (_, repo) = connect(&github);
    for _ in 0..2 {
        let started = repo.start_task("p").idempotency_key("k").await.unwrap();
        assert_eq!((&started.id, started.duplicates.len()), (&oldest, 1));
        assert_eq!(started.duplicates[0].id, other);
    }
    assert_eq!(starts(&github), 0);
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_prompt_appears_late_is_waited_for() {
    let github = emulator().await;
    github
        .seed_task(TaskSeed::new("p\n\nIdempotency-Key: k"))
        .unwrap();
    github.inject(Fault::on(Target::Gets, Effect::Status { status: 404 }).times(1));
    github.inject(
        Fault::on(
            Target::Gets,
            Effect::NullField {
                field: "sessions".into(),
            },
        )
        .times(2),
    );
    let (_, repo) = connect(&github);
    let started = repo.start_task("p").idempotency_key("k").await.unwrap();
    assert_eq!((started.origin, starts(&github)), (StartOrigin::Existing, 0));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_a_task_cannot_be_told_from_the_one() {
    let github = emulator().await;
    github.seed_task(TaskSeed::new("q")).unwrap();
    github.inject(Fault::on(
        Target::Gets,
        Effect::NullField {
            field: "prompt".into(),
        },
    ));
    let (_, repo) = connect(&github);
    let error = repo.start_task("p").idempotency_key("k").await.unwrap_err();
    assert_eq!(error.delivery(), Delivery::NotSent, "{error}");
    assert!(error.to_string().contains(&github.tasks()[0].id()), "{error}");
    assert_eq!(starts(&github), 0);
    // A task of another user need not be told apart.
    let key = IdempotencyKey::new("k").creator(github.add_user("hubot"));
    assert!(repo.start_task("p").idempotency_key(key).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn many_starts_read_each_task_once() {
    let github = Emulator::start().await.unwrap();
    for number in 0..20 {
        github
            .seed_task(TaskSeed::new(format!("seeded {number}")))
            .unwrap();
    }
    let (_, repo) = connect(&github);
    for number in 0..20 {
        repo.start_task("p")
            .idempotency_key(format!("k{number}"))
            .await
            .unwrap();
    }
    let gets = count(&github, |request| request.operation.is_some_and(is_get));
    assert_eq!(gets, 20);
}

fn is_get(operation: Operation) -> bool {
    matches!(operation, Operation::GetTask | Operation::GetRepoTask)
}

/// What happens between the first two requests of a search, of 101 tasks and an old one that is archived. Task 0 has the key.
type Race = fn(&Emulator, &[TaskHandle]);

const RACES: [(&str, Race); 6] = [
    ("a younger one is archived", |_, tasks| tasks[50].archive()),
    ("all younger ones are archived", |_, tasks| {
        tasks[1..].iter().for_each(TaskHandle::archive);
    }),
    ("one is archived and one created", |github, tasks| {
        tasks[50].archive();
        github.seed_task(TaskSeed::new("new")).unwrap();
    }),
    ("one is archived and an old one unarchived", |_, tasks| {
        tasks[50].archive();
        tasks[101].unarchive();
    }),
    ("it is archived", |_, tasks| tasks[0].archive()),
    ("it is archived and an old one unarchived", |_, tasks| {
        tasks[0].archive();
        tasks[101].unarchive();
    }),
];

/// Tasks for a race: the one with the key, 100 younger ones, and an old archived one.
fn tasks_for_a_race(github: &Emulator) -> Vec<TaskHandle> {
    let seed = |prompt: &str| github.seed_task(TaskSeed::new(prompt)).unwrap();
    let old = seed("old");
    old.archive();
    let mut tasks = vec![seed("p\n\nIdempotency-Key: k")];
    for _ in 0..100 {
        github.advance(SECOND);
        tasks.push(seed("younger"));
    }
    tasks.push(old);
    tasks
}

/// A repository in which this happens after the given answer.
async fn racing(github: &Arc<Emulator>, tasks: &[TaskHandle], after: usize, race: Race) -> Repo {
    let (emulator, tasks) = (github.clone(), tasks.to_vec());
    let mut lists = 0;
    let (_, repo) = connect_between(github, move |line| {
        lists += usize::from(line.contains("/tasks?"));
        if lists == after && line.contains("/tasks?") {
            race(&emulator, &tasks);
        }
    })
    .await;
    repo
}

#[tokio::test]
async fn a_key_starts_no_second_task_while_tasks_move_between_pages() {
    for (name, race) in RACES {
        let github = Arc::new(Emulator::start().await.unwrap());
        let tasks = tasks_for_a_race(&github);
        let repo = racing(&github, &tasks, 1, race).await;
        let started = repo.start_task("p").idempotency_key("k").await.unwrap();
        assert_eq!(
            (started.origin, &started.id),
            (StartOrigin::Existing, &tasks[0].id()),
            "{name}"
        );
        assert_eq!(starts(&github), 0, "{name}");

        let github = Arc::new(Emulator::start().await.unwrap());
        let tasks = tasks_for_a_race(&github);
        let repo = racing(&github, &tasks, 1, race).await;
        let reconciled = repo
            .start_task("p")
            .idempotency_key("k")
            .reconcile()
            .await
            .unwrap();
        assert!(
            matches!(reconciled, Reconciled::Found(task) if task.id == tasks[0].id()),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_key_starts_no_second_task_while_its_task_leaves_the_archive() {
    let unarchived: Race = |_, tasks| tasks[0].unarchive();
    let exchanged: Race = |_, tasks| {
        tasks[0].unarchive();
        tasks[1].archive();
    };
    for race in [unarchived, exchanged] {
        let github = Arc::new(Emulator::start().await.unwrap());
        let tasks = tasks_for_a_race(&github);
        tasks[0].archive();
        // The tasks that are not archived fill one page.
        let repo = racing(&github, &tasks, 1, race).await;
        let started = repo.start_task("p").idempotency_key("k").await.unwrap();
        assert_eq!(
            (started.origin, &started.id),
            (StartOrigin::Existing, &tasks[0].id())
        );
        assert_eq!(starts(&github), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_while_tasks_are_archived_all_the_time() {
    let github = Arc::new(Emulator::start().await.unwrap());
    let seed = || github.seed_task(TaskSeed::new("old")).unwrap();
    let tasks: Vec<_> = std::iter::repeat_with(seed).take(100).collect();
    github.advance(SECOND * 3600);
    let mut tasks = tasks.into_iter();
    let (_, repo) = connect_between(&github, move |line| {
        if line.contains("/tasks?") {
            tasks.next().unwrap().archive();
        }
    })
    .await;
    let key = IdempotencyKey::new("k")
        .visibility_timeout(SECOND)
        .lookback_window(SECOND);
    let start = repo.start_task("p").idempotency_key(key);
    for error in [start.reconcile().await.unwrap_err(), start.await.unwrap_err()] {
        assert!(error.to_string().contains("kept changing"), "{error}");
    }
    assert_eq!(starts(&github), 0);
}

#[tokio::test(start_paused = true)]
async fn a_key_with_another_request_is_an_error_that_names_what_differs() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    let first = repo.start_task("p").base_ref("main").idempotency_key("k");
    let first = first.await.unwrap();
    let (_, elsewhere) = connect(&github);
    for repo in [repo, elsewhere] {
        for (start, differs) in [
            (repo.start_task("q"), "the prompt;"),
            (
                repo.start_task("p").model("gpt-5.4"),
                "the model (asked for \"gpt-5.4\"",
            ),
            (
                repo.start_task("p").base_ref("next"),
                "the base branch (asked for \"next\", started with \"main\")",
            ),
        ] {
            let error = start.clone().idempotency_key("k").await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::IdempotencyMismatch, "{error}");
            assert_eq!(error.delivery(), Delivery::NotSent);
            assert!(
                error.to_string().contains(differs) && error.to_string().contains(&first.id),
                "{error}"
            );
            let key = IdempotencyKey::new("k").accept_mismatch();
            assert_eq!(start.idempotency_key(key).await.unwrap().id, first.id);
        }
        // What was left open, or is only written in another way, does not differ.
        for start in [
            repo.start_task("p\n"),
            repo.start_task("p").base_ref("refs/heads/main"),
        ] {
            assert_eq!(start.idempotency_key("k").await.unwrap().id, first.id);
        }
        let fallback = repo.start_task("p").model("no-such").or_model("gpt-5.4");
        assert_eq!(fallback.idempotency_key("k").await.unwrap().id, first.id);
    }
    assert_eq!(starts(&github), 1);
}

#[tokio::test(start_paused = true)]
async fn a_start_says_how_far_back_it_searched() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    let day = chrono::TimeDelta::days(1);
    let started = repo.start_task("p").idempotency_key("k").await.unwrap();
    let since = started.searched_since.unwrap();
    let back = github.now() - since;
    assert!(
        back >= day && back < day + chrono::TimeDelta::minutes(2),
        "{back}"
    );
    let (_, elsewhere) = connect(&github);
    let key = IdempotencyKey::new("k").lookback_window(SECOND * 3600);
    let found = elsewhere.start_task("p").idempotency_key(key).await.unwrap();
    assert!(github.now() - found.searched_since.unwrap() < day);
    assert_eq!(repo.start_task("p").await.unwrap().searched_since, None);
}

#[tokio::test]
async fn two_processes_that_start_at_the_same_moment_agree_afterwards() {
    let github = Arc::new(Emulator::start().await.unwrap());
    let other = github.clone();
    let mut raced = false;
    // Another process sends its start while this one's is under way.
    let (_, repo) = connect_between(&github, move |line| {
        if line.starts_with("POST") && !std::mem::replace(&mut raced, true) {
            other.advance(SECOND * 5);
            other.seed_task(TaskSeed::new("p\n\nIdempotency-Key: k")).unwrap();
        }
    })
    .await;
    let started = repo.start_task("p").idempotency_key("k").await.unwrap();
    assert_eq!(started.origin, StartOrigin::Created);
    assert_eq!(started.duplicates.len(), 1);
    let ids: Vec<_> = github.tasks().iter().map(TaskHandle::id).collect();
    assert!(ids.contains(&started.id) && ids.contains(&started.duplicates[0].id));
}

#[tokio::test]
async fn a_process_that_was_second_gives_the_first_task_also_the_next_time() {
    let github = Arc::new(Emulator::start().await.unwrap());
    let other = github.clone();
    let mut lists = 0;
    // Another process starts a task after this one's search and before its start.
    let (_, repo) = connect_between(&github, move |line| {
        lists += usize::from(line.contains("/tasks?"));
        if lists == 3 && other.tasks().is_empty() {
            other.seed_task(TaskSeed::new("p\n\nIdempotency-Key: k")).unwrap();
            other.advance(SECOND * 5);
        }
    })
    .await;
    let first = repo.start_task("p").idempotency_key("k").await.unwrap();
    assert_eq!((first.origin, first.duplicates.len()), (StartOrigin::Existing, 1));
    let again = repo.start_task("p").idempotency_key("k").await.unwrap();
    assert_eq!((starts(&github), again.id.as_str()), (1, first.id.as_str()));
}

#[tokio::test(start_paused = true)]
async fn options_can_be_given_as_they_are() {
    let github = Emulator::start().await.unwrap();
    let (_, repo) = connect(&github);
    for (key, model) in [(None, None), (Some("k"), Some("gpt-5.4"))] {
        let mut start = repo
            .start_task("p")
            .maybe_model(model)
            .maybe_base_ref(None::<String>);
        if let Some(key) = key {
            start = start.idempotency_key(key);
        }
        let started = start.await.unwrap();
        assert_eq!(started.model.as_deref(), model);
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_that_was_sent_twice_says_so_and_names_the_second_task() {
    let github = emulator().await;
    // A server that lies: it applies the start, and refuses it.
    let refused = Fault::on(
        Operation::StartTask,
        Effect::SecondaryLimit(RateLimitResponse::forbidden()),
    );
    github.inject(refused.nth(1).after_applied());
    let (_, repo) = connect_with(&github, |client| client);
    let started = repo.start_task("p").idempotency_key("k").await.unwrap();
    assert_eq!(
        (started.attempts, starts(&github), github.tasks().len()),
        (2, 2, 2)
    );
    assert_eq!(started.duplicates.len(), 1);

    let unkeyed = repo.start_task("p").await.unwrap();
    assert_eq!(unkeyed.attempts, 1);
}
