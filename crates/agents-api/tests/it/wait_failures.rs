//! Waits through what fails on the way: what is ridden out, and what ends them.

use std::future::IntoFuture;
use std::time::Duration;

use crate::support::connect;
use agents_api::{TaskState, until};
use agents_api_emulator::TaskState::Completed;
use agents_api_emulator::{
    Effect, Emulator, Fault, RateLimitResponse, RetryAfter, Target, TaskHandle, TaskSeed,
};

/// A wait that looks often enough for a test.
const OFTEN: Duration = Duration::from_millis(5);

/// A task that has completed.
fn completed(github: &Emulator) -> TaskHandle {
    github.seed_task(TaskSeed::new("a").state(Completed)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_wait_survives_passing_failures_and_ends_at_lasting_ones() {
    let github = Emulator::start().await.unwrap();
    let task = completed(&github);
    github.inject(Fault::on(Target::Gets, Effect::Html { status: 502 }).times(2));
    github.inject(Fault::on(Target::Gets, Effect::Reset).nth(3));
    let (client, _) = connect(&github);
    let done = client
        .task(task.id())
        .wait_until(until::ended())
        .poll_interval(OFTEN)
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
    assert_eq!((error.attempts(), error.last_seen().is_none()), (1, true));

    github.inject(Fault::on(Target::Gets, Effect::Html { status: 502 }));
    let error = client
        .task(task.id())
        .wait_until(until::ended())
        .poll_interval(OFTEN)
        .max_failure_duration(OFTEN * 4)
        .await
        .unwrap_err();
    assert!(error.is_failed() && error.attempts() > 1, "{error:?}");
    assert_eq!(error.error().unwrap().status(), Some(502));
}

#[tokio::test(start_paused = true)]
async fn a_rate_limit_is_obeyed_and_is_no_failure() {
    for limit in [
        RateLimitResponse::forbidden().retry_after(RetryAfter::Seconds(60)),
        RateLimitResponse::too_many_requests().retry_after(RetryAfter::HttpDate(60)),
        RateLimitResponse::forbidden(), // says nothing, and so wants a minute
    ] {
        let github = Emulator::start().await.unwrap();
        let task = completed(&github);
        github.inject(Fault::on(Target::Gets, Effect::SecondaryLimit(limit)));
        let (client, _) = connect(&github);
        let wait = client
            .task(task.id())
            .wait_until(until::ended())
            .poll_interval(OFTEN);
        let error = wait.timeout(OFTEN * 60).await.unwrap_err();
        assert!(error.is_timed_out(), "{error}");
        assert!(error.error().unwrap().is_rate_limited(), "{error}");
        assert_eq!(github.requests().len(), 1, "{limit:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_goes_on_after_a_rate_limit_on_top_of_failures() {
    let github = Emulator::start().await.unwrap();
    let task = completed(&github);
    let limit = RateLimitResponse::too_many_requests().retry_after(RetryAfter::Seconds(1));
    github.inject(Fault::on(Target::Gets, Effect::Html { status: 502 }).times(5));
    github.inject(Fault::on(Target::Gets, Effect::SecondaryLimit(limit)).nth(6));
    let (client, _) = connect(&github);
    let wait = client
        .task(task.id())
        .wait_until(until::ended())
        .poll_interval(OFTEN);
    assert_eq!(wait.await.unwrap().id, task.id());
    assert_eq!(github.requests().len(), 7);
}

#[tokio::test(start_paused = true)]
async fn rate_limits_without_a_duration_end_a_wait_after_six_of_growing_delay() {
    let github = Emulator::start().await.unwrap();
    let task = completed(&github);
    github.inject(Fault::on(
        Target::Gets,
        Effect::SecondaryLimit(RateLimitResponse::forbidden().retry_after(RetryAfter::Absent)),
    ));
    let (client, _) = connect(&github);
    let begun = tokio::time::Instant::now();
    let wait = client.task(task.id()).wait_until(until::ended());
    let error = wait.timeout(Duration::from_secs(24 * 60 * 60)).await.unwrap_err();
    assert!(
        error.is_failed() && error.error().unwrap().is_rate_limited(),
        "{error}"
    );
    assert_eq!(error.attempts(), 7);
    let least: u64 = [60, 120, 240, 480, 960, 1920].iter().sum();
    let elapsed = begun.elapsed().as_secs();
    assert!((least..least + 60).contains(&elapsed), "{elapsed} s");
}

#[tokio::test(start_paused = true)]
async fn the_failure_before_a_look_that_never_ends_is_kept() {
    let github = Emulator::start().await.unwrap();
    let task = completed(&github);
    github.inject(Fault::on(Target::Gets, Effect::Html { status: 502 }).nth(1));
    github.inject(Fault::on(Target::Gets, Effect::Hang).nth(2));
    let (client, _) = connect(&github);
    let wait = client
        .task(task.id())
        .wait_until(until::ended())
        .poll_interval(OFTEN);
    let error = wait.timeout(Duration::from_secs(1)).await.unwrap_err();
    assert!(error.is_timed_out() && error.last_seen().is_none(), "{error}");
    assert_eq!(error.error().unwrap().status(), Some(502));
    assert!(
        error.to_string().contains(&task.id()) && error.to_string().contains("502"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_proxys_page_in_place_of_a_task_passes() {
    let github = Emulator::start().await.unwrap();
    let task = completed(&github);
    github.inject(Fault::on(Target::Gets, Effect::Html { status: 200 }).times(2));
    let (client, _) = connect(&github);
    let wait = || {
        client
            .task(task.id())
            .wait_until(until::ended())
            .poll_interval(OFTEN)
    };
    wait().await.unwrap();

    github.clear_requests();
    github.inject(Fault::on(Target::Gets, Effect::Html { status: 200 }));
    let error = wait().max_failure_duration(Duration::ZERO).await.unwrap_err();
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
    let wait = client.task("t").wait_for(|_| true).poll_interval(Duration::MAX);
    let error = wait.timeout(Duration::from_secs(2)).await.unwrap_err();
    assert!(error.is_failed(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_reached_may_come_back() {
    let github = Emulator::start().await.unwrap();
    let (client, _) = connect(&github);
    github.shutdown().await;
    let wait = client.task("t").wait_for(|_| true).poll_interval(Duration::MAX);
    let error = wait.timeout(Duration::from_secs(1)).await.unwrap_err();
    assert!(error.is_timed_out() && error.error().is_some(), "{error:?}");
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
async fn an_impossible_wait_tells_what_failed_on_the_way() {
    let github = Emulator::start().await.unwrap();
    let task = completed(&github);
    github.inject(Fault::on(Target::Gets, Effect::Html { status: 502 }).times(2));
    let (client, _) = connect(&github);
    let error = client
        .task(task.id())
        .wait_until(until::pull_request())
        .await
        .unwrap_err();
    assert!(error.is_unreachable() && error.attempts() == 3, "{error:?}");
    assert_eq!(error.error().unwrap().status(), Some(502));
    assert_eq!(error.last_seen().unwrap().state, TaskState::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_wait_begun_again_keeps_to_the_limit_that_the_one_before_met() {
    let github = Emulator::start().await.unwrap();
    let task = completed(&github);
    let limit = RateLimitResponse::too_many_requests().retry_after(RetryAfter::Seconds(60));
    github.inject(Fault::on(Target::Gets, Effect::SecondaryLimit(limit)).times(1));
    let (client, _) = connect(&github);
    let wait = || client.task(task.id()).wait_until(until::ended());
    for _ in 0..5 {
        // Dropped in the middle, and begun again.
        let cut = tokio::time::timeout(Duration::from_secs(10), wait().into_future());
        assert!(cut.await.is_err());
    }
    assert_eq!(github.requests().len(), 1);
    wait().await.unwrap();
    assert_eq!(github.requests().len(), 2);
}
