//! Which tasks to follow, and how.
use std::collections::BTreeSet;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::checkpoint::Checkpoint;
use super::fetcher::Fetcher;
use super::machine::{Machine, Settings};
use super::task_store::Subscription;
use super::wait::{WaitAll, WaitAny};
use super::watch::FleetWatch;
use crate::client::{Client, Repo};
use crate::error::Error;
use crate::wait::Condition;

/// The default time between two polls.
const POLL_INTERVAL: Duration = Duration::from_secs(30);
/// The default time between two comparisons of everything.
const RESYNC_INTERVAL: Duration = Duration::from_secs(10 * 60);
/// The default share of the quota.
const QUOTA_SHARE: f64 = 0.25;

/// Which tasks to follow; made by [`Client::fleet`] and [`Repo::fleet`].
///
/// By default everything that the list shows: the tasks of the token's owner in all repositories, or all tasks of one
/// repository, that are not archived, ended ones too. With [`track`](Self::track), only those.
///
/// Nothing is sent before the watch is asked for its first event, or the wait is awaited.
#[derive(Clone, Debug)]
#[must_use = "call `watch`, `wait_all` or `wait_any`"]
pub struct Fleet {
    client: Client,
    repo: Option<Repo>,
    since: Option<DateTime<Utc>>,
    tracked: Option<BTreeSet<String>>,
    resumed: Option<Checkpoint>,
    settings: Settings,
}

impl Client {
    /// Follows many tasks at once: all of the token's owner, or those that are tracked by id. See [`fleet`](crate::fleet).
    pub fn fleet(&self) -> Fleet {
        Fleet::new(self.clone(), None)
    }
}

impl Repo {
    /// Follows the repository's tasks, all or those that are tracked by id. See [`fleet`](crate::fleet).
    pub fn fleet(&self) -> Fleet {
        Fleet::new(self.client().clone(), Some(self.clone()))
    }
}

impl Fleet {
    fn new(client: Client, repo: Option<Repo>) -> Self {
        Self {
            client,
            repo,
            since: None,
            tracked: None,
            resumed: None,
            settings: Settings {
                poll_interval: POLL_INTERVAL,
                resync_interval: RESYNC_INTERVAL,
                quota_share: QUOTA_SHARE,
                details: false,
            },
        }
    }

    /// Follows the tasks of this repository, whoever started them, instead of the user's own ones.
    pub fn repository(mut self, repo: &Repo) -> Self {
        self.repo = Some(repo.clone());
        self
    }

    /// Begins with what was updated at this time or later: older tasks are followed from their next update on.
    ///
    /// Without it every task that is not archived is [`Added`](crate::FleetEvent::Added) at the start, and compared every
    /// ten minutes, however old. A repository with years of tasks is cheaper with it. The time is GitHub's, which need not
    /// agree with this machine's: for what happens from now on, take a minute less than now. A tracked task that is older is
    /// fetched by itself, like one that the list does not show.
    ///
    /// ```
    /// use agents_api::FleetEvent;
    /// use agents_api_emulator::{Emulator, TaskSeed};
    /// use chrono::{TimeDelta, Utc};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let github = Emulator::start().await?;
    /// # let client = agents_api::Client::builder().base_url(github.base_url()).token(github.token()).build()?;
    /// let a_week_ago = Utc::now() - TimeDelta::days(7);
    /// github.seed_task(TaskSeed::new("Long done").created_at(a_week_ago).updated_at(a_week_ago))?;
    ///
    /// let mut watch = client.fleet().since(Utc::now() - TimeDelta::days(1)).watch();
    /// let first = watch.try_next().await?;
    /// assert!(matches!(first, Some(FleetEvent::Synced { tasks: 0, .. })));
    /// # Ok(())
    /// # }
    /// ```
    pub fn since(mut self, time: DateTime<Utc>) -> Self {
        self.since = Some(time);
        self
    }

    /// Follows these tasks only, and those of further calls. It may begin with none: [`FleetHandle::track`](super::FleetHandle::track) adds more.
    ///
    /// A task that the list does not show, such as somebody else's, is fetched at every poll, or less often if the share of
    /// the quota runs short. Where fewer tasks are tracked than a poll of a busy list takes pages, each is fetched.
    pub fn track(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let ids = ids.into_iter().map(Into::into);
        self.tracked.get_or_insert_default().extend(ids);
        self
    }

