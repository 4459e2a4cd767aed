//! Watches: every change of a task, once, up to its end and beyond.

use std::time::Duration;

use crate::support::connect;
use agents_api::wait::{Update, Watch};
use agents_api::{Task, TaskState};
use agents_api_emulator::TaskState::{Completed, InProgress, WaitingForUser};
use agents_api_emulator::{Change, Clock, Effect, Emulator, Fault, Script, Target, TaskHandle, TaskSeed};
use futures_core::Stream;

/// An emulator whose clock is tokio's, and a queued task there.
async fn queued() -> (Emulator, TaskHandle, Watch) {
    let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
    let task = github.seed_task(TaskSeed::new("Fix it")).unwrap();
    let watch = connect(&github).0.task(task.id()).watch();
    (github, task, watch)
}

/// The next update, which is there.
async fn next(watch: &mut Watch) -> Update {
    watch.try_next().await.unwrap().unwrap()
}

/// The states of all updates up to the end.
async fn states(watch: &mut Watch) -> Vec<String> {
    let mut states = Vec::new();
    while let Some(update) = watch.try_next().await.unwrap() {
        states.push(update.task.state.to_string());
    }
    states
}

#[tokio::test(start_paused = true)]
async fn the_first_update_comes_at_once_and_the_others_on_change() {
    let (github, task, mut watch) = queued().await;
    let begun = tokio::time::Instant::now();
    let first = next(&mut watch).await;
    assert_eq!(begun.elapsed(), Duration::ZERO);
    assert_eq!((&first.previous, first.task.state.as_str()), (&None, "queued"));
    assert_eq!(first.changed_sessions.len(), 1);
    assert_eq!(first.next_poll, Some(Duration::from_secs(2)));

    task.run(Script::new("s").then(Duration::from_secs(600), Change::State(InProgress)));
    let second = next(&mut watch).await;
    assert!(
        github.requests().len() > 10,
        "looks without a change yield nothing"
    );
    assert_eq!(second.previous.as_ref(), Some(&first.task));
    assert_eq!(second.task.state, TaskState::InProgress);
    let change = &second.changed_sessions[0];
    assert_eq!(
        (
            change.previous.as_ref().unwrap().state.as_str(),
            change.session.state.as_str()
        ),
        ("queued", "in_progress")
    );
    assert!(second.is_new_state() && change.is_new_state());

    task.apply(&Change::Rename("Another name".to_owned()));
    let third = next(&mut watch).await;
    assert!(!third.is_new_state() && third.changed_sessions.is_empty());
    assert_eq!(third.task.name.as_deref(), Some("Another name"));
}

