//! The schedule against a model: random task lives, random network conditions, random cancellation.
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::interval::PollInterval;
use super::schedule::{Action, Observation, Schedule};

/// How GitHub responds to one poll, and after which latency.
#[derive(Clone, Copy, Debug)]
struct Conditions {
    response: Response,
    latency: Duration,
    jitter: f64,
}

#[derive(Clone, Copy, Debug)]
enum Response {
    Task { changed: bool },
    Failure(Option<Duration>),
    RateLimit(Duration),
    Permanent,
}

impl Response {
    fn observation(self) -> Observation {
        match self {
            Self::Task { changed: true } => Observation::Changed,
            Self::Task { changed: false } => Observation::Unchanged,
            Self::Failure(retry_after) => Observation::Transient(retry_after),
            Self::RateLimit(retry_after) => Observation::RateLimited(retry_after),
            Self::Permanent => Observation::Permanent(None),
        }
    }

    /// How long no poll may be made after this response.
    fn forbids(self) -> Duration {
        match self {
            Self::Task { .. } | Self::Permanent | Self::Failure(None) => Duration::ZERO,
            Self::Failure(Some(retry_after)) => retry_after,
            Self::RateLimit(retry_after) => retry_after.max(Duration::from_secs(1)),
        }
    }
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

fn retry_after() -> impl Strategy<Value = Duration> {
    prop_oneof![
        8 => millis(0..400_000),
        1 => Just(Duration::MAX),
    ]
}

fn conditions(latency: Duration) -> impl Strategy<Value = Conditions> {
    let response = prop_oneof![
        12 => any::<bool>().prop_map(|changed| Response::Task { changed }),
        4 => prop::option::weighted(0.75, retry_after()).prop_map(Response::Failure),
        3 => retry_after().prop_map(Response::RateLimit),
        1 => Just(Response::Permanent),
    ];
    let latest = u64::try_from(latency.as_millis()).unwrap() + 1;
    (response, millis(0..latest), 0.0..1.0).prop_map(|(response, latency, jitter)| Conditions {
        response,
        latency,
        jitter,
    })
}

fn interval() -> impl Strategy<Value = (Duration, Duration)> {
    (millis(50..60_000), millis(0..200_000)).prop_map(|(shortest, more)| (shortest, shortest + more))
}

/// A wait, and what happens around it.
#[derive(Clone, Debug)]
struct Case {
    interval: (Duration, Duration),
    max_failure_duration: Duration,
    limit: Duration,
    /// When the task settles after the wait begins.
    settles: Duration,
    /// The conditions of each poll, over and over.
    conditions: Vec<Conditions>,
}

impl Case {
    /// How long before the deadline the last poll may be made.
    fn margin(limit: Duration) -> Duration {
        Duration::from_secs(2).min(limit / 4)
    }

    /// Whether the task settles before the last poll.
    fn settles_in_time(&self) -> bool {
        self.settles + Self::margin(self.limit) <= self.limit
    }
}

prop_compose! {
    fn case()(limit in millis(100..3_000_000))(
        limit in Just(limit),
        interval in interval(),
        max_failure_duration in millis(0..400_000),
        settles in millis(0..4_000_000),
        conditions in prop::collection::vec(conditions(Case::margin(limit) / 3), 1..40),
    ) -> Case {
        Case { interval, max_failure_duration, limit, settles, conditions }
    }
}

/// How a wait ended, after this long.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Met(Duration),
    Failed,
    TimedOut,
}

