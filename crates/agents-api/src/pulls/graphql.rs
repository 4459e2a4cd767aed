//! Asks GraphQL for what global ids lead to, a hundred at a time, and reads the answer.
//!
//! GraphQL says nearly everything under status 200: an answer may hold data, errors, or both, with `null` for each id
//! that leads nowhere and an error that names its place.
use agents_api_raw::{RawResponse, ResponseValue, sanitize_for_display};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::ids::{PullRequestId, PullRequestNumber};
use super::resolve::{Found, Node};
use crate::client::Client;
use crate::error::Error;
use crate::transport::Operation;

/// `databaseId` of a pull request is deprecated, since it has 32 bits.
const QUERY: &str = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on PullRequest { fullDatabaseId number \
                     title url state isDraft headRefName baseRefName repository { databaseId nameWithOwner } } } }";

/// A POST that reads: it is repeated as reads are.
const CALL: Operation = Operation {
    method: "POST",
    resource: "graphql",
    ..Operation::get("get_pull_requests_by_id", "/graphql")
};

/// What each of the ids leads to, in their order. One request.
pub(crate) async fn nodes(client: &Client, ids: &[String]) -> Result<Vec<Node>, Error> {
    let answer = client.executor().run(CALL, None, |client| async move {
        let request = client.graphql(CALL.name, QUERY, json!({ "ids": ids }));
        obey(request.send::<Value>().await?)
    });
    read(answer.await?, ids.len()).map_err(|error| error.after(CALL.name, 1))
}

/// Takes what GraphQL refuses under status 200 for what it is, so that it is obeyed and repeated as REST's refusals are.
pub(crate) fn obey(answer: ResponseValue<Value>) -> Result<ResponseValue<Value>, agents_api_raw::Error> {
    let Ok(parsed) = Answer::deserialize(&*answer) else {
        return Ok(answer);
    };
    let complaints = parsed.errors.unwrap_or_default();
    let nodes = parsed.data.and_then(|data| data.nodes);
    let (status, complaint) = match complaints.iter().find(|complaint| complaint.is_rate_limit()) {
        Some(limit) => (StatusCode::TOO_MANY_REQUESTS, limit),
        None => match complaints
            .first()
            .filter(|complaint| nodes.is_none() && complaint.is_passing())
        {
            Some(complaint) => (StatusCode::INTERNAL_SERVER_ERROR, complaint),
            None => return Ok(answer),
        },
    };
    let refusal = raw(answer, status, Some(complaint));
    Err(agents_api_raw::Error::Status(Box::new(refusal)))
}

#[derive(Deserialize)]
struct Answer {
    data: Option<Data>,
    errors: Option<Vec<Complaint>>,
}

#[derive(Deserialize)]
struct Data {
    nodes: Option<Vec<Value>>,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default)]
    message: Value,
    #[serde(default, rename = "type")]
    type_: Value,
    #[serde(default)]
    code: Value,
    #[serde(default)]
    path: Value,
}

impl Complaint {
    fn text(&self) -> &str {
        self.message.as_str().unwrap_or("no message")
    }

    /// `RATE_LIMITED` was `RATE_LIMIT` for a while; a secondary limit is told by words alone.
    fn is_rate_limit(&self) -> bool {
        matches!(self.type_.as_str(), Some("RATE_LIMITED" | "RATE_LIMIT"))
            || self.code.as_str() == Some("graphql_rate_limit")
            || self.text().to_lowercase().contains("rate limit")
    }

    /// Whether the query broke off, such as by taking too long.
    fn is_passing(&self) -> bool {
        self.text()
            .starts_with("Something went wrong while executing your query")
    }

    /// Whether it is about this node, or something in it.
    fn is_about(&self, position: usize) -> bool {
        self.path[0] == "nodes" && self.path[1] == position
    }
}

pub(crate) fn read(answer: ResponseValue<Value>, asked: usize) -> Result<Vec<Node>, Error> {
    let unexpected = |answer: ResponseValue<Value>, why: &str| {
        Error::unexpected(format!("GraphQL answered in another form than promised: {why}"))
            .with_response(raw(answer, StatusCode::OK, None))
    };
    let parsed = match Answer::deserialize(&*answer) {
        Ok(parsed) => parsed,
        Err(error) => return Err(unexpected(answer, &sanitize_for_display(&error.to_string()))),
    };
    let complaints = parsed.errors.unwrap_or_default();
    match (parsed.data.and_then(|data| data.nodes), complaints.first()) {
        (Some(nodes), _) if nodes.len() == asked => {
            let nodes = nodes.into_iter().enumerate();
            Ok(nodes
                .map(|(position, value)| node(value, position, &complaints))
                .collect())
        }
        (Some(nodes), _) => {
            let why = format!("{asked} ids have {} nodes", nodes.len());
            Err(unexpected(answer, &why))
        }
        (None, Some(complaint)) => {
            let message = format!(
                "GraphQL refused the query: {}",
                sanitize_for_display(complaint.text())
            );
            Err(Error::unexpected(message).with_response(raw(answer, StatusCode::OK, Some(complaint))))
        }
        (None, None) => Err(unexpected(answer, "no nodes")),
    }
}

