//! Decoding alone, of bytes that the emulator has sent.
use agents_api::raw::bytes::Bytes;
use agents_api::raw::{RawResponse, types};
use agents_api::reqwest::StatusCode;
use agents_api::reqwest::header::HeaderMap;
use agents_api_emulator::DEFAULT_TOKEN;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::by_hand;
use crate::peers::Failure;

/// Decodes the body at `path` `times` over, as `peer` does.
pub(crate) async fn decode(peer: &str, path: &str, times: u32) -> Result<(), Failure> {
    let body = by_hand::client(DEFAULT_TOKEN)?.get(path).send().await?;
    let body = body.error_for_status()?.bytes().await?;
    let is_page = serde_json::from_slice::<Value>(&body)?.get("tasks").is_some();
    match (peer, is_page) {
        ("by-hand", true) => repeat::<by_hand::TaskList>(&body, times),
        ("by-hand", false) => repeat::<by_hand::Task>(&body, times),
        ("library", true) => library::<types::TaskList>(&body, times),
        ("library", false) => library::<types::Task>(&body, times),
        ("nothing kept", _) => repeat::<serde::de::IgnoredAny>(&body, times),
        ("any JSON", _) => repeat::<Value>(&body, times),
        (other, _) => Err(format!("nobody decodes as {other}").into()),
    }
}

/// As the library decodes what it received.
fn library<T: DeserializeOwned>(body: &Bytes, times: u32) -> Result<(), Failure> {
    let response = RawResponse::new(StatusCode::OK, HeaderMap::new(), body.clone());
    for _ in 0..times {
        drop(std::hint::black_box(std::hint::black_box(&response).json::<T>()?));
    }
    Ok(())
}

fn repeat<T: DeserializeOwned>(body: &[u8], times: u32) -> Result<(), Failure> {
    for _ in 0..times {
        drop(std::hint::black_box(serde_json::from_slice::<T>(
            std::hint::black_box(body),
        )?));
    }
    Ok(())
}
