//! What a fleet does at its edges, against the emulator on a paused clock: refusals, restarts, short budgets.

use std::future::IntoFuture;
use std::time::Duration;

use agents_api::fleet::{Checkpoint, Outcome, RemovalReason};
use agents_api::until;
use agents_api_emulator::{
    Effect, Emulator, Fault, Operation, Script, Target, TaskHandle, TaskSeed, TaskState,
};

use crate::support::fleet::{HOUR, MINUTE, events_within, github, word};

#[tokio::test(start_paused = true)]
async fn what_is_said_of_one_task_does_not_end_the_watch_of_all() {
    for (effect, why) in [
        (Effect::Status { status: 403 }, "refused"),
        (Effect::Status { status: 422 }, "refused"),
        (Effect::Status { status: 410 }, "refused"),
        (Effect::Status { status: 404 }, "not found"),
        (
            Effect::DropField {
                field: "created_at".into(),
            },
            "refused",
        ),
    ] {
        let (github, client, _) = github().await;
        let mine = github.seed_task(TaskSeed::new("Mine")).unwrap();
        let theirs = github
            .seed_task(TaskSeed::new("Theirs").creator("monalisa"))
            .unwrap();
        let mut watch = client.fleet().track([mine.id(), theirs.id()]).watch();
        assert_eq!(events_within(&mut watch, MINUTE).await.len(), 3);
        github.inject(Fault::on(Target::Gets, effect));
        assert_eq!(events_within(&mut watch, 2 * MINUTE).await, [why]);
        mine.set_state(TaskState::Completed);
        assert_eq!(events_within(&mut watch, MINUTE).await, ["queued -> completed"]);
    }
}

#[tokio::test(start_paused = true)]
async fn sessions_that_cannot_be_read_are_asked_for_again() {
    let (github, _, repo) = github().await;
    let task = github.seed_task(TaskSeed::new("Fix it")).unwrap();
    let mut watch = repo.fleet().with_sessions().watch();
    assert_eq!(events_within(&mut watch, MINUTE).await.len(), 2);
    github.inject(Fault::on(
        Target::Gets,
        Effect::DropField {
            field: "created_at".into(),
        },
    ));
    task.set_state(TaskState::InProgress);
    let started = github.seed_task(TaskSeed::new("New")).unwrap();
    let told = events_within(&mut watch, 30 * MINUTE).await;
    assert!(told.iter().any(|word| word.starts_with("degraded")), "{told:?}");
    assert!(told.iter().all(|word| !word.contains("refused")), "{told:?}");
    github.clear_faults();
    let mut told = events_within(&mut watch, 30 * MINUTE).await;
    told.retain(|word| word.contains("queued"));
    told.sort();
    assert_eq!(told, ["added queued", "queued -> in_progress"]);
    assert!(watch.task(&started.id()).unwrap().sessions.is_some());
}

#[tokio::test(start_paused = true)]
async fn an_id_that_github_writes_in_another_way_is_refused_and_not_waited_for() {
    let (github, client, _) = github().await;
    let task = github.seed_task(TaskSeed::new("Fix it")).unwrap();
    let shouted = task.id().to_uppercase();
    let wait = client.fleet().track([&shouted]).wait_all(until::ended());
    let unmet = wait.await.unwrap_err();
    let Outcome::Removed(None, RemovalReason::Refused(error)) = &unmet.outcomes[&shouted] else {
        panic!("{unmet:?}");
    };
    assert!(error.to_string().contains(&task.id()), "{error}");
}

