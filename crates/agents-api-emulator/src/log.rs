//! The log of requests: what clients sent, and what became of it.

use std::collections::VecDeque;
use std::fmt;
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::sync::broadcast;

use crate::operation::Operation;
use crate::redact::{REDACTED, Redactor};

/// The authentication schemes whose names the log keeps. Another first word of the header may be a token.
const SCHEMES: [&str; 4] = ["bearer", "token", "basic", "digest"];

/// Number of requests kept by default.
pub(crate) const MAX_REQUESTS: usize = 100_000;

/// Number of bytes of requests kept by default.
pub(crate) const MAX_BYTES: usize = 64 << 20;

/// Number of requests that a subscriber may fall behind before it misses some.
const BACKLOG: usize = 1024;

/// One request, as it arrived, and its outcome.
///
/// Serialised, it is one line of the binary's log.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RequestRecord {
    /// Counted from 1 in order of arrival.
    pub number: u64,
    /// When it arrived, on the emulator's clock.
    pub at: DateTime<Utc>,
    /// Its operation, if it has one.
    pub operation: Option<Operation>,
    /// The method.
    pub method: String,
    /// The path as it was sent, tokens redacted.
    pub path: String,
    /// The query as it was sent, without the question mark, tokens redacted.
    pub query: Option<String>,
    /// Every header in order, names in lower case. Tokens are redacted.
    pub headers: Vec<(String, String)>,
    /// The body, as text, tokens redacted; of a longer one the first 64 KiB.
    pub body: Option<String>,
    /// Whose token it carried.
    pub user: Option<String>,
    /// Whether it changed anything.
    pub applied: bool,
    /// The names of the faults that it triggered.
    pub faults: Vec<&'static str>,
    /// The status of the response; `None` if none was sent.
    pub status: Option<u16>,
    /// The `x-github-request-id` of the response.
    pub request_id: String,
    /// The size of the response's body in bytes, before a fault cut it.
    pub response_bytes: usize,
}

impl RequestRecord {
    /// About how many bytes of memory it takes.
    fn size(&self) -> usize {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| name.len() + value.len() + 64);
        let texts = [Some(&self.path), self.query.as_ref(), self.body.as_ref()];
        let texts = texts.into_iter().flatten().map(String::len);
        512 + headers.sum::<usize>() + texts.sum::<usize>()
    }

    /// The first header of this name, in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

/// Headers as the log keeps them.
pub(crate) fn headers(headers: &http::HeaderMap, redactor: &Redactor) -> Vec<(String, String)> {
    let kept = headers.iter().map(|(name, value)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let value = match name.as_str() {
            "authorization" | "proxy-authorization" => match value.split_once(' ') {
                Some((scheme, _)) if SCHEMES.contains(&&*scheme.to_ascii_lowercase()) => {
                    format!("{scheme} {REDACTED}")
                }
                _ => REDACTED.to_owned(),
            },
            "cookie" => REDACTED.to_owned(),
            _ => redactor.redact(value),
        };
        (name.as_str().to_owned(), value)
    });
    kept.collect()
}

pub(crate) struct Log {
    kept: Mutex<Kept>,
    subscribers: broadcast::Sender<Arc<RequestRecord>>,
}

struct Kept {
    records: VecDeque<Arc<RequestRecord>>,
    bytes: usize,
    max_requests: usize,
    max_bytes: usize,
    sink: Option<Box<dyn Write + Send>>,
}

impl Log {
    pub(crate) fn new(max_requests: usize, max_bytes: usize, sink: Option<Box<dyn Write + Send>>) -> Self {
        Self {
            kept: Mutex::new(Kept {
                records: VecDeque::new(),
                bytes: 0,
                max_requests,
                max_bytes,
                sink,
            }),
            subscribers: broadcast::Sender::new(BACKLOG),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a record, writes it to the sink and passes it to subscribers. A sink that fails is dropped: a full disk must
    /// not change what clients see.
    pub(crate) fn push(&self, record: RequestRecord) {
        let record = Arc::new(record);
        let mut kept = self.kept();
        if let Some(sink) = &mut kept.sink {
            let mut line = serde_json::to_vec(&*record).unwrap_or_default();
            line.push(b'\n');
            if sink.write_all(&line).and_then(|()| sink.flush()).is_err() {
                kept.sink = None;
            }
        }
        // Nobody may be subscribed, which is no error.
        let _ = self.subscribers.send(Arc::clone(&record));
        kept.bytes += record.size();
        kept.records.push_back(record);
        while kept.records.len() > kept.max_requests || kept.bytes > kept.max_bytes {
            let Some(oldest) = kept.records.pop_front() else {
                break;
            };
            kept.bytes -= oldest.size();
        }
    }

    /// The records in order of arrival, although they are kept in order of completion.
    pub(crate) fn all(&self) -> Vec<Arc<RequestRecord>> {
        let mut records: Vec<_> = self.kept().records.iter().cloned().collect();
        records.sort_by_key(|record| record.number);
        records
    }

    /// The records from now on, as requests are completed.
    pub(crate) fn subscribe(&self) -> broadcast::Receiver<Arc<RequestRecord>> {
        self.subscribers.subscribe()
    }

    pub(crate) fn clear(&self) {
        let mut kept = self.kept();
        kept.records.clear();
        kept.bytes = 0;
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
    fn tokens_are_redacted_and_their_scheme_is_kept() {
        let mut map = HeaderMap::new();
        map.insert("authorization", "Bearer ghp_secret".parse().expect("a header"));
        map.insert("accept", "*/*".parse().expect("a header"));
        map.insert("x-copy", "ghp_0123456789".parse().expect("a header"));
        map.insert(
            "proxy-authorization",
            "ghp_secret alone".parse().expect("a header"),
        );
        let kept = super::headers(&map, &super::Redactor::default());
        assert!(kept.contains(&("x-copy".into(), "[redacted]".into())));
        assert!(kept.contains(&("proxy-authorization".into(), "[redacted]".into())));
        assert!(kept.contains(&("authorization".into(), "Bearer [redacted]".into())));
        assert!(kept.contains(&("accept".into(), "*/*".into())));
    }
}
