//! Calls of endpoints outside the description.
mod support;

use agents_api_raw::{Error, Operation};
use reqwest::Method;
use serde_json::{Value, json};
use support::Canned;

const LIST_PULLS: Operation = Operation::new("list_pulls", "/repos/{owner}/{repo}/pulls");

#[tokio::test]
async fn a_read_carries_what_every_request_carries() {
    let github = Canned::new(200, "[]");
    let pulls = github
        .client()
        .request(LIST_PULLS, Method::GET)
        .path("owner", "octocat")
        .path("repo", "hello-world")
        .query("head", "octocat:fix/login")
        .query("base", None::<String>)
        .query("labels", ["a", "b"])
        .send::<Vec<Value>>()
        .await
        .unwrap();
    assert!(pulls.is_empty());
    assert_eq!(github.only().operation, LIST_PULLS);
    insta::assert_snapshot!(github.only().wire(), @r"
    GET https://api.github.com/repos/octocat/hello-world/pulls?head=octocat%3Afix%2Flogin&labels=a&labels=b
    accept: application/vnd.github+json
    authorization: Bearer ghp_hunter2
    user-agent: agents-api-raw/VERSION
    x-github-api-version: 2026-03-10
    ");
}

#[tokio::test]
async fn graphql_sends_query_and_variables() {
    let github = Canned::new(200, r#"{"data":{"nodes":[null]}}"#);
    let response = github
        .client()
        .graphql(
            "nodes",
            "query($ids:[ID!]!){nodes(ids:$ids){id}}",
            json!({ "ids": ["PR_1"] }),
        )
        .send::<Value>()
        .await
        .unwrap();
    assert_eq!(response["data"]["nodes"], json!([null]));
    assert_eq!(github.only().operation, Operation::new("nodes", "/graphql"));
    insta::assert_snapshot!(github.only().wire(), @r#"
    POST https://api.github.com/graphql
    accept: application/vnd.github+json
    authorization: Bearer ghp_hunter2
    content-type: application/json
    user-agent: agents-api-raw/VERSION
    x-github-api-version: 2026-03-10

    {"query":"query($ids:[ID!]!){nodes(ids:$ids){id}}","variables":{"ids":["PR_1"]}}
    "#);
}

#[tokio::test]
async fn what_would_reach_another_endpoint_is_not_sent() {
    let github = Canned::new(200, "[]");
    let client = github.client();
    let begin = || client.request(LIST_PULLS, Method::GET);
    for (request, told) in [
        (begin().path("owner", "..").path("repo", "r"), "owner"),
        (begin().path("owner", "o").path("repo", "r/../../../user"), "repo"),
        (begin().path("owner", "o").path("repo", ""), "repo"),
        (begin(), "owner"),
        (begin().path("owner", "o"), "repo"),
        (begin().path("repo", "r").path("owner", "o"), "repo"),
        (
            begin().path("owner", "o").path("repo", "r").path("number", "1"),
            "number",
        ),
    ] {
        let error = request.send::<Value>().await.unwrap_err();
        assert!(matches!(&error, Error::InvalidRequest(_)), "{error:?}");
        assert!(error.to_string().contains(told), "{error} tells {told}");
    }
    assert_eq!(github.count(), 0);
}

#[tokio::test]
async fn any_other_status_is_an_error_with_the_response() {
    let github = Canned::new(404, r#"{"message":"Not Found"}"#);
    let request = github
        .client()
        .request(Operation::new("user", "/user"), Method::GET)
        .send::<Value>()
        .await;
    assert_eq!(
        request.unwrap_err().response().unwrap().message().as_deref(),
        Some("Not Found")
    );
}

#[tokio::test]
async fn no_content_is_null() {
    let github = Canned::new(204, "");
    let delete = Operation::new("delete_x", "/x");
    github
        .client()
        .request(delete, Method::DELETE)
        .send::<()>()
        .await
        .unwrap();
    assert_eq!(github.only().method, "DELETE");
}
