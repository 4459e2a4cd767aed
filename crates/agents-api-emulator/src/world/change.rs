//! How a change alters a task, and how due changes are found.

use std::sync::Arc;

use super::task::{Artifact, Pull, PullState, Session, Task, retitled};
use super::{FIRST_PULL_ID, Running, TransitionRecord, World, to_index};
use crate::clock::{in_millis, whole_second};
use crate::life::{Change, Script};
use crate::model::{Index, TaskState};

impl World {
    /// Applies everything that is due by `now`, in the order in which it was due.
    pub(crate) fn advance_to(&mut self, now: i64) {
        while let Some((at, ticket, index)) = self.due.first().copied().filter(|(at, ..)| *at <= now) {
            self.due.pop_first();
            let Some(running) = self
                .running
                .get_mut(&index)
                .filter(|running| running.ticket == ticket)
            else {
                continue;
            };
            let script = Arc::clone(&running.script);
            let position = running.position;
            running.position += 1;
            if let Some(step) = script.step(position) {
                self.change(index, &step.change, at);
            }
            self.schedule_next(index, at);
        }
    }

    /// Gives a task a life from `now` on, in place of the one it had.
    pub(crate) fn run(&mut self, index: Index, script: Script, now: i64) {
        self.running.insert(
            index,
            Running {
                script: Arc::new(script),
                position: 0,
                ticket: 0,
            },
        );
        self.schedule_next(index, now);
    }

    /// Ends a task's scripted life: it stays as it is until somebody changes it.
    pub(crate) fn stop(&mut self, index: Index) {
        self.running.remove(&index);
    }

    pub(super) fn schedule_next(&mut self, index: Index, from: i64) {
        let Some(running) = self.running.get_mut(&index) else {
            return;
        };
        let Some(step) = running.script.step(running.position) else {
            self.running.remove(&index);
            return;
        };
        self.scheduled += 1;
        running.ticket = self.scheduled;
        self.due
            .insert((from.saturating_add(in_millis(step.after)), self.scheduled, index));
    }

    /// Applies one change at a moment, keeping the indexes in order.
    pub(crate) fn change(&mut self, index: Index, change: &Change, at: i64) {
        let before = self.task(index).map(Task::state);
        self.remove_from_indexes(index);
        self.change_unindexed(index, change, at);
        self.add_to_indexes(index);
        let after = self.task(index).map(Task::state);
        if let (Some(from), Some(to)) = (before, after)
            && from != to
        {
            self.transitions.push(TransitionRecord {
                at,
                task: index,
                from,
                to,
            });
        }
    }

    pub(super) fn change_unindexed(&mut self, index: Index, change: &Change, at: i64) {
        let at = whole_second(at);
        match change {
            Change::Branch => self.push_branch(index, at),
            Change::PullRequest => self.open_pull(index, at),
            Change::PullRequestIfAsked if self.task(index).is_some_and(|task| task.wants_pull) => {
                self.open_pull(index, at);
            }
            Change::PullRequestIfAsked => return,
            Change::MergePullRequest => self.end_pull(index, PullState::Merged, at),
            Change::ClosePullRequest => self.end_pull(index, PullState::Closed, at),
            Change::FollowUp(prompt) => self.follow_up(index, prompt, at),
            Change::State(state) => self.enter_state(index, *state, at),
            Change::Fail(message) => {
                self.enter_state(index, TaskState::Failed, at);
                self.with_session(index, |session| session.error = Some(message.as_str().into()));
            }
            Change::Usage(usage) => self.with_session(index, |session| {
                session.usage = Some(*usage);
                session.updated = session.updated.max(at);
            }),
            other => self.with_task(index, |task| match other {
                Change::Rename(name) => task.name = Some(name.as_str().into()),
                Change::Retitle => {
                    let prompt = task.sessions.first().map(|session| retitled(&session.prompt));
                    task.name = prompt.map(String::into_boxed_str);
                }
                Change::Archive if !task.is_archived() => task.archived = Some(at),
                Change::Unarchive => task.archived = None,
                Change::Artifact(value) => task.artifacts.push(Artifact::Raw(Box::new(value.clone()))),
                _ => {}
            }),
        }
        self.with_task(index, |task| task.updated = task.updated.max(at));
    }

