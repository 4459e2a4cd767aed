//! Where a fleet stands, to go on from there in another process.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::task_store::Subscription;
use agents_api_raw::types::Task;

/// Where a watch stands; made by [`FleetWatch::checkpoint`](super::FleetWatch::checkpoint), taken by
/// [`Fleet::resume`](super::Fleet::resume).
///
/// It holds the tasks as the events *taken so far* reported them. A watch that resumes from it reports every later event
/// once: nothing is missed, and nothing that the checkpoint covers is reported again. Events taken after the last save are
/// reported again, so handle an event idempotently, or save what it did together with the checkpoint.
///
/// It is plain data for serde, some 600 bytes a task as JSON, without prompts unless sessions were fetched. The token is
/// not in it. Another version of this crate may read it, or refuse it with an error; never wrongly.
///
/// Save it at [`Synced`](super::FleetEvent::Synced) and every few seconds, not after each event: each save writes all
/// tasks. A store that keeps a row for each task writes a [`delta`](Self::delta) instead.
///
/// ```no_run
/// # async fn run(client: agents_api::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::{Duration, Instant};
///
/// use agents_api::{FleetEvent, serde_json};
///
/// let mut watch = client.fleet().watch();
/// let mut saved = Instant::now();
/// while let Some(event) = watch.try_next().await? {
///     println!("{event:?}");
///     if matches!(event, FleetEvent::Synced { .. }) || saved.elapsed() > Duration::from_secs(10) {
///         std::fs::write("fleet.json", serde_json::to_vec(&watch.checkpoint())?)?;
///         saved = Instant::now();
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Serialize, Deserialize)]
pub struct Checkpoint {
    version: Version,
    /// The repository as `owner/name`, or everything of the user.
    pub(super) repository: Option<String>,
    /// Where its lists begin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) since: Option<DateTime<Utc>>,
    pub(super) subscription: Subscription,
    pub(super) watermark: Option<DateTime<Utc>>,
    /// What is left in the token bucket: restarts must not fill it.
    pub(super) tokens: f64,
    /// In the order of their ids.
    #[serde(serialize_with = "write_tasks", deserialize_with = "read_tasks")]
    pub(super) tasks: Vec<Arc<Task>>,
}

/// What changed between two checkpoints of a watch; made by [`Checkpoint::delta`], taken by [`Checkpoint::apply`].
#[derive(Clone, Serialize, Deserialize)]
pub struct CheckpointDelta {
    version: Version,
    /// Which tasks are followed, if that changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subscription: Option<Subscription>,
    watermark: Option<DateTime<Utc>>,
    tokens: f64,
    #[serde(serialize_with = "write_tasks", deserialize_with = "read_tasks")]
    changed: Vec<Arc<Task>>,
    removed: Vec<String>,
}

impl Checkpoint {
    pub(super) fn new(
        (repository, since): (Option<String>, Option<DateTime<Utc>>),
        (subscription, tasks): (Subscription, Vec<Arc<Task>>),
        (watermark, tokens): (Option<DateTime<Utc>>, f64),
    ) -> Self {
        Self {
            version: Version,
            repository,
            since,
            subscription,
            watermark,
            tokens,
            tasks,
        }
    }

    /// The tasks as they were reported last, in the order of their ids.
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = &Arc<Task>> {
        self.tasks.iter()
    }

    /// What changed since an earlier checkpoint of the same watch: the tasks that changed and the ids of those removed.
    ///
    /// Append it to a log, or write it to a table with a row for each task. Applied to `earlier`, it gives this checkpoint.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread", start_paused = true)]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let github = agents_api_emulator::Emulator::builder().tasks(20).start().await?;
    /// # let client = agents_api::Client::builder().base_url(github.base_url()).token(github.token()).build()?;
    /// let mut watch = client.fleet().watch();
    /// let mut stored = watch.checkpoint();
    /// watch.try_next().await?;
    ///
    /// let delta = watch.checkpoint().delta(&stored);
    /// assert_eq!(delta.changed().len(), 1);
    /// stored.apply(delta);
    /// assert_eq!(stored.tasks().len(), watch.tasks().len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn delta(&self, earlier: &Self) -> CheckpointDelta {
        let before: BTreeMap<&str, &Arc<Task>> = earlier
            .tasks
            .iter()
            .map(|task| (task.id.as_str(), task))
            .collect();
        let is_same = |task: &Arc<Task>| {
            let known = before.get(task.id.as_str());
            known.is_some_and(|known| Arc::ptr_eq(known, task) || known == &task)
        };
        let changed = self.tasks.iter().filter(|task| !is_same(task)).cloned().collect();
        let now: BTreeSet<&str> = self.tasks.iter().map(|task| task.id.as_str()).collect();
        let removed = before.into_keys().filter(|id| !now.contains(id));
        CheckpointDelta {
            version: Version,
            subscription: (self.subscription != earlier.subscription).then(|| self.subscription.clone()),
            watermark: self.watermark,
            tokens: self.tokens,
            changed,
            removed: removed.map(ToOwned::to_owned).collect(),
        }
    }

    /// Advances this checkpoint by a delta made from it. Deltas are applied in the order in which they were made.
    pub fn apply(&mut self, delta: CheckpointDelta) {
        let tasks = std::mem::take(&mut self.tasks);
        let mut tasks: BTreeMap<String, Arc<Task>> =
            tasks.into_iter().map(|task| (task.id.clone(), task)).collect();
        tasks.extend(delta.changed.into_iter().map(|task| (task.id.clone(), task)));
        for id in &delta.removed {
            tasks.remove(id);
        }
        self.tasks = tasks.into_values().collect();
        self.subscription = delta
            .subscription
            .unwrap_or_else(|| std::mem::take(&mut self.subscription));
        (self.watermark, self.tokens) = (delta.watermark, delta.tokens);
    }
}