#[tokio::test(start_paused = true)]
async fn older_tasks_are_followed_from_their_next_update_on() {
    let (github, client, repo) = github().await;
    let past = |days| github.now() - chrono::TimeDelta::days(days);
    let old: Vec<_> = (0..300)
        .map(|_| {
            let seed = TaskSeed::new("Old").created_at(past(90)).updated_at(past(30));
            github.seed_task(seed.state(TaskState::Completed)).unwrap()
        })
        .collect();
    let young = TaskSeed::new("Young").created_at(past(90)).updated_at(past(1));
    github.seed_task(young).unwrap();
    let since = past(7);
    let mut watch = repo.fleet().since(since).watch();
    assert_eq!(
        events_within(&mut watch, MINUTE).await,
        ["added queued", "synced 1"]
    );
    assert!(github.requests().len() < 5, "an old task costs nothing");
    old[7].follow_up("More");
    assert_eq!(events_within(&mut watch, MINUTE).await, ["added queued"]);

    // Who resumes begins where the first one began.
    let json = serde_json::to_string(&watch.checkpoint()).unwrap();
    let checkpoint: Checkpoint = serde_json::from_str(&json).unwrap();
    let mut watch = client.fleet().since(github.now()).resume(checkpoint).watch();
    old[8].follow_up("More");
    old[7].set_state(TaskState::InProgress);
    let mut told = events_within(&mut watch, MINUTE).await;
    told.sort();
    assert_eq!(told, ["added queued", "queued -> in_progress", "synced 3"]);
    old[7].archive();
    assert_eq!(
        events_within(&mut watch, 11 * MINUTE).await,
        ["archived", "synced 2"]
    );
}

#[tokio::test(start_paused = true)]
async fn restarts_do_not_widen_the_share_of_the_quota() {
    let (github, _, repo) = github().await;
    for _ in 0..300 {
        github.seed_task(TaskSeed::new("Fix it")).unwrap();
    }
    let fleet = repo
        .fleet()
        .poll_interval(Duration::from_secs(1))
        .quota_share(0.02);
    let mut saved: Option<Checkpoint> = None;
    for _ in 0..60 {
        let fleet = match saved.take() {
            Some(checkpoint) => fleet.clone().resume(checkpoint),
            None => fleet.clone(),
        };
        let mut watch = fleet.watch();
        events_within(&mut watch, MINUTE).await;
        saved = Some(watch.checkpoint());
    }
    let made = github.requests().len();
    assert!((60..=100).contains(&made), "{made}");
}

#[tokio::test(start_paused = true)]
async fn looks_at_what_has_not_changed_are_not_counted_by_github() {
    let (github, client, repo) = github().await;
    let theirs = github
        .seed_task(TaskSeed::new("Theirs").creator("monalisa"))
        .unwrap();
    let mut all = repo.fleet().watch();
    let mut tracked = client.fleet().track([theirs.id()]).watch();
    tokio::join!(events_within(&mut all, HOUR), events_within(&mut tracked, HOUR));
    let requests = github.requests();
    let fresh = requests.iter().filter(|request| request.status != Some(304));
    // The first of each, and the comparisons.
    assert!(requests.len() > 350, "{}", requests.len());
    let fresh = fresh.count();
    assert!(fresh < 30, "{fresh}");
}

#[tokio::test(start_paused = true)]
async fn polls_that_take_all_that_is_left_do_not_starve_comparisons() {
    let (github, client, _) = github().await;
    let seed = |number: u32| {
        let creator = if number.is_multiple_of(2) {
            "octocat"
        } else {
            "monalisa"
        };
        github
            .seed_task(TaskSeed::new("Fix it").creator(creator))
            .unwrap()
            .id()
    };
    let ids: Vec<_> = (0..200).map(seed).collect();
    let mut watch = client.fleet().track(ids).quota_share(0.06).watch();
    let told = events_within(&mut watch, 4 * HOUR).await;
    let synced = told.iter().filter(|word| *word == "synced 200").count();
    assert!(synced > 8, "{synced}");
}

