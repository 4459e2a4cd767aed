//! Reads a response whole, then decodes it or keeps it as it is.
use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::de::DeserializeOwned;

use super::error::Error;
use super::json;
use super::response::{RawResponse, ResponseValue};
use super::sanitize::sanitize_for_display;

/// The largest body to read, decompressed. A page of 100 tasks has about 200 KiB.
const MAX_BODY: usize = 16 * 1024 * 1024;

/// How much of an error's body is kept. GitHub's have a few hundred bytes, a proxy's page a few thousand.
const MAX_ERROR_BODY: usize = 1024 * 1024;

/// Reads the response, the last of `requests_sent`, and decodes it if its status is one of `success`.
pub(super) async fn decode<T: DeserializeOwned>(
    response: reqwest::Response,
    requests_sent: u32,
    success: &[u16],
) -> Result<ResponseValue<T>, Error> {
    if !success.contains(&response.status().as_u16()) {
        let raw = read(response, requests_sent, Oversize::Truncate(MAX_ERROR_BODY)).await?;
        return Err(Error::Status(Box::new(raw)));
    }
    let raw = read(response, requests_sent, Oversize::Fail(MAX_BODY)).await?;
    let decoded = match non_json_type(&raw.headers) {
        Some(media_type) => Err(serde::de::Error::custom(format_args!(
            "its content-type is {media_type:?}, which is not JSON"
        ))),
        // The status means that there is no body.
        None if raw.status == StatusCode::NO_CONTENT => json::parse(b"null"),
        None => json::parse(&raw.body),
    };
    match decoded {
        Ok(value) => Ok(ResponseValue::from_raw(value, raw)),
        Err(source) => Err(Error::Decode {
            response: Box::new(raw),
            source,
        }),
    }
}

/// The media type of the body, if the headers say that it is not JSON.
fn non_json_type(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(CONTENT_TYPE)?.as_bytes();
    let essence = value
        .split(|byte| *byte == b';')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    let suffix = essence.len().checked_sub(5).map(|at| &essence[at..]);
    let json = essence.is_empty()
        || essence.eq_ignore_ascii_case(b"application/json")
        || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(b"+json"));
    (!json).then(|| sanitize_for_display(&String::from_utf8_lossy(essence).to_ascii_lowercase()))
}

/// What to do with a body of more bytes than given.
#[derive(Clone, Copy)]
enum Oversize {
    Truncate(usize),
    Fail(usize),
}

/// Reads the whole response. If reading fails, the error holds what arrived.
async fn read(
    mut response: reqwest::Response,
    requests_sent: u32,
    oversize: Oversize,
) -> Result<RawResponse, Error> {
    let status = response.status();
    // Moved, not cloned: reqwest read the length of the body from them before.
    let headers = std::mem::take(response.headers_mut());
    let mut body = Body::Empty;
    let failure = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => match oversize {
                Oversize::Fail(max) if body.len() + chunk.len() > max => break Some(too_large(max)),
                Oversize::Truncate(max) if body.len() + chunk.len() > max => {
                    let room = max - body.len();
                    body.push(chunk.slice(..room));
                    break None;
                }
                _ => body.push(chunk),
            },
            Ok(None) => break None,
            Err(error) => break Some(error.without_url().into()),
        }
    };
    let raw = RawResponse {
        status,
        headers,
        body: body.into_bytes(),
        requests_sent,
    };
    match failure {
        None => Ok(raw),
        Some(source) => Err(Error::Body {
            response: Box::new(raw),
            source,
        }),
    }
}

/// An error of its own kind, since the body would be as large the next time.
fn too_large(max: usize) -> Box<dyn std::error::Error + Send + Sync> {
    let message = format!("the body is larger than {max} bytes");
    std::io::Error::new(std::io::ErrorKind::FileTooLarge, message).into()
}

/// A body being read; the usual single chunk is not copied.
enum Body {
    Empty,
    One(Bytes),
    Many(BytesMut),
}