#[tokio::test(start_paused = true)]
async fn looks_that_see_no_change_are_free_of_charge() {
    let (github, task, mut watch) = queued().await;
    task.run(Script::new("s").then(Duration::from_secs(600), Change::State(Completed)));
    assert_eq!(states(&mut watch).await, ["queued", "completed"]);
    let statuses: Vec<_> = github.requests().iter().map(|request| request.status).collect();
    let (first, rest) = statuses.split_first().unwrap();
    let (last, unchanged) = rest.split_last().unwrap();
    assert_eq!((*first, *last), (Some(200), Some(200)));
    assert!(
        unchanged.len() > 10 && unchanged.iter().all(|status| *status == Some(304)),
        "{statuses:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn it_ends_after_an_ended_state_and_not_after_a_pause() {
    let (_github, task, mut watch) = queued().await;
    task.run(
        Script::waits_for_user()
            .then(Duration::from_secs(600), Change::State(InProgress))
            .then(Duration::from_secs(600), Change::State(Completed)),
    );
    assert_eq!(
        states(&mut watch).await,
        [
            "queued",
            "in_progress",
            "waiting_for_user",
            "in_progress",
            "completed"
        ]
    );
    assert!(watch.try_next().await.unwrap().is_none(), "it stays ended");
}

#[tokio::test(start_paused = true)]
async fn until_dropped_it_sees_follow_ups() {
    let (_github, task, watch) = queued().await;
    let mut watch = watch.keep_watching_after_end();
    task.set_state(Completed);
    let ended = next(&mut watch).await;
    assert!(ended.next_poll.is_some());
    task.run(Script::new("s").then(Duration::from_secs(3600), Change::FollowUp("Go on".to_owned())));
    let woken = next(&mut watch).await;
    assert_eq!(woken.task.state, TaskState::Queued);
    assert_eq!(woken.changed_sessions.len(), 1);
    assert!(woken.changed_sessions[0].previous.is_none());
}

#[tokio::test(start_paused = true)]
async fn an_unknown_state_is_yielded_and_no_end() {
    let (github, task, mut watch) = queued().await;
    task.set_state(Completed);
    github.inject(
        Fault::on(
            Target::Gets,
            Effect::State {
                value: "paused_by_policy".to_owned(),
            },
        )
        .times(1),
    );
    assert_eq!(states(&mut watch).await, ["paused_by_policy", "completed"]);
}

#[tokio::test(start_paused = true)]
async fn passing_failures_are_ridden_out_and_lasting_ones_told_once() {
    let (github, task, mut watch) = queued().await;
    github.inject(Fault::on(Target::Gets, Effect::Html { status: 502 }).times(9));
    assert_eq!(next(&mut watch).await.task.state, TaskState::Queued);
    assert_eq!(github.requests().len(), 10);

    github.inject(Fault::on(Target::Gets, Effect::Status { status: 404 }).times(1));
    task.set_state(WaitingForUser);
    assert!(watch.try_next().await.unwrap_err().is_not_found());
    // It is no end, and asking again makes no haste.
    let told = tokio::time::Instant::now();
    assert_eq!(next(&mut watch).await.task.state, TaskState::WaitingForUser);
    assert!(told.elapsed() >= Duration::from_secs(2));

    github.inject(Fault::on(Target::Gets, Effect::Html { status: 502 }));
    let begun = tokio::time::Instant::now();
    let error = watch.try_next().await.unwrap_err();
    assert_eq!(error.status(), Some(502));
    assert!(begun.elapsed() >= Duration::from_secs(300));
}

#[tokio::test(start_paused = true)]
async fn it_resumes_from_its_last_task_in_another_process() {
    let (github, task, mut watch) = queued().await;
    let seen = next(&mut watch).await.task;
    drop(watch);
    let json = serde_json::to_string(&seen).unwrap();
    let last: Task = serde_json::from_str(&json).unwrap();
    assert_eq!(last, seen, "nothing is lost in between");

    let (client, _) = connect(&github);
    let mut watch = client.task(task.id()).watch().resume_from(last);
    task.set_state(Completed);
    let update = next(&mut watch).await;
    assert_eq!(update.previous.as_ref(), Some(&seen));
    assert_eq!((update.changed_sessions.len(), update.next_poll), (1, None));

    let mut watch = client.task(task.id()).watch().resume_from(update.task);
    assert!(watch.try_next().await.unwrap().is_none(), "nothing is told twice");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_try_next_loses_no_update_and_makes_no_look() {
    let (github, task, mut watch) = queued().await;
    task.run(Script::slow_success_with_pull_request());
    let undisturbed = states(&mut connect(&github).0.task(task.id()).watch()).await;
    let looks = github.requests().len();

    task.set_state(agents_api_emulator::TaskState::Queued);
    task.run(Script::slow_success_with_pull_request());
    let mut disturbed = Vec::new();
    loop {
        match tokio::time::timeout(Duration::from_millis(700), watch.try_next()).await {
            Err(_) => {}
            Ok(update) => match update.unwrap() {
                Some(update) => disturbed.push(update.task.state.to_string()),
                None => break,
            },
        }
    }
    assert_eq!(disturbed.last(), undisturbed.last());
    let more = github.requests().len() - looks;
    assert!(more < looks * 2, "{more} looks, {looks} without disturbance");
}

#[tokio::test]
async fn it_is_a_stream_that_goes_anywhere() {
    fn anywhere<S: Stream<Item = Result<Update, agents_api::Error>> + Send + Unpin + 'static>(_: &S) {}
    let (_github, _, watch) = queued().await;
    anywhere(&watch);
}
