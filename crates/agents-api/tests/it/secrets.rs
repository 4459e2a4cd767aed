//! Where a token could show or go, and does not. `SECURITY.md` names these tests.

use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::support::{answer, answers};
use agents_api::raw::{self, BoxFuture, Operation, Transport};
use agents_api::{Client, ClientBuilder, Error, RetryPolicy, reqwest, until};
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A token, and the part of it that must not show.
const TOKEN: &str = "ghp_hunter2";
const SECRET: &str = "hunter2";

fn fixed() -> ClientBuilder {
    Client::builder().token(TOKEN)
}

fn provided() -> ClientBuilder {
    Client::builder().token_provider(|| async { Ok::<_, std::io::Error>(TOKEN.to_owned()) })
}

#[tokio::test]
async fn nothing_that_can_be_shown_shows_a_token() {
    for build in [fixed, provided] {
        let mut shown = vec![format!("{:?}", build())];
        let client = build().build().unwrap();
        let repo = client.repo("o", "r").unwrap();
        shown.push(format!("{client:?} {client:#?} {:?}", client.raw()));
        shown.push(format!(
            "{:?} {:?}",
            client.raw().request_config(),
            client.raw().request_config().headers()
        ));
        shown.push(format!(
            "{repo:?} {:?} {:?}",
            client.task("t"),
            client.task("t").get()
        ));
        shown.push(format!("{:?} {:?}", repo.start_task("p"), repo.list_tasks()));
        shown.push(format!(
            "{:?} {:?}",
            repo.list_tasks().pages(),
            repo.list_tasks().items()
        ));
        shown.push(format!(
            "{:?}",
            client
                .task("t")
                .wait_until(until::ended())
                .timeout(std::time::Duration::ZERO)
        ));
        shown.push(format!(
            "{:?}",
            repo.resolve_pull_requests([] as [&agents_api::Task; 0])
        ));
        for text in shown {
            assert!(!text.contains(SECRET), "{text}");
        }
    }
}

/// Keeps how a logging transport would show the requests, and whether the token is marked as a secret.
#[derive(Clone, Debug, Default)]
struct Logging(Arc<Mutex<Vec<(String, bool)>>>);

impl Transport for Logging {
    fn send<'a>(
        &'a self,
        _: &'a reqwest::Client,
        request: reqwest::Request,
        _: Operation,
    ) -> BoxFuture<'a, Result<reqwest::Response, raw::Error>> {
        let secret = request.headers()[AUTHORIZATION].is_sensitive();
        let shown = format!("{request:?} {:?}", request.headers());
        self.0.lock().unwrap().push((shown, secret));
        Box::pin(async { Err(raw::Error::NotSent("it is only logged".into())) })
    }
}

#[tokio::test]
async fn a_transport_that_logs_requests_logs_no_token() {
    for build in [fixed, provided] {
        let log = Logging::default();
        let client = build().transport(log.clone()).build().unwrap();
        let error = client.repo("o", "r").unwrap().start_task("p").await.unwrap_err();
        client.task("t").get().await.unwrap_err();
        let log = log.0.lock().unwrap();
        assert_eq!(log.len(), 2);
        for (shown, secret) in log.iter() {
            assert!(secret & !shown.contains(SECRET), "{shown}");
        }
        assert!(!format!("{error} {error:?} {client:?}").contains(SECRET));
    }
}

#[test]
fn headers_of_ones_own_that_carry_credentials_are_marked() {
    for (name, secret) in [
        ("authorization", true),
        ("cookie", true),
        ("proxy-authorization", true),
        ("x-a", false),
    ] {
        let name = HeaderName::from_static(name);
        let config = raw::RequestConfig::new().header(name.clone(), HeaderValue::from_static(TOKEN));
        assert_eq!(config.headers()[&name].is_sensitive(), secret, "{name}");
        assert!(!format!("{config:?}").contains(SECRET));
    }
}

/// The error of looking at a task on a server that gives this answer.
async fn error_of(text: &str) -> Error {
    let (client, _) = answers([text]).await;
    client.task("t").get().await.unwrap_err()
}

