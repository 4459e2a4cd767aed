//! What a task tells of its pull requests: ids, also in data of a shape that is not documented, and branches.
use agents_api_raw::types::{ArtifactData, ArtifactType};
use serde_json::Value;

use super::PullRequestId;
use super::repo_name::RepoName;
use super::resolve::distinct;
use crate::Task;

/// What is known of one artifact.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) task_id: String,
    pub(super) artifact: usize,
    pub(super) id: Option<PullRequestId>,
    pub(super) global_id: Option<String>,
    /// The id of the task's repository.
    pub(super) repository: Option<i64>,
    pub(super) repo: Option<RepoName>,
    pub(super) branches: Vec<String>,
}

/// The pull request artifacts of a task.
pub(super) fn wanted(task: &Task, repo: Option<&RepoName>) -> Vec<Wanted> {
    let artifacts = task.artifacts.iter().flatten().enumerate();
    let pulls = artifacts.filter(|(_, artifact)| artifact.type_ == ArtifactType::Pull);
    let wanted = pulls.map(|(position, artifact)| {
        let (id, global_id) = ids(&artifact.data);
        Wanted {
            task_id: task.id.clone(),
            artifact: position,
            id: id.map(PullRequestId::new),
            global_id: global_id.filter(|id| !id.is_empty()).map(ToOwned::to_owned),
            repository: task.repository.as_ref().and_then(|repository| repository.id),
            repo: repo.cloned().or_else(|| RepoName::in_addresses_of(task)),
            branches: branches(task),
        }
    });
    wanted.collect()
}

/// The ids in an artifact's data, also in data of a shape that is not documented.
fn ids(data: &ArtifactData) -> (Option<i64>, Option<&str>) {
    let (id, global_id) = match data {
        ArtifactData::GitHubResource(resource) => return (Some(resource.id), resource.global_id.as_deref()),
        ArtifactData::BranchRef(branch) => (branch.extra.get("id"), branch.extra.get("global_id")),
        ArtifactData::Other(value) => (value.get("id"), value.get("global_id")),
        _ => (None, None),
    };
    let id = id.and_then(|id| id.as_i64().or_else(|| id.as_str()?.parse().ok()));
    (id, global_id.and_then(Value::as_str))
}

/// The branches that the task works on: those among its artifacts, and that of its newest session.
fn branches(task: &Task) -> Vec<String> {
    let artifacts = task
        .artifacts
        .iter()
        .flatten()
        .filter_map(|artifact| match &artifact.data {
            ArtifactData::BranchRef(branch) => Some(&branch.head_ref),
            _ => None,
        });
    let sessions = task.sessions.iter().flatten();
    let newest = sessions.filter_map(|session| Some((session.created_at, session.head_ref.as_ref()?)));
    let newest = newest.max_by_key(|(created, _)| *created).map(|(_, head)| head);
    let names = artifacts
        .chain(newest)
        .map(|name| name.strip_prefix("refs/heads/").unwrap_or(name));
    distinct(names.filter(|name| !name.is_empty()).map(ToOwned::to_owned))
}