impl Body {
    fn len(&self) -> usize {
        match self {
            Self::Empty => 0,
            Self::One(bytes) => bytes.len(),
            Self::Many(bytes) => bytes.len(),
        }
    }

    fn push(&mut self, chunk: Bytes) {
        *self = match std::mem::replace(self, Self::Empty) {
            Self::Empty => Self::One(chunk),
            Self::One(first) => {
                let mut all = BytesMut::with_capacity((first.len() + chunk.len()) * 2);
                all.extend_from_slice(&first);
                all.extend_from_slice(&chunk);
                Self::Many(all)
            }
            Self::Many(mut all) => {
                all.extend_from_slice(&chunk);
                Self::Many(all)
            }
        };
    }

    fn into_bytes(self) -> Bytes {
        match self {
            Self::Empty => Bytes::new(),
            Self::One(bytes) => bytes,
            Self::Many(bytes) => bytes.freeze(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, body: &'static str) -> reqwest::Response {
        http::Response::builder()
            .status(status)
            .body(body)
            .unwrap()
            .into()
    }

    #[tokio::test]
    async fn a_body_beyond_the_limit_is_not_read_further() {
        assert_eq!(
            read(response(200, "0123456789"), 1, Oversize::Fail(10))
                .await
                .unwrap()
                .body(),
            "0123456789"
        );
        let cut = read(response(500, "0123456789x"), 1, Oversize::Truncate(10))
            .await
            .unwrap();
        assert_eq!(cut.body(), "0123456789");
        let error = read(response(200, "0123456789x"), 1, Oversize::Fail(10))
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::Body { response, .. } if response.status() == 200),
            "{error:?}"
        );
    }

    #[tokio::test]
    async fn an_empty_body_is_a_value_only_after_204() {
        assert_eq!(
            decode::<()>(response(204, ""), 1, &[204]).await.unwrap().status(),
            204
        );
        assert!(decode::<()>(response(200, ""), 1, &[200]).await.is_err());
    }

    #[tokio::test]
    async fn a_body_of_another_media_type_is_not_decoded() {
        for (content_type, decodes) in [
            (None, true),
            (Some(""), true),
            (Some("application/json; charset=utf-8"), true),
            (Some("Application/Vnd.GitHub+JSON"), true),
            (Some("text/html"), false),
            (Some("application/jsonp"), false),
            (Some("\u{e9}"), false),
        ] {
            let mut response = http::Response::builder();
            if let Some(content_type) = content_type {
                response = response.header("content-type", content_type);
            }
            let response = response.body("{}").unwrap().into();
            let decoded = decode::<serde_json::Value>(response, 1, &[200]).await;
            assert_eq!(decoded.is_ok(), decodes, "{content_type:?}");
        }
    }

    #[tokio::test]
    async fn errors_do_not_quote_the_body() {
        #[derive(Debug, serde::Deserialize)]
        struct Form {
            #[allow(dead_code, reason = "only its type matters")]
            count: u64,
        }
        for body in [
            r#""hunter2""#,
            r#"{"count":"hunter2"}"#,
            r#"{"count":"a \"hunter2\" b"}"#,
        ] {
            let error = decode::<Form>(response(200, body), 1, &[200]).await.unwrap_err();
            let Error::Decode { response, source } = &error else {
                panic!("{error:?}");
            };
            assert!(
                source.is_data() && source.line() == 1 && source.column() > 1,
                "{source}"
            );
            assert!(
                source
                    .to_string()
                    .starts_with("invalid type: string \"…\", expected"),
                "{source}"
            );
            assert!(!format!("{source:?}").contains("hunter2"), "{source:?}");
            assert!(
                !response
                    .json::<Form>()
                    .unwrap_err()
                    .to_string()
                    .contains("hunter2")
            );
        }
    }

    #[test]
    fn chunks_are_joined_in_order() {
        let mut body = Body::Empty;
        for chunk in ["a", "bc", "", "def"] {
            body.push(Bytes::from_static(chunk.as_bytes()));
        }
        assert_eq!(body.len(), 6);
        assert_eq!(body.into_bytes(), "abcdef");
    }
}
