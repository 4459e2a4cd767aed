//! Servers that mean harm: too much, too slow, without end, or with words that act on a terminal. `SECURITY.md` names
//! these tests.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::support::{answer, answers};
use agents_api::{Client, Error, ErrorKind, RetryPolicy, Task};
use futures_util::future::{FutureExt as _, select};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep};

const MIB: usize = 1024 * 1024;

/// A server that does this with every connection once it has read a request, and how often it was reached.
async fn serve<F, A>(act: F) -> (Client, Arc<AtomicUsize>)
where
    F: Fn(TcpStream, String) -> A + Send + 'static,
    A: Future<Output = ()> + Send + 'static,
{
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    let reached = Arc::new(AtomicUsize::new(0));
    let count = reached.clone();
    tokio::spawn(async move {
        loop {
            let (mut connection, _) = server.accept().await.unwrap();
            let mut request = vec![0; 16 * 1024];
            let read = connection.read(&mut request).await.unwrap_or_default();
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(act(connection, request));
        }
    });
    let client = Client::builder()
        .base_url(format!("http://{address}"))
        .token("ghp_hunter2");
    (client.build().unwrap(), reached)
}

/// A server that begins with `head` and goes on with `more` for as long as anybody reads, and how much of it was sent.
async fn endless(head: &'static str, more: Vec<u8>) -> (Client, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let sent = Arc::new(AtomicUsize::new(0));
    let more = Arc::new(more);
    let count = sent.clone();
    let (client, reached) = serve(move |mut connection, _| {
        let (count, more) = (count.clone(), more.clone());
        async move {
            let _ = connection.write_all(head.as_bytes()).await;
            while connection.write_all(&more).await.is_ok() {
                count.fetch_add(more.len(), Ordering::SeqCst);
                tokio::task::yield_now().await;
            }
        }
    })
    .await;
    (client, reached, sent)
}

/// What the sockets between the two may hold.
const ON_THE_WAY: usize = 16 * MIB;

#[tokio::test]
async fn a_body_without_end_is_not_read_on_and_not_asked_for_again() {
    let (client, reached, sent) = endless("HTTP/1.1 200 OK\r\n\r\n", vec![b' '; 256 * 1024]).await;
    let error = client.task("t").get().await.unwrap_err();
    assert!(
        error.to_string().contains("larger than 16777216 bytes"),
        "{error}"
    );
    assert_eq!((error.attempts(), reached.load(Ordering::SeqCst)), (1, 1));
    assert!(sent.load(Ordering::SeqCst) < 16 * MIB + ON_THE_WAY);
}

#[tokio::test]
async fn the_beginning_of_an_error_without_end_is_taken_for_the_whole() {
    let (client, _, sent) = endless("HTTP/1.1 403 Forbidden\r\n\r\n", b"ghp_another ".repeat(5000)).await;
    let error = client.task("t").get().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(error.body().map(agents_api::raw::bytes::Bytes::len), Some(MIB));
    // The million of tokens in it costs nothing.
    assert!(error.to_string().len() < 1000 && !format!("{error} {error:?}").contains("another"));
    assert!(sent.load(Ordering::SeqCst) < MIB + ON_THE_WAY);
}

#[tokio::test]
async fn headers_without_end_are_not_read_on() {
    for (head, more) in [
        ("HTTP/1.1 200 OK\r\n", b"x-a: b\r\n".repeat(1000)),
        ("HTTP/1.1 200 OK\r\nx-a: ", vec![b'a'; 64 * 1024]),
        ("HTTP/1.1 200 ", vec![b'a'; 64 * 1024]),
        (
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1;",
            vec![b'a'; 64 * 1024],
        ),
        ("SSH-2.0-x\r\n", vec![b'a'; 64 * 1024]),
    ] {
        let (client, _, sent) = endless(head, more).await;
        let error = once(&client).await;
        assert_eq!(error.kind(), ErrorKind::Transport, "{head:?}: {error}");
        assert!(sent.load(Ordering::SeqCst) < MIB + ON_THE_WAY, "{head:?}");
    }
}

