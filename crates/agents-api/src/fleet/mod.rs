//! Following thousands of tasks at once.
//!
//! A [`Fleet`] says which tasks: everything of the user, everything of a repository, or tracked ids. Its
//! [`watch`](Fleet::watch) is a stream of [events](FleetEvent); [`wait_all`](Fleet::wait_all) and
//! [`wait_any`](Fleet::wait_any) wait for many tasks. A [`Checkpoint`] lets another process go on.
//!
//! # How it works
//! Every 30 seconds one conditional request polls the list, the newest updates first. If nothing changed, GitHub responds
//! with 304 and the poll is over. Otherwise the page is compared with what was reported, task by task. If it does not
//! reach back to the newest update of the poll before (the *watermark*), the updates since the watermark are read, the
//! oldest first: a task that is updated meanwhile moves to where the scan has yet to come, so a scan misses nothing however
//! long it takes. It begins ten seconds before the watermark, since times are whole seconds and GitHub's servers need not
//! agree on them; while tokens are short, one second before it, and ten at every tenth poll. If more tasks are archived
//! than before, the archive is polled as well.
//!
//! A task is compared when its event is taken. What a watch knows is therefore exactly what it reported, and so is what a
//! checkpoint holds.
//!
//! # What a poll cannot see
//! Every ten minutes all tasks are compared (*resync*): the list is read in creation order, which updates do not change,
//! one request for 100 tasks, while the polls go on. That finds changes that did not touch the time of the update, and
//! tasks that were deleted. A task that the whole scan did not see is fetched: it was archived or deleted, or is still
//! there. [`Synced`](FleetEvent::Synced) reports the end of a resync. Where resyncs would take more than half of what the
//! fleet may request, and the list agrees with the fleet on how many tasks there are, they become rarer: with 10,000 tasks
//! one in twelve minutes, with 50,000 one an hour.
//!
//! A tracked task that no list shows (the user's list has only the user's own) is fetched at every poll until a list shows
//! it; once it has ended, at every resync. A listed version that is older than the reported one, and with
//! [`with_sessions`](Fleet::with_sessions) every change, is settled by a fetch too. Where fewer tasks are tracked than a
//! poll takes pages, because others are busy in the same list, each tracked task is polled by a conditional fetch instead.
//!
//! # What it costs
//! One request a poll, one for 100 updates, one for 100 tasks at each resync, and the fetches. All of it stays within a
//! [share of the quota](Fleet::quota_share), a quarter by default, whatever the number of tasks and whoever else uses the
//! token. Polls go first, resyncs and fetches take what is left; a poll that takes long leaves them every fourth request.
//! With less than a tenth of the quota left only polls are made. Requests are made one at a time, as GitHub asks.
//!
//! # Failures
//! After a rate limit a fleet waits as long as GitHub says, otherwise a minute, doubled each time. Other transient failures
//! are retried after a second, doubled each time up to five minutes, with jitter. Each is reported as
//! [`Degraded`](FleetEvent::Degraded). Permanent failures end the stream with an error: the first poll's at once, later ones
//! after five in a row. A response about one task is no failure of the fleet: a tracked task that cannot be fetched is
//! [`Removed`](FleetEvent::Removed) after two tries, one interval apart. If only the sessions of a listed task cannot be
//! read, the fetch is retried, later each time.
//!
//! # Where things are
//! `machine` decides and is pure, and `observe` compares what came back; their parts are `recent_scan` (when to poll and how
//! far back), `scan` (pages, the full scan), `task_store` (what was reported), `fetch_queue` (which tasks to fetch),
//! `token_bucket` (what may be requested) and `health` (how failures slow it down). `watch` is the shell, `fetcher` makes
//! its requests, and `wait` waits on top of it.
mod builder;
mod checkpoint;
mod event;
mod fetch_queue;
mod fetcher;
mod health;
mod machine;
#[cfg(test)]
mod model;
mod observe;
mod recent_scan;
mod scan;
mod task_store;
mod token_bucket;
mod wait;
mod watch;

pub use builder::Fleet;
pub use checkpoint::{Checkpoint, CheckpointDelta};
pub use event::{FleetEvent, RemovalReason};
pub use wait::{FleetWaitError, Outcome, WaitAll, WaitAny};
pub use watch::{FleetHandle, FleetWatch};
