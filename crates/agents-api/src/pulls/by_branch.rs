//! Lists the pull requests of one branch, for artifacts whose id leads nowhere.
use agents_api_raw as raw;
use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::ids::{PullRequestId, PullRequestNumber};
use super::outcome::PullRequestState;
use super::repo_name::RepoName;
use super::resolve::{Found, Listed};
use crate::client::Client;
use crate::error::Error;
use crate::transport::Operation;

const CALL: Operation = Operation::get("list_pull_requests", "/repos/{owner}/{repo}/pulls");

/// A branch of a repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Branch {
    pub(super) repo: RepoName,
    pub(super) name: String,
}

/// The latest hundred pull requests of the branch, whatever their state, the latest first; or why GitHub does not list
/// those of this repository. One request.
pub(super) async fn list(client: &Client, branch: &Branch) -> Result<Listed, Error> {
    match request(client, branch).await {
        Ok(found) => Ok(Listed::Pulls(found)),
        Err(error) => match error.status() {
            Some(status) if is_about_the_repository(status) && !error.is_rate_limited() => {
                Ok(Listed::Refused {
                    status,
                    message: error.message(),
                })
            }
            _ => Err(error),
        },
    }
}

async fn request(client: &Client, branch: &Branch) -> Result<Vec<Found>, Error> {
    let RepoName { owner, name } = &branch.repo;
    let items = client.executor().run(CALL, None, |client| async move {
        let list = client
            .request(raw::Operation::new(CALL.name, CALL.path), Method::GET)
            .path("owner", owner)
            .path("repo", name)
            // Without the owner GitHub ignores the filter.
            .query("head", format!("{owner}:{}", branch.name))
            .query("state", "all")
            .query("per_page", 100);
        list.send::<Vec<Item>>().await
    });
    let items = items.await?.into_inner();
    // The filter was seen to let other branches through.
    let of_branch = |item: &Item| item.head.name.as_deref() == Some(&branch.name);
    Ok(items.into_iter().filter(of_branch).map(Found::from).collect())
}

/// Whether other repositories may answer otherwise.
fn is_about_the_repository(status: u16) -> bool {
    matches!(status, 301 | 302 | 307 | 308 | 403 | 404 | 410 | 422 | 451)
}

#[derive(Deserialize)]
struct Item {
    id: i64,
    number: u64,
    html_url: Option<String>,
    title: Option<String>,
    state: Option<String>,
    draft: Option<bool>,
    merged_at: Option<Value>,
    head: Side,
    base: Side,
}

#[derive(Deserialize)]
struct Side {
    #[serde(rename = "ref")]
    name: Option<String>,
    /// `null` for a fork that was deleted.
    repo: Option<SideRepo>,
}

#[derive(Deserialize)]
struct SideRepo {
    id: Option<i64>,
    full_name: Option<String>,
}

impl From<Item> for Found {
    fn from(item: Item) -> Self {
        // To REST, a merged pull request is a closed one with a time.
        let state = match item.merged_at {
            Some(_) => PullRequestState::Merged,
            None => item.state.as_deref().unwrap_or_default().into(),
        };
        let (repository, repository_name) = item
            .base
            .repo
            .map_or((None, None), |repo| (repo.id, repo.full_name));
        Self {
            id: Some(PullRequestId::new(item.id)),
            number: PullRequestNumber::new(item.number),
            url: item.html_url,
            title: item.title,
            state,
            is_draft: item.draft,
            head_ref: item.head.name,
            base_ref: item.base.name,
            repository,
            repository_name,
        }
    }
}
