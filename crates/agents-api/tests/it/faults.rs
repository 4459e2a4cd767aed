//! Bad weather, in a table: for every status GitHub documents and every fault of the network what the caller gets, and
//! how many requests were sent.

use std::time::Duration;

use crate::support::connect_with;
use agents_api::ErrorKind::{
    ClientError, Forbidden, NotFound, RateLimited, Server, Timeout, Transport, Unauthorized,
    UnexpectedResponse, Validation,
};
use agents_api::{Delivery, Error, ErrorKind, RetryPolicy};
use agents_api_emulator::{
    Clock, Effect, Emulator, Fault, Operation, RateLimitResponse, RetryAfter, TaskSeed,
};

const ATTEMPTS: u32 = 3;

/// What the caller of a read, and of a start, gets in this weather.
struct Row {
    effect: Effect,
    kind: ErrorKind,
    /// Of a read that never gets through.
    attempts: u32,
    /// Of a start that meets it once.
    start: Start,
}

enum Start {
    /// One request, and this is known of it.
    Fails(Delivery),
    /// It was refused by a limit, and is sent again after this many seconds at least.
    Again(u64),
}

fn rows() -> Vec<Row> {
    use Delivery::{Rejected, Unknown};
    let row = |effect, kind, attempts, delivery| Row {
        effect,
        kind,
        attempts,
        start: Start::Fails(delivery),
    };
    let limit = |effect, seconds| Row {
        effect,
        kind: RateLimited,
        attempts: ATTEMPTS,
        start: Start::Again(seconds),
    };
    let page = |text: &str| Effect::ContentType {
        value: text.to_owned(),
    };
    vec![
        row(Effect::Status { status: 400 }, ClientError, 1, Rejected),
        row(Effect::Status { status: 401 }, Unauthorized, 1, Rejected),
        row(Effect::Status { status: 403 }, Forbidden, 1, Rejected),
        row(Effect::Status { status: 404 }, NotFound, 1, Rejected),
        row(Effect::Status { status: 410 }, ClientError, 1, Rejected),
        row(Effect::Status { status: 422 }, Validation, 1, Rejected),
        row(Effect::Status { status: 408 }, ClientError, ATTEMPTS, Unknown),
        row(Effect::Status { status: 500 }, Server, ATTEMPTS, Unknown),
        row(Effect::Status { status: 501 }, Server, 1, Unknown),
        row(Effect::Status { status: 503 }, Server, ATTEMPTS, Unknown),
        row(Effect::Html { status: 502 }, Server, ATTEMPTS, Unknown),
        row(Effect::Html { status: 504 }, Server, ATTEMPTS, Unknown),
        row(Effect::Html { status: 403 }, Forbidden, 1, Rejected),
        row(
            Effect::Html { status: 200 },
            UnexpectedResponse,
            ATTEMPTS,
            Unknown,
        ),
        row(Effect::Reset, Transport, ATTEMPTS, Unknown),
        row(Effect::Close, Transport, ATTEMPTS, Unknown),
        row(Effect::Hang, Transport, ATTEMPTS, Unknown),
        row(Effect::Truncate { after: None }, Transport, ATTEMPTS, Unknown),
        row(Effect::Truncate { after: Some(0) }, Transport, ATTEMPTS, Unknown),
        row(Effect::CutChunks { after: None }, Transport, ATTEMPTS, Unknown),
        row(Effect::EmptyBody, UnexpectedResponse, ATTEMPTS, Unknown),
        row(Effect::BrokenJson, UnexpectedResponse, ATTEMPTS, Unknown),
        row(page("text/html"), UnexpectedResponse, ATTEMPTS, Unknown),
        row(
            Effect::DropField {
                field: "state".into(),
            },
            UnexpectedResponse,
            1,
            Unknown,
        ),
        row(
            Effect::Redirect {
                status: 302,
                to: "https://elsewhere.example".into(),
            },
            ClientError,
            1,
            Rejected,
        ),
        limit(
            Effect::SecondaryLimit(
                RateLimitResponse::too_many_requests().retry_after(RetryAfter::Seconds(7)),
            ),
            7,
        ),
        limit(
            Effect::SecondaryLimit(RateLimitResponse::forbidden().retry_after(RetryAfter::HttpDate(9))),
            8,
        ),
        limit(Effect::SecondaryLimit(RateLimitResponse::forbidden()), 60),
        limit(Effect::SecondaryLimit(RateLimitResponse::too_many_requests()), 60),
        limit(Effect::PrimaryLimit(RateLimitResponse::forbidden()), 3000),
        limit(Effect::PrimaryLimit(RateLimitResponse::too_many_requests()), 3000),
    ]
}

fn patient(client: agents_api::ClientBuilder) -> agents_api::ClientBuilder {
    client
        .retry(RetryPolicy::new().max_attempts(ATTEMPTS))
        .total_timeout(Duration::from_secs(24 * 3600))
}

/// A request that hangs is logged when the emulator notices that its client has left.
async fn log_is_complete() {
    tokio::time::sleep(Duration::from_secs(1)).await;
}

