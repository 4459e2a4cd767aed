//! Waits: to the end of a task, or of its time.

use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::connect;
use agents_api::{TaskState, until};
use agents_api_emulator::TaskState::{Completed, Failed};
use agents_api_emulator::{Effect, Emulator, Fault, Script, Target, TaskHandle, TaskSeed};

/// A wait that looks often enough for a test.
const OFTEN: Duration = Duration::from_millis(5);

/// A task that has completed, or failed.
fn ended(github: &Emulator, state: agents_api_emulator::TaskState) -> TaskHandle {
    github.seed_task(TaskSeed::new("a").state(state)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_task_is_started_and_followed_to_its_end() {
    let github = Emulator::builder().speed(1.0).start().await.unwrap();
    github.next_script(Script::slow_success_with_pull_request());
    let (client, repo) = connect(&github);
    let task = repo
        .start_task("Fix the login button")
        .base_ref("main")
        .create_pull_request(true)
        .await
        .unwrap();
    assert_eq!(task.state, TaskState::Queued);

    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let done = client
        .task(&task.id)
        .wait_until(until::ended())
        .on_update(move |update| log.lock().unwrap().push(update.task.state.clone()))
        .await
        .unwrap();
    assert_eq!(done.state, TaskState::Completed);
    assert!(done.artifacts.is_some_and(|artifacts| artifacts.len() == 2));
    assert!(
        done.sessions
            .is_some_and(|sessions| sessions[0].prompt.as_deref() == Some("Fix the login button"))
    );
    assert_eq!(seen.lock().unwrap().last(), Some(&TaskState::Completed));
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_runs_out_of_time_keeps_the_task() {
    let github = Emulator::start().await.unwrap(); // its clock stands still: nothing ever happens
    let (client, repo) = connect(&github);
    let task = repo.start_task("p").await.unwrap();
    let wait = client
        .task(&task.id)
        .wait_until(until::ended())
        .poll_interval(OFTEN)
        .timeout(OFTEN * 10);
    let error = wait.await.unwrap_err();
    assert!(error.is_timed_out() && error.error().is_none(), "{error:?}");
    assert!(
        error.attempts() > 1 && error.last_seen().unwrap().id == task.id,
        "{error:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_what_will_not_come_ends() {
    let github = Emulator::start().await.unwrap();
    let task = ended(&github, Failed);
    let (_, repo) = connect(&github);
    let error = repo
        .task(task.id())
        .wait_until(until::succeeded())
        .await
        .unwrap_err();
    assert!(error.is_unreachable(), "{error:?}");
    assert_eq!(error.reason(), Some("the task ended: failed"));
    assert_eq!(
        (error.attempts(), error.last_seen().unwrap().id.clone()),
        (1, task.id())
    );
}

#[tokio::test(start_paused = true)]
async fn an_unknown_state_is_not_an_end() {
    let github = Emulator::start().await.unwrap();
    let task = ended(&github, Completed);
    github.inject(
        Fault::on(
            Target::Gets,
            Effect::State {
                value: "paused_by_policy".to_owned(),
            },
        )
        .times(2),
    );
    let (client, _) = connect(&github);
    let states = Arc::new(Mutex::new(Vec::new()));
    let seen = states.clone();
    let wait = client
        .task(task.id())
        .wait_until(until::settled())
        .poll_interval(OFTEN);
    wait.on_update(move |update| seen.lock().unwrap().push(update.task.state.to_string()))
        .await
        .unwrap();
    assert_eq!(*states.lock().unwrap(), ["paused_by_policy", "completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ends_before_the_deadline_is_seen_by_the_last_look() {
    let github = Emulator::start().await.unwrap();
    let task = ended(&github, Completed);
    github.inject(
        Fault::on(
            Target::Gets,
            Effect::State {
                value: "in_progress".to_owned(),
            },
        )
        .nth(1),
    );
    let (client, _) = connect(&github);
    let wait = client
        .task(task.id())
        .wait_until(until::ended())
        .poll_interval(Duration::MAX);
    let done = wait.timeout(Duration::from_secs(2)).await.unwrap();
    assert_eq!(done.state, TaskState::Completed);
    assert_eq!(github.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn conditions_need_no_trait_and_no_types() {
    let github = Emulator::start().await.unwrap();
    let task = ended(&github, Failed);
    let (client, _) = connect(&github);
    let task = client.task(task.id());
    task.wait_for(|task| task.state == TaskState::Failed)
        .await
        .unwrap();
    task.wait_until(until::succeeded().or(until::ended()).and(until::settled()))
        .await
        .unwrap();
    for paused in [true, false] {
        let condition = if paused {
            until::settled()
        } else {
            until::succeeded().not()
        };
        task.wait_until(condition).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_ended_wait_hands_over_its_task() {
    let github = Emulator::start().await.unwrap();
    let task = ended(&github, Failed);
    let (client, _) = connect(&github);
    let error = client
        .task(task.id())
        .wait_until(until::succeeded())
        .await
        .unwrap_err();
    assert_eq!(error.task_id(), task.id());
    assert_eq!(error.into_last_seen().unwrap().state, TaskState::Failed);
}

#[tokio::test(start_paused = true)]
async fn every_change_is_told_with_what_it_was_before() {
    let github = Emulator::builder().speed(1.0).start().await.unwrap();
    let (_, repo) = connect(&github);
    let told = Arc::new(Mutex::new(Vec::new()));
    let log = told.clone();
    let done = repo
        .start_task("Fix it")
        .wait_until(until::ended())
        .on_update(move |update| log.lock().unwrap().push(update.clone()))
        .await
        .unwrap();
    let told = told.lock().unwrap();
    // In the queue, in progress, another name, a branch, completed.
    assert_eq!(told.len(), 5);
    assert!(told[0].previous.is_none());
    for pair in told.windows(2) {
        assert_eq!(pair[1].previous.as_ref(), Some(&pair[0].task));
        assert!(pair[0].next_poll.is_some());
    }
    let last = told.last().unwrap();
    assert_eq!((&last.task, last.next_poll), (&done.task, None));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_looks_no_more() {
    let github = Emulator::start().await.unwrap();
    let (client, repo) = connect(&github);
    let task = repo.start_task("p").await.unwrap();
    let wait = client.task(&task.id).wait_until(until::ended()).into_future();
    assert!(tokio::time::timeout(OFTEN * 1000, wait).await.is_err());
    let looks = github.requests().len();
    tokio::time::sleep(OFTEN * 100_000).await;
    assert_eq!(github.requests().len(), looks);
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_out_of_time_ends_at_its_deadline_and_not_before() {
    let github = Emulator::builder().speed(1.0).start().await.unwrap();
    let (client, _) = connect(&github);
    let task = github.seed_task(TaskSeed::new("a")).unwrap();
    let limit = Duration::from_secs(600);
    let begun = tokio::time::Instant::now();
    let wait = client.task(task.id()).wait_until(until::ended());
    let error = wait.timeout(limit).await.unwrap_err();
    assert!(error.is_timed_out());
    assert_eq!(begun.elapsed().as_secs(), 600);
    let requests = github.requests();
    assert_eq!(error.attempts(), requests.len() as u64);
    let last = requests[requests.len() - 1].at - requests[0].at;
    assert_eq!(last.num_seconds(), 598);
}

#[tokio::test(start_paused = true)]
async fn send_is_await_and_into_future_is_for_functions_that_take_futures() {
    let github = Emulator::start().await.unwrap();
    let task = github.seed_task(TaskSeed::new("a").state(Completed)).unwrap();
    let (client, _) = connect(&github);
    let task = client.task(task.id());
    assert_eq!(task.get().send().await.unwrap().id, task.id());
    let sent = task.wait_until(until::ended()).send().await.unwrap();
    let spawned = tokio::spawn(task.wait_until(until::ended()).into_future());
    assert_eq!(spawned.await.unwrap().unwrap(), sent);
}
