//! The schedule against a model: random lives, random weather, random cancellation.
use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::interval::PollInterval;
use super::schedule::{Next, Saw, Schedule};

/// What GitHub does to one look, and how long its answer takes.
#[derive(Clone, Copy, Debug)]
struct Weather {
    answer: Answer,
    latency: Duration,
    jitter: f64,
}

#[derive(Clone, Copy, Debug)]
enum Answer {
    Task { changed: bool },
    Failure(Option<Duration>),
    RateLimit(Option<Duration>),
    Lasting,
}

impl Answer {
    fn saw(self) -> Saw {
        match self {
            Self::Task { changed: true } => Saw::Change,
            Self::Task { changed: false } => Saw::NoChange,
            Self::Failure(asked) => Saw::Failure(asked),
            Self::RateLimit(asked) => Saw::RateLimit(asked),
            Self::Lasting => Saw::Lasting(None),
        }
    }

    /// How long nobody may look after this answer, which so many silent rate limits came before.
    fn asks(self, silent: u32) -> Duration {
        match self {
            Self::Task { .. } | Self::Lasting | Self::Failure(None) => Duration::ZERO,
            Self::Failure(Some(asked)) => asked,
            Self::RateLimit(Some(asked)) => asked.max(Duration::from_secs(1)),
            Self::RateLimit(None) => Duration::from_secs(60) * 2_u32.pow(silent),
        }
    }

    /// How many silent rate limits there were then, in a row but for failures.
    fn silent(self, before: u32) -> u32 {
        match self {
            Self::Task { .. } => 0,
            Self::RateLimit(None) => before + 1,
            _ => before,
        }
    }
}

fn millis(range: std::ops::Range<u64>) -> impl Strategy<Value = Duration> {
    range.prop_map(Duration::from_millis)
}

fn asked() -> impl Strategy<Value = Option<Duration>> {
    prop_oneof![
        2 => Just(None),
        6 => millis(0..400_000).prop_map(Some),
        1 => Just(Some(Duration::MAX)),
    ]
}

fn weather(latency: Duration) -> impl Strategy<Value = Weather> {
    let answer = prop_oneof![
        12 => any::<bool>().prop_map(|changed| Answer::Task { changed }),
        4 => asked().prop_map(Answer::Failure),
        3 => asked().prop_map(Answer::RateLimit),
        1 => Just(Answer::Lasting),
    ];
    let latest = u64::try_from(latency.as_millis()).unwrap() + 1;
    (answer, millis(0..latest), 0.0..1.0).prop_map(|(answer, latency, jitter)| Weather {
        answer,
        latency,
        jitter,
    })
}

fn cadence() -> impl Strategy<Value = (Duration, Duration)> {
    (millis(50..60_000), millis(0..200_000)).prop_map(|(shortest, more)| (shortest, shortest + more))
}

/// A wait, and what happens around it.
#[derive(Clone, Debug)]
struct Case {
    cadence: (Duration, Duration),
    patience: Duration,
    limit: Duration,
    /// When the task settles after the wait begins.
    settles: Duration,
    /// What each look meets, over and over.
    weather: Vec<Weather>,
}

impl Case {
    /// How long before the deadline the last look may be made.
    fn margin(limit: Duration) -> Duration {
        Duration::from_secs(2).min(limit / 4)
    }

    /// Whether the task settles before the last look.
    fn settles_in_time(&self) -> bool {
        self.settles + Self::margin(self.limit) <= self.limit
    }
}

prop_compose! {
    fn case()(limit in millis(100..3_000_000))(
        limit in Just(limit),
        cadence in cadence(),
        patience in millis(0..400_000),
        settles in millis(0..4_000_000),
        weather in prop::collection::vec(weather(Case::margin(limit) / 3), 1..40),
    ) -> Case {
        Case { cadence, patience, limit, settles, weather }
    }
}

/// How a wait ended, after this long.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Met(Duration),
    GivenUp,
    TimedOut,
}

