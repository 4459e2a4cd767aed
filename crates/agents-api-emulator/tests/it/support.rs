//! What every test needs: a running emulator and a client that asks it.

use agents_api_emulator::{Builder, Emulator};
use reqwest::header::HeaderMap;
use serde_json::Value;

/// The default repository's tasks.
pub(crate) const REPO_TASKS: &str = "/agents/repos/octocat/hello-world/tasks";

/// An emulator and a client with its token.
pub(crate) struct World {
    pub(crate) github: Emulator,
    http: reqwest::Client,
}

/// A status, headers and a body.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    /// The ids of a page.
    pub(crate) fn ids(&self) -> Vec<String> {
        let tasks = self.body["tasks"].as_array().expect("a page of tasks");
        tasks
            .iter()
            .map(|task| task["id"].as_str().expect("an id").to_owned())
            .collect()
    }
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(Emulator::builder()).await
    }

    pub(crate) async fn with(builder: Builder) -> Self {
        let github = builder.start().await.expect("a free port");
        let http = reqwest::Client::builder().user_agent("tests").no_proxy();
        let http = http
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self { github, http }
    }

    /// A request with the token of the emulator.
    pub(crate) fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("{}{path}", self.github.base_url());
        self.http
            .request(method.parse().expect("a method"), url)
            .bearer_auth(self.github.token())
    }

    /// A request without a token.
    pub(crate) fn anonymous(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        self.http.request(
            method.parse().expect("a method"),
            format!("{}{path}", self.github.base_url()),
        )
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        reply(self.request("GET", path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        reply(self.request("POST", path).json(body)).await
    }

    /// Starts a task and returns its id.
    pub(crate) async fn start(&self, prompt: &str) -> String {
        let started = self
            .post(REPO_TASKS, &serde_json::json!({ "prompt": prompt }))
            .await;
        assert_eq!(started.status, 201, "{}", started.body);
        started.body["id"].as_str().expect("an id").to_owned()
    }
}

pub(crate) async fn reply(request: reqwest::RequestBuilder) -> Reply {
    let response = request.send().await.expect("a response");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let bytes = response.bytes().await.expect("a whole body");
    Reply {
        status,
        headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    }
}

/// Waits for something that happens in another task.
pub(crate) async fn until(happened: impl Fn() -> bool) {
    let wait = async {
        while !happened() {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    let bound = std::time::Duration::from_secs(20);
    tokio::time::timeout(bound, wait)
        .await
        .expect("it never happened");
}