/// The error of a single look at a task.
async fn once(client: &Client) -> Error {
    let client = Client::builder()
        .base_url(client.raw().base_url().as_str())
        .token("ghp_hunter2")
        .retry(RetryPolicy::never());
    client.build().unwrap().task("t").get().await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn answers_that_drip_end_with_the_time_limit() {
    for (head, drop) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{", " "),
        ("HTTP/1.1 200 OK\r\n", "x-a: b\r\n"),
        ("", "HTTP/1.1 100 Continue\r\n\r\n"),
        ("HTTP/1.1 404 Not Found\r\ncontent-length: 1000\r\n\r\n{", " "),
    ] {
        let (client, _) = serve(move |mut connection, _| async move {
            let _ = connection.write_all(head.as_bytes()).await;
            while connection.write_all(drop.as_bytes()).await.is_ok() {
                sleep(Duration::from_secs(5)).await;
            }
        })
        .await;
        let begun = Instant::now();
        client.task("t").get().await.unwrap_err();
        assert!(
            begun.elapsed() <= Duration::from_secs(5 * 60),
            "{head:?}: {:?}",
            begun.elapsed()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_a_thousand_years_is_a_day() {
    for asked in [
        "retry-after: 18446744073709551615\r\n",
        "retry-after: 99999999999999999999999999\r\n",
        "retry-after: Fri, 31 Dec 9999 23:59:59 GMT\r\n",
        "x-ratelimit-limit: 1\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 253402300799\r\n",
    ] {
        let (client, _) = answers([answer(429, asked, ""), answer(200, "", TASK)]).await;
        let day = Duration::from_secs(24 * 60 * 60);
        let error = client.task("t").get().await.unwrap_err();
        assert!(
            error.is_rate_limited() && error.retry_after() <= Some(day),
            "{asked}: {error:?}"
        );
        sleep(day).await;
        client
            .task("t")
            .get()
            .await
            .expect("the client is not silenced for ever");
    }
}

const TASK: &str = r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z"}"#;

#[tokio::test]
async fn json_of_any_depth_is_an_error() {
    for nested in ["[", "{\"a\":"] {
        let deep = nested.repeat(200_000);
        let bodies = [
            deep.clone(),
            format!(r#"{{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z","x":{deep}"#),
            format!(
                r#"{{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z","artifacts":[{{"type":"x","provider":"y","data":{deep}"#
            ),
        ];
        for body in bodies {
            let (client, _) = answers([answer(200, "", &body), answer(422, "", &body)]).await;
            let error = client.task("t").get().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
            let error = client.task("t").get().await.unwrap_err();
            assert!(error.field_errors().is_empty() && error.message().is_none());
            assert!(error.to_string().len() < 1000);
        }
    }
}

/// A server of lists that gives a page of this body with a link to the page of the number that `next` makes.
async fn pages(body: &'static str, next: fn(u64) -> u64) -> (Client, Arc<AtomicUsize>) {
    serve(move |mut connection, request| async move {
        let page = request
            .split("page=")
            .last()
            .and_then(|rest| rest.split(['&', ' ']).next())
            .unwrap_or_default();
        let next = next(page.parse().unwrap());
        let link = format!("link: <https://evil.example/?page={next}>; rel=\"next\"\r\n");
        let _ = connection.write_all(answer(200, &link, body).as_bytes()).await;
    })
    .await
}

#[tokio::test]
async fn a_list_without_end_costs_what_is_asked_of_it() {
    let (client, reached) = pages(r#"{"tasks":[]}"#, |page| page + 1).await;
    let mut walk = client.list_tasks().pages();
    for _ in 0..3 {
        assert!(walk.try_next().await.unwrap().is_some());
    }
    assert_eq!(reached.load(Ordering::SeqCst), 3);
    // A walk by tasks goes through empty pages, and ends when nobody waits for it any more.
    let mut items = client.list_tasks().items();
    let enough = async {
        while reached.load(Ordering::SeqCst) < 20 {
            tokio::task::yield_now().await;
        }
    };
    drop(select(Box::pin(items.try_next()), Box::pin(enough)).await);
    let asked = reached.load(Ordering::SeqCst);
    assert!((20..25).contains(&asked), "{asked}");
}

#[tokio::test]
async fn a_next_page_that_is_not_further_on_ends_the_walk() {
    for next in [|page| page, |page: u64| page.saturating_sub(1), |_| 0] {
        let (client, reached) = pages(r#"{"tasks":[]}"#, next).await;
        let mut walk = client.list_tasks().pages();
        assert!(walk.try_next().await.unwrap().is_some());
        let error = walk.try_next().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnexpectedResponse, "{error}");
        assert_eq!(reached.load(Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn a_link_to_another_host_is_not_followed() {
    let (elsewhere, other) = serve(|_, _| async {}).await;
    let there = elsewhere.raw().base_url().clone();
    let link = format!("link: <{there}agents/tasks?page=2>; rel=\"next\"\r\n");
    let (client, _) = answers([
        answer(200, &link, r#"{"tasks":[]}"#),
        answer(200, "", r#"{"tasks":[]}"#),
    ])
    .await;
    let mut walk = client.list_tasks().pages();
    while walk.try_next().await.unwrap().is_some() {}
    assert_eq!(other.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_redirect_to_another_host_is_not_followed() {
    let (elsewhere, other) = serve(|_, _| async {}).await;
    let there = elsewhere.raw().base_url().clone();
    for status in [301, 302, 303, 307, 308] {
        let (client, repo) = answers([
            answer(status, &format!("location: {there}agents/tasks/t\r\n"), ""),
            answer(status, &format!("location: {there}agents/tasks/t\r\n"), ""),
        ])
        .await;
        assert_eq!(client.task("t").get().await.unwrap_err().status(), Some(status));
        assert_eq!(repo.start_task("p").await.unwrap_err().status(), Some(status));
    }
    assert_eq!(other.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_id_from_an_answer_cannot_lead_elsewhere() {
    let (client, reached) = serve(|_, _| async {}).await;
    for id in [
        "..",
        ".",
        "",
        "a/../../user",
        "..\\user",
        "\t..",
        "a\r\nx: y",
        "t/../../../graphql",
    ] {
        let body = serde_json::json!({ "id": id, "state": "queued", "created_at": "2026-01-01T00:00:00Z" });
        let task: Task = serde_json::from_value(body).unwrap();
        let error = client
            .task(&task.id)
            .get()
            .into_future()
            .now_or_never()
            .expect("nothing is waited for")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{id:?}");
        assert!(!error.to_string().contains(char::is_control), "{error:?}");
    }
    assert_eq!(reached.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_a_server_says_cannot_act_on_a_terminal_or_forge_a_line() {
    let words =
        r#"{"message":"a\u001b[2J\r\nINFO all is well\u202egnp.exe\u009b31m","errors":["\u001b]0;x\u0007"]}"#;
    let page = "<html>\u{1b}[2J\u{9b}31m\r\nINFO all is well\u{202e}</html>";
    let location = "location: https://x/\u{9b}31m\u{202e}?ghp_hunter2\r\n";
    let long = format!("location: https://x/{}\r\n", "y".repeat(20_000));
    for text in [
        answer(403, "", words),
        answer(502, "", page),
        answer(200, "", page),
        answer(200, "", words),
        answer(200, "", &format!("\"{}\"", r"\u001b[2J".repeat(500))),
        answer(200, "content-type: text/\u{9b}31m\u{202e}\r\n", "{}"),
        answer(302, location, page),
        answer(302, &long, ""),
        format!("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{page}"),
    ] {
        let (client, _) = answers([text.clone()]).await;
        let error = client.task("t").get().await.unwrap_err();
        for shown in [error.to_string(), format!("{error:?}")] {
            let acts = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!shown.contains(acts), "{text:?}: {shown:?}");
            assert!(
                shown.chars().count() < 1500 && !shown.contains("hunter2"),
                "{shown:?}"
            );
        }
    }
}

#[tokio::test]
async fn graphql_cannot_act_on_a_terminal_either() {
    let task = r#"{"id":"t","state":"completed","created_at":"2026-01-01T00:00:00Z","artifacts":[
        {"provider":"github","type":"pull","data":{"id":1,"global_id":"PR_a"}}]}"#;
    let task: Task = serde_json::from_str(task).unwrap();
    for body in [
        r#"{"errors":[{"message":"\u001b[2J\nINFO ghp_hunter2"}]}"#,
        r#"{"data":"\u001b[2J ghp_hunter2"}"#,
        r#"{"data":{"nodes":[null]},"errors":[{"path":["nodes",0],"message":"\u001b[2J\n\u202e ghp_hunter2"}]}"#,
        r#"{"data":{"nodes":[{"__typename":"\u001b[2J\n\u202e ghp_hunter2"}]}}"#,
    ] {
        let (client, _) = answers([answer(200, "", body)]).await;
        let shown = match client.resolve_pull_requests([&task]).await {
            Ok(pulls) => pulls.unresolved[0].to_string(),
            Err(error) => error.to_string(),
        };
        assert!(
            !shown.contains(['\u{1b}', '\n', '\u{202e}']) && !shown.contains("hunter2"),
            "{shown:?}"
        );
    }
}

/// Compressed a thousandfold: the body may be small on the wire and large in memory.
#[cfg(feature = "gzip")]
#[tokio::test]
async fn a_compressed_bomb_is_measured_as_it_unfolds() {
    for (status, head) in [(200, "200 OK"), (403, "403 Forbidden")] {
        let head = format!("HTTP/1.1 {head}\r\ncontent-encoding: gzip\r\n\r\n");
        let body = gzip_bomb(70 * MIB);
        assert!(body.len() < MIB);
        let (client, reached) = serve(move |mut connection, request| {
            assert!(request.to_lowercase().contains("accept-encoding: gzip"));
            let (head, body) = (head.clone(), body.clone());
            async move {
                let _ = connection.write_all(head.as_bytes()).await;
                let _ = connection.write_all(&body).await;
            }
        })
        .await;
        let error = client.task("t").get().await.unwrap_err();
        assert_eq!(
            (error.status(), reached.load(Ordering::SeqCst)),
            (Some(status), 1)
        );
        let kept = error.body().unwrap().len();
        assert!(kept <= if status == 200 { 16 * MIB } else { MIB }, "{kept}");
        assert!(
            status != 200 || error.to_string().contains("larger than"),
            "{error}"
        );
    }
}

/// A gzip file of so many spaces: one fixed block of a space and of copies of 258 bytes from one byte before.
#[cfg(feature = "gzip")]
fn gzip_bomb(size: usize) -> Vec<u8> {
    let mut file = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let (mut bits, mut count) = (0_u32, 0);
    // Codes go in with their first bit first.
    let mut put = |code: &str| {
        for bit in code.bytes() {
            bits |= u32::from(bit == b'1') << count;
            count += 1;
            if count == 8 {
                file.push(u8::try_from(bits).unwrap());
                (bits, count) = (0, 0);
            }
        }
    };
    put("110"); // the last block, of fixed codes
    put("01010000"); // a space
    for _ in 0..size / 258 {
        put("11000101"); // 258 bytes
        put("00000"); // from one byte before
    }
    put("0000000"); // the end
    put("0000000"); // the rest of the byte
    file
}