#[tokio::test]
async fn a_token_that_a_server_echoes_is_not_shown() {
    let old = "0123456789abcdef0123456789abcdefhunter22";
    let echoes = [
        format!("Bearer {TOKEN}"),
        format!("x{TOKEN}y"),
        "github_pat_11hunter2".to_owned(),
        format!("authorization: Bearer {old}"),
        format!("authorization: token {old}"),
    ];
    for echo in echoes {
        let json = format!(r#"{{"message":"bad header: {echo}"}}"#);
        let errors = format!(r#"{{"message":"m","errors":[{{"message":"{echo}"}}]}}"#);
        let form = format!(r#"{{"id":"t","state":"queued","created_at":"{echo}","session_count":"{echo}"}}"#);
        let header = format!("x-echo: {echo}\r\nset-cookie: {echo}\r\n");
        for answer in [
            answer(400, &header, &json),
            answer(422, "", &errors),
            answer(502, "", &format!("<html>{echo}</html>")),
            answer(502, "", &format!("{}{echo}", "x ".repeat(70))),
            answer(200, "", &format!("<html>{echo}</html>")),
            answer(200, "", &format!("\"{echo}\"")),
            answer(200, &header, &form),
            answer(200, &format!("content-type: {echo}\r\n"), "{}"),
            answer(302, &format!("location: https://x/?{echo}\r\n"), ""),
            format!("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n{header}\r\n<html>{echo}"),
        ] {
            let error = error_of(&answer).await;
            let raw = error.as_raw().unwrap();
            let mut shown = format!("{error} {error:?} {raw} {raw:?}");
            let mut cause = std::error::Error::source(raw);
            while let Some(error) = cause {
                shown += &format!(" {error} {error:?}");
                cause = error.source();
            }
            assert!(!shown.contains(SECRET), "{answer}\n{shown}");
        }
    }
}

#[tokio::test]
async fn a_prompt_in_an_answer_of_another_form_is_not_shown() {
    for body in [
        r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z","session_count":"hunter2"}"#,
        r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z","sessions":["hunter2"]}"#,
        r#"{"id":"t","state":"queued","created_at":"hunter2"}"#,
        r#"{"id":"t","name":"hunter2","state":{"hunter2":1}}"#,
    ] {
        let error = error_of(&answer(200, "", body)).await;
        assert!(!error.to_string().contains(SECRET), "{error}");
        assert!(!format!("{:?}", std::error::Error::source(error.as_raw().unwrap())).contains(SECRET));
    }
}

#[tokio::test]
async fn what_a_provider_gives_that_is_no_token_is_not_shown() {
    for token in [
        "ghs_hunter2",
        "ghp_hunter2\nx",
        "\"ghp_hunter2\"",
        "ghp_hunter2\u{200b}",
    ] {
        let provider = move || async move { Ok::<_, std::io::Error>(token.to_owned()) };
        let client = Client::builder().token_provider(provider).build().unwrap();
        let error = client.task("t").get().await.unwrap_err();
        assert!(
            !format!("{error} {error:?} {client:?}").contains(SECRET),
            "{error:?}"
        );
    }
}

#[test]
fn an_address_with_credentials_is_refused_without_showing_them() {
    for url in [
        "https://me:hunter2@ghe.example",
        "https://api.github.com@hunter2.example",
        "https://ghe.example?token=hunter2",
        "http://ghe.example/hunter2",
    ] {
        let error = fixed().base_url(url).build().unwrap_err();
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
        assert!(!format!("{:?}", fixed().base_url(url)).contains(SECRET));
    }
}

/// A listener that refuses whatever comes, and what came.
async fn proxy() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let requests = seen.clone();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut request = vec![0; 8192];
            let read = connection.read(&mut request).await.unwrap_or_default();
            requests
                .lock()
                .unwrap()
                .push(String::from_utf8_lossy(&request[..read]).into_owned());
            let _ = connection
                .write_all(b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n")
                .await;
        }
    });
    (address, seen)
}

