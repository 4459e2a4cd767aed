//! Clients: how they are made, and what they hand out.

use std::time::Duration;

use crate::support::{connect, connect_with};
use agents_api::raw::{self, BoxFuture, Operation, RequestConfig, Transport};
use agents_api::{Client, Delivery, ErrorKind, RetryPolicy, reqwest, until};
use agents_api_emulator::Emulator;

#[test]
fn the_futures_and_streams_can_go_anywhere() {
    fn anywhere<T: Send + Unpin + 'static>(_: &T) {}
    let client = Client::builder().token("ghp_x").build().unwrap();
    let repo = client.repo("o", "r").unwrap();
    anywhere(&repo.list_tasks().items());
    anywhere(&repo.list_tasks().pages());
    anywhere(&repo.start_task("p").into_future());
    anywhere(&client.task("t").wait_until(until::ended()).into_future());
}

#[test]
fn names_that_cannot_be_are_refused_at_once() {
    let client = Client::builder().token("ghp_x").build().unwrap();
    for (owner, name) in [("..", "r"), ("o", ""), ("o/p", "r"), ("o", ".")] {
        assert_eq!(
            client.repo(owner, name).unwrap_err().kind(),
            ErrorKind::InvalidInput
        );
    }
}

#[test]
fn a_repository_can_be_named_in_one() {
    let client = Client::builder().token("ghp_x").build().unwrap();
    let repo = client.repo_from_full_name("octocat/hello-world").unwrap();
    assert_eq!(
        (repo.owner(), repo.name(), repo.to_string().as_str()),
        ("octocat", "hello-world", "octocat/hello-world")
    );
    for name in ["octocat", "", "/", "octocat/", "/hello-world", "a/b/c", "../b"] {
        let error = client.repo_from_full_name(name).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    let error = client
        .repo_from_full_name("https://github.com/octocat/hello-world")
        .unwrap_err();
    assert!(error.to_string().contains("write owner/name"), "{error}");
}

/// A transport that counts what it sends.
#[derive(Clone, Debug, Default)]
struct Counting(std::sync::Arc<std::sync::atomic::AtomicU32>);

impl Transport for Counting {
    fn send<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: reqwest::Request,
        _: Operation,
    ) -> BoxFuture<'a, Result<reqwest::Response, raw::Error>> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        Box::pin(async { Ok(http.execute(request).await?) })
    }
}

#[tokio::test]
async fn a_transport_of_ones_own_sends_the_requests() {
    let github = Emulator::start().await.unwrap();
    let counting = Counting::default();
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token())
        .transport(counting.clone())
        .build()
        .unwrap();
    client.list_tasks().pages().try_next().await.unwrap();
    assert_eq!(counting.0.load(std::sync::atomic::Ordering::Relaxed), 1);
    assert!(github.requests().len() == 1);
}

/// A transport that never sends.
#[derive(Debug)]
struct Closed;

impl Transport for Closed {
    fn send<'a>(
        &'a self,
        _: &'a reqwest::Client,
        _: reqwest::Request,
        _: Operation,
    ) -> BoxFuture<'a, Result<reqwest::Response, raw::Error>> {
        Box::pin(async { Err(raw::Error::NotSent("the circuit is open".into())) })
    }
}

#[tokio::test]
async fn a_start_that_its_transport_held_back_was_not_sent() {
    let client = Client::builder()
        .token("ghp_x")
        .transport(Closed)
        .build()
        .unwrap();
    let error = client.repo("o", "r").unwrap().start_task("p").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::Transport, Delivery::NotSent)
    );
    assert!(error.to_string().ends_with(": the circuit is open"), "{error}");
}

#[tokio::test]
async fn an_http_client_of_ones_own_is_used() {
    let github = Emulator::start().await.unwrap();
    let http = reqwest::Client::builder().https_only(true).build().unwrap();
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token())
        .http_client(http)
        .build()
        .unwrap();
    let repo = client.repo("octocat", "hello-world").unwrap();
    let error = repo.start_task("p").await.unwrap_err();
    assert_eq!(
        (error.kind(), error.delivery()),
        (ErrorKind::InvalidInput, Delivery::NotSent),
        "{error:?}"
    );
    assert_eq!((error.operation(), error.attempts()), (Some("start_task"), 0));
    let wait = client
        .task("t")
        .wait_until(until::ended())
        .poll_interval(Duration::MAX);
    let error = wait.timeout(Duration::from_secs(1)).await.unwrap_err();
    assert!(!error.is_timed_out(), "a lasting failure: {error}");
    assert!(github.requests().is_empty());
}

