//! Pages, filters, orders.

use std::collections::HashSet;
use std::time::Duration;

use agents_api_emulator::{Emulator, TaskSeed, TaskState};
use proptest::prelude::*;
use serde_json::json;

use crate::support::{REPO_TASKS, World};

/// A world with tasks of every state, two creators, both archive states, and many equal timestamps.
async fn varied(count: usize) -> World {
    let world = World::new().await;
    let now = world.github.now();
    for n in 0..count {
        let state = TaskState::ALL[n % 8];
        let created = now - Duration::from_secs(60 * (n as u64 / 3));
        let updated = now - Duration::from_secs(30 * (n as u64 / 5));
        let creator = if n.is_multiple_of(4) {
            "monalisa"
        } else {
            "octocat"
        };
        let mut seed = TaskSeed::new(format!("Task {n}")).state(state).creator(creator);
        seed = seed.created_at(created.min(updated)).updated_at(updated);
        if n.is_multiple_of(7) {
            seed = seed.archived();
        }
        world.github.seed_task(seed).expect("a repository");
    }
    world
}

/// Follows `next` from a path to the end, and returns every id in order.
async fn walk(world: &World, path: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut path = path.to_owned();
    loop {
        let page = world.get(&path).await;
        assert_eq!(page.status, 200, "{path}: {}", page.body);
        ids.extend(page.ids());
        let links = page.header("link").to_owned();
        let next = links.split(", ").find(|link| link.ends_with("rel=\"next\""));
        let Some(next) = next else {
            assert!(links.contains("rel=\"last\""), "{links}");
            return ids;
        };
        let url = next.trim_start_matches('<').split('>').next().expect("a URL");
        path = url
            .strip_prefix(world.github.base_url())
            .expect("the same origin")
            .to_owned();
    }
}

#[tokio::test]
async fn a_walk_sees_every_task_once_in_every_order() {
    let world = varied(50).await;
    for sort in ["created_at", "updated_at"] {
        for direction in ["asc", "desc"] {
            let path = format!("{REPO_TASKS}?sort={sort}&direction={direction}");
            let whole = world.get(&format!("{path}&per_page=100")).await;
            let mut times: Vec<_> = whole.body["tasks"]
                .as_array()
                .expect("tasks")
                .iter()
                .map(|task| task[sort].as_str().expect("a time").to_owned())
                .collect();
            let ids = whole.ids();
            assert_eq!(ids.len(), 42, "the archived ones stay out");
            for per_page in [1, 7, 42] {
                assert_eq!(
                    walk(&world, &format!("{path}&per_page={per_page}")).await,
                    ids,
                    "{sort} {direction}"
                );
            }
            if direction == "desc" {
                times.reverse();
            }
            assert!(times.is_sorted(), "{sort} {direction}");
        }
    }
}

#[tokio::test]
async fn thirty_newest_updated_come_by_default() {
    let world = varied(50).await;
    let page = world.get(REPO_TASKS).await;
    assert_eq!(page.ids().len(), 30);
    assert_eq!(
        page.ids(),
        world
            .get(&format!(
                "{REPO_TASKS}?sort=updated_at&direction=desc&page=1&per_page=30&is_archived=false"
            ))
            .await
            .ids()
    );
    let task = &page.body["tasks"][0];
    assert!(task.get("sessions").is_none() && task.get("prompt").is_none());
    assert_eq!(
        (
            &page.body["total_active_count"],
            &page.body["total_archived_count"]
        ),
        (&json!(42), &json!(8))
    );
}