    fn with_task(&mut self, index: Index, act: impl FnOnce(&mut Task)) {
        if let Some(task) = self.tasks.get_mut(index as usize) {
            act(task);
        }
    }

    fn with_session(&mut self, index: Index, act: impl FnOnce(&mut Session)) {
        self.with_task(index, |task| {
            if let Some(session) = task.sessions.last_mut() {
                act(session);
            }
        });
    }

    fn enter_state(&mut self, index: Index, state: TaskState, at: i64) {
        self.with_session(index, |session| {
            session.state = state;
            session.updated = session.updated.max(at);
            session.completed = if state.has_ended() { Some(at) } else { None };
            if state != TaskState::Failed {
                session.error = None;
            }
        });
    }

    fn follow_up(&mut self, index: Index, prompt: &str, at: i64) {
        let id = self.next_session_id();
        self.with_task(index, |task| {
            let Some(previous) = task.sessions.last() else {
                return;
            };
            let session = Session {
                id,
                user: previous.user,
                state: TaskState::Queued,
                created: at,
                updated: at,
                completed: None,
                prompt: prompt.into(),
                head_ref: previous.head_ref.clone(),
                base_ref: Arc::clone(&previous.base_ref),
                model: Arc::clone(&previous.model),
                usage: None,
                error: None,
            };
            task.sessions.push(session);
        });
    }

    fn push_branch(&mut self, index: Index, at: i64) {
        self.with_task(index, |task| {
            let branch_exists = task
                .artifacts
                .iter()
                .any(|artifact| matches!(artifact, Artifact::Branch { .. }));
            let Some(session) = task.sessions.last_mut() else {
                return;
            };
            session.updated = session.updated.max(at);
            let head = session
                .head_ref
                .get_or_insert_with(|| branch_name(&session.prompt, index))
                .clone();
            let base = Arc::clone(&session.base_ref);
            if !branch_exists {
                task.artifacts.push(Artifact::Branch { head, base });
            }
        });
    }

    fn open_pull(&mut self, index: Index, at: i64) {
        if self.task(index).is_none_or(|task| task.pull().is_some()) {
            return;
        }
        self.push_branch(index, at);
        let Some(task) = self.task(index) else { return };
        let Some(session) = task.sessions.last() else {
            return;
        };
        let Some(head) = session.head_ref.clone() else {
            return;
        };
        let (repo, author, base) = (task.repo, task.creator, Arc::clone(&session.base_ref));
        let title = task.name().into_boxed_str();
        let given = task.given_pull;
        let pull = given.unwrap_or_else(|| {
            let position = to_index(self.pulls.len());
            // Ids of things created on all of GitHub: growing, with gaps.
            let database_id = FIRST_PULL_ID + i64::from(position) * 37;
            let number = self.repos.get_mut(repo as usize).map_or(0, |repo| {
                repo.next_number += 1;
                repo.next_number
            });
            let (state, draft) = (PullState::Open, true);
            let (created, updated) = (at, at);
            let pull = Pull {
                database_id,
                number,
                repo,
                author,
                title,
                head,
                base,
                state,
                draft,
                created,
                updated,
            };
            self.pulls.push(pull);
            position
        });
        self.with_task(index, |task| task.artifacts.push(Artifact::Pull(pull)));
    }

    fn end_pull(&mut self, index: Index, state: PullState, at: i64) {
        let pull = self.task(index).and_then(Task::pull);
        if let Some(pull) = pull.and_then(|pull| self.pulls.get_mut(pull as usize)) {
            pull.state = state;
            pull.draft = false;
            pull.updated = at;
        }
    }
}

/// The branch an agent works on: a few words of the prompt and a number that keeps it apart from others.
fn branch_name(prompt: &str, index: Index) -> Arc<str> {
    let words = prompt
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| word.len() > 2);
    let slug = words
        .take(4)
        .map(str::to_ascii_lowercase)
        .collect::<Vec<_>>()
        .join("-");
    let slug = if slug.is_empty() { "task".to_owned() } else { slug };
    format!("copilot/{slug}-{}", index + 1).into()
}
