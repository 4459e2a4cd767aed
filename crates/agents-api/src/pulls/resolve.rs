//! From tasks to questions, and from answers to results. Nothing here waits or asks.
//!
//! Answers are collected first and judged last, each artifact by [`Plan::judge`] alone, so that no answer can count for
//! one artifact and be forgotten for another that shares it.
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

use super::by_branch::Branch;
use super::pending::{Wanted, wanted};
use super::repo_name::RepoName;
use super::{
    PullRequest, PullRequestId, PullRequestNumber, PullRequestState, PullRequests, ResolvedVia,
    UnresolvedPullRequest, UnresolvedReason,
};
use agents_api_raw::types::Task;

/// The most ids that GraphQL takes at a time.
pub(crate) const BATCH: usize = 100;

/// A pull request as one of the two APIs describes it.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) id: Option<PullRequestId>,
    pub(crate) number: PullRequestNumber,
    pub(crate) url: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) state: PullRequestState,
    pub(crate) is_draft: Option<bool>,
    pub(crate) head_ref: Option<String>,
    pub(crate) base_ref: Option<String>,
    /// The id of its repository.
    pub(crate) repository: Option<i64>,
    pub(crate) repository_name: Option<String>,
}

/// What a global id leads to.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    Pull(Found),
    /// A thing of this type.
    Other(String),
    /// Nothing, or nothing that can be read; with GitHub's words.
    Missing(Option<String>),
}

/// What GitHub answers when asked for the pull requests of a branch.
#[derive(Clone, Debug)]
pub(crate) enum Listed {
    Pulls(Vec<Found>),
    Refused { status: u16, message: Option<String> },
}

/// The artifacts, and what is known so far.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    wanted: Vec<Wanted>,
    nodes: HashMap<String, Node>,
    lists: HashMap<Branch, Listed>,
    /// The names of repositories by their ids, as GraphQL told them.
    names: HashMap<i64, RepoName>,
}

