//! Reads a response whole, then decodes it or keeps it as it is.
use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde::de::DeserializeOwned;

use super::error::Error;
use super::json;
use super::response::{RawResponse, ResponseValue};
use super::sanitize::sanitize_for_display;

/// The largest body that is read, decompressed. A page of 100 tasks is about 200 KiB. JSON made for it takes up to 150
/// times its size in memory (`[{"":0},{"":0},…]`), so that this is also a bound of about 2.5 GiB there.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// As much of an error's body is kept. GitHub's have a few hundred bytes, a proxy's page a few thousand.
const LARGEST_ERROR_BODY: usize = 1024 * 1024;

/// Reads the answer whole, and decodes it if its status is one of `success`.
pub(super) async fn decode<T: DeserializeOwned>(
    response: reqwest::Response,
    success: &[u16],
) -> Result<ResponseValue<T>, Error> {
    if !success.contains(&response.status().as_u16()) {
        let raw = read(response, Limit::Cut(LARGEST_ERROR_BODY)).await?;
        return Err(Error::Status(Box::new(raw)));
    }
    let raw = read(response, Limit::Refuse(LARGEST_BODY)).await?;
    if let Some(other) = other_than_json(&raw.headers) {
        return Err(Error::Decode {
            response: Box::new(raw),
            source: serde::de::Error::custom(format!("its type is {other:?}, which is not JSON")),
        });
    }
    // A status that means "no content" is the JSON of nothing.
    let body: &[u8] = if raw.status == StatusCode::NO_CONTENT {
        b"null"
    } else {
        &raw.body
    };
    match json::parse(body) {
        Ok(value) => Ok(ResponseValue::new(value, raw.status, raw.headers)),
        Err(source) => Err(Error::Decode {
            response: Box::new(raw),
            source,
        }),
    }
}

/// The media type of the body, if it says that it is something else than JSON.
fn other_than_json(headers: &HeaderMap) -> Option<String> {
    let told = headers.get(CONTENT_TYPE)?.as_bytes();
    let essence = told.split(|byte| *byte == b';').next().unwrap_or_default();
    let essence = essence.trim_ascii();
    let suffix = essence.len().checked_sub(5).map(|at| &essence[at..]);
    let json = essence.is_empty()
        || essence.eq_ignore_ascii_case(b"application/json")
        || suffix.is_some_and(|suffix| suffix.eq_ignore_ascii_case(b"+json"));
    (!json).then(|| sanitize_for_display(&String::from_utf8_lossy(essence).to_ascii_lowercase()))
}

/// What becomes of a body that is too large.
#[derive(Clone, Copy)]
enum Limit {
    /// Its beginning is taken for the whole.
    Cut(usize),
    /// It is an error.
    Refuse(usize),
}

/// Reads the answer whole. If it breaks off, what has arrived is in the error.
async fn read(mut response: reqwest::Response, limit: Limit) -> Result<RawResponse, Error> {
    let status = response.status();
    // Taken, not copied: how long the body is was read from them before.
    let headers = std::mem::take(response.headers_mut());
    let mut body = Body::Empty;
    let broken = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => match limit {
                Limit::Refuse(largest) if body.len() + chunk.len() > largest => {
                    break Some(too_large(largest));
                }
                Limit::Cut(largest) if body.len() + chunk.len() > largest => {
                    let room = largest - body.len();
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
    };
    match broken {
        None => Ok(raw),
        Some(source) => Err(Error::Body {
            response: Box::new(raw),
            source,
        }),
    }
}

/// Of a kind of its own: such a body would be as large the next time.
fn too_large(largest: usize) -> Box<dyn std::error::Error + Send + Sync> {
    let message = format!("the body is larger than {largest} bytes");
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

    fn answer(status: u16, body: &'static str) -> reqwest::Response {
        http::Response::builder()
            .status(status)
            .body(body)
            .unwrap()
            .into()
    }

    #[tokio::test]
    async fn a_body_beyond_the_limit_is_not_read_on() {
        assert_eq!(
            read(answer(200, "0123456789"), Limit::Refuse(10))
                .await
                .unwrap()
                .body(),
            "0123456789"
        );
        let cut = read(answer(500, "0123456789x"), Limit::Cut(10)).await.unwrap();
        assert_eq!(cut.body(), "0123456789");
        let error = read(answer(200, "0123456789x"), Limit::Refuse(10))
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::Body { response, .. } if response.status() == 200),
            "{error:?}"
        );
    }

    #[tokio::test]
    async fn no_content_is_a_value_only_of_its_status() {
        assert_eq!(decode::<()>(answer(204, ""), &[204]).await.unwrap().status(), 204);
        assert!(decode::<()>(answer(200, ""), &[200]).await.is_err());
    }

    #[tokio::test]
    async fn a_body_of_another_type_is_no_value() {
        for (told, taken) in [
            (None, true),
            (Some(""), true),
            (Some("application/json; charset=utf-8"), true),
            (Some("Application/Vnd.GitHub+JSON"), true),
            (Some("text/html"), false),
            (Some("application/jsonp"), false),
            (Some("\u{e9}"), false),
        ] {
            let mut response = http::Response::builder();
            if let Some(told) = told {
                response = response.header("content-type", told);
            }
            let response = response.body("{}").unwrap().into();
            let decoded = decode::<serde_json::Value>(response, &[200]).await;
            assert_eq!(decoded.is_ok(), taken, "{told:?}");
        }
    }

    #[tokio::test]
    async fn a_body_of_another_form_is_not_quoted() {
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
            let error = decode::<Form>(answer(200, body), &[200]).await.unwrap_err();
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
    fn chunks_are_put_together_in_order() {
        let mut body = Body::Empty;
        for chunk in ["a", "bc", "", "def"] {
            body.push(Bytes::from_static(chunk.as_bytes()));
        }
        assert_eq!(body.len(), 6);
        assert_eq!(body.into_bytes(), "abcdef");
    }
}