/// Plays a wait to its end as the poller does, and checks every look on the way.
fn play(case: &Case) -> (End, usize) {
    let begun = Instant::now();
    let deadline = begun + case.limit;
    let last_look = deadline - Case::margin(case.limit);
    let cadence = PollInterval::adaptive(case.cadence.0, case.cadence.1);
    let mut schedule = Schedule::new(cadence, case.patience).within(case.limit, begun);
    let (mut at, mut not_before, mut silent) = (begun, begun, 0);
    for (polls, weather) in (1..).zip(case.weather.iter().cycle()) {
        assert!(at >= not_before, "a look that GitHub asked not to make");
        assert!(at < deadline, "a look past the deadline");
        let now = at + weather.latency;
        if now > deadline {
            return (End::TimedOut, polls);
        }
        if matches!(weather.answer, Answer::Task { .. }) && at >= begun + case.settles {
            return (End::Met(now - begun), polls);
        }
        let asks = weather.answer.asks(silent);
        silent = weather.answer.silent(silent);
        match schedule.next(weather.answer.saw(), now, weather.jitter) {
            Next::Look(next) => {
                assert!(next >= now, "a look in the past");
                assert!(at < last_look, "a look after the last one");
                not_before = now
                    .checked_add(asks)
                    .expect("a look after a pause without an end");
                at = next;
            }
            Next::GiveUp(_) => {
                assert!(
                    !matches!(weather.answer, Answer::Task { .. }),
                    "a task is no failure"
                );
                return (End::GivenUp, polls);
            }
            Next::TimeUp => {
                let forbidden = now.checked_add(asks).is_none_or(|then| then >= deadline);
                assert!(at >= last_look || forbidden, "the last look was too early");
                return (End::TimedOut, polls);
            }
        }
    }
    unreachable!("the weather has no end")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn looks_are_where_they_may_be_and_no_more_than_bounded(case in case()) {
        let (_, polls) = play(&case);
        // Twenty percent less than the pause after a failure, two seconds, is the shortest there is.
        let pause = case.cadence.0.min(Duration::from_millis(1600));
        let bound = case.limit.as_millis() / pause.as_millis() + 3;
        prop_assert!(polls as u128 <= bound, "{polls} polls, {bound} allowed");
    }

    #[test]
    fn a_task_that_settles_in_fair_weather_is_reported_within_a_pause(mut case in case()) {
        for weather in &mut case.weather {
            weather.answer = Answer::Task { changed: false };
        }
        let in_time = case.settles_in_time();
        let late = case.cadence.1 + Case::margin(case.limit);
        match play(&case).0 {
            End::Met(after) => prop_assert!(after <= case.settles + late, "reported after {after:?}"),
            end => prop_assert!(!in_time && end == End::TimedOut, "{end:?}"),
        }
    }

    #[test]
    fn passing_failures_shorter_than_the_patience_change_nothing(mut case in case()) {
        for weather in &mut case.weather {
            if !matches!(weather.answer, Answer::Task { .. }) {
                weather.answer = Answer::Failure(None);
            }
        }
        case.patience = case.limit;
        prop_assert_ne!(play(&case).0, End::GivenUp);
    }

    #[test]
    fn a_wait_cancelled_and_begun_again_reports_what_settled_meanwhile(
        mut case in case(),
        cancelled in prop::collection::vec(millis(1..500_000), 0..6),
    ) {
        for weather in &mut case.weather {
            weather.answer = Answer::Task { changed: true };
        }
        for begun in cancelled {
            // Nothing of the wait before is needed: a new one starts from the id, with the task as it is then.
            case.settles = case.settles.saturating_sub(begun);
        }
        let in_time = case.settles_in_time();
        prop_assert!(!in_time || matches!(play(&case).0, End::Met(_)));
    }

    #[test]
    fn a_watch_has_no_end_and_bounded_pauses(cadence in cadence(), case in case()) {
        let mut schedule = Schedule::new(PollInterval::adaptive(cadence.0, cadence.1), case.patience);
        let (now, mut silent) = (Instant::now(), 0);
        for weather in case.weather {
            let at = match schedule.next(weather.answer.saw(), now, weather.jitter) {
                Next::Look(at) | Next::GiveUp(at) => at,
                Next::TimeUp => return Err(TestCaseError::fail("a watch has no deadline")),
            };
            let asks = weather.answer.asks(silent);
            silent = weather.answer.silent(silent).min(6);
            if asks == Duration::MAX {
                continue; // Thirty years, as good as never.
            }
            let longest = cadence.1.max(asks) + Duration::from_secs(10);
            prop_assert!(at >= now + asks && at <= now + longest, "{:?}", at - now);
        }
    }
}
