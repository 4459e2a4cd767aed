use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// The repository of the tasks in these tests, and another.
const OWN: i64 = 1;
const OTHER: i64 = 2;

fn task(id: &str, artifacts: impl Into<Value>) -> Task {
    let artifacts = artifacts.into();
    let json = json!({
        "id": id, "state": "completed", "created_at": "2026-07-01T00:00:00Z", "repository": { "id": OWN },
        "artifacts": artifacts,
    });
    serde_json::from_value(json).unwrap()
}

fn pull(data: impl Into<Value>) -> Value {
    let data = data.into();
    json!({ "provider": "github", "type": "pull", "data": data })
}

fn branch(name: &str) -> Value {
    json!({ "provider": "github", "type": "branch", "data": { "head_ref": name, "base_ref": "main" } })
}

fn found(id: impl Into<Option<i64>>, number: u64, repository: impl Into<Option<i64>>) -> Found {
    Found {
        id: id.into().map(PullRequestId::new),
        number: PullRequestNumber::new(number),
        url: None,
        title: None,
        state: PullRequestState::Open,
        is_draft: None,
        head_ref: None,
        base_ref: None,
        repository: repository.into(),
        repository_name: None,
    }
}

fn repo() -> RepoName {
    RepoName::parse("octocat/hello-world").unwrap()
}

fn in_repo(name: &str) -> Branch {
    Branch {
        repo: repo(),
        name: name.to_owned(),
    }
}

/// What becomes of one artifact, given the answers.
fn one(data: Value, node: Option<Node>, listed: Option<Listed>) -> Result<u64, UnresolvedReason> {
    let task = task("t", json!([branch("work"), pull(data)]));
    let mut plan = Plan::of([&task], Some(&repo()));
    if let Some(node) = node {
        plan.learn_nodes(vec!["PR_1".to_owned()], vec![node]);
    }
    if let Some(listed) = listed {
        assert_eq!(plan.branches(), [in_repo("work")]);
        plan.learn_list(in_repo("work"), listed);
    } else {
        assert_eq!(plan.branches(), []);
    }
    let mut pulls = plan.finish();
    match (pulls.resolved.pop(), pulls.unresolved.pop()) {
        (Some(pull), None) => Ok(pull.number.get()),
        (None, Some(unresolved)) => Err(unresolved.reason),
        both => panic!("once: {both:?}"),
    }
}

#[test]
fn a_global_id_leads_to_what_both_ids_agree_on() {
    let data = || json!({ "id": 7, "global_id": "PR_1" });
    let by_node = |node| one(data(), Some(node), None);
    assert_eq!(by_node(Node::Pull(found(7, 5, OWN))), Ok(5));
    assert_eq!(by_node(Node::Pull(found(None, 5, None))), Ok(5));
    assert_eq!(
        by_node(Node::Pull(found(8, 5, OWN))),
        Err(UnresolvedReason::OtherPullRequest {
            id: PullRequestId::new(8)
        })
    );
    assert_eq!(
        by_node(Node::Pull(found(7, 5, OTHER))),
        Err(UnresolvedReason::OtherRepository { repository: None })
    );
    assert_eq!(
        by_node(Node::Other("Issue".to_owned())),
        Err(UnresolvedReason::OtherType {
            type_name: "Issue".to_owned()
        })
    );
}