#[tokio::test(start_paused = true)]
async fn an_untracked_task_has_no_further_event() {
    let (github, _, repo) = github().await;
    for _ in 0..3 {
        github.seed_task(TaskSeed::new("Fix it")).unwrap();
    }
    let mut watch = repo.fleet().watch();
    let first = watch.try_next().await.unwrap().unwrap();
    assert_eq!(watch.tasks().len(), 1, "only what was reported");
    let others = github.tasks();
    let others = others.iter().map(TaskHandle::id);
    watch.untrack(others.filter(|id| Some(&**id) != first.task_id()));
    assert_eq!(
        events_within(&mut watch, 11 * MINUTE).await,
        ["synced 1", "synced 1"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_task_that_left_unsaid_is_told_after_a_restart() {
    let (github, _, repo) = github().await;
    let tasks = [0, 1].map(|_| github.seed_task(TaskSeed::new("Fix it")).unwrap());
    let ids = tasks.iter().map(TaskHandle::id);
    let mut watch = repo.fleet().track(ids).watch();
    assert_eq!(events_within(&mut watch, MINUTE).await.len(), 3);
    for task in &tasks {
        task.archive();
    }
    assert_eq!(word(&watch.try_next().await.unwrap().unwrap()), "archived");
    let json = serde_json::to_string(&watch.checkpoint()).unwrap();
    let checkpoint: Checkpoint = serde_json::from_str(&json).unwrap();
    let mut watch = repo.fleet().resume(checkpoint).watch();
    let mut told = events_within(&mut watch, 5 * MINUTE).await;
    told.sort();
    assert_eq!(told, ["archived", "synced 0"]);
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_tasks_are_compared_after_a_restart_without_waiting_for_tokens() {
    let (github, _, repo) = github().await;
    for _ in 0..10_000 {
        github.seed_task(TaskSeed::new("Fix it")).unwrap();
    }
    let mut watch = repo.fleet().watch();
    let first = events_within(&mut watch, MINUTE).await;
    assert_eq!(first.last().unwrap(), "synced 10000");
    let mut watch = repo.fleet().resume(watch.checkpoint()).watch();
    assert_eq!(
        events_within(&mut watch, Duration::from_secs(2)).await,
        ["synced 10000"]
    );
}

#[tokio::test(start_paused = true)]
async fn a_few_tasks_in_a_busy_list_are_polled_by_fetches() {
    let (github, client, _) = github().await;
    let tracked = github.seed_task(TaskSeed::new("Tracked")).unwrap();
    let others: Vec<_> = (0..400)
        .map(|_| github.seed_task(TaskSeed::new("Busy")).unwrap())
        .collect();
    let mut watch = client.fleet().track([tracked.id()]).watch();
    assert_eq!(
        events_within(&mut watch, Duration::from_secs(10)).await,
        ["added queued", "synced 1"]
    );
    for state in [
        TaskState::InProgress,
        TaskState::WaitingForUser,
        TaskState::InProgress,
    ] {
        for other in &others {
            other.set_state(state);
        }
        assert!(events_within(&mut watch, MINUTE).await.is_empty());
    }
    github.clear_requests();
    tracked.set_state(TaskState::Completed);
    assert_eq!(events_within(&mut watch, MINUTE).await, ["queued -> completed"]);
    let fetched = |github: &Emulator| {
        let requests = github.requests().into_iter();
        requests
            .filter(|request| request.operation == Some(Operation::GetTask))
            .count()
    };
    assert!(fetched(&github) >= 2, "ended ones too");
}

#[tokio::test(start_paused = true)]
async fn events_and_failed_waits_serialize() {
    let (github, _, repo) = github().await;
    let task = github.seed_task(TaskSeed::new("Fix it")).unwrap();
    let mut watch = repo.fleet().track([task.id()]).watch();
    let added = serde_json::to_value(watch.try_next().await.unwrap().unwrap()).unwrap();
    assert_eq!(
        (&added["event"], &added["task"]["state"]),
        (&"added".into(), &"queued".into())
    );
    watch.try_next().await.unwrap();
    github.inject(Fault::on(Target::Lists, Effect::Status { status: 500 }).times(1));
    let degraded = serde_json::to_value(watch.try_next().await.unwrap().unwrap()).unwrap();
    assert_eq!(degraded["event"], "degraded");
    assert!(degraded["error"].as_str().unwrap().contains("500") && degraded["retry_in"].is_f64());
    let wait = repo
        .fleet()
        .track([task.id()])
        .wait_all(until::ended())
        .timeout(MINUTE);
    let error = serde_json::to_value(wait.await.unwrap_err()).unwrap();
    assert_eq!(
        (&error["timed_out"], &error["after"]),
        (&true.into(), &60.0.into())
    );
    assert_eq!(error["outcomes"][task.id()]["pending"]["state"], "queued");
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_all_is_for_those_that_were_there() {
    let (github, _, repo) = github().await;
    let seed = TaskSeed::new("Fix it").script(Script::slow_success_with_pull_request());
    let first = github.seed_task(seed).unwrap().id();
    let wait = tokio::spawn(repo.fleet().wait_all(until::ended()).into_future());
    tokio::time::sleep(MINUTE).await;
    github.seed_task(TaskSeed::new("Later")).unwrap();
    let done = wait.await.unwrap().unwrap();
    assert_eq!(done.iter().map(|task| &task.id).collect::<Vec<_>>(), [&first]);
}
