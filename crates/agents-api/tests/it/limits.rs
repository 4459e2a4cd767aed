//! GitHub's limits, as a client and its clones keep to them.

use std::time::Duration;

use crate::support::{connect, connect_with};
use agents_api::{Delivery, ErrorKind, RateLimitPolicy};
use agents_api_emulator::{
    Clock, Effect, Emulator, Fault, Limits, Operation, RateLimitResponse, RetryAfter, SecondaryLimits,
    Target, TaskSeed,
};
use tokio::time::Instant;

async fn emulator() -> Emulator {
    Emulator::builder().clock(Clock::real()).start().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_spent_quota_is_waited_for_if_the_time_allows() {
    let github = emulator().await;
    github.set_limits(Limits {
        quota: 3,
        ..Limits::default()
    });
    let (client, repo) = connect_with(&github, |client| {
        client.total_timeout(Duration::from_secs(2 * 3600))
    });
    let begun = Instant::now();
    for _ in 0..3 {
        repo.list_tasks().pages().try_next().await.unwrap();
    }
    assert_eq!(client.rate_limit().unwrap().remaining, 0);
    assert!(begun.elapsed() < Duration::from_secs(60));
    repo.list_tasks().pages().try_next().await.unwrap();
    assert!(
        begun.elapsed() > Duration::from_secs(3000),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(github.requests().len(), 4, "no request ran into the limit");
}

#[tokio::test(start_paused = true)]
async fn a_wait_beyond_the_time_limit_is_not_begun() {
    let github = emulator().await;
    github.set_limits(Limits {
        quota: 1,
        ..Limits::default()
    });
    let (client, repo) = connect(&github);
    client.list_tasks().pages().try_next().await.unwrap();
    let begun = Instant::now();
    let error = repo.start_task("p").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::RateLimited, Delivery::NotSent)
    );
    assert_eq!((error.attempts(), error.operation()), (0, Some("start_task")));
    assert!(error.retry_after() > Some(Duration::from_secs(3000)), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(1) && github.requests().len() == 1);
}

#[tokio::test(start_paused = true)]
async fn an_impatient_client_fails_at_once() {
    let github = emulator().await;
    let limit = RateLimitResponse::too_many_requests().retry_after(RetryAfter::Seconds(5));
    github.inject(Fault::on(Target::Any, Effect::SecondaryLimit(limit)).nth(1));
    let (client, _) = connect_with(&github, |client| client.rate_limits(RateLimitPolicy::Fail));
    let get = || async { client.task("t").get().await.unwrap_err() };
    let first = get().await;
    assert_eq!((first.status(), first.attempts()), (Some(429), 1), "{first}");
    let second = get().await;
    assert_eq!((second.status(), second.attempts()), (None, 0), "{second}");
    assert!(second.is_rate_limited() && second.retry_after() <= Some(Duration::from_secs(5)));
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert!(get().await.is_not_found());
}

#[tokio::test(start_paused = true)]
async fn a_limit_that_one_clone_meets_holds_all() {
    let github = emulator().await;
    let limit = RateLimitResponse::forbidden().retry_after(RetryAfter::Seconds(30));
    github.inject(Fault::on(Operation::StartTask, Effect::SecondaryLimit(limit)).nth(1));
    let (client, repo) = connect_with(&github, |client| client);
    let begun = Instant::now();
    let other = client.clone();
    let (started, listed) = tokio::join!(repo.start_task("p"), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        other.list_tasks().pages().try_next().await.unwrap();
        begun.elapsed()
    });
    started.unwrap();
    assert!(listed >= Duration::from_secs(30), "{listed:?}");
    assert_eq!(github.requests().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn writes_keep_a_second_between_them_and_reads_pass_by() {
    let github = emulator().await;
    github.set_limits(Limits {
        secondary: Some(SecondaryLimits::default()),
        ..Limits::default()
    });
    let (client, repo) = connect_with(&github, |client| client);
    let begun = Instant::now();
    let starts = (0..20).map(|number| repo.start_task(format!("p {number}")).into_future());
    let (started, read) = tokio::join!(futures_util::future::join_all(starts), async {
        client.list_tasks().pages().try_next().await.unwrap();
        begun.elapsed()
    });
    assert!(started.iter().all(Result::is_ok));
    assert!(begun.elapsed() >= Duration::from_secs(19) && read < Duration::from_secs(1));
    let mut at: Vec<_> = github
        .requests()
        .into_iter()
        .filter(|request| request.method == "POST")
        .map(|request| request.at)
        .collect();
    at.sort();
    assert!(
        at.windows(2)
            .all(|pair| (pair[1] - pair[0]).num_milliseconds() >= 990),
        "{at:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn no_more_requests_are_in_flight_than_allowed() {
    let github = emulator().await;
    github.set_limits(Limits {
        secondary: Some(SecondaryLimits {
            concurrent: 2,
            ..SecondaryLimits::default()
        }),
        ..Limits::default()
    });
    github.inject(Fault::on(
        Target::Any,
        Effect::Latency {
            delay: Duration::from_secs(1),
        },
    ));
    let (client, _) = connect_with(&github, |client| client.max_in_flight(2));
    let gets = (0..10).map(|_| client.task("t").get().into_future());
    for answer in futures_util::future::join_all(gets).await {
        assert!(answer.unwrap_err().is_not_found());
    }
    assert_eq!(github.requests().len(), 10, "none ran into the limit");
}

#[tokio::test(start_paused = true)]
async fn a_limit_without_end_ends_in_an_error() {
    let github = emulator().await;
    let task = github.seed_task(TaskSeed::new("p")).unwrap();
    github.inject(Fault::on(
        Target::Any,
        Effect::SecondaryLimit(RateLimitResponse::forbidden()),
    ));
    let (client, _) = connect_with(&github, |client| client.total_timeout(Duration::from_secs(600)));
    let begun = Instant::now();
    let error = client.task(task.id()).get().await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    // After one, two and four minutes; eight would be too long.
    assert_eq!(
        (error.attempts(), begun.elapsed().as_secs() / 60),
        (4, 7),
        "{error}"
    );
}
