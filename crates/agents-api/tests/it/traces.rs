//! What an operation leaves in traces: one span with OpenTelemetry's names, its repetitions, and no secret.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use crate::support::{answer, answers, connect_with};
use agents_api::{Client, ClientBuilder, RetryPolicy};
use agents_api_emulator::{Effect, Emulator, Fault, Operation, TaskSeed};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::format::FmtSpan;

/// All that was traced in this thread, by whatever crate, at the finest level.
#[derive(Clone, Default)]
struct Traced(Arc<Mutex<Vec<u8>>>);

impl Traced {
    /// Traces from here until the guard is dropped.
    fn begin() -> (Self, DefaultGuard) {
        let traced = Self::default();
        let writer = traced.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_writer(move || writer.clone())
            .without_time()
            .finish();
        (traced, tracing::subscriber::set_default(subscriber))
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    /// The lines of the library's own spans and events.
    fn own(&self) -> Vec<String> {
        let text = self.text();
        let own = text
            .lines()
            .filter(|line| line.contains("agents_api{") && !line.contains("hyper"));
        own.map(ToOwned::to_owned).collect()
    }

    /// The last line of each span, which has all its fields.
    fn closed(&self) -> Vec<String> {
        self.own()
            .into_iter()
            .filter(|line| line.contains(": close"))
            .collect()
    }
}

impl Write for Traced {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn quick(client: ClientBuilder) -> ClientBuilder {
    let pause = std::time::Duration::from_millis(1);
    client.retry(RetryPolicy::new().backoff(pause, pause))
}

#[tokio::test]
async fn an_operation_is_one_span_with_the_fields_of_opentelemetry() {
    let github = Emulator::start().await.unwrap();
    let task = github.seed_task(TaskSeed::new("p")).unwrap();
    let (client, repo) = connect_with(&github, quick);
    let (traced, _guard) = Traced::begin();
    client.task(task.id()).get().await.unwrap();
    repo.task(task.id()).get().await.unwrap();
    repo.list_tasks().pages().try_next().await.unwrap();
    client.list_tasks().pages().try_next().await.unwrap();
    repo.start_task("p").await.unwrap();
    let closed = traced.closed();
    let operations = [
        ("get_task", "GET", "/agents/tasks/{task_id}", 200),
        (
            "get_task_for_repo",
            "GET",
            "/agents/repos/{owner}/{repo}/tasks/{task_id}",
            200,
        ),
        (
            "list_tasks_for_repo",
            "GET",
            "/agents/repos/{owner}/{repo}/tasks",
            200,
        ),
        ("list_tasks", "GET", "/agents/tasks", 200),
        ("start_task", "POST", "/agents/repos/{owner}/{repo}/tasks", 201),
    ];
    assert_eq!(closed.len(), operations.len(), "{}", traced.text());
    for (span, (operation, method, path, status)) in closed.iter().zip(operations) {
        for field in [
            "otel.kind=\"client\"".to_owned(),
            format!("operation=\"{operation}\""),
            format!("http.request.method=\"{method}\""),
            format!("url.template=\"{path}\""),
            "server.address=\"127.0.0.1\"".to_owned(),
            "server.port=".to_owned(),
            format!("http.response.status_code={status}"),
            "github.request_id=\"".to_owned(),
        ] {
            assert!(span.contains(&field), "{field} is in {span}");
        }
        assert!(
            !span.contains("error.type") && !span.contains("resend_count"),
            "{span}"
        );
        assert!(
            !span.contains(&task.id()),
            "an id would make a name for each task: {span}"
        );
    }
}

#[tokio::test]
async fn retries_are_warnings_of_the_one_span() {
    let github = Emulator::start().await.unwrap();
    let task = github.seed_task(TaskSeed::new("p")).unwrap();
    let (client, _) = connect_with(&github, quick);
    github.inject(Fault::on(Operation::GetTask, Effect::Status { status: 503 }).times(2));
    let (traced, _guard) = Traced::begin();
    client.task(task.id()).get().await.unwrap();
    let retries = traced
        .own()
        .into_iter()
        .filter(|line| line.contains("will be retried"));
    let retries: Vec<_> = retries.collect();
    assert_eq!(retries.len(), 2, "{}", traced.text());
    for (number, line) in retries.iter().enumerate() {
        let attempt = format!("attempt={}", number + 1);
        for field in [
            "WARN",
            "error.type=\"server\"",
            "http.response.status_code=503",
            "delay_ms=",
            &attempt,
        ] {
            assert!(line.contains(field), "{field} is in {line}");
        }
    }
    let closed = traced.closed();
    assert_eq!(closed.len(), 1);
    assert!(closed[0].contains("http.request.resend_count=2"), "{}", closed[0]);
}

#[tokio::test]
async fn a_failure_names_its_kind() {
    let github = Emulator::start().await.unwrap();
    let (client, _) = connect_with(&github, quick);
    let (traced, _guard) = Traced::begin();
    client.task("missing").get().await.unwrap_err();
    let closed = traced.closed();
    assert_eq!(closed.len(), 1);
    for field in [
        "error.type=\"not_found\"",
        "http.response.status_code=404",
        "github.request_id=",
    ] {
        assert!(closed[0].contains(field), "{field} is in {}", closed[0]);
    }
}

#[tokio::test]
async fn no_trace_of_any_crate_holds_a_token_or_a_prompt() {
    let github = Emulator::builder().token("ghp_hunter2").start().await.unwrap();
    let (traced, guard) = Traced::begin();
    let (client, repo) = connect_with(&github, quick);
    let task = repo.start_task("open sesame").await.unwrap();
    client.task(&task.id).get().await.unwrap();
    while repo.list_tasks().pages().try_next().await.unwrap().is_none() {}
    github.inject(Fault::on(Operation::GetTask, Effect::Status { status: 503 }).times(1));
    client.task(&task.id).get().await.unwrap();
    github.inject(Fault::on(Operation::StartTask, Effect::Reset).times(1));
    repo.start_task("open sesame").await.unwrap_err();
    let provided = Client::builder()
        .base_url(github.base_url())
        .token_provider(|| async { Ok::<_, io::Error>("ghp_hunter2".to_owned()) })
        .build()
        .unwrap();
    provided.task(&task.id).get().await.unwrap();
    drop(guard);
    assert_eq!(traced.closed().len(), 6, "{}", traced.text());
    for secret in ["hunter2", "open sesame"] {
        assert!(!traced.text().contains(secret), "{}", traced.text());
    }
}

#[tokio::test]
async fn a_server_cannot_put_words_into_traces() {
    let forged = [
        format!("x-github-request-id: {}\r\n", "A".repeat(10_000)),
        "x-github-request-id: Bearer ghp_hunter2\r\n".to_owned(),
        "x-github-request-id: a\" forged=\"field\r\n".to_owned(),
    ];
    let task = r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z"}"#;
    for header in forged {
        let body = r#"{"message":"Bearer ghp_hunter2 forged"}"#;
        let (client, _) = answers([answer(200, &header, task), answer(404, &header, body)]).await;
        let (traced, _guard) = Traced::begin();
        client.task("t").get().await.unwrap();
        client.task("t").get().await.unwrap_err();
        assert_eq!(traced.closed().len(), 2);
        for line in traced.own() {
            assert!(line.len() < 1000 && !line.contains("request_id"), "{line}");
            assert!(!line.contains("hunter2") && !line.contains("forged"), "{line}");
        }
    }
}
