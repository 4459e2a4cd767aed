//! What the best possible reader of a list would need: the figure that a fleet is held against.
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

/// How many tasks one request can show.
const PER_PAGE: usize = 100;
const TICK: u64 = 30;
const HOUR: u64 = 3600;
/// A quarter of 5,000 requests an hour: a fifth of it at once, and the rest as the hour goes by.
const BURST: f64 = 250.0;
const PER_SECOND: f64 = 1000.0 / 3600.0;

/// Which tasks there are, and which of them are watched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Population {
    pub(crate) tasks: u32,
    /// How many of them change; the others stay as they are.
    pub(crate) active: u32,
    /// How many of the active ones are tracked by id; with none, all tasks are watched.
    pub(crate) tracked: u32,
}

/// A reader that knows which tasks have changed, and gets any hundred of them with one request.
///
/// It has the token bucket of a fleet, reads the initial state of all tasks once, asks every 30 seconds, and reads the
/// tasks whose changes are unseen for longest first. No client can do that: lists cannot be asked for a hundred given
/// tasks, and only a request tells that something changed.
pub(crate) struct Ideal {
    /// How many requests it makes in an hour.
    pub(crate) requests: u64,
    /// How many tasks have a change that it has not seen at the end.
    pub(crate) missed: usize,
    /// The delay of nine in ten updates.
    pub(crate) most: Duration,
}

impl Ideal {
    /// Lives through the hour, in which each task is updated at these times.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "seconds of an hour"
    )]
    pub(crate) fn of(population: Population, updates: &[Vec<Duration>]) -> Self {
        let all = if population.tracked == 0 {
            population.tasks
        } else {
            population.tracked
        };
        let mut inventory = (all as usize).div_ceil(PER_PAGE);
        let mut times: Vec<(u64, usize)> = updates
            .iter()
            .enumerate()
            .flat_map(|(task, times)| times.iter().map(move |time| (time.as_secs(), task)))
            .filter(|(time, _)| *time <= HOUR)
            .collect();
        times.sort_unstable();
        let mut times = times.into_iter().peekable();
        // The tasks with unseen changes, by the oldest of them.
        let mut waiting: BTreeSet<(u64, usize)> = BTreeSet::new();
        let mut unseen: HashMap<usize, Vec<u64>> = HashMap::new();
        let (mut tokens, mut requests, mut delays) = (BURST, 0, Vec::new());
        for now in (0..=HOUR + TICK).step_by(TICK as usize) {
            while let Some((time, task)) = times.next_if(|(time, _)| *time <= now) {
                let changes = unseen.entry(task).or_default();
                if changes.is_empty() {
                    waiting.insert((time, task));
                }
                changes.push(time);
            }
            tokens = (tokens + PER_SECOND * TICK as f64).min(BURST);
            let mut reads = waiting.len().div_ceil(PER_PAGE).max(1);
            while reads > 0 && tokens >= 1.0 {
                (reads, tokens, requests) = (reads - 1, tokens - 1.0, requests + 1);
                for _ in 0..PER_PAGE {
                    let Some((_, task)) = waiting.pop_first() else {
                        break;
                    };
                    let seen = unseen.remove(&task).unwrap_or_default();
                    delays.extend(seen.into_iter().map(|time| now - time));
                }
            }
            while inventory > 0 && tokens >= 1.0 {
                (inventory, tokens, requests) = (inventory - 1, tokens - 1.0, requests + 1);
            }
        }
        delays.sort_unstable();
        let most = delays.get(delays.len() * 9 / 10).copied().unwrap_or_default();
        Self {
            requests,
            missed: waiting.len(),
            most: Duration::from_secs(most),
        }
    }
}