#[tokio::test]
async fn a_client_made_below_can_be_used_here() {
    let github = Emulator::start().await.unwrap();
    let config = RequestConfig::new().bearer_token(github.token()).unwrap();
    let client = Client::from(raw::Client::new(github.base_url(), config).unwrap());
    assert!(client.list_tasks().pages().try_next().await.unwrap().is_some());
    let (known, _) = connect(&github);
    assert_eq!(known.raw().base_url(), client.raw().base_url());
}

#[tokio::test]
async fn what_the_builder_says_is_on_the_wire() {
    let github = Emulator::start().await.unwrap();
    let (client, _) = connect_with(&github, |client| {
        client
            .base_url(format!("{}/api/v3/", github.base_url()))
            .user_agent("migration-bot/1.2")
            .api_version("2026-03-10")
    });
    client.list_tasks().pages().try_next().await.unwrap();
    let request = &github.requests()[0];
    assert_eq!(request.path, "/api/v3/agents/tasks");
    let agent = request.header("user-agent").unwrap();
    assert!(agent.starts_with("migration-bot/1.2 agents-api/"), "{agent}");
    assert_eq!(request.header("x-github-api-version"), Some("2026-03-10"));
    assert_eq!(request.header("accept"), Some("application/vnd.github+json"));

    let (other, _) = connect_with(&github, |client| client.api_version("1999-01-01"));
    let error = other.list_tasks().pages().try_next().await.unwrap_err();
    assert_eq!(error.status(), Some(400), "{error}");
}

#[test]
fn settings_that_cannot_work_are_refused_at_once() {
    type Set = fn(agents_api::ClientBuilder) -> agents_api::ClientBuilder;
    let cases: [(Set, &str); 8] = [
        (|client| client.base_url("http://ghe.example/api/v3"), "https://"),
        (|client| client.base_url("ghe.example"), "not a URL"),
        (|client| client.user_agent("a\nb"), "header"),
        (|client| client.api_version(" "), "blank"),
        (|client| client.total_timeout(Duration::ZERO), "total timeout"),
        (|client| client.connect_timeout(Duration::ZERO), "connect timeout"),
        (|client| client.max_in_flight(0), "allow at least 1"),
        (
            |client| {
                client
                    .http_client(reqwest::Client::new())
                    .request_timeout(Duration::from_secs(1))
            },
            "time limits",
        ),
    ];
    for (set, told) in cases {
        let error = set(Client::builder().token("ghp_x")).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(told), "{error} tells {told}");
    }
}

#[tokio::test]
async fn the_time_limit_of_a_request_is_the_builders() {
    let github = Emulator::start().await.unwrap();
    github.inject(agents_api_emulator::Fault::on(
        agents_api_emulator::Target::Any,
        agents_api_emulator::Effect::Hang,
    ));
    let (client, _) = connect_with(&github, |client| {
        client
            .request_timeout(Duration::from_millis(20))
            .retry(RetryPolicy::never())
    });
    let error = client.task("t").get().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::Transport, 1),
        "{error}"
    );
}

#[test]
fn what_names_a_thing_is_shown_on_one_short_line() {
    let client = Client::builder().token("ghp_x").build().unwrap();
    let repo = client.repo("octocat", "hello-world").unwrap();
    assert_eq!(format!("{client:?}"), r#"Client("https://api.github.com/")"#);
    assert_eq!(format!("{repo:?}"), r#"Repo("octocat/hello-world")"#);
    assert_eq!(format!("{:?}", repo.task("t")), r#"TaskRef("t")"#);
}

#[test]
fn a_server_is_named_once() {
    let both = Client::builder()
        .token("ghp_x")
        .base_url("https://x.example")
        .github_host("octocorp.ghe.com");
    assert_eq!(both.build().unwrap_err().kind(), ErrorKind::InvalidInput);
    let wrong = Client::builder().token("ghp_x").github_host("git.example.com");
    assert!(
        wrong
            .build()
            .unwrap_err()
            .to_string()
            .contains("SUBDOMAIN.ghe.com")
    );
}

#[tokio::test]
async fn headers_and_a_proxy_of_ones_own_are_used() {
    let proxy = Emulator::start().await.unwrap();
    let name = reqwest::header::HeaderName::from_static("x-team");
    let client = Client::builder()
        .token(proxy.token())
        .base_url("http://127.0.0.1:9")
        .proxy(reqwest::Proxy::http(proxy.base_url()).unwrap())
        .header(name, reqwest::header::HeaderValue::from_static("blue"))
        .build()
        .unwrap();
    let _ = client.task("t").get().await;
    let requests = proxy.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].header("x-team"), Some("blue"));
}
