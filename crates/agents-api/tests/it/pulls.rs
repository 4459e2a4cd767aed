//! From the artifacts of tasks to pull requests, on the emulator.

use crate::support::connect;
use agents_api::pulls::{PullRequestState, PullRequests, ResolvedVia, UnresolvedReason};
use agents_api::{Artifact, ArtifactData, Client, Repo, Task};
use agents_api_emulator::{Change, Effect, Emulator, Fault, Limits, Operation, TaskHandle, TaskSeed, Token};
use serde_json::json;

/// A task with a branch and a pull request.
fn with_pull(github: &Emulator, prompt: &str) -> TaskHandle {
    github
        .seed_task(TaskSeed::new(prompt).with(Change::PullRequest))
        .unwrap()
}

/// The task as a get answers it.
fn as_got(task: &TaskHandle) -> Task {
    serde_json::from_value(task.json()).unwrap()
}

fn pull_data(task: &mut Task) -> &mut ArtifactData {
    let artifacts: &mut Vec<Artifact> = task.artifacts.as_mut().unwrap();
    &mut artifacts
        .iter_mut()
        .find(|artifact| artifact.type_.as_str() == "pull")
        .unwrap()
        .data
}

/// The task, whose artifact lacks the GraphQL id.
fn without_global_id(task: &TaskHandle) -> Task {
    let mut task = as_got(task);
    match pull_data(&mut task) {
        ArtifactData::GitHubResource(resource) => resource.global_id = None,
        other => panic!("{other:?}"),
    }
    task
}

/// What was asked, in order: method, path and query.
fn asked(github: &Emulator) -> Vec<String> {
    let line = |request: agents_api_emulator::RequestRecord| {
        let query = request.query.map(|query| format!("?{query}")).unwrap_or_default();
        format!("{} {}{query}", request.method, request.path)
    };
    github.requests().into_iter().map(line).collect()
}

fn numbers(pulls: &PullRequests) -> Vec<u32> {
    pulls
        .resolved
        .iter()
        .map(|pull| u32::try_from(pull.number.get()).unwrap())
        .collect()
}

fn reasons(pulls: &PullRequests) -> Vec<&UnresolvedReason> {
    pulls.unresolved.iter().map(|missing| &missing.reason).collect()
}

async fn start() -> (Emulator, Client, Repo) {
    let github = Emulator::start().await.unwrap();
    let (client, repo) = connect(&github);
    (github, client, repo)
}

#[tokio::test]
async fn a_list_of_tasks_resolves_with_one_request() {
    let (github, client, _) = start().await;
    let tasks = ["one", "two", "three"].map(|prompt| with_pull(&github, prompt));
    tasks[1].apply(&Change::MergePullRequest);
    tasks[2].apply(&Change::ClosePullRequest);
    let listed: Vec<Task> = tasks.iter().map(as_got).collect();

    let pulls = client.resolve_pull_requests(&listed).await.unwrap();

    assert_eq!(asked(&github), ["POST /graphql"]);
    assert_eq!(
        numbers(&pulls),
        tasks.each_ref().map(|task| task.pull_request_number().unwrap())
    );
    assert!(pulls.unresolved.is_empty());
    let states: Vec<_> = pulls
        .resolved
        .iter()
        .map(|pull| (pull.state.as_str(), pull.is_draft.unwrap()))
        .collect();
    assert_eq!(states, [("open", true), ("merged", false), ("closed", false)]);
    let merged = pulls.for_task(&listed[1].id).next().unwrap();
    assert!(merged.is_merged());
    assert_eq!(merged.resolved_via, ResolvedVia::GlobalId);
    assert_eq!(merged.repository.as_deref(), Some("octocat/hello-world"));
    assert_eq!(
        merged.url.as_deref(),
        Some("https://github.com/octocat/hello-world/pull/103")
    );
    assert_eq!(
        (merged.title.as_deref(), merged.base_ref.as_deref()),
        (Some("two"), Some("main"))
    );
    assert_eq!(merged.artifact_index, 1);
    // The id is that of the artifact, not the number.
    assert_eq!(
        merged.id.unwrap().get(),
        tasks[1].json()["artifacts"][1]["data"]["id"].as_i64().unwrap()
    );
}