#[test]
fn a_branch_leads_to_the_pull_request_with_the_artifact_s_id() {
    let by_branch = |listed| one(json!({ "id": 7 }), None, Some(listed));
    assert_eq!(
        by_branch(Listed::Pulls(vec![found(8, 6, OWN), found(7, 5, OWN)])),
        Ok(5)
    );
    assert_eq!(
        by_branch(Listed::Pulls(vec![found(8, 6, OWN)])),
        Err(UnresolvedReason::NotFound)
    );
    assert_eq!(by_branch(Listed::Pulls(vec![])), Err(UnresolvedReason::NotFound));
    assert_eq!(
        by_branch(Listed::Pulls(vec![found(7, 5, OTHER)])),
        Err(UnresolvedReason::OtherRepository { repository: None })
    );
    let refused = Listed::Refused {
        status: 404,
        message: None,
    };
    assert_eq!(by_branch(refused), Err(UnresolvedReason::Refused { status: 404 }));
    // GraphQL may not know what REST does.
    let unknown = Node::Missing(Some("gone".to_owned()));
    let data = json!({ "id": 7, "global_id": "PR_1" });
    assert_eq!(
        one(data, Some(unknown), Some(Listed::Pulls(vec![found(7, 5, OWN)]))),
        Ok(5)
    );
}

#[test]
fn without_any_id_a_branch_must_have_one_pull_request() {
    for data in [
        json!({}),
        json!({ "id": null }),
        json!("?"),
        json!({ "pull_request": 5 }),
    ] {
        let by_branch = |listed| one(data.clone(), None, Some(Listed::Pulls(listed)));
        assert_eq!(by_branch(vec![found(7, 5, OWN), found(9, 4, OTHER)]), Ok(5));
        let candidates = vec![PullRequestNumber::new(6), PullRequestNumber::new(5)];
        assert_eq!(
            by_branch(vec![found(8, 6, OWN), found(7, 5, None)]),
            Err(UnresolvedReason::Ambiguous { candidates })
        );
        assert_eq!(by_branch(vec![]), Err(UnresolvedReason::NotFound));
    }
}

#[test]
fn ids_in_data_of_another_shape_count() {
    assert_eq!(
        one(
            json!({ "global_id": "PR_1" }),
            Some(Node::Pull(found(7, 5, OWN))),
            None
        ),
        Ok(5)
    );
    let as_text = json!({ "id": "7" });
    let listed = Listed::Pulls(vec![found(8, 6, OWN), found(7, 5, OWN)]);
    assert_eq!(one(as_text, None, Some(listed)), Ok(5));
}

#[test]
fn without_a_branch_or_a_name_there_is_nothing_to_ask() {
    let without_branch = task("a", json!([pull(json!({ "id": 7 }))]));
    let without_name = task("b", json!([branch("work"), pull(json!({ "id": 7 }))]));
    let plan = Plan::of([&without_branch, &without_name], None);
    assert_eq!((plan.batches().len(), plan.branches().len()), (0, 0));
    let reasons: Vec<_> = plan
        .finish()
        .unresolved
        .into_iter()
        .map(|missing| missing.reason)
        .collect();
    assert_eq!(
        reasons,
        [UnresolvedReason::NoBranch, UnresolvedReason::NoRepositoryName]
    );
}

#[test]
fn what_graphql_says_of_a_repository_names_it_for_its_other_tasks() {
    let known = task("a", json!([pull(json!({ "id": 7, "global_id": "PR_1" }))]));
    let unknown = task("b", json!([branch("work"), pull(json!({ "id": 8 }))]));
    let mut plan = Plan::of([&known, &unknown], None);
    let mut node = found(7, 5, OWN);
    node.repository_name = Some("octocat/hello-world".to_owned());
    plan.learn_nodes(vec!["PR_1".to_owned()], vec![Node::Pull(node)]);
    assert_eq!(plan.branches(), [in_repo("work")]);
}

#[test]
fn branches_come_from_artifacts_and_the_newest_session() {
    let mut task = task(
        "t",
        json!([
            branch("refs/heads/a"),
            pull(json!({ "id": 7 })),
            branch("a"),
            branch("b")
        ]),
    );
    let session = |head: Option<&str>, day| json!({ "id": "s", "state": "completed", "head_ref": head, "created_at": format!("2026-07-{day:02}T00:00:00Z") });
    let sessions = json!([
        session(Some("old"), 1),
        session(Some("new"), 3),
        session(Some("mid"), 2),
        session(None, 4)
    ]);
    task.sessions = serde_json::from_value(sessions).unwrap();
    let plan = Plan::of([&task], Some(&repo()));
    assert_eq!(plan.branches(), [in_repo("a"), in_repo("b"), in_repo("new")]);
}

