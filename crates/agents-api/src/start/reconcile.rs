//! Finds the task of a start whose answer was lost.
//!
//! GitHub gives a start no name of its own before it is answered. So the task is known by what was asked for: the
//! repository's youngest tasks are listed, got, and compared.
use std::fmt;
use std::future::IntoFuture;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;

use super::search::{Observation, Search, SearchTarget, Since, UNSETTLED};
use crate::client::Repo;
use crate::error::Error;
use crate::future::BoxFuture;
use crate::transport::later;
use agents_api_raw::types::Task;

/// Finds the task of a start when awaited; made by [`StartTask::reconcile`](crate::start::StartTask::reconcile).
///
/// It lists the repository's tasks created since the builder of the start was made, minus a minute, in both archive
/// lanes; gets each; and compares its first session: the prompt, and of the base branch, the model and the custom agent
/// those that were asked for. White space around the prompt, line breaks, `refs/heads/` before a branch and what
/// GitHub puts before a model do not matter. A head branch that is not there counts against a task only if another
/// has it, since GitHub ignores it without an open pull request. What a fallback may have changed is not compared. Of a start with an
/// [`idempotency_key`](crate::start::StartTask::idempotency_key) only the key is compared.
///
/// Times are compared by GitHub's clock, as its answers tell it; a wrong clock here does no harm.
///
/// # Equal starts
/// Starts that ask for the same cannot be told apart. Tasks that came as the answer to a start of this client (or of a
/// clone) are left out: those starts have theirs. Leave out by [`excluding`](Self::excluding) what else is known.
///
/// # Errors
/// Those of lists and gets. What was seen before the error is lost, but nothing is changed by it: await a new one.
#[derive(Clone)]
#[must_use = "nothing is sent until it is awaited"]
pub struct Reconcile {
    repo: Repo,
    target: Result<SearchTarget, String>,
    since: Since,
    timeout: Duration,
    creator: Option<i64>,
    excluded: Vec<String>,
}

/// What a [`Reconcile`] found.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reconciled {
    /// Exactly one task fits: with its sessions, as it is now.
    Found(Box<Task>),
    /// None fits *yet*. GitHub's lists may be late, and a request whose answer was lost may still be on its way. Look
    /// again before another start, for a minute at least: [`Reconcile::timeout`].
    NotFound,
    /// Several fit, in the order of their creation: more than one start asked for the same.
    Ambiguous(Vec<Task>),
}

impl Reconcile {
    pub(super) fn new(
        repo: Repo,
        target: Result<SearchTarget, Error>,
        since: Since,
        creator: Option<i64>,
    ) -> Self {
        Self {
            repo,
            target: target.map_err(|error| error.to_string()),
            since,
            timeout: Duration::ZERO,
            creator,
            excluded: Vec::new(),
        }
    }

    /// The time before which the start was not sent, by the clock here or by GitHub's; a minute is added. By default
    /// when the builder of the start was made, or for one with a key, as far back as the key says.
    ///
    /// Needed by a process that has not sent the start itself: it makes the same start again, and says when the other
    /// process sent it.
    pub fn since(mut self, time: DateTime<Utc>) -> Self {
        self.since = Since::Time(time);
        self
    }

    /// Looks again while nothing is found, after pauses of 1 to 10 seconds, and for the last time so much later.
    /// Looks that fail for a passing reason, and rate limits, are waited out within this time. By default there is
    /// one look.
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Leaves out these tasks, by their ids. Called again, further ones.
    pub fn excluding(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.excluded.extend(ids.into_iter().map(Into::into));
        self
    }

    /// The id of the user whose token sent the start. Tasks of others are then not looked at.
    pub fn creator(mut self, id: i64) -> Self {
        self.creator = Some(id);
        self
    }

    async fn run(self) -> Result<Reconciled, Error> {
        let target = self.target.map_err(Error::invalid)?;
        let mut search = Search::new(self.repo, target, self.since);
        search.creator = self.creator;
        search.excluded.extend(self.excluded);
        let seen = search
            .follow(later(Instant::now(), self.timeout), Observation::is_match)
            .await?;
        if seen.unsettled && !seen.is_match() {
            return Err(Error::unexpected(UNSETTLED));
        }
        let mut matches = seen.matches;
        matches.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(match matches.len() {
            0 => Reconciled::NotFound,
            1 => Reconciled::Found(Box::new(matches.swap_remove(0))),
            _ => Reconciled::Ambiguous(matches),
        })
    }
}

impl fmt::Debug for Reconcile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A prompt may hold what no log should.
        f.debug_struct("Reconcile")
            .field("repo", &self.repo)
            .field("since", &self.since)
            .field("timeout", &self.timeout)
            .finish_non_exhaustive()
    }
}

impl IntoFuture for Reconcile {
    type Output = Result<Reconciled, Error>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}
