//! Where a fleet stands, to go on from there in another process.
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::task_store::Subscription;
use agents_api_raw::types::Task;

/// Where a watch stands; made by [`FleetWatch::checkpoint`](super::FleetWatch::checkpoint), taken by
/// [`Fleet::resume`](super::Fleet::resume).
///
/// It holds the tasks as the events *given out so far* told them. Save it after an event was dealt with, and whoever
/// resumes gets every later event once: nothing is missed, and nothing that the checkpoint covers comes twice. What was
/// given out after the last save comes again, so deal with an event as often as it comes, or save after each.
///
/// It is plain data for serde, some 600 bytes a task as JSON, without prompts unless sessions were fetched. The token is
/// not in it. Another version of this crate may read it, or refuse it with an error; never wrongly.
///
/// ```no_run
/// # async fn run(client: agents_api::Client) -> Result<(), Box<dyn std::error::Error>> {
/// use agents_api::serde_json;
///
/// let mut watch = client.fleet().watch();
/// while let Some(event) = watch.try_next().await? {
///     println!("{event:?}");
///     std::fs::write("fleet.json", serde_json::to_vec(&watch.checkpoint())?)?;
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
    #[serde(rename = "everything")]
    all: bool,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty", rename = "tracked")]
    included: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty", rename = "dropped")]
    excluded: BTreeSet<String>,
    #[serde(rename = "mark")]
    pub(super) watermark: Option<DateTime<Utc>>,
    /// What is left in the bucket: restarts must not fill it.
    pub(super) tokens: f64,
    #[serde(serialize_with = "write_tasks", deserialize_with = "read_tasks")]
    pub(super) tasks: Vec<Arc<Task>>,
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
            all: subscription.all,
            included: subscription.included,
            excluded: subscription.excluded,
            watermark,
            tokens,
            tasks,
        }
    }

    /// How the tasks were when they were told last, in the order of their ids.
    pub fn tasks(&self) -> impl ExactSizeIterator<Item = &Arc<Task>> {
        self.tasks.iter()
    }

    pub(super) fn subscription(&self) -> Subscription {
        Subscription {
            all: self.all,
            included: self.included.clone(),
            excluded: self.excluded.clone(),
        }
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
    const NUMBER: u32 = 1;
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
                "a checkpoint of form {other} cannot be read, only one of form {}",
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
    fn another_form_is_refused() {
        let checkpoint = Checkpoint::new((None, None), (Subscription::default(), Vec::new()), (None, 3.0));
        let json = serde_json::to_string(&checkpoint).unwrap();
        assert_eq!(
            json,
            r#"{"version":1,"repository":null,"everything":false,"mark":null,"tokens":3.0,"tasks":[]}"#
        );
        assert!(serde_json::from_str::<Checkpoint>(&json).is_ok());
        let error = serde_json::from_str::<Checkpoint>(&json.replace(":1,", ":2,")).unwrap_err();
        assert!(error.to_string().contains("form 2"), "{error}");
    }
}