#[tokio::test]
async fn more_than_a_hundred_ids_take_two_requests_and_none_is_asked_for_twice() {
    let (github, client, _) = start().await;
    let mut tasks: Vec<Task> = (0..150)
        .map(|n| as_got(&with_pull(&github, &format!("Task number {n}"))))
        .collect();
    tasks.push(tasks[7].clone());

    let pulls = client.resolve_pull_requests(&tasks).await.unwrap();

    assert_eq!(asked(&github), ["POST /graphql", "POST /graphql"]);
    let sizes: Vec<_> = github
        .requests()
        .iter()
        .map(|request| {
            let body: serde_json::Value = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
            body["variables"]["ids"].as_array().unwrap().len()
        })
        .collect();
    assert_eq!(sizes, [100, 50]);
    assert_eq!(pulls.resolved.len(), 151);
    assert_eq!(pulls.resolved[150].number, pulls.resolved[7].number);
    assert!(
        pulls
            .resolved
            .iter()
            .zip(&tasks)
            .all(|(pull, task)| pull.task_id == task.id)
    );
}

#[tokio::test]
async fn tasks_without_pull_requests_cost_nothing() {
    let (github, client, _) = start().await;
    let plain = github.seed_task(TaskSeed::new("No artifact")).unwrap();
    let odd =
        json!({ "provider": "github", "type": "github_resource", "data": { "id": 1, "global_id": "I_1" } });
    let odd = github
        .seed_task(
            TaskSeed::new("Odd")
                .with(Change::Branch)
                .with(Change::Artifact(odd)),
        )
        .unwrap();
    let pulls = client
        .resolve_pull_requests(&[as_got(&plain), as_got(&odd)])
        .await
        .unwrap();
    assert_eq!(pulls, PullRequests::default());
    assert!(asked(&github).is_empty());
}

#[tokio::test]
async fn without_a_global_id_the_branch_leads_to_it() {
    let (github, client, repo) = start().await;
    let handle = with_pull(&github, "Fix the login button");
    handle.apply(&Change::MergePullRequest);
    let task = without_global_id(&handle);

    for pulls in [
        repo.resolve_pull_requests([&task]).await.unwrap(),
        // The name of the repository is in the task's own address.
        client.resolve_pull_requests([&task]).await.unwrap(),
    ] {
        let pull = &pulls.resolved[0];
        assert_eq!(
            pull.number.get(),
            u64::from(handle.pull_request_number().unwrap())
        );
        assert_eq!(
            (&pull.state, pull.resolved_via),
            (&PullRequestState::Merged, ResolvedVia::Branch)
        );
        assert_eq!(pull.head_ref, task.sessions.as_ref().unwrap()[0].head_ref);
    }
    let head = task.sessions.as_ref().unwrap()[0].head_ref.as_deref().unwrap();
    let head = head.replace('/', "%2F");
    let line = format!("GET /repos/octocat/hello-world/pulls?head=octocat%3A{head}&state=all&per_page=100");
    assert_eq!(asked(&github), [line.as_str(), line.as_str()]);
}

#[tokio::test]
async fn tasks_of_one_branch_share_a_request() {
    let (github, _, repo) = start().await;
    let task = without_global_id(&with_pull(&github, "Fix the login button"));
    let pulls = repo.resolve_pull_requests(&[task.clone(), task]).await.unwrap();
    assert_eq!((pulls.resolved.len(), asked(&github).len()), (2, 1));
}

#[tokio::test]
async fn what_graphql_does_not_know_is_looked_for_by_its_branch() {
    let (github, _, repo) = start().await;
    let mut known = as_got(&with_pull(&github, "Known to REST"));
    let mut unknown = as_got(&with_pull(&github, "Known to nobody"));
    for (task, id) in [(&mut known, None), (&mut unknown, Some(5))] {
        if let ArtifactData::GitHubResource(resource) = pull_data(task) {
            resource.global_id = Some("PR_nothing".to_owned());
            resource.id = id.unwrap_or(resource.id);
        }
    }
    let pulls = repo.resolve_pull_requests(&[unknown, known]).await.unwrap();
    assert_eq!(numbers(&pulls), [102]);
    assert_eq!(reasons(&pulls), [&UnresolvedReason::NotFound]);
    let told = pulls.unresolved[0].to_string();
    assert!(
        told.contains("GitHub says: Could not resolve to a node"),
        "{told}"
    );
}

