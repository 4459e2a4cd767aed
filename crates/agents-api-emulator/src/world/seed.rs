//! Tasks that are put into the world without a request.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::start::Start;
use super::{Running, World};
use crate::clock::{in_millis, whole_second, writable};
use crate::life::{Change, Script, random::random};
use crate::model::{Index, RepoName, TaskState};
use crate::seeded::{Rng, mixed};

/// A task to put into the emulator without a request.
///
/// Without a script it stays as it is until it is changed through its handle.
///
/// ```
/// use agents_api_emulator::{TaskSeed, TaskState};
///
/// let seed = TaskSeed::new("Fix the login button").creator("monalisa").state(TaskState::Completed);
/// # let _ = seed;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
#[must_use]
pub struct TaskSeed {
    /// The prompt of the first session.
    pub(crate) prompt: String,
    /// The repository, which must exist. Default: `octocat/hello-world`.
    #[serde(rename = "repository")]
    pub(crate) repo: RepoName,
    /// Who started it. Default: `octocat`.
    creator: Option<String>,
    /// When it was started. Default: now.
    created_at: Option<DateTime<Utc>>,
    /// When it last changed. Default: when it was started.
    updated_at: Option<DateTime<Utc>>,
    /// Its state. Default: queued.
    state: TaskState,
    /// Whether it is in the archive.
    archived: bool,
    /// The life it leads from its creation on. Default: none.
    script: Option<Script>,
    /// Whether the start requested a pull request.
    create_pull_request: bool,
    /// The base branch. Default: `main`.
    base_ref: Option<String>,
    /// The model. Default: `claude-sonnet-4.6`.
    model: Option<String>,
    /// The custom agent. Default: none.
    custom_agent: Option<String>,
    /// Changes applied at the time of the last update, in order, before the state: sessions, artifacts, usage.
    changes: Vec<Change>,
}

impl TaskSeed {
    /// A queued task of `octocat` in `octocat/hello-world`, created now.
    pub fn new(prompt: impl Into<String>) -> Self {
        Self {
            prompt: prompt.into(),
            ..Self::default()
        }
    }

    /// The repository, which must have been added. Default: `octocat/hello-world`.
    pub fn repository(mut self, owner: impl Into<String>, repo: impl Into<String>) -> Self {
        self.repo = RepoName::new(owner, repo);
        self
    }

    /// Who started it; the user is created if there is none of that name. Default: `octocat`.
    pub fn creator(mut self, login: impl Into<String>) -> Self {
        self.creator = Some(login.into());
        self
    }

    /// When it was started. Default: now.
    pub fn created_at(mut self, at: DateTime<Utc>) -> Self {
        self.created_at = Some(at);
        self
    }

    /// When it last changed. Default: when it was started.
    pub fn updated_at(mut self, at: DateTime<Utc>) -> Self {
        self.updated_at = Some(at);
        self
    }

    /// Its state. Default: queued.
    pub fn state(mut self, state: TaskState) -> Self {
        self.state = state;
        self
    }

    /// Puts it into the archive.
    pub fn archived(mut self) -> Self {
        self.archived = true;
        self
    }

    /// The life it leads from its creation on: changes due by now have already happened. Default: none.
    pub fn script(mut self, script: Script) -> Self {
        self.script = Some(script);
        self
    }

    /// Requests a pull request, as `create_pull_request` does in a start.
    pub fn create_pull_request(mut self) -> Self {
        self.create_pull_request = true;
        self
    }

    /// The base branch. Default: `main`.
    pub fn base_ref(mut self, base_ref: impl Into<String>) -> Self {
        self.base_ref = Some(base_ref.into());
        self
    }

    /// The model, any text. Default: `claude-sonnet-4.6`.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// The custom agent. Default: none.
    pub fn custom_agent(mut self, agent: impl Into<String>) -> Self {
        self.custom_agent = Some(agent.into());
        self
    }

    /// A change applied at once, at the time of the last update: a branch, usage, a follow-up. May be called
    /// repeatedly; the changes come in order, before the state.
    pub fn with(mut self, change: Change) -> Self {
        self.changes.push(change);
        self
    }
}

