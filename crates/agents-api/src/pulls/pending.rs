//! What a task tells of its pull requests: ids, also in data of a shape that is not documented, and branches.
use std::sync::Arc;

use agents_api_raw::types::{ArtifactData, ArtifactType};
use serde_json::Value;

use super::ids::PullRequestId;
use super::repo_name::RepoName;
use super::resolve::distinct;
use agents_api_raw::types::Task;

/// So many branches of a task are looked at. A task works on one; each costs a request.
const BRANCHES: usize = 10;

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
    /// Of the task, and shared by all its artifacts.
    pub(super) branches: Arc<[String]>,
}

/// The pull request artifacts of a task.
pub(super) fn wanted(task: &Task, repo: Option<&RepoName>) -> Vec<Wanted> {
    let artifacts = task.artifacts.iter().flatten().enumerate();
    let branches: Arc<[String]> = branches(task).into();
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
            branches: branches.clone(),
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
        .take(BRANCHES)
        .chain(newest)
        .map(|name| name.strip_prefix("refs/heads/").unwrap_or(name));
    distinct(names.filter(|name| !name.is_empty()).map(ToOwned::to_owned))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_with_very_many_branches_asks_for_few() {
        let mut artifacts = Vec::new();
        for number in 0..2000 {
            artifacts.push(serde_json::json!({ "provider": "github", "type": "branch",
                "data": { "head_ref": format!("b{number}"), "base_ref": "main" } }));
            artifacts
                .push(serde_json::json!({ "provider": "github", "type": "pull", "data": { "id": number } }));
        }
        let task = serde_json::json!({ "id": "t", "state": "completed", "created_at": "2026-01-01T00:00:00Z",
            "artifacts": artifacts, "sessions": [{ "id": "s", "state": "completed",
            "created_at": "2026-01-01T00:00:00Z", "head_ref": "newest" }] });
        let wanted = wanted(&serde_json::from_value(task).unwrap(), None);
        assert_eq!(wanted.len(), 2000);
        assert_eq!(wanted[0].branches.len(), BRANCHES + 1);
        assert_eq!(wanted[0].branches.last().unwrap(), "newest");
        assert!(Arc::ptr_eq(&wanted[0].branches, &wanted[1999].branches));
    }
}
