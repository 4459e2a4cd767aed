//! What the tests share.
pub(crate) mod fleet;

use agents_api::{Client, ClientBuilder, Repo, RetryPolicy};
use agents_api_emulator::Emulator;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A client of the emulator that sends every request once, and a repository there.
pub(crate) fn connect(github: &Emulator) -> (Client, Repo) {
    connect_with(github, |client| client.retry(RetryPolicy::never()))
}

/// A client of the emulator, set up as the test needs it, and a repository there.
pub(crate) fn connect_with(
    github: &Emulator,
    set_up: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> (Client, Repo) {
    let client = Client::builder()
        .base_url(github.base_url())
        .token(github.token());
    let client = set_up(client).build().unwrap();
    let repo = client.repo("octocat", "hello-world").unwrap();
    (client, repo)
}

/// A client that sends every request once, of a server that gives these answers, each on a connection of its own, and a
/// repository there.
pub(crate) async fn answers(answers: impl IntoIterator<Item = impl Into<String>>) -> (Client, Repo) {
    let answers: Vec<String> = answers.into_iter().map(Into::into).collect();
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().unwrap();
    tokio::spawn(async move {
        for answer in answers {
            let (mut connection, _) = server.accept().await.unwrap();
            let mut request = [0; 16 * 1024];
            // The requests of these tests fit into one packet.
            let _ = connection.read(&mut request).await;
            let _ = connection.write_all(answer.as_bytes()).await;
            let _ = connection.shutdown().await;
        }
    });
    let client = Client::builder()
        .base_url(format!("http://{address}"))
        .token("ghp_example")
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let repo = client.repo("octocat", "hello-world").unwrap();
    (client, repo)
}

/// An answer as it goes over the wire. `headers` end in a line break each.
pub(crate) fn answer(status: u16, headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Status\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n{body}"
    )
}

/// A client whose requests pass through a relay to the emulator, and a repository there. After each answer, before it is
/// handed on, `after` is told the request line: what it changes happens between two requests.
pub(crate) async fn connect_between(
    github: &Emulator,
    mut after: impl FnMut(&str) + Send + 'static,
) -> (Client, Repo) {
    let relay = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = relay.local_addr().unwrap();
    let url = github.base_url();
    let emulator = url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    tokio::spawn(async move {
        loop {
            let (mut client, _) = relay.accept().await.unwrap();
            let mut request = vec![0; 16 * 1024];
            // The requests of these tests fit into one packet.
            let read = client.read(&mut request).await.unwrap();
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let Some((line, rest)) = request.split_once("\r\n") else {
                continue;
            };
            let mut server = TcpStream::connect(&emulator).await.unwrap();
            let forwarded = format!("{line}\r\nConnection: close\r\n{rest}");
            server.write_all(forwarded.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            server.read_to_end(&mut answer).await.unwrap();
            after(line);
            let _ = client.write_all(&answer).await;
            let _ = client.shutdown().await;
        }
    });
    let client = Client::builder()
        .base_url(format!("http://{address}"))
        .token(github.token())
        .retry(RetryPolicy::never())
        .build()
        .unwrap();
    let repo = client.repo("octocat", "hello-world").unwrap();
    (client, repo)
}
