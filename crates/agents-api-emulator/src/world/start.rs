//! How tasks begin.

use std::sync::Arc;

use uuid::Uuid;

use super::task::{Pull, PullState, Session, Task};
use super::{SESSION_IDS, TASK_IDS, World, to_index};
use crate::clock::whole_second;
use crate::life::{self, Scenario, Script, random::random};
use crate::model::{Index, TaskState};
use crate::seeded::{Rng, seeded_id};

/// A validated start.
#[derive(Debug, Default)]
pub(crate) struct Start {
    pub(crate) prompt: String,
    pub(crate) model: Option<String>,
    pub(crate) custom_agent: Option<String>,
    pub(crate) create_pull_request: bool,
    pub(crate) base_ref: Option<String>,
    pub(crate) head_ref: Option<String>,
}

impl World {
    /// Starts a task and gives it a life: the queued script, the one its prompt asks for, or the policy's.
    pub(crate) fn start(&mut self, repo: Index, creator: Index, start: Start, now: i64) -> Index {
        let script = self.script_for(&start.prompt);
        let index = self.add_task(repo, creator, start, now);
        self.add_to_indexes(index);
        self.run(index, script, now);
        index
    }

    fn script_for(&mut self, prompt: &str) -> Script {
        if let Some(script) = self
            .queued_scripts
            .pop_front()
            .or_else(|| life::named_in(prompt, &self.scripts))
        {
            return script;
        }
        match &self.scenario {
            Scenario::Script(script) => script.clone(),
            Scenario::Random => random(&mut Rng::new(self.seed, self.tasks.len() as u64)),
        }
    }

    /// Adds a task with its first session, outside the indexes and without a life.
    pub(super) fn add_task(&mut self, repo: Index, creator: Index, start: Start, now: i64) -> Index {
        let born = now;
        let now = whole_second(now);
        let index = to_index(self.tasks.len());
        let id = seeded_id(self.seed, TASK_IDS, u64::from(index));
        let existing = self.open_pull_for(repo, start.head_ref.as_deref(), start.base_ref.as_deref());
        let base = start
            .base_ref
            .filter(|base| !base.is_empty())
            .unwrap_or_else(|| "main".to_owned());
        let base_ref: Arc<str> = base.into();
        let model: Arc<str> = start
            .model
            .unwrap_or_else(|| "claude-sonnet-4.6".to_owned())
            .into();
        let head_ref = existing
            .and_then(|pull| self.pull(pull))
            .map(|pull| Arc::clone(&pull.head));
        let session = Session {
            id: self.next_session_id(),
            user: creator,
            state: TaskState::Queued,
            created: now,
            updated: now,
            completed: None,
            prompt: start.prompt.into_boxed_str(),
            head_ref,
            base_ref,
            model,
            usage: None,
            error: None,
        };
        self.tasks.push(Task {
            id,
            born,
            created: now,
            updated: now,
            archived: None,
            repo,
            creator,
            wants_pull: start.create_pull_request,
            given_pull: existing,
            name: None,
            custom_agent: start
                .custom_agent
                .filter(|agent| !agent.is_empty())
                .map(String::into_boxed_str),
            sessions: vec![session],
            artifacts: Vec::new(),
        });
        self.by_id.insert(id, index);
        index
    }

    pub(super) fn next_session_id(&mut self) -> Uuid {
        self.sessions += 1;
        seeded_id(self.seed, SESSION_IDS, self.sessions)
    }

    /// An open pull request from `head` to `base`: without one GitHub ignores a `head_ref`.
    pub(super) fn open_pull_for(&self, repo: Index, head: Option<&str>, base: Option<&str>) -> Option<Index> {
        let (head, base) = (head?, base?);
        let fits = |pull: &Pull| {
            pull.repo == repo && pull.state == PullState::Open && &*pull.head == head && &*pull.base == base
        };
        self.pulls.iter().position(fits).map(to_index)
    }
}
