//! What becomes of an answer: read whole, then decoded or kept as it is.
use std::fmt;
use std::ops::Deref;

use bytes::{Bytes, BytesMut};
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap, SET_COOKIE};
use serde::de::DeserializeOwned;

use super::Error;
use super::one_line::{self, one_line};
use super::words::Words;

/// The largest body that is read, decompressed. A page of 100 tasks is about 200 KiB. JSON made for it takes up to 150
/// times its size in memory (`[{"":0},{"":0},…]`), so that this is also a bound of about 2.5 GiB there.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// As much of an error's body is kept. GitHub's have a few hundred bytes, a proxy's page a few thousand.
const LARGEST_ERROR_BODY: usize = 1024 * 1024;

/// A decoded answer with its status and headers. Dereferences to the value.
#[derive(Clone, PartialEq)]
pub struct ResponseValue<T> {
    value: T,
    status: StatusCode,
    headers: HeaderMap,
}

impl<T> ResponseValue<T> {
    /// An answer made by hand, for tests.
    pub fn new(value: T, status: StatusCode, headers: HeaderMap) -> Self {
        Self {
            value,
            status,
            headers,
        }
    }

    /// The value alone.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The value, and the headers it came with.
    pub fn into_parts(self) -> (T, StatusCode, HeaderMap) {
        (self.value, self.status, self.headers)
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers of the answer, among them `link`, `etag` and the rate limit.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

impl<T> Deref for ResponseValue<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for ResponseValue<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseValue")
            .field("status", &self.status)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

/// An answer as it came: status, headers, and as much of the body as arrived.
#[derive(Clone, PartialEq, Eq)]
pub struct RawResponse {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl RawResponse {
    /// An answer made by hand, for tests.
    pub fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        Self {
            status,
            headers,
            body,
        }
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The body. It may be anything: GitHub's JSON, a proxy's HTML, half of either, nothing. Of an error's body the
    /// first MiB is kept.
    pub fn body(&self) -> &Bytes {
        &self.body
    }

    /// The body as JSON, such as [`types::ApiErrorBody`](crate::types::ApiErrorBody).
    ///
    /// # Errors
    /// When the body is not JSON of that form. GitHub's errors sometimes lack documented fields;
    /// [`RawResponse::message`] needs none of them.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body).map_err(without_values)
    }

    /// GitHub's own words: the `message` of the body, if the body is JSON and has one.
    pub fn message(&self) -> Option<String> {
        Some(Words::of(&self.body)?.message)
    }

    /// What to name when asking GitHub's support about the answer: the header `x-github-request-id`.
    pub fn request_id(&self) -> Option<&str> {
        self.headers.get("x-github-request-id")?.to_str().ok()
    }

    /// The beginning of what the server said, on one line, for messages. Tokens are cut.
    pub(super) fn excerpt(&self) -> String {
        let line = if let Some(words) = Words::of(&self.body) {
            one_line(&words.to_string())
        } else {
            // One byte more than is shown, so that the cut is seen.
            let head = &self.body[..self.body.len().min(one_line::READ + 1)];
            one_line(&String::from_utf8_lossy(head))
        };
        if line.is_empty() {
            return "(empty body)".to_owned();
        }
        line
    }
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers = self.headers.iter().filter(|(name, _)| *name != SET_COOKIE);
        let headers = headers
            .map(|(name, value)| one_line(&format!("{name}: {}", String::from_utf8_lossy(value.as_bytes()))));
        f.debug_struct("RawResponse")
            .field("status", &self.status)
            .field("headers", &headers.collect::<Vec<_>>())
            .field("body", &self.excerpt())
            .finish()
    }
}

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
    match serde_json::from_slice(body) {
        Ok(value) => Ok(ResponseValue {
            value,
            status: raw.status,
            headers: raw.headers,
        }),
        Err(source) => Err(Error::Decode {
            response: Box::new(raw),
            source: without_values(source),
        }),
    }
}

/// The error without the texts that it quotes from the body, which may be a prompt, or a token that was echoed.
fn without_values(error: serde_json::Error) -> serde_json::Error {
    if !error.is_data() {
        return error; // about the grammar, in fixed words
    }
    let text = error.to_string();
    let kept = match (text.find('"'), text.rfind('"')) {
        (Some(first), Some(last)) if first < last => format!("{}\"…\"{}", &text[..first], &text[last + 1..]),
        _ => text,
    };
    // Reads line and column off the end again.
    serde::de::Error::custom(one_line(&kept))
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
    (!json).then(|| one_line(&String::from_utf8_lossy(essence).to_ascii_lowercase()))
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
        Some(source) => Err(Error::Interrupted {
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
            matches!(&error, Error::Interrupted { response, .. } if response.status() == 200),
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
