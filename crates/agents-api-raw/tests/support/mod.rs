//! A transport that responds from memory and records what was sent.
#![allow(dead_code, reason = "each test uses its part")]

use std::fmt;
use std::sync::{Arc, Mutex};

use agents_api_raw::{BoxFuture, Client, Error, Operation, RequestConfig, Transport};

/// A request as it would go out.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) operation: Operation,
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    /// The request as a transport that logs it would show it.
    pub(crate) shown: String,
}

impl Sent {
    /// Request line, headers and body, as text; the crate's own version is left open.
    pub(crate) fn wire(&self) -> String {
        let mut text = format!("{} {}\n", self.method, self.url);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\n"));
        }
        text.push_str(&format!("\n{}", self.body));
        text.trim_end().replace(
            concat!("agents-api-raw/", env!("CARGO_PKG_VERSION")),
            "agents-api-raw/VERSION",
        )
    }
}

/// Answers every request alike.
#[derive(Clone)]
pub(crate) struct Canned {
    status: u16,
    headers: Vec<(&'static str, &'static str)>,
    body: Vec<u8>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Canned {
    pub(crate) fn new(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.as_ref().to_vec(),
            sent: Arc::default(),
        }
    }

    pub(crate) fn header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    /// A client of `https://api.github.com` that ends here.
    pub(crate) fn client(&self) -> Client {
        let config = RequestConfig::new()
            .bearer_token("ghp_hunter2")
            .unwrap()
            .transport(self.clone());
        Client::new(Client::GITHUB, config).unwrap()
    }

    /// The one request that was sent.
    pub(crate) fn only(&self) -> Sent {
        let sent = self.sent.lock().unwrap();
        assert_eq!(sent.len(), 1, "one request: {sent:?}");
        sent[0].clone()
    }

    /// The request that was sent last.
    pub(crate) fn latest(&self) -> Sent {
        self.sent.lock().unwrap().last().cloned().expect("a request")
    }

    pub(crate) fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }
}

impl fmt::Debug for Canned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Canned")
    }
}

impl Transport for Canned {
    fn send<'a>(
        &'a self,
        _http: &'a reqwest::Client,
        request: reqwest::Request,
        operation: Operation,
    ) -> BoxFuture<'a, Result<reqwest::Response, Error>> {
        let mut headers: Vec<_> = request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        headers.sort();
        let body = request
            .body()
            .and_then(reqwest::Body::as_bytes)
            .unwrap_or_default();
        self.sent.lock().unwrap().push(Sent {
            operation,
            method: request.method().to_string(),
            url: request.url().to_string(),
            headers,
            body: String::from_utf8(body.to_vec()).unwrap(),
            shown: format!("{request:?}"),
        });
        let mut response = http::Response::builder().status(self.status);
        for (name, value) in &self.headers {
            response = response.header(*name, *value);
        }
        Box::pin(async move { Ok(response.body(self.body.clone()).unwrap().into()) })
    }
}