/// An artifact of any kind. Ids are few, so that artifacts share them.
fn artifact() -> impl Strategy<Value = Value> {
    prop_oneof![
        (0_i64..300, any::<bool>()).prop_map(|(id, global)| {
            let global_id = global.then(|| format!("PR_{id}"));
            pull(json!({ "id": id, "global_id": global_id }))
        }),
        (0_u8..3).prop_map(|name| branch(&format!("branch-{name}"))),
        Just(pull(json!("?"))),
        Just(json!({ "provider": "github", "type": "github_resource", "data": { "id": 1 } })),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_artifact_is_reported_once_in_order_and_nothing_foreign_is_resolved(
        tasks in proptest::collection::vec(proptest::collection::vec(artifact(), 0..20), 0..20),
        salt in 0_u64..1000,
    ) {
        let tasks: Vec<_> = tasks.into_iter().enumerate().map(|(n, list)| task(&n.to_string(), list)).collect();
        let mut plan = Plan::of(&tasks, Some(&repo()));
        let mut draw = fastrand::Rng::with_seed(salt);
        let mut asked = HashSet::new();
        for batch in plan.batches() {
            prop_assert!((1..=BATCH).contains(&batch.len()));
            let nodes = batch.iter().map(|id| {
                let id: i64 = id.trim_start_matches("PR_").parse().unwrap();
                match draw.u8(0..5) {
                    0 => Node::Missing(None),
                    1 => Node::Other("Issue".to_owned()),
                    2 => Node::Pull(found(id, 5, OTHER)),
                    3 => Node::Pull(found(id + 1, 5, OWN)),
                    _ => Node::Pull(found(id, 5, OWN)),
                }
            }).collect();
            prop_assert!(batch.iter().all(|id| asked.insert(id.clone())), "an id is asked for once");
            plan.learn_nodes(batch, nodes);
        }
        for branch in plan.branches() {
            let listed = match draw.u8(0..3) {
                0 => Listed::Refused { status: 403, message: None },
                _ => Listed::Pulls((0..draw.i64(0..4)).map(|n| found(n * 50, 5, draw.i64(1..3))).collect()),
            };
            prop_assert!(!plan.lists.contains_key(&branch), "a branch is asked for once");
            plan.learn_list(branch, listed);
        }
        let pulls = plan.finish();
        let meant: Vec<_> = tasks.iter().flat_map(|task| {
            let artifacts = task.artifacts.iter().flatten().enumerate();
            artifacts.filter(|(_, artifact)| artifact.type_.as_str() == "pull").map(|(position, _)| (task.id.clone(), position))
        }).collect();
        let place = |task: &str| task.parse::<usize>().unwrap();
        let resolved: Vec<_> = pulls.resolved.iter().map(|pull| (pull.task_id.clone(), pull.artifact_index)).collect();
        let unresolved: Vec<_> = pulls.unresolved.iter().map(|pull| (pull.task_id.clone(), pull.artifact_index)).collect();
        for list in [&resolved, &unresolved] {
            prop_assert!(list.is_sorted_by_key(|(task, artifact)| (place(task), *artifact)));
        }
        let mut all = [resolved, unresolved].concat();
        all.sort_by_key(|(task, artifact)| (place(task), *artifact));
        prop_assert_eq!(all, meant);
        for pull in &pulls.resolved {
            let artifact = &tasks[place(&pull.task_id)].artifacts.as_ref().unwrap()[pull.artifact_index];
            if let agents_api_raw::types::ArtifactData::GitHubResource(resource) = &artifact.data {
                prop_assert_eq!(pull.id, Some(PullRequestId::new(resource.id)));
            }
        }
    }
}