    /// How often to poll for changes; by default every 30 seconds.
    ///
    /// A change is seen within this time. A poll takes one request if nothing changed, and polls are spread when the share
    /// of the quota runs short.
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.settings.poll_interval = interval;
        self
    }

    /// How often to compare every task with GitHub; by default every 10 minutes.
    ///
    /// A comparison takes one request for 100 tasks, and finds what polls cannot: changes without a new time of update, and
    /// deleted tasks. Where comparisons would take more than half of the share, and the list agrees with the fleet on how
    /// many tasks there are, they become rarer: one in twelve minutes for 10,000 tasks, one an hour for 50,000.
    pub fn resync_interval(mut self, interval: Duration) -> Self {
        self.settings.resync_interval = interval;
        self
    }

    /// Uses at most this share of the hourly quota, from 0 to 1; by default a quarter, which is 1,250 requests of 5,000.
    ///
    /// A fifth of it may be used at once, and the rest evenly over the hour.
    pub fn quota_share(mut self, share: f64) -> Self {
        self.settings.quota_share = share;
        self
    }

    /// Fetches every task that changes or is new, with its [`sessions`](crate::Task::sessions): one more request for each,
    /// within the same share of the quota. Sessions of tasks found at the start are not fetched.
    pub fn with_sessions(mut self) -> Self {
        self.settings.details = true;
        self
    }

    /// Resumes where another watch stood, with its repository, its tasks, and the time it [began](Self::since) with; those
    /// of [`track`](Self::track) are added.
    ///
    /// If this fleet is of another repository, the watch ends with an error of kind
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput).
    pub fn resume(mut self, checkpoint: Checkpoint) -> Self {
        self.resumed = Some(checkpoint);
        self
    }

    /// A stream of what happens to these tasks.
    ///
    /// ```
    /// use agents_api::{Client, FleetEvent};
    /// use agents_api_emulator::Emulator;
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let github = Emulator::builder().tasks(20).start().await?;
    /// let client = Client::builder().base_url(github.base_url()).token(github.token()).build()?;
    ///
    /// let mut watch = client.repo("octocat", "hello-world")?.fleet().watch();
    /// while let Some(event) = watch.try_next().await? {
    ///     match event {
    ///         FleetEvent::Added { task, .. } => println!("{} is {}", task.id, task.state),
    ///         FleetEvent::Changed { before, after, .. } => println!("{}: {} -> {}", after.id, before.state, after.state),
    ///         FleetEvent::Synced { tasks, .. } => {
    ///             assert_eq!(tasks, watch.tasks().len());
    ///             break;
    ///         }
    ///         other => println!("{other:?}"),
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn watch(self) -> FleetWatch {
        let wanted = self.repo.as_ref().map(ToString::to_string);
        let subscription = Subscription {
            all: self.tracked.is_none(),
            included: self.tracked.unwrap_or_default(),
            excluded: BTreeSet::new(),
        };
        let Some(checkpoint) = self.resumed else {
            let machine = Machine::new(self.settings, subscription, [], None, None);
            let fetcher = Fetcher::new(self.client, self.repo, self.since);
            return FleetWatch::new(fetcher, machine, None);
        };
        let (repo, error) = match (self.repo, &checkpoint.repository) {
            (Some(repo), stored) if !is_same_repository(stored.as_deref(), wanted.as_deref()) => {
                let stored = stored.as_deref().unwrap_or("all repositories");
                let message = format!(
                    "checkpoint of {stored} cannot resume a fleet of {repo}: resume one of the same repository"
                );
                (Some(repo), Some(Error::invalid(message)))
            }
            (Some(repo), _) => (Some(repo), None),
            (None, Some(stored)) => match self.client.repo_from_full_name(stored) {
                Ok(repo) => (Some(repo), None),
                Err(error) => (None, Some(error)),
            },
            (None, None) => (None, None),
        };
        let fetcher = Fetcher::new(self.client, repo, checkpoint.since);
        let mut resumed = checkpoint.subscription;
        resumed.included.extend(subscription.included);
        let machine = Machine::new(
            self.settings,
            resumed,
            checkpoint.tasks,
            checkpoint.watermark,
            Some(checkpoint.tokens),
        );
        FleetWatch::new(fetcher, machine, error)
    }

    /// Waits until every task meets `condition`, each by itself.
    ///
    /// ```
    /// use agents_api::until;
    ///
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let github = agents_api_emulator::Emulator::builder().speed(1.0).start().await?;
    /// # let client = agents_api::Client::builder().base_url(github.base_url()).token(github.token()).build()?;
    /// let repo = client.repo("octocat", "hello-world")?;
    /// let mut ids = Vec::new();
    /// for prompt in ["Fix the login button", "Fix the logout button"] {
    ///     ids.push(repo.start_task(prompt).await?.task.id);
    /// }
    /// let done = repo.fleet().track(ids).wait_all(until::settled()).await?;
    /// assert_eq!(done.len(), 2);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_all(self, condition: impl Into<Condition>) -> WaitAll {
        let condition = condition.into();
        WaitAll::new(self.watch(), Box::new(move |_| condition.clone()))
    }

    /// Waits until every task meets the condition that `choose` makes for its id.
    ///
    /// ```no_run
    /// # async fn run(repo: agents_api::Repo, ids: Vec<String>) -> Result<(), Box<dyn std::error::Error>> {
    /// use agents_api::until;
    ///
    /// let first = ids[0].clone();
    /// let choose = move |id: &str| if id == first { until::succeeded() } else { until::ended() };
    /// repo.fleet().track(ids).wait_all_by(choose).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_all_by<C: Into<Condition>>(
        self,
        mut choose: impl FnMut(&str) -> C + Send + 'static,
    ) -> WaitAll {
        WaitAll::new(self.watch(), Box::new(move |id| choose(id).into()))
    }

    /// Waits until the first of these tasks meets `condition`.
    ///
    /// ```no_run
    /// # async fn run(repo: agents_api::Repo, ids: Vec<String>) -> Result<(), Box<dyn std::error::Error>> {
    /// use agents_api::until;
    ///
    /// let first = repo.fleet().track(ids).wait_any(until::succeeded()).await?;
    /// println!("{} was first", first.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn wait_any(self, condition: impl Into<Condition>) -> WaitAny {
        let condition = condition.into();
        WaitAny::new(self.watch(), Box::new(move |_| condition.clone()))
    }

    /// Waits until the first task meets the condition that `choose` makes for its id.
    pub fn wait_any_by<C: Into<Condition>>(
        self,
        mut choose: impl FnMut(&str) -> C + Send + 'static,
    ) -> WaitAny {
        WaitAny::new(self.watch(), Box::new(move |id| choose(id).into()))
    }
}

/// GitHub's names are the same in capitals.
fn is_same_repository(a: Option<&str>, b: Option<&str>) -> bool {
    a.zip(b).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
}