/// Runs the test below in a process with these variables, and gives what it wrote.
async fn with_environment(variables: Vec<(&'static str, String)>) -> String {
    let run = move || {
        let child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "secrets::look_as_the_environment_says",
                "--ignored",
                "--nocapture",
            ])
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name != "NO_PROXY" && name != "no_proxy"))
            .envs(variables)
            .output()
            .unwrap();
        assert!(
            child.status.success(),
            "{}",
            String::from_utf8_lossy(&child.stderr)
        );
        format!(
            "{}{}",
            String::from_utf8_lossy(&child.stdout),
            String::from_utf8_lossy(&child.stderr)
        )
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

#[tokio::test]
#[ignore = "a part of the tests below, in a process of its own"]
#[expect(clippy::print_stdout, reason = "it is what the tests below read")]
async fn look_as_the_environment_says() {
    match Client::from_env() {
        Ok(client) => {
            // Sent once, by the layer below.
            let error = client.raw().get_task().task_id("t").send().await.unwrap_err();
            let error = Error::from(error);
            println!("{client:?} {error} {error:?}");
        }
        Err(error) => println!("refused: {error} {error:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_proxy_of_the_environment_sees_no_token() {
    let (address, seen) = proxy().await;
    let proxy = format!("http://user:pass-hunter2@{address}");
    let variables = |url: &str| {
        let mut variables = vec![("GH_TOKEN", TOKEN.to_owned()), ("GITHUB_API_URL", url.to_owned())];
        for name in [
            "HTTP_PROXY",
            "http_proxy",
            "HTTPS_PROXY",
            "https_proxy",
            "ALL_PROXY",
            "all_proxy",
        ] {
            variables.push((name, proxy.clone()));
        }
        variables
    };
    // A tunnel is asked for, and nothing else told.
    let output = with_environment(variables("https://api.github.example")).await;
    let requests = seen.lock().unwrap().split_off(0);
    assert!(!output.contains(SECRET), "{output}");
    assert!(!requests.is_empty());
    for request in requests {
        assert!(
            request.starts_with("CONNECT api.github.example:443 "),
            "{request}"
        );
        assert!(
            !request.contains(TOKEN) && !request.contains("Bearer"),
            "{request}"
        );
    }
    // This machine's own servers are not reached through it, for their requests are in the clear.
    for url in ["http://127.0.0.1:9", "http://localhost:9", "http://[::1]:9"] {
        let output = with_environment(variables(url)).await;
        assert!(
            !output.contains(SECRET) && seen.lock().unwrap().is_empty(),
            "{url}: {output}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn an_address_of_the_environment_cannot_take_the_token_in_the_clear() {
    for url in [
        "http://api.github.com",
        "http://ghe.example/hunter2",
        "ftp://x",
        "https://a:hunter2@b",
    ] {
        let variables = vec![("GH_TOKEN", TOKEN.to_owned()), ("GITHUB_API_URL", url.to_owned())];
        let output = with_environment(variables).await;
        assert!(
            output.contains("refused: ") && !output.contains(SECRET),
            "{url}: {output}"
        );
    }
}

#[tokio::test]
async fn localhost_is_this_machine_whatever_a_resolver_says() {
    for address in ["127.0.0.1:0", "[::1]:0"] {
        let Ok(listener) = TcpListener::bind(address).await else {
            continue; // a machine without IPv6
        };
        let port = listener.local_addr().unwrap().port();
        let client = fixed()
            .base_url(format!("http://localhost:{port}"))
            .retry(RetryPolicy::never())
            .build()
            .unwrap();
        let reached = async {
            let (mut connection, _) = listener.accept().await.unwrap();
            let _ = connection.read(&mut [0; 8192]).await;
            let _ = connection.write_all(answer(404, "", "").as_bytes()).await;
        };
        let (error, ()) = tokio::join!(client.task("t").get(), reached);
        assert!(error.unwrap_err().is_not_found());
    }
}
