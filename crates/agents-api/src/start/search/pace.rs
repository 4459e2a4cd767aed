//! When to search again for a task that is not there yet. Pure: time comes in and goes out.
use std::time::Duration;

use tokio::time::Instant;

use crate::transport::{Backoff, later};

/// The delays between searches.
const BACKOFF: Backoff = Backoff {
    initial: Duration::from_secs(1),
    max: Duration::from_secs(10),
    jitter: 0.2,
};

/// The schedule of the searches.
#[derive(Debug)]
pub(super) struct Pace {
    searches: u32,
    deadline: Instant,
}

impl Pace {
    pub(super) fn until(deadline: Instant) -> Self {
        Self {
            searches: 0,
            deadline,
        }
    }

    /// When to search again after the search that began at `begun`: the last one begins at the deadline, or late.
    /// `None` after that, and when a failure asks for a longer delay. `random` is from 0 to 1.
    pub(super) fn next(
        &mut self,
        retry_after: Option<Duration>,
        begun: Instant,
        now: Instant,
        random: f64,
    ) -> Option<Instant> {
        if begun >= self.deadline {
            return None;
        }
        let earliest = later(now, retry_after.unwrap_or_default());
        if retry_after.is_some() && earliest > self.deadline {
            return None;
        }
        self.searches = self.searches.saturating_add(1);
        let delay = BACKOFF.delay(self.searches, random);
        Some(later(now, delay).min(self.deadline).max(earliest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn delays_grow_and_the_last_search_is_at_the_deadline() {
        let start = Instant::now();
        let mut pace = Pace::until(start + 20 * SECOND);
        let mut now = start;
        let mut searches = Vec::new();
        while let Some(at) = pace.next(None, now, now, 1.0) {
            searches.push((at - start).as_secs());
            now = at;
        }
        assert_eq!(searches, [1, 3, 7, 15, 20]);
    }

    #[test]
    fn no_search_begins_before_github_allows_it() {
        let now = Instant::now();
        let deadline = now + 90 * SECOND;
        for (retry_after, delay) in [
            (30 * SECOND, Some(30 * SECOND)),
            (91 * SECOND, None),
            (Duration::MAX, None),
        ] {
            let next = Pace::until(deadline).next(Some(retry_after), now, now, 0.0);
            assert_eq!(next.map(|at| at - now), delay);
        }
    }

    #[test]
    fn a_search_that_began_before_the_deadline_has_not_seen_what_came_up_to_it() {
        let begun = Instant::now();
        let deadline = begun + SECOND;
        let late = deadline + SECOND;
        let next = |retry_after| Pace::until(deadline).next(retry_after, begun, late, 0.0);
        assert_eq!(next(None), Some(late));
        assert_eq!(next(Some(SECOND)), None);
    }

    #[test]
    fn without_a_deadline_ahead_there_is_one_search() {
        let now = Instant::now();
        assert_eq!(Pace::until(now).next(None, now, now, 0.0), None);
    }
}
