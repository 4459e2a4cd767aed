//! The log of requests: what clients really sent, and what became of it.

use std::collections::VecDeque;
use std::fmt;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::hide::{HIDDEN, Hider};
use crate::operation::Operation;

/// The ways to authenticate whose names may stand in the log; what else comes first in the header may be a token.
const SCHEMES: [&str; 4] = ["bearer", "token", "basic", "digest"];

/// How many requests are kept by default.
pub(crate) const KEPT: usize = 100_000;

/// One request, as it arrived, and its outcome.
///
/// Serialised, it is one line of the binary's log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RequestRecord {
    /// Counted from 1 in order of arrival.
    pub number: u64,
    /// When it arrived, on the emulator's clock.
    pub at: DateTime<Utc>,
    /// The operation it was for, if any.
    #[serde(serialize_with = "name")]
    pub operation: Option<Operation>,
    /// The method.
    pub method: String,
    /// The path as it was sent, tokens hidden.
    pub path: String,
    /// The query as it was sent, without the question mark, tokens hidden.
    pub query: Option<String>,
    /// Every header in order, names in lower case. Tokens are hidden.
    pub headers: Vec<(String, String)>,
    /// The body, as text, tokens hidden; of a longer one the first 64 KiB.
    pub body: Option<String>,
    /// Whose token it carried.
    pub user: Option<String>,
    /// Whether it changed anything.
    pub applied: bool,
    /// The names of the faults that struck it.
    pub faults: Vec<&'static str>,
    /// The status answered; `None` when no answer was sent.
    pub status: Option<u16>,
    /// The `x-github-request-id` of the answer.
    pub request_id: String,
    /// The size of the answer's body in bytes, before any fault cut it on the wire.
    pub answer_bytes: usize,
}

// The signature is serde's.
#[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)]
fn name<S: serde::Serializer>(operation: &Option<Operation>, serializer: S) -> Result<S::Ok, S::Error> {
    operation.map(Operation::as_str).serialize(serializer)
}

impl RequestRecord {
    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Headers as the log keeps them.
pub(crate) fn headers(headers: &http::HeaderMap, hider: &Hider) -> Vec<(String, String)> {
    let kept = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let value = match name.as_str() {
            "authorization" | "proxy-authorization" => match value.split_once(' ') {
                Some((scheme, _)) if SCHEMES.contains(&&*scheme.to_ascii_lowercase()) => {
                    format!("{scheme} {HIDDEN}")
                }
                _ => HIDDEN.to_owned(),
            },
            "cookie" => HIDDEN.to_owned(),
            _ => hider.hide(value),
        };
        (name.as_str().to_owned(), value)
    });
    kept.collect()
}

pub(crate) struct Log(Mutex<Kept>);

struct Kept {
    records: VecDeque<RequestRecord>,
    most: usize,
    sink: Option<Box<dyn Write + Send>>,
}

impl Log {
    pub(crate) fn new(most: usize, sink: Option<Box<dyn Write + Send>>) -> Self {
        Self(Mutex::new(Kept {
            records: VecDeque::new(),
            most,
            sink,
        }))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a record, and writes it if somebody reads along. A sink that fails is dropped: the log is an aid, and a
    /// full disk must not change what clients see.
    pub(crate) fn push(&self, record: RequestRecord) {
        let mut kept = self.kept();
        if let Some(sink) = &mut kept.sink {
            let mut line = serde_json::to_vec(&record).unwrap_or_default();
            line.push(b'\n');
            if sink.write_all(&line).and_then(|()| sink.flush()).is_err() {
                kept.sink = None;
            }
        }
        kept.records.push_back(record);
        while kept.records.len() > kept.most {
            kept.records.pop_front();
        }
    }

    /// In order of arrival, although records are kept in order of completion.
    pub(crate) fn all(&self) -> Vec<RequestRecord> {
        let mut records: Vec<_> = self.kept().records.iter().cloned().collect();
        records.sort_by_key(|record| record.number);
        records
    }

    pub(crate) fn clear(&self) {
        self.kept().records.clear();
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Log")
            .field("records", &self.kept().records.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    #[test]
    fn tokens_are_hidden_and_their_scheme_is_not() {
        let mut map = HeaderMap::new();
        map.insert("authorization", "Bearer ghp_secret".parse().expect("a header"));
        map.insert("accept", "*/*".parse().expect("a header"));
        map.insert("x-copy", "ghp_0123456789".parse().expect("a header"));
        map.insert(
            "proxy-authorization",
            "ghp_secret alone".parse().expect("a header"),
        );
        let kept = super::headers(&map, &super::Hider::default());
        assert!(kept.contains(&("x-copy".into(), "[hidden]".into())));
        assert!(kept.contains(&("proxy-authorization".into(), "[hidden]".into())));
        assert!(kept.contains(&("authorization".into(), "Bearer [hidden]".into())));
        assert!(kept.contains(&("accept".into(), "*/*".into())));
    }
}