#[tokio::test]
async fn a_pull_request_of_another_repository_is_not_taken() {
    let (github, _, repo) = start().await;
    github.add_repository("octocat", "spoon-knife");
    let seed = |prompt| {
        TaskSeed::new(prompt)
            .repository("octocat", "spoon-knife")
            .with(Change::PullRequest)
    };
    let foreign = as_got(&github.seed_task(seed("Elsewhere")).unwrap());
    let mut task = as_got(&with_pull(&github, "Here"));
    *pull_data(&mut task) = pull_data(&mut foreign.clone()).clone();

    let pulls = repo.resolve_pull_requests([&task]).await.unwrap();
    let repository = Some("octocat/spoon-knife".to_owned());
    assert_eq!(
        reasons(&pulls),
        [&UnresolvedReason::OtherRepository { repository }]
    );

    // The repository asked is not that of the task.
    let elsewhere = without_global_id(&github.seed_task(seed("Elsewhere too")).unwrap());
    let pulls = repo.resolve_pull_requests([&elsewhere]).await.unwrap();
    assert_eq!(reasons(&pulls), [&UnresolvedReason::NotFound]);
}

#[tokio::test]
async fn what_a_token_does_not_see_is_reported_and_the_rest_resolves() {
    let (github, _, _) = start().await;
    github.add_repository("octocat", "spoon-knife");
    github.add_token(&Token::new("github_pat_narrow").sees("octocat", "hello-world"));
    let client = Client::builder()
        .base_url(github.base_url())
        .token("github_pat_narrow")
        .build()
        .unwrap();
    let hidden = TaskSeed::new("Hidden")
        .repository("octocat", "spoon-knife")
        .with(Change::PullRequest);
    let tasks = [
        as_got(&github.seed_task(hidden).unwrap()),
        as_got(&with_pull(&github, "Seen")),
    ];

    let pulls = client.resolve_pull_requests(&tasks).await.unwrap();

    assert_eq!(pulls.resolved[0].task_id, tasks[1].id);
    assert_eq!(reasons(&pulls), [&UnresolvedReason::Refused { status: 404 }]);
    assert_eq!(pulls.unresolved[0].message.as_deref(), Some("Not Found"));
}

#[tokio::test]
async fn a_task_from_a_list_without_a_branch_says_what_to_do() {
    let (github, client, _) = start().await;
    let pull = json!({ "provider": "github", "type": "pull", "data": { "id": 5 } });
    let task = github
        .seed_task(TaskSeed::new("Only an id").with(Change::Artifact(pull)))
        .unwrap();
    let mut listed = as_got(&task);
    listed.sessions = None;
    let pulls = client.resolve_pull_requests([&listed]).await.unwrap();
    assert_eq!(reasons(&pulls), [&UnresolvedReason::NoBranch]);
    assert!(
        pulls.unresolved[0]
            .to_string()
            .contains("get the task with its sessions")
    );
    assert!(asked(&github).is_empty());
}

#[tokio::test]
async fn a_proxy_s_page_is_an_error_that_may_pass() {
    let (github, client, _) = start().await;
    let task = as_got(&with_pull(&github, "Fix the login button"));
    github.inject(Fault::on(Operation::Graphql, Effect::Html { status: 502 }));
    let error = client.resolve_pull_requests([&task]).await.unwrap_err();
    assert_eq!(error.status(), Some(502));
    github.clear_faults();
    assert_eq!(
        client
            .resolve_pull_requests([&task])
            .await
            .unwrap()
            .resolved
            .len(),
        1
    );

    github.inject(Fault::on(Operation::ListPulls, Effect::Html { status: 502 }));
    let error = client
        .resolve_pull_requests([&without_global_id(&github.tasks()[0])])
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(502));
}

#[tokio::test]
async fn out_of_graphql_s_quota_the_error_says_when_to_come_back() {
    let github = Emulator::builder()
        .limits(Limits {
            quota: 1,
            ..Limits::default()
        })
        .start()
        .await
        .unwrap();
    let (client, _) = connect(&github);
    let task = as_got(&with_pull(&github, "Fix the login button"));
    client.resolve_pull_requests([&task]).await.unwrap();
    let error = client.resolve_pull_requests([&task]).await.unwrap_err();
    assert!(error.is_rate_limited(), "{error}");
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(3600)));
}

#[tokio::test]
async fn an_enterprise_server_has_graphql_beside_its_rest_api() {
    let github = Emulator::start().await.unwrap();
    let task = as_got(&with_pull(&github, "Fix the login button"));
    let base_url = format!("{}/api/v3", github.base_url());
    let client = Client::builder()
        .base_url(base_url)
        .token(github.token())
        .build()
        .unwrap();
    let pulls = client
        .resolve_pull_requests(&[task, without_global_id(&github.tasks()[0])])
        .await
        .unwrap();
    assert_eq!(numbers(&pulls), [102, 102]);
    let asked = asked(&github);
    assert_eq!(asked[0], "POST /api/graphql");
    assert!(
        asked[1].starts_with("GET /api/v3/repos/octocat/hello-world/pulls?"),
        "{asked:?}"
    );
}
