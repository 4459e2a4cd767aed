//! Waits for tasks that were asked to go on, and for tasks just started.

use std::time::Duration;

use crate::support::connect;
use agents_api::wait::{Baseline, StartAndWaitError};
use agents_api::{Delivery, TaskState, until};
use agents_api_emulator::TaskState::{Completed, Failed, InProgress, WaitingForUser};
use agents_api_emulator::{Change, Clock, Effect, Emulator, Fault, Operation, Script, TaskHandle, TaskSeed};

const MINUTE: Duration = Duration::from_secs(60);

/// An emulator whose clock is tokio's.
async fn github() -> Emulator {
    Emulator::builder().clock(Clock::real()).start().await.unwrap()
}

/// A task in a state, and what is known of it.
async fn known(
    github: &Emulator,
    state: agents_api_emulator::TaskState,
) -> (TaskHandle, agents_api::TaskRef, Baseline) {
    let handle = github.seed_task(TaskSeed::new("Fix it").state(state)).unwrap();
    let task = connect(github).0.task(handle.id());
    let baseline = Baseline::of(&task.get().await.unwrap());
    (handle, task, baseline)
}

/// What happens a minute later.
fn in_a_minute(change: Change) -> Script {
    Script::new("in a minute").then(MINUTE, change)
}

#[tokio::test(start_paused = true)]
async fn the_previous_ending_is_not_the_new_one() {
    let github = github().await;
    let (handle, task, baseline) = known(&github, Completed).await;
    handle.run(
        in_a_minute(Change::FollowUp("Address the comments".to_owned()))
            .then(MINUTE, Change::State(InProgress))
            .then(MINUTE, Change::State(Completed)),
    );
    // In another process.
    let baseline: Baseline = serde_json::from_str(&serde_json::to_string(&baseline).unwrap()).unwrap();
    let done = task
        .wait_until(until::ended())
        .since(baseline.clone())
        .await
        .unwrap();
    assert_eq!((done.state, done.session_count), (TaskState::Completed, Some(2)));

    // Meanwhile the whole follow-up may have passed.
    let done = task.wait_until(until::ended()).since(baseline).await.unwrap();
    assert_eq!(done.session_count, Some(2));
}

#[tokio::test(start_paused = true)]
async fn a_rename_is_no_follow_up() {
    let github = github().await;
    let (handle, task, baseline) = known(&github, Completed).await;
    handle.run(in_a_minute(Change::Rename("Another name".to_owned())).then(MINUTE, Change::Archive));
    let wait = task
        .wait_until(until::ended())
        .since(baseline)
        .timeout(MINUTE * 10);
    let error = wait.await.unwrap_err();
    assert!(error.is_timed_out(), "{error:?}");
    assert_eq!(error.last_seen().unwrap().name.as_deref(), Some("Another name"));
    let message = error.to_string();
    assert!(
        message.contains("did not leave state completed within 600s: the wait timed out"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_hopeless_before_may_succeed_now() {
    let github = github().await;
    let (handle, task, baseline) = known(&github, Failed).await;
    handle.run(in_a_minute(Change::FollowUp("Try again".to_owned())).then(MINUTE, Change::State(Completed)));
    let done = task.wait_until(until::succeeded()).since(baseline).await.unwrap();
    assert_eq!(done.state, TaskState::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_was_answered_is_left_behind() {
    let github = github().await;
    let (handle, task, baseline) = known(&github, WaitingForUser).await;
    handle.run(
        in_a_minute(Change::State(InProgress))
            .then(MINUTE, Change::State(WaitingForUser))
            .then(MINUTE, Change::State(Completed)),
    );
    let begun = github.now();
    let wait = task.wait_until(until::needs_user()).since(baseline);
    assert_eq!(wait.await.unwrap().state, TaskState::WaitingForUser);
    assert!((github.now() - begun).num_seconds() >= 120);
}

#[tokio::test(start_paused = true)]
async fn a_baseline_of_another_task_is_refused_before_a_request() {
    let github = github().await;
    let (_, task, _) = known(&github, Completed).await;
    let (_, _, baseline) = known(&github, Completed).await;
    github.clear_requests();
    let error = task.wait_until(until::ended()).since(baseline).await.unwrap_err();
    assert!(
        error.is_failed() && error.to_string().contains("baseline of task"),
        "{error}"
    );
    assert!(github.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_task_is_started_and_waited_for_in_one_sentence() {
    let github = github().await;
    let (_, repo) = connect(&github);
    let done = repo
        .start_task("Fix it")
        .create_pull_request(true)
        .wait_until(until::pull_request())
        .await;
    assert_eq!(done.unwrap().state, TaskState::InProgress);
    assert_eq!(github.tasks().len(), 1);
    let gets = github
        .requests()
        .into_iter()
        .skip(1)
        .map(|request| request.operation);
    assert!(
        gets.into_iter()
            .all(|operation| operation == Some(Operation::GetRepoTask))
    );
}

#[tokio::test(start_paused = true)]
async fn a_start_that_failed_is_told_with_its_delivery() {
    for (fault, prompt, delivery, started) in [
        (
            Fault::on(Operation::StartTask, Effect::Status { status: 422 }),
            "p",
            Delivery::Rejected,
            0,
        ),
        (
            Fault::on(Operation::StartTask, Effect::Reset).after_applied(),
            "p",
            Delivery::Unknown,
            1,
        ),
        (
            Fault::on(Operation::StartTask, Effect::Reset),
            " ",
            Delivery::NotSent,
            0,
        ),
    ] {
        let github = github().await;
        github.inject(fault);
        let (_, repo) = connect(&github);
        let error = repo
            .start_task(prompt)
            .wait_until(until::ended())
            .await
            .unwrap_err();
        assert!(
            error.task().is_none() && error.to_string().starts_with("the start failed: "),
            "{error}"
        );
        let StartAndWaitError::Start(error) = error else {
            panic!("{error:?}")
        };
        assert_eq!((error.delivery(), github.tasks().len()), (delivery, started));
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_failed_after_the_start_tells_the_task() {
    let github = github().await;
    github.next_script(Script::fails());
    let (_, repo) = connect(&github);
    let error = repo
        .start_task("p")
        .wait_until(until::succeeded())
        .await
        .unwrap_err();
    assert_eq!(error.task().unwrap().state, TaskState::Failed);
    match &error {
        StartAndWaitError::Wait {
            started: task, error, ..
        } => {
            assert_eq!(
                (task.state.as_str(), error.reason()),
                ("queued", Some("the task ended: failed"))
            );
        }
        other => panic!("{other:?}"),
    }

    github.inject(Fault::on(Operation::GetRepoTask, Effect::Hang));
    let wait = repo.start_task("p").wait_until(until::ended()).timeout(MINUTE);
    let error = wait.await.unwrap_err();
    assert_eq!(
        error.task().unwrap().state,
        TaskState::Queued,
        "as it was started"
    );
}