#[tokio::test]
async fn filters_choose_and_combine() {
    let world = varied(50).await;
    let list = async |query: &str| {
        let page = world.get(&format!("{REPO_TASKS}?per_page=100&{query}")).await;
        assert_eq!(page.status, 200, "{query}: {}", page.body);
        page.body["tasks"].as_array().expect("tasks").clone()
    };
    let two = list("state=queued,failed").await;
    assert!(
        !two.is_empty()
            && two
                .iter()
                .all(|task| task["state"] == "queued" || task["state"] == "failed")
    );
    assert_eq!(two, list("state=queued%2C%20failed").await);
    let archived = list("is_archived=true").await;
    assert!(archived.len() == 8 && archived.iter().all(|task| task["archived_at"].is_string()));
    let mona = list("creator_id=2").await;
    assert!(!mona.is_empty() && mona.iter().all(|task| task["creator"]["id"] == 2));
    for both in [
        "creator_id=1&creator_id=2",
        "creator_id=1%2C2",
        "creator_id[]=1&creator_id[]=2",
    ] {
        assert_eq!(list(both).await.len(), 42, "{both}");
    }
    assert!(list("creator_id=99999999999999999999").await.is_empty());
    let since =
        (world.github.now() - Duration::from_secs(120)).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
    let recent = list(&format!("since={since}")).await;
    assert!(
        !recent.is_empty()
            && recent
                .iter()
                .all(|task| task["updated_at"].as_str() >= Some(&since))
    );
    assert_eq!(
        recent.len(),
        list(&format!("sort=created_at&since={since}")).await.len()
    );
    let all = list(&format!(
        "state=completed&creator_id=1&since={since}&unknown=ignored"
    ))
    .await;
    assert!(
        all.iter()
            .all(|task| task["state"] == "completed" && task["creator"]["id"] == 1)
    );
}

#[tokio::test]
async fn a_page_beyond_the_last_is_empty() {
    let world = varied(3).await;
    for page in ["2", "1000000", "9223372036854775807"] {
        let beyond = world.get(&format!("{REPO_TASKS}?page={page}")).await;
        assert_eq!((beyond.status, beyond.ids().len()), (200, 0), "{page}");
        let links = beyond.header("link");
        assert!(
            links.contains("rel=\"prev\"")
                && links.contains("rel=\"last\"")
                && !links.contains("rel=\"next\"")
        );
    }
}

#[tokio::test]
async fn links_keep_the_query_and_the_host_of_the_request() {
    let world = varied(12).await;
    let request = world.request("GET", &format!("{REPO_TASKS}?state=queued%2Cfailed&per_page=1"));
    let page = crate::support::reply(request.header("host", "github.test:8080")).await;
    let next = format!(
        "<http://github.test:8080{REPO_TASKS}?state=queued%2Cfailed&per_page=1&page=2>; rel=\"next\""
    );
    assert!(page.header("link").contains(&next), "{}", page.header("link"));
    let url = page.body["tasks"][0]["url"].as_str().expect("a URL");
    assert!(url.starts_with("http://github.test:8080/agents/repos/octocat/hello-world/tasks/"));
}

#[tokio::test]
async fn wrong_parameters_are_refused_on_both_lists() {
    let world = World::new().await;
    for path in [REPO_TASKS, "/agents/tasks"] {
        for query in [
            "page=0",
            "per_page=101",
            "per_page=0",
            "sort=name",
            "direction=up",
            "state=done",
            "since=soon",
            "is_archived=maybe",
        ] {
            let refused = world.get(&format!("{path}?{query}")).await;
            assert_eq!(
                (refused.status, &refused.body["message"]),
                (422, &json!("Validation Failed")),
                "{query}"
            );
            assert_eq!(
                refused.body["errors"].as_array().map(Vec::len),
                Some(1),
                "{query}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn pages_of_any_size_make_up_the_same_list(seed in 0_u64..1000, count in 0_u32..120, per_page in 1_usize..=100, archived: bool) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let world = World::with(Emulator::builder().seed(seed).tasks(count)).await;
            let path = format!("{REPO_TASKS}?is_archived={archived}&per_page={per_page}");
            let ids = walk(&world, &path).await;
            let distinct: HashSet<_> = ids.iter().collect();
            assert_eq!(distinct.len(), ids.len());
            let expected = world.github.tasks().iter().filter(|task| task.is_archived() == archived).count();
            assert_eq!(ids.len(), expected);
        });
    }
}