impl Plan {
    /// The pull request artifacts of the tasks, which belong to `repo` if it is given.
    pub(crate) fn of<'t>(tasks: impl IntoIterator<Item = &'t Task>, repo: Option<&RepoName>) -> Self {
        Self {
            wanted: tasks.into_iter().flat_map(|task| wanted(task, repo)).collect(),
            nodes: HashMap::new(),
            lists: HashMap::new(),
            names: HashMap::new(),
        }
    }

    /// What to ask GraphQL: each id once, so many at a time as it takes.
    pub(crate) fn batches(&self) -> Vec<Vec<String>> {
        let ids = distinct(self.wanted.iter().filter_map(|wanted| wanted.global_id.clone()));
        ids.chunks(BATCH).map(<[String]>::to_vec).collect()
    }

    /// Takes the answer to a batch.
    pub(crate) fn learn_nodes(&mut self, batch: Vec<String>, nodes: Vec<Node>) {
        for node in &nodes {
            if let Node::Pull(Found {
                repository: Some(id),
                repository_name: Some(name),
                ..
            }) = node
                && let Some(name) = RepoName::parse(name)
            {
                self.names.insert(*id, name);
            }
        }
        self.nodes.extend(batch.into_iter().zip(nodes));
    }

    /// What to list once GraphQL has answered: each branch once.
    pub(crate) fn branches(&self) -> Vec<Branch> {
        let open = self.wanted.iter().filter(|wanted| self.by_node(wanted).is_none());
        distinct(open.flat_map(|wanted| self.branches_of(wanted)))
    }

    /// Takes the answer to a list.
    pub(crate) fn learn_list(&mut self, branch: Branch, listed: Listed) {
        self.lists.insert(branch, listed);
    }

    /// What became of each artifact.
    pub(crate) fn finish(self) -> PullRequests {
        let mut pulls = PullRequests::default();
        for wanted in &self.wanted {
            match self.judge(wanted) {
                Ok((found, resolved_via)) => {
                    pulls.resolved.push(resolved(wanted, found.clone(), resolved_via));
                }
                Err((reason, message)) => pulls.unresolved.push(UnresolvedPullRequest {
                    task_id: wanted.task_id.clone(),
                    artifact_index: wanted.artifact,
                    id: wanted.id,
                    global_id: wanted.global_id.clone(),
                    reason,
                    message,
                }),
            }
        }
        pulls
    }

    fn judge(&self, wanted: &Wanted) -> Result<(&Found, ResolvedVia), (UnresolvedReason, Option<String>)> {
        match self.by_node(wanted) {
            Some(Ok(found)) => return Ok((found, ResolvedVia::GlobalId)),
            Some(Err(reason)) => return Err((reason, None)),
            None => {}
        }
        let told = match wanted.global_id.as_ref().and_then(|id| self.nodes.get(id)) {
            Some(Node::Missing(told)) => told.clone(),
            _ => None,
        };
        match self.by_branch(wanted) {
            Ok(found) => Ok((found, ResolvedVia::Branch)),
            Err((reason, message)) => Err((reason, message.or(told))),
        }
    }

    /// What the global id says; `None` if there is none, or it leads nowhere.
    fn by_node(&self, wanted: &Wanted) -> Option<Result<&Found, UnresolvedReason>> {
        match self.nodes.get(wanted.global_id.as_ref()?)? {
            Node::Missing(_) => None,
            Node::Other(type_name) => Some(Err(UnresolvedReason::OtherType {
                type_name: type_name.clone(),
            })),
            Node::Pull(found) => Some(match (wanted.id, found.id) {
                (Some(meant), Some(id)) if meant != id => Err(UnresolvedReason::OtherPullRequest { id }),
                _ => own(wanted, found),
            }),
        }
    }

    fn by_branch(&self, wanted: &Wanted) -> Result<&Found, (UnresolvedReason, Option<String>)> {
        let branches = self.branches_of(wanted);
        if branches.is_empty() {
            let reason = if wanted.branches.is_empty() {
                UnresolvedReason::NoBranch
            } else {
                UnresolvedReason::NoRepositoryName
            };
            return Err((reason, None));
        }
        let mut candidates: Vec<&Found> = Vec::new();
        let mut nothing = (UnresolvedReason::NotFound, None);
        for branch in &branches {
            match self.lists.get(branch) {
                Some(Listed::Pulls(found)) => candidates.extend(found),
                Some(Listed::Refused { status, message }) => {
                    nothing = (UnresolvedReason::Refused { status: *status }, message.clone());
                }
                None => {}
            }
        }
        if let Some(meant) = wanted.id {
            // Ids are unique on all of GitHub, so that at most one is meant.
            let found = candidates
                .into_iter()
                .find(|found| found.id == Some(meant))
                .ok_or(nothing)?;
            return own(wanted, found).map_err(|reason| (reason, None));
        }
        let (own, others): (Vec<_>, Vec<_>) = candidates
            .into_iter()
            .partition(|found| own(wanted, found).is_ok());
        match (own.as_slice(), others.first()) {
            ([found], _) => Ok(found),
            ([], None) => Err(nothing),
            ([], Some(other)) => Err((other_repository(other), None)),
            (several, _) => {
                let candidates = several.iter().map(|found| found.number).collect();
                Err((UnresolvedReason::Ambiguous { candidates }, None))
            }
        }
    }

    /// Where to look for the artifact. What GraphQL told is the repository's name of today.
    fn branches_of(&self, wanted: &Wanted) -> Vec<Branch> {
        let learnt = wanted.repository.and_then(|id| self.names.get(&id));
        let Some(repo) = learnt.or(wanted.repo.as_ref()) else {
            return Vec::new();
        };
        let branch = |name: &String| Branch {
            repo: repo.clone(),
            name: name.clone(),
        };
        wanted.branches.iter().map(branch).collect()
    }
}

/// The pull request, if it may belong to the task's repository: as far as both ids are known, they are the same.
fn own<'f>(wanted: &Wanted, found: &'f Found) -> Result<&'f Found, UnresolvedReason> {
    match (wanted.repository, found.repository) {
        (Some(meant), Some(id)) if meant != id => Err(other_repository(found)),
        _ => Ok(found),
    }
}

fn other_repository(found: &Found) -> UnresolvedReason {
    UnresolvedReason::OtherRepository {
        repository: found.repository_name.clone(),
    }
}

fn resolved(wanted: &Wanted, found: Found, resolved_via: ResolvedVia) -> PullRequest {
    PullRequest {
        task_id: wanted.task_id.clone(),
        artifact_index: wanted.artifact,
        id: found.id.or(wanted.id),
        number: found.number,
        url: found.url,
        title: found.title,
        state: found.state,
        is_draft: found.is_draft,
        head_ref: found.head_ref,
        base_ref: found.base_ref,
        repository: found.repository_name,
        resolved_via,
    }
}

/// Each value once, where it came first.
pub(crate) fn distinct<T: Clone + Eq + Hash>(values: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    values
        .into_iter()
        .filter(|value| seen.insert(value.clone()))
        .collect()
}

#[cfg(test)]
mod tests;
