//! What must hold of answers about pull requests, whatever they are. See [`crate::fuzzing`].
use agents_api_raw::ResponseValue;
use agents_api_raw::types::ArtifactType;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;

use crate::error::Error;
use crate::pulls::{
    graphql as answers,
    resolve::{BATCH, Node, Plan},
};
use agents_api_raw::types::Task;

/// The body of GraphQL's answer to two ids.
pub fn graphql(data: &[u8]) {
    let Ok(body) = serde_json::from_slice(data) else {
        return;
    };
    let answer = ResponseValue::new(body, StatusCode::OK, HeaderMap::new());
    let nodes = match answers::obey(answer) {
        Ok(answer) => answers::read(answer, 2),
        Err(error) => Err(Error::from(error)),
    };
    match nodes {
        Ok(nodes) => {
            assert_eq!(nodes.len(), 2);
            let task = serde_json::from_str(TASK).unwrap();
            resolve(&task, |_| nodes.clone());
        }
        Err(error) => super::shown(&error.after("get_pull_requests_by_id", 1)),
    }
}

/// A task with a pull request for each of two nodes.
const TASK: &str = r#"{"id":"t","state":"completed","created_at":"2026-01-01T00:00:00Z","repository":{"id":7},"artifacts":[
    {"provider":"github","type":"pull","data":{"id":1,"global_id":"PR_a"}},
    {"provider":"github","type":"pull","data":{"id":2,"global_id":"PR_b"}}]}"#;

/// Whatever a task says of its pull requests, each is accounted for.
pub(crate) fn plan(task: &Task) {
    resolve(task, |count| vec![Node::Missing(Some("gone".to_owned())); count]);
}

fn resolve(task: &Task, nodes: impl Fn(usize) -> Vec<Node>) {
    let artifacts = task.artifacts.iter().flatten();
    let wanted = artifacts
        .filter(|artifact| artifact.type_ == ArtifactType::Pull)
        .count();
    let mut plan = Plan::of([task], None);
    for batch in plan.batches() {
        assert!(batch.len() <= BATCH);
        let nodes = nodes(batch.len());
        plan.learn_nodes(batch, nodes);
    }
    assert!(plan.branches().len() <= 11, "each costs a request");
    let pulls = plan.finish();
    assert_eq!(pulls.resolved.len() + pulls.unresolved.len(), wanted);
    for missing in &pulls.unresolved {
        super::shown(&Shown(missing.to_string()));
    }
}

/// `Debug` output of a result is data, and is escaped as any text is.
struct Shown(String);

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shown")
    }
}