/// Typical prompts.
const PROMPTS: [&str; 10] = [
    "Fix the login button on the homepage",
    "Add retries to the payment client.",
    "Please update the dependencies of the build scripts",
    "Write tests for the date parser",
    "Remove the unused feature flags",
    "Document the configuration file",
    "Make the nightly job report its duration",
    "Replace the hand-written cache by an LRU",
    "Find out why the search page is slow",
    "Translate the error messages",
];

impl World {
    /// Adds a seeded task to a repository.
    pub(crate) fn seed_task(&mut self, repo: Index, seed: TaskSeed, now: i64) -> Index {
        let creator = self.user_named(seed.creator.as_deref().unwrap_or("octocat"));
        let created = seed.created_at.map_or(now, writable);
        let updated = whole_second(seed.updated_at.map_or(created, writable));
        let start = Start {
            prompt: seed.prompt,
            model: seed.model,
            custom_agent: seed.custom_agent,
            create_pull_request: seed.create_pull_request,
            base_ref: seed.base_ref,
            head_ref: None,
        };
        let index = self.add_task(repo, creator, start, created);
        for change in &seed.changes {
            self.change_unindexed(index, change, updated);
        }
        if seed.state != TaskState::Queued {
            self.change_unindexed(index, &Change::State(seed.state), updated);
        }
        if seed.archived {
            self.change_unindexed(index, &Change::Archive, updated);
        }
        if let Some(task) = self.tasks.get_mut(index as usize) {
            task.updated = updated;
        }
        if let Some(script) = seed.script {
            self.run_until(index, script, created, now);
        }
        self.add_to_indexes(index);
        index
    }

    /// Adds `count` tasks with random histories, one every ten minutes up to now, spread over all repositories and a
    /// handful of creators. The first repository gets half of them.
    pub(crate) fn seed_tasks(&mut self, count: u32, now: i64) {
        let repos = u32::try_from(self.repos.len()).unwrap_or(u32::MAX);
        if repos == 0 {
            return;
        }
        let creators =
            ["octocat", "octocat", "octocat", "monalisa", "hubot"].map(|login| self.user_named(login));
        self.tasks.reserve(count as usize);
        self.by_id.reserve(count as usize);
        for remaining in (0..count).rev() {
            let position = u64::from(self.task_count());
            let mut rng = Rng::new(mixed(self.seed, 0x5EED), position);
            let repo = if repos == 1 || rng.chance(0.5) {
                0
            } else {
                1 + below(&mut rng, repos - 1)
            };
            let creator = rng.pick(&creators).copied().unwrap_or_default();
            let created = now - i64::from(remaining + 1) * 600_000 + in_millis(jitter(&mut rng));
            let start = Start {
                prompt: rng.pick(&PROMPTS).copied().unwrap_or_default().to_owned(),
                create_pull_request: rng.chance(0.6),
                ..Start::default()
            };
            let index = self.add_task(repo, creator, start, created);
            let script = random(&mut rng);
            self.run_until(index, script, created, now);
            self.add_to_indexes(index);
        }
    }

    /// Runs a script up to `now` while the task is in no index, and schedules the rest of it.
    fn run_until(&mut self, index: Index, script: Script, created: i64, now: i64) {
        let mut at = created;
        let mut position = 0;
        while let Some(step) = script.step(position) {
            let due = at.saturating_add(in_millis(step.after));
            if due > now {
                break;
            }
            self.change_unindexed(index, &step.change, due);
            at = due;
            position += 1;
        }
        if script.step(position).is_some() {
            self.resume(index, script, position, at);
        }
        if let Some(task) = self.tasks.get_mut(index as usize) {
            task.sessions.shrink_to_fit();
            task.artifacts.shrink_to_fit();
        }
    }

    fn resume(&mut self, index: Index, script: Script, position: usize, at: i64) {
        let running = Running {
            script: Arc::new(script),
            position,
            ticket: 0,
        };
        self.running.insert(index, running);
        self.schedule_next(index, at);
    }
}

fn jitter(rng: &mut Rng) -> Duration {
    Duration::from_secs(rng.between(0, 300))
}

fn below(rng: &mut Rng, end: u32) -> Index {
    u32::try_from(rng.between(0, u64::from(end.saturating_sub(1)))).unwrap_or(0)
}
