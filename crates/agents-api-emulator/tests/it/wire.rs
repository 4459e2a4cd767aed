//! The faults as a raw socket receives them.

use std::io::ErrorKind;
use std::time::Duration;

use agents_api_emulator::{Effect, Emulator, Fault, Target};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::World;

/// Sends bytes and reads until the connection ends, in whichever way.
pub(crate) async fn raw(world: &World, request: &str) -> String {
    exchange(world, request).await.0
}

async fn exchange(world: &World, request: &str) -> (String, Option<ErrorKind>) {
    let mut stream = TcpStream::connect(world.github.address())
        .await
        .expect("a connection");
    let (mut reader, mut writer) = stream.split();
    let send = async {
        // The other side may have hung up already.
        let _ = writer.write_all(request.as_bytes()).await;
    };
    let receive = async {
        let mut bytes = Vec::new();
        let error = reader
            .read_to_end(&mut bytes)
            .await
            .err()
            .map(|error| error.kind());
        (String::from_utf8_lossy(&bytes).into_owned(), error)
    };
    tokio::join!(send, receive).1
}

async fn under(effect: Effect) -> (String, Option<ErrorKind>) {
    let world = World::with(Emulator::builder().fault(Fault::on(Target::Any, effect))).await;
    exchange(&world, &get(&world)).await
}

fn get(world: &World) -> String {
    let token = world.github.token();
    format!(
        "GET /agents/tasks HTTP/1.1\r\nHost: h\r\nUser-Agent: x\r\nAuthorization: token {token}\r\nConnection: close\r\n\r\n"
    )
}

fn promised(response: &str) -> Option<usize> {
    let line = response
        .lines()
        .find(|line| line.to_ascii_lowercase().starts_with("content-length:"))?;
    line.split(':').nth(1)?.trim().parse().ok()
}

fn body(response: &str) -> &str {
    response.split_once("\r\n\r\n").map_or("", |(_, body)| body)
}

#[tokio::test]
async fn a_reset_is_a_reset_and_not_an_end() {
    assert_eq!(
        under(Effect::Reset).await,
        (String::new(), Some(ErrorKind::ConnectionReset))
    );
}

#[tokio::test]
async fn a_close_is_an_end_without_a_byte() {
    assert_eq!(under(Effect::Close).await, (String::new(), None));
}

#[tokio::test]
async fn a_truncated_body_is_shorter_than_promised() {
    let (response, error) = under(Effect::Truncate { after: Some(10) }).await;
    assert_eq!((body(&response).len(), error), (10, None));
    assert!(promised(&response) > Some(10), "{response}");
    let (response, _) = under(Effect::Truncate { after: None }).await;
    assert_eq!(
        promised(&response).map(|size| size / 2),
        Some(body(&response).len())
    );
    let (response, _) = under(Effect::Truncate {
        after: Some(1_000_000),
    })
    .await;
    assert_eq!(
        promised(&response),
        Some(body(&response).len() + 1),
        "something is always missing"
    );
}

#[tokio::test]
async fn cut_chunks_lack_the_last_one() {
    let (response, error) = under(Effect::CutChunks { after: None }).await;
    assert_eq!(error, None);
    assert!(
        response
            .to_ascii_lowercase()
            .contains("transfer-encoding: chunked"),
        "{response}"
    );
    assert!(
        !response.ends_with("0\r\n\r\n") && !body(&response).is_empty(),
        "{response}"
    );
}

#[tokio::test]
async fn a_hang_keeps_the_connection_open_until_the_client_gives_up() {
    let world = World::with(Emulator::builder().fault(Fault::on(Target::Any, Effect::Hang).nth(1))).await;
    let mut stream = TcpStream::connect(world.github.address())
        .await
        .expect("a connection");
    stream.write_all(get(&world).as_bytes()).await.expect("sent");
    let mut byte = [0];
    let waited = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut byte)).await;
    assert!(waited.is_err(), "neither a byte nor an end came");
    drop(stream);
    while world.github.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        world.github.requests()[0].status,
        None,
        "the log tells of the request all the same"
    );
    assert_eq!(world.get("/agents/tasks").await.status, 200);
}

#[tokio::test]
async fn a_kept_connection_serves_on_after_a_harmless_fault() {
    let world =
        World::with(Emulator::builder().fault(Fault::on(Target::Any, Effect::Html { status: 502 }).nth(1)))
            .await;
    assert_eq!(world.get("/agents/tasks").await.status, 502);
    assert_eq!(world.get("/agents/tasks").await.status, 200);
}

#[tokio::test]
async fn dropping_the_emulator_ends_its_connections_and_frees_the_port() {
    let world = World::new().await;
    let address = world.github.address();
    let mut idle = TcpStream::connect(address).await.expect("a connection");
    world.get("/agents/tasks").await;
    world.github.shutdown().await;
    let mut byte = [0];
    assert!(matches!(idle.read(&mut byte).await, Ok(0) | Err(_)));
    tokio::net::TcpListener::bind(address)
        .await
        .expect("the port is free");
}

#[tokio::test]
async fn many_emulators_know_nothing_of_each_other() {
    let (one, two) = (World::new().await, World::new().await);
    one.start("x").await;
    assert_eq!((one.github.tasks().len(), two.github.tasks().len()), (1, 0));
    assert_ne!(one.github.address(), two.github.address());
}