impl CheckpointDelta {
    /// The tasks that are new or changed.
    pub fn changed(&self) -> impl ExactSizeIterator<Item = &Arc<Task>> {
        self.changed.iter()
    }

    /// The ids of the tasks that are not followed any more.
    pub fn removed(&self) -> impl ExactSizeIterator<Item = &str> {
        self.removed.iter().map(String::as_str)
    }
}

impl fmt::Debug for CheckpointDelta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CheckpointDelta")
            .field("changed", &self.changed.len())
            .field("removed", &self.removed.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkpoint")
            .field("repository", &self.repository)
            .field("tasks", &self.tasks.len())
            .finish_non_exhaustive()
    }
}

/// The form of checkpoints that this version writes, and the only one it reads.
#[derive(Clone, Copy)]
struct Version;

impl Version {
    const NUMBER: u32 = 2;
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(Self::NUMBER)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            Self::NUMBER => Ok(Self),
            other => Err(serde::de::Error::custom(format!(
                "checkpoint of version {other} cannot be read: this version of the crate reads version {}; start without it",
                Self::NUMBER
            ))),
        }
    }
}

fn write_tasks<S: Serializer>(tasks: &[Arc<Task>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(tasks.iter().map(|task| &**task))
}

fn read_tasks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Arc<Task>>, D::Error> {
    let tasks = Vec::<Task>::deserialize(deserializer)?;
    Ok(tasks.into_iter().map(Arc::new).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_version_is_refused() {
        let checkpoint = Checkpoint::new((None, None), (Subscription::default(), Vec::new()), (None, 3.0));
        let json = serde_json::to_string(&checkpoint).unwrap();
        assert_eq!(
            json,
            r#"{"version":2,"repository":null,"subscription":{"all":false},"watermark":null,"tokens":3.0,"tasks":[]}"#
        );
        assert!(serde_json::from_str::<Checkpoint>(&json).is_ok());
        let error = serde_json::from_str::<Checkpoint>(&json.replace(":2,", ":1,")).unwrap_err();
        assert!(error.to_string().contains("version 1"), "{error}");
    }

    fn checkpoint(tasks: &[(&str, &str)], watermark: i64) -> Checkpoint {
        let tasks = tasks.iter().map(|(id, state)| {
            let json = format!(r#"{{"id":"{id}","state":"{state}","created_at":"2026-01-01T00:00:00Z"}}"#);
            Arc::new(serde_json::from_str(&json).unwrap())
        });
        let subscription = Subscription {
            included: tasks.clone().map(|task: Arc<Task>| task.id.clone()).collect(),
            ..Subscription::default()
        };
        let watermark = DateTime::from_timestamp(watermark, 0);
        Checkpoint::new((None, None), (subscription, tasks.collect()), (watermark, 3.0))
    }

    #[test]
    fn a_delta_holds_what_changed_and_leads_from_one_checkpoint_to_the_next() {
        let earlier = checkpoint(&[("a", "queued"), ("b", "queued"), ("d", "queued")], 1);
        let later = checkpoint(&[("a", "queued"), ("b", "completed"), ("c", "queued")], 2);
        let delta = later.delta(&earlier);
        assert_eq!(
            delta.changed().map(|task| &*task.id).collect::<Vec<_>>(),
            ["b", "c"]
        );
        assert_eq!(delta.removed().collect::<Vec<_>>(), ["d"]);
        let json = serde_json::to_string(&delta).unwrap();
        let mut stored = earlier;
        stored.apply(serde_json::from_str(&json).unwrap());
        assert_eq!(
            serde_json::to_string(&stored).unwrap(),
            serde_json::to_string(&later).unwrap()
        );
        let nothing = later.delta(&stored);
        assert_eq!((nothing.changed().len(), nothing.removed().len()), (0, 0));
    }
}
