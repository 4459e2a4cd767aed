//! Waits: to the end of a task, through what may fail on the way.
mod support;

use std::future::IntoFuture;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agents_api::{TaskState, until};
use agents_api_emulator::TaskState::{Completed, Failed};
use agents_api_emulator::{
    Effect, Emulator, Fault, Refused, RetryAfter, Script, Target, TaskHandle, TaskSeed,
};
use support::connect;

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
        .every(OFTEN)
        .timeout(OFTEN * 10);
    let error = wait.await.unwrap_err();
    assert!(error.is_timed_out() && error.error().is_none(), "{error:?}");
    assert!(
        error.polls() > 1 && error.last().unwrap().id == task.id,
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
    assert!(error.is_never(), "{error:?}");
    assert_eq!(error.reason(), Some("the task ended: failed"));
    assert_eq!((error.polls(), error.last().unwrap().id.clone()), (1, task.id()));
}

#[tokio::test(start_paused = true)]
async fn a_wait_survives_passing_failures_and_ends_at_lasting_ones() {
    let github = Emulator::start().await.unwrap();
    let task = ended(&github, Completed);
    github.inject(Fault::on(Target::Gets, Effect::Html(502)).times(2));
    github.inject(Fault::on(Target::Gets, Effect::Reset).nth(3));
    let (client, _) = connect(&github);
    let done = client
        .task(task.id())
        .wait_until(until::ended())
        .every(OFTEN)
        .await
        .unwrap();
    assert_eq!(done.id, task.id());

    let error = client
        .task("no-such-task")
        .wait_until(until::ended())
        .await
        .unwrap_err();
    assert!(
        error.is_failed() && error.error().unwrap().is_not_found(),
        "{error:?}"
    );
    assert_eq!((error.polls(), error.last().is_none()), (1, true));

    github.inject(Fault::on(Target::Gets, Effect::Html(502)));
    let error = client
        .task(task.id())
        .wait_until(until::ended())
        .every(OFTEN)
        .patience(OFTEN * 4)
        .await
        .unwrap_err();
    assert!(error.is_failed() && error.polls() > 1, "{error:?}");
    assert_eq!(error.error().unwrap().status(), Some(502));
}

