//! Redirects of renamed repositories: the same request again, on the same host only.
use std::sync::{Arc, Mutex};

use agents_api_raw::{BoxFuture, Client, Error, Operation, RequestConfig, Transport, types};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const TASK: &str = r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z"}"#;

/// Serves on one connection after the other; `respond` gets the request's text.
async fn serve(respond: impl Fn(&str) -> String + Send + 'static) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let requests = Arc::new(Mutex::new(Vec::new()));
    let seen = requests.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut buffer = vec![0; 8192];
            let length = stream.read(&mut buffer).await.unwrap_or(0);
            let request = String::from_utf8_lossy(&buffer[..length]).into_owned();
            let text = respond(&request);
            seen.lock().unwrap().push(request);
            let _ = stream.write_all(text.as_bytes()).await;
        }
    });
    (address, requests)
}

fn redirect(status: u16, location: &str) -> String {
    format!("HTTP/1.1 {status} R\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}

fn ok(status: u16) -> String {
    format!(
        "HTTP/1.1 {status} OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{TASK}",
        TASK.len()
    )
}

fn client(address: &str) -> Client {
    Client::new(address, RequestConfig::new().bearer_token("ghp_secret").unwrap()).unwrap()
}

#[tokio::test]
async fn a_start_in_a_renamed_repository_stays_a_start() {
    for status in [301, 302, 307, 308] {
        let (address, requests) = serve(move |request| {
            if request.contains("/new/") {
                ok(201)
            } else {
                redirect(status, "/agents/repos/octocat/new/tasks")
            }
        })
        .await;
        let body = types::StartTask::builder().prompt("p");
        let client = client(&address);
        let start = client
            .start_task()
            .owner("octocat")
            .repo("old")
            .body(body)
            .send()
            .await;
        let start = start.unwrap();
        assert_eq!((start.id.as_str(), start.requests_sent()), ("t", 2));
        let requests = requests.lock().unwrap();
        assert_eq!(requests.len(), 2);
        assert!(
            requests[1].starts_with("POST /agents/repos/octocat/new/tasks "),
            "{}",
            requests[1]
        );
        assert!(requests[1].ends_with(r#"{"prompt":"p"}"#) && requests[1].contains("Bearer ghp_secret"));
    }
}

#[tokio::test]
async fn a_start_goes_to_no_other_endpoint() {
    for location in [
        "/login",
        "/agents/repos/octocat/old/tasks/",
        "/agents/repos/octocat/new/pulls",
        "?again=1",
    ] {
        let (address, requests) = serve(move |_| redirect(307, location)).await;
        let body = types::StartTask::builder().prompt("p");
        let client = client(&address);
        let start = client.start_task().owner("octocat").repo("old").body(body);
        let error = start.send().await.unwrap_err();
        assert_eq!(
            (error.status().unwrap().as_u16(), error.requests_sent()),
            (307, 1),
            "{location}"
        );
        assert_eq!(requests.lock().unwrap().len(), 1, "{location}");
    }
}

#[tokio::test]
async fn a_failure_after_a_redirect_counts_both_requests() {
    let (address, requests) = serve(|request| {
        if request.contains("/repositories/42/") {
            String::new()
        } else {
            redirect(307, "/agents/repositories/42/tasks")
        }
    })
    .await;
    let body = types::StartTask::builder().prompt("p");
    let client = client(&address);
    let start = client.start_task().owner("octocat").repo("old").body(body);
    let error = start.send().await.unwrap_err();
    assert!(matches!(error, Error::AfterRedirect { .. }), "{error:?}");
    assert_eq!((error.requests_sent(), requests.lock().unwrap().len()), (2, 2));
    assert!(
        error.to_string().starts_with("after a redirect: no response: "),
        "{error}"
    );
}

#[tokio::test]
async fn another_host_gets_neither_request_nor_token() {
    let (elsewhere, reached) = serve(|_| ok(200)).await;
    let (address, _) = serve(move |_| redirect(307, &format!("{elsewhere}/agents/tasks/t"))).await;
    let error = client(&address).get_task().task_id("t").send().await.unwrap_err();
    assert!(matches!(error, Error::Status(_)), "{error:?}");
    assert_eq!(error.status().unwrap().as_u16(), 307);
    assert!(error.headers().unwrap().contains_key("location"));
    assert!(reached.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_redirect_to_itself_ends() {
    let (address, requests) = serve(|_| redirect(302, "/agents/tasks/t")).await;
    let error = client(&address).get_task().task_id("t").send().await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "response 302 Found: (empty body); it redirects to /agents/tasks/t"
    );
    assert_eq!(requests.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn endless_redirects_end() {
    let (address, requests) = serve(|request| {
        let length = request.lines().next().unwrap_or_default().len();
        redirect(307, &format!("/agents/tasks/{}", "t".repeat(length)))
    })
    .await;
    let error = client(&address).get_task().task_id("t").send().await.unwrap_err();
    assert_eq!(error.status().unwrap().as_u16(), 307);
    assert_eq!(requests.lock().unwrap().len(), 6);
}

/// Counts requests and sends them.
#[derive(Debug, Default)]
struct Counting(std::sync::atomic::AtomicUsize);

impl Transport for Counting {
    fn send<'a>(
        &'a self,
        http: &'a reqwest::Client,
        request: reqwest::Request,
        _operation: Operation,
    ) -> BoxFuture<'a, Result<reqwest::Response, Error>> {
        self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        Box::pin(async move { Ok(http.execute(request).await?) })
    }
}

#[tokio::test]
async fn a_shared_transport_sends_redirected_requests_too() {
    let counting = Arc::new(Counting::default());
    let (address, _) = serve(|request| {
        if request.contains("/new ") {
            ok(200)
        } else {
            redirect(301, "/agents/tasks/new")
        }
    })
    .await;
    let client = Client::new(&address, RequestConfig::new().transport(counting.clone())).unwrap();
    assert_eq!(client.get_task().task_id("old").send().await.unwrap().id, "t");
    assert_eq!(counting.0.load(std::sync::atomic::Ordering::SeqCst), 2);
}