/// Runs a wait to its end as the poller does, and checks every poll on the way.
fn play(case: &Case) -> (End, usize) {
    let begun = Instant::now();
    let deadline = begun + case.limit;
    let last_poll = deadline - Case::margin(case.limit);
    let interval = PollInterval::adaptive(case.interval.0, case.interval.1);
    let mut schedule = Schedule::new(interval, case.max_failure_duration).within(case.limit, begun);
    let (mut at, mut not_before) = (begun, begun);
    for (polls, conditions) in (1..).zip(case.conditions.iter().cycle()) {
        assert!(at >= not_before, "a poll before `retry-after`");
        assert!(at < deadline, "a poll past the deadline");
        let now = at + conditions.latency;
        if now > deadline {
            return (End::TimedOut, polls);
        }
        if matches!(conditions.response, Response::Task { .. }) && at >= begun + case.settles {
            return (End::Met(now - begun), polls);
        }
        let forbids = conditions.response.forbids();
        match schedule.next(conditions.response.observation(), now, conditions.jitter) {
            Action::Poll(next) => {
                assert!(next >= now, "a poll in the past");
                assert!(at < last_poll, "a poll after the last one");
                not_before = now
                    .checked_add(forbids)
                    .expect("a poll after a pause without an end");
                at = next;
            }
            Action::Fail(_) => {
                assert!(
                    !matches!(conditions.response, Response::Task { .. }),
                    "a task is no failure"
                );
                return (End::Failed, polls);
            }
            Action::DeadlineReached => {
                let forbidden = now.checked_add(forbids).is_none_or(|then| then >= deadline);
                assert!(at >= last_poll || forbidden, "the last poll was too early");
                return (End::TimedOut, polls);
            }
        }
    }
    unreachable!("conditions repeat without an end")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn polls_are_made_only_when_allowed_and_are_bounded(case in case()) {
        let (_, polls) = play(&case);
        // Twenty percent less than the pause after a failure, two seconds, is the shortest there is.
        let pause = case.interval.0.min(Duration::from_millis(1600));
        let bound = case.limit.as_millis() / pause.as_millis() + 3;
        prop_assert!(polls as u128 <= bound, "{polls} polls, {bound} allowed");
    }

    #[test]
    fn without_failures_a_settled_task_is_reported_within_one_interval(mut case in case()) {
        for conditions in &mut case.conditions {
            conditions.response = Response::Task { changed: false };
        }
        let in_time = case.settles_in_time();
        let late = case.interval.1 + Case::margin(case.limit);
        match play(&case).0 {
            End::Met(after) => prop_assert!(after <= case.settles + late, "reported after {after:?}"),
            end => prop_assert!(!in_time && end == End::TimedOut, "{end:?}"),
        }
    }

    #[test]
    fn transient_failures_within_the_maximum_duration_do_not_end_a_wait(mut case in case()) {
        for conditions in &mut case.conditions {
            if !matches!(conditions.response, Response::Task { .. }) {
                conditions.response = Response::Failure(None);
            }
        }
        case.max_failure_duration = case.limit;
        prop_assert_ne!(play(&case).0, End::Failed);
    }

    #[test]
    fn a_restarted_wait_reports_a_task_that_settled_meanwhile(
        mut case in case(),
        cancelled in prop::collection::vec(millis(1..500_000), 0..6),
    ) {
        for conditions in &mut case.conditions {
            conditions.response = Response::Task { changed: true };
        }
        for begun in cancelled {
            // A restarted wait needs only the id: it polls the task as it is then.
            case.settles = case.settles.saturating_sub(begun);
        }
        let in_time = case.settles_in_time();
        prop_assert!(!in_time || matches!(play(&case).0, End::Met(_)));
    }

    #[test]
    fn a_watch_has_no_deadline_and_bounded_delays(interval in interval(), case in case()) {
        let mut schedule = Schedule::new(PollInterval::adaptive(interval.0, interval.1), case.max_failure_duration);
        let now = Instant::now();
        for conditions in case.conditions {
            let at = match schedule.next(conditions.response.observation(), now, conditions.jitter) {
                Action::Poll(at) | Action::Fail(at) => at,
                Action::DeadlineReached => return Err(TestCaseError::fail("a watch has no deadline")),
            };
            let forbids = conditions.response.forbids();
            if forbids == Duration::MAX {
                continue; // The delay is capped at thirty years.
            }
            let longest = interval.1.max(forbids) + Duration::from_secs(10);
            prop_assert!(at >= now + forbids && at <= now + longest, "{:?}", at - now);
        }
    }
}