#[tokio::test(start_paused = true)]
async fn an_unknown_state_is_not_an_end() {
    let github = Emulator::start().await.unwrap();
    let task = ended(&github, Completed);
    github.inject(Fault::on(Target::Gets, Effect::State("paused_by_policy".to_owned())).times(2));
    let (client, _) = connect(&github);
    let states = Arc::new(Mutex::new(Vec::new()));
    let seen = states.clone();
    let wait = client.task(task.id()).wait_until(until::settled()).every(OFTEN);
    wait.on_update(move |update| seen.lock().unwrap().push(update.task.state.to_string()))
        .await
        .unwrap();
    assert_eq!(*states.lock().unwrap(), ["paused_by_policy", "completed"]);
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_obeyed_and_is_no_failure() {
    for limit in [
        Refused::forbidden().retry_after(RetryAfter::Seconds(60)),
        Refused::too_many_requests().retry_after(RetryAfter::HttpDate(60)),
        Refused::forbidden(), // says nothing, and so wants a minute
    ] {
        let github = Emulator::start().await.unwrap();
        let task = ended(&github, Completed);
        github.inject(Fault::on(Target::Gets, Effect::SecondaryLimit(limit)));
        let (client, _) = connect(&github);
        let wait = client.task(task.id()).wait_until(until::ended()).every(OFTEN);
        let error = wait.timeout(OFTEN * 60).await.unwrap_err();
        assert!(error.is_timed_out(), "{error}");
        assert!(error.error().unwrap().is_rate_limited(), "{error}");
        assert_eq!(github.requests().len(), 1, "{limit:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_goes_on_after_a_rate_limit_on_top_of_failures() {
    let github = Emulator::start().await.unwrap();
    let task = ended(&github, Completed);
    let limit = Refused::too_many_requests().retry_after(RetryAfter::Seconds(1));
    github.inject(Fault::on(Target::Gets, Effect::Html(502)).times(5));
    github.inject(Fault::on(Target::Gets, Effect::SecondaryLimit(limit)).nth(6));
    let (client, _) = connect(&github);
    let wait = client.task(task.id()).wait_until(until::ended()).every(OFTEN);
    assert_eq!(wait.await.unwrap().id, task.id());
    assert_eq!(github.requests().len(), 7);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_ends_before_the_deadline_is_seen_by_the_last_look() {
    let github = Emulator::start().await.unwrap();
    let task = ended(&github, Completed);
    github.inject(Fault::on(Target::Gets, Effect::State("in_progress".to_owned())).nth(1));
    let (client, _) = connect(&github);
    let wait = client
        .task(task.id())
        .wait_until(until::ended())
        .every(Duration::MAX);
    let done = wait.timeout(Duration::from_secs(2)).await.unwrap();
    assert_eq!(done.state, TaskState::Completed);
    assert_eq!(github.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_failure_before_a_look_that_never_ends_is_kept() {
    let github = Emulator::start().await.unwrap();
    let task = ended(&github, Completed);
    github.inject(Fault::on(Target::Gets, Effect::Html(502)).nth(1));
    github.inject(Fault::on(Target::Gets, Effect::Hang).nth(2));
    let (client, _) = connect(&github);
    let wait = client.task(task.id()).wait_until(until::ended()).every(OFTEN);
    let error = wait.timeout(Duration::from_secs(1)).await.unwrap_err();
    assert!(error.is_timed_out() && error.last().is_none(), "{error}");
    assert_eq!(error.error().unwrap().status(), Some(502));
    assert!(
        error.to_string().contains(&task.id()) && error.to_string().contains("502"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_proxys_page_in_place_of_a_task_passes() {
    let github = Emulator::start().await.unwrap();
    let task = ended(&github, Completed);
    github.inject(Fault::on(Target::Gets, Effect::Html(200)).times(2));
    let (client, _) = connect(&github);
    let wait = || client.task(task.id()).wait_until(until::ended()).every(OFTEN);
    wait().await.unwrap();

    github.clear_requests();
    github.inject(Fault::on(Target::Gets, Effect::Html(200)));
    let error = wait().patience(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.error().unwrap().status(), Some(200));
    assert!(error.is_failed() && github.requests().len() == 1, "{error}");
}

#[tokio::test(start_paused = true)]
async fn tls_that_cannot_work_ends_the_wait_at_once() {
    let github = Emulator::start().await.unwrap(); // speaks no TLS
    let client = agents_api::Client::builder()
        .base_url(github.base_url().replace("http:", "https:"))
        .token("ghp_example")
        .build()
        .unwrap();
    let wait = client.task("t").wait_for(|_| true).every(Duration::MAX);
    let error = wait.timeout(Duration::from_secs(2)).await.unwrap_err();
    assert!(error.is_failed(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_reached_may_come_back() {
    let github = Emulator::start().await.unwrap();
    let (client, _) = connect(&github);
    github.shutdown().await;
    let wait = client.task("t").wait_for(|_| true).every(Duration::MAX);
    let error = wait.timeout(Duration::from_secs(1)).await.unwrap_err();
    assert!(error.is_timed_out() && error.error().is_some(), "{error:?}");
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
            until::settled().boxed()
        } else {
            until::succeeded().not().boxed()
        };
        task.wait_until(condition).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_that_cannot_be_ends_the_wait_before_a_request() {
    let github = Emulator::start().await.unwrap();
    let (client, _) = connect(&github);
    for id in ["", "..", "a/b"] {
        let error = client.task(id).wait_until(until::ended()).await.unwrap_err();
        assert!(
            error.to_string().contains(&format!("task id {id:?} is")),
            "{error}"
        );
    }
    assert!(github.requests().is_empty());
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
    assert_eq!(error.into_last().unwrap().state, TaskState::Failed);
}

#[tokio::test(start_paused = true)]
async fn an_impossible_wait_tells_what_failed_on_the_way() {
    let github = Emulator::start().await.unwrap();
    let task = ended(&github, Completed);
    github.inject(Fault::on(Target::Gets, Effect::Html(502)).times(2));
    let (client, _) = connect(&github);
    let error = client
        .task(task.id())
        .wait_until(until::pull_request())
        .await
        .unwrap_err();
    assert!(error.is_never() && error.polls() == 3, "{error:?}");
    assert_eq!(error.error().unwrap().status(), Some(502));
    assert_eq!(error.last().unwrap().state, TaskState::Completed);
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
    assert_eq!((&last.task, last.next_poll), (&done, None));
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
