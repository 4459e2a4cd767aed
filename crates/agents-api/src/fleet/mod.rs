//! Following thousands of tasks at once.
//!
//! A [`Fleet`] says which tasks: everything of the user, everything of a repository, or tracked ids. Its
//! [`watch`](Fleet::watch) is a stream of [events](FleetEvent); [`wait_all`](Fleet::wait_all) and
//! [`wait_any`](Fleet::wait_any) are waits for many. A [`Checkpoint`] lets another process go on.
//!
//! # How it looks
//! Every 30 seconds (the *tick*) one conditional request asks for the list, the task updated last first. If nothing
//! changed, GitHub answers 304 and the tick is over. Otherwise the page is compared with what is known, task by task,
//! and further pages are read back to the newest time of the tick before, less ten seconds: times are whole seconds, so
//! that a task may change twice within one. If more tasks are archived than before, the archive is asked for the newest.
//! Hence a change is told within a tick, whatever the number of tasks.
//!
//! # What that might miss
//! Every ten minutes all tasks are *compared*: the list is walked in the order of creation, which updates do not
//! reshuffle, one request for 100 tasks, while the ticks go on. That finds changes that did not touch the time of the
//! update, and what slipped between two pages. A task that was not seen by the whole walk is asked for itself: it was
//! archived or deleted, or is still there. Where few tasks are tracked in a long list, they are got one by one instead.
//! [`Synced`](FleetEvent::Synced) tells that a comparison is over. After a look of
//! several pages the first is looked at once more at once, for what moved there meanwhile; if tasks left the list
//! between two pages, the next look goes back as far again.
//!
//! A tracked task that no list shows (the user's list has only the user's own) is found by a get, and polled at every
//! tick until a list shows it; once it has ended, at every comparison. A sight that is older than what is known, and
//! with [`with_sessions`](Fleet::with_sessions) every change, is settled by a get too.
//!
//! # What it costs
//! One request a tick, one for 100 tasks at each comparison, and the gets. All of it stays within a
//! [share of the quota](Fleet::quota_share), a quarter by default, whatever the number of tasks and whoever else uses the
//! token: looks go first, comparisons and polls take what is left, and if that is not enough, both become rarer. With less
//! than a tenth of the quota left only looks are made. Requests are made one at a time, as GitHub asks.
//!
//! # Failures
//! A rate limit is obeyed: as long as GitHub says, else a minute and twice as long each time. Other passing failures are
//! tried again after a second and twice as long each time, up to five minutes, with jitter. Each is told as
//! [`Degraded`](FleetEvent::Degraded). Refusals end the stream with an error: the first look's at once, later ones after
//! five in a row. What is said of one task is no failure of the fleet: a tracked task that cannot be got is
//! [`Gone`](FleetEvent::Removed) after two tries, a tick apart. If only the sessions of a listed task cannot be read, it is
//! asked again, later each time.
//!
//! # Where things are
//! `machine` decides and is pure; `looks`, `walk`, `known`, `agenda`, `budget` and `weather` are its parts: when to look
//! and how far, where a walk stands, what is known and not yet told, which tasks to get, what may be spent, how failures
//! slow it down. `watch` is the shell, `requests` makes what it asks for, and `wait` waits on top of it.
mod agenda;
mod budget;
mod builder;
mod checkpoint;
mod event;
mod handle;
mod known;
mod looks;
mod machine;
#[cfg(test)]
mod model;
mod requests;
mod sight;
mod tally;
mod unmet;
mod wait;
mod walk;
mod watch;
mod weather;

pub use builder::Fleet;
pub use checkpoint::Checkpoint;
pub use event::{FleetEvent, RemovalReason};
pub use handle::FleetHandle;
pub use unmet::{FleetWaitError, Outcome};
pub use wait::{WaitAll, WaitAny};
pub use watch::FleetWatch;