/// The answer as an error keeps it; GraphQL's words stand where REST has them.
fn raw(answer: ResponseValue<Value>, status: StatusCode, complaint: Option<&Complaint>) -> RawResponse {
    let (mut body, _, headers) = answer.into_parts();
    if let (Value::Object(body), Some(complaint)) = (&mut body, complaint) {
        body.entry("message").or_insert_with(|| complaint.text().into());
    }
    RawResponse::new(status, headers, body.to_string().into())
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullNode {
    full_database_id: Option<Value>,
    number: u64,
    title: Option<String>,
    url: Option<String>,
    state: Option<String>,
    is_draft: Option<bool>,
    head_ref_name: Option<String>,
    base_ref_name: Option<String>,
    repository: Option<RepositoryNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryNode {
    database_id: Option<i64>,
    name_with_owner: Option<String>,
}

fn node(value: Value, position: usize, complaints: &[Complaint]) -> Node {
    let told = || {
        let complaint = complaints.iter().find(|complaint| complaint.is_about(position))?;
        Some(complaint.text().to_owned())
    };
    if value.is_null() {
        return Node::Missing(told());
    }
    match value["__typename"].as_str() {
        Some("PullRequest") => {}
        Some(other) => return Node::Other(other.to_owned()),
        None => return Node::Missing(told()),
    }
    let Ok(pull) = PullNode::deserialize(value) else {
        return Node::Missing(told());
    };
    let (repository, repository_name) = pull.repository.map_or((None, None), |repository| {
        (repository.database_id, repository.name_with_owner)
    });
    Node::Pull(Found {
        id: pull
            .full_database_id
            .as_ref()
            .and_then(big_int)
            .map(PullRequestId::new),
        number: PullRequestNumber::new(pull.number),
        url: pull.url,
        title: pull.title,
        state: pull.state.as_deref().unwrap_or_default().into(),
        is_draft: pull.is_draft,
        head_ref: pull.head_ref_name,
        base_ref: pull.base_ref_name,
        repository,
        repository_name,
    })
}

/// GraphQL writes numbers of 64 bits as text.
fn big_int(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;
    use reqwest::header::{HeaderMap, HeaderValue};

    use super::*;
    use crate::error::ErrorKind;

    fn answer(body: Value) -> ResponseValue<Value> {
        ResponseValue::new(body, StatusCode::OK, HeaderMap::new())
    }

    #[test]
    fn data_and_errors_may_come_together() {
        let pull = json!({ "__typename": "PullRequest", "number": 5, "fullDatabaseId": "3000000000", "state": "OPEN" });
        let body = json!({
            "data": { "nodes": [null, pull, { "__typename": "Issue" }, null, { "__typename": "PullRequest" }, 7] },
            "errors": [{ "type": "NOT_FOUND", "path": ["nodes", 0], "message": "Could not resolve" }, { "path": "?" }],
        });
        let nodes = read(answer(body), 6).unwrap();
        assert!(matches!(&nodes[0], Node::Missing(Some(told)) if told == "Could not resolve"));
        assert!(
            matches!(&nodes[1], Node::Pull(pull) if pull.id == Some(PullRequestId::new(3_000_000_000))
                && pull.number.get() == 5 && pull.title.is_none() && pull.repository.is_none())
        );
        assert!(matches!(&nodes[2], Node::Other(name) if name == "Issue"));
        for missing in [3, 4, 5] {
            assert!(matches!(&nodes[missing], Node::Missing(None)), "{missing}");
        }
    }

    #[test]
    fn a_rate_limit_under_status_200_is_a_rate_limit() {
        for error in [
            json!({ "type": "RATE_LIMITED", "message": "slow down" }),
            json!({ "type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": "already exceeded" }),
            json!({ "message": "You have exceeded a secondary rate limit." }),
        ] {
            let message = error["message"].clone();
            for data in [Value::Null, json!({ "nodes": [null] })] {
                let body = json!({ "data": data, "errors": [error] });
                let headers =
                    HeaderMap::from_iter([("retry-after".parse().unwrap(), HeaderValue::from_static("7"))]);
                let error = obey(ResponseValue::new(body, StatusCode::OK, headers)).unwrap_err();
                let error = Error::from(error);
                assert!(error.is_rate_limited(), "{error}");
                assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
                assert_eq!(error.message().as_deref(), message.as_str());
            }
        }
    }

    #[test]
    fn a_query_that_broke_off_may_be_asked_again() {
        let message = "Something went wrong while executing your query. This may be the result of a timeout.";
        let body = json!({ "data": null, "errors": [{ "message": message }] });
        let error = Error::from(obey(answer(body)).unwrap_err());
        assert!(error.is_retryable(), "{error}");
    }

    #[test]
    fn what_is_neither_data_nor_a_known_refusal_is_not_expected() {
        for (body, told) in [
            (
                json!({ "errors": [{ "message": "Field 'x' doesn't exist" }] }),
                "Field 'x' doesn't exist",
            ),
            (json!({ "errors": [{}] }), "no message"),
            (json!({ "data": { "nodes": [null, null] } }), "1 ids have 2 nodes"),
            (json!({ "data": { "nodes": null } }), "no nodes"),
            (json!({ "data": "?" }), "invalid type"),
            (json!([]), "invalid length"),
            (Value::Null, "invalid type"),
        ] {
            let error = read(answer(body.clone()), 1).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{body}");
            assert!(error.to_string().contains(told), "{error} tells {told}");
            assert_eq!(error.status(), Some(200));
        }
    }

    /// JSON of any form, with the names that mean something here.
    fn any_json() -> impl Strategy<Value = Value> {
        let text = prop_oneof![Just("PullRequest"), Just("nodes"), Just("RATE_LIMIT"), Just("9")];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<i64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            let names = &[
                "data",
                "nodes",
                "errors",
                "path",
                "message",
                "__typename",
                "number",
                "repository",
            ];
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(prop::sample::select(&names[..]), inner, 0..5).prop_map(
                    |fields| fields
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect()
                ),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_answer_is_as_many_nodes_or_an_error(nodes in any_json(), errors in any_json(), whole in any_json()) {
            for body in [json!({ "data": { "nodes": nodes }, "errors": errors }), whole] {
                if let Ok(nodes) = read(answer(body), 2) {
                    prop_assert_eq!(nodes.len(), 2);
                }
            }
        }
    }
}