fn check(error: &Error, row: &Row) {
    let effect = &row.effect;
    assert_eq!(error.kind(), row.kind, "{effect:?}: {error}");
    match effect {
        Effect::Status { status } | Effect::Html { status } => {
            assert_eq!(error.status(), Some(*status), "{effect:?}");
            assert!(!error.body().unwrap().is_empty(), "{effect:?}");
        }
        Effect::SecondaryLimit(_) | Effect::PrimaryLimit(_) => {
            assert!(
                error.message().is_some() && error.request_id().is_some(),
                "{effect:?}"
            );
        }
        _ => {}
    }
    let _ = format!("{error} {error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_read_is_repeated_where_that_may_help_and_tells_how_it_ended() {
    for row in rows() {
        let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
        let task = github.seed_task(TaskSeed::new("p")).unwrap();
        github.inject(Fault::on(Operation::GetTask, row.effect.clone()));
        let (client, _) = connect_with(&github, patient);
        let error = client.task(task.id()).get().await.unwrap_err();
        check(&error, &row);
        log_is_complete().await;
        assert_eq!(error.attempts(), row.attempts, "{:?}: {error}", row.effect);
        assert_eq!(github.requests().len(), row.attempts as usize, "{:?}", row.effect);
        assert_eq!(error.operation(), Some("get_task"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_gets_through_when_the_weather_passes() {
    for row in rows().into_iter().filter(|row| row.attempts == ATTEMPTS) {
        let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
        let task = github.seed_task(TaskSeed::new("p")).unwrap();
        github.inject(Fault::on(Operation::GetTask, row.effect.clone()).times(2));
        let (client, _) = connect_with(&github, patient);
        assert_eq!(
            client.task(task.id()).get().await.unwrap().id,
            task.id(),
            "{:?}",
            row.effect
        );
        assert_eq!(github.requests().len(), 3, "{:?}", row.effect);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_started_twice_in_any_weather() {
    for row in rows() {
        for applied in [false, true] {
            let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
            let fault = Fault::on(Operation::StartTask, row.effect.clone()).nth(1);
            let refusal = !matches!(row.start, Start::Fails(Delivery::Unknown));
            if applied && (refusal || !row.effect.replaces_response()) {
                continue; // a refusal that was applied all the same would be a lie
            }
            github.inject(if applied { fault.after_applied() } else { fault });
            let (_, repo) = connect_with(&github, patient);
            let before = github.now();
            let started = repo.start_task("p").await;
            log_is_complete().await;
            let sent = github.requests().len();
            match row.start {
                Start::Fails(delivery) => {
                    let error = started.unwrap_err();
                    check(&error, &row);
                    assert_eq!(error.delivery(), delivery, "{:?}: {error}", row.effect);
                    assert_eq!((sent, error.attempts()), (1, 1), "{:?}", row.effect);
                }
                Start::Again(seconds) => {
                    started.unwrap();
                    assert_eq!(sent, 2, "{:?}", row.effect);
                    let waited = (github.now() - before).num_seconds();
                    assert!(
                        waited >= i64::try_from(seconds).unwrap(),
                        "{:?}: {waited} s",
                        row.effect
                    );
                }
            }
            assert!(github.tasks().len() <= 1, "{:?}", row.effect);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_time_limit_of_an_operation_holds_in_a_hang() {
    let github = Emulator::builder().clock(Clock::real()).start().await.unwrap();
    let task = github.seed_task(TaskSeed::new("p")).unwrap();
    github.inject(Fault::on(agents_api_emulator::Target::Any, Effect::Hang));
    let (client, repo) = connect_with(&github, |client| client.total_timeout(Duration::from_secs(100)));
    let before = tokio::time::Instant::now();
    let error = client.task(task.id()).get().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Timeout, 2), "{error}");
    assert!(error.is_timeout());
    assert_eq!(before.elapsed().as_secs(), 100);

    let limited = client.task(task.id()).get().timeout(Duration::from_secs(3));
    assert!(limited.await.unwrap_err().to_string().contains("3s"));

    let (_, repo) = (client, repo);
    let error = repo.start_task("p").await.unwrap_err();
    assert_eq!(
        (error.delivery(), error.attempts()),
        (Delivery::Unknown, 1),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn thousands_of_reads_get_through_when_every_second_one_fails() {
    let effects = [
        Effect::Reset,
        Effect::Html { status: 502 },
        Effect::Truncate { after: None },
        Effect::Status { status: 503 },
        Effect::BrokenJson,
    ];
    for seed in 0..20 {
        let github = Emulator::builder()
            .clock(Clock::real())
            .seed(seed)
            .start()
            .await
            .unwrap();
        github.set_limits(agents_api_emulator::Limits {
            quota: u32::MAX,
            ..agents_api_emulator::Limits::default()
        });
        let task = github.seed_task(TaskSeed::new("p")).unwrap();
        // Five faults of one in eight strike about every second request.
        for effect in &effects {
            github.inject(Fault::on(Operation::GetTask, effect.clone()).chance(0.13));
        }
        let policy = RetryPolicy::new().max_attempts(40);
        let (client, _) = connect_with(&github, |client| client.retry(policy));
        for _ in 0..150 {
            client.task(task.id()).get().await.unwrap();
        }
        let sent = github.requests().len();
        assert!((200..=600).contains(&sent), "{sent} requests for 150 reads");
    }
}
