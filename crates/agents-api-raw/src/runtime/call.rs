//! One call of one operation: collects what the generated builder holds, and sends it.
use std::ops::RangeInclusive;

use bytes::Bytes;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::client::Client;
use super::decode;
use super::error::{Error, InvalidRequest};
use super::path_segment::{check_path_segment, is_plain};
use super::response::ResponseValue;
use super::transport::Operation;

/// What a generated builder leaves behind: a value, or why the value given could not be used. No reason: none was given.
pub(crate) type Argument<T> = Result<T, String>;

/// A request in the making.
///
/// Path arguments come in the order in which they stand in the path.
pub(crate) struct Call<'a> {
    client: &'a Client,
    operation: Operation,
    method: Method,
    segments: std::str::Split<'static, char>,
    /// The path as far as its parameters are known.
    path: String,
    url: Url,
    body: Option<Vec<u8>>,
}

impl<'a> Call<'a> {
    pub(crate) fn new(
        client: &'a Client,
        id: &'static str,
        method: Method,
        path: &'static str,
    ) -> Result<Self, Error> {
        let mut segments = path.split('/');
        segments.next(); // what stands before the leading slash
        let base = client.base_url.path();
        let mut whole = String::with_capacity(base.len() + path.len() + 64);
        whole.push_str(base.strip_suffix('/').unwrap_or(base));
        let mut call = Self {
            client,
            operation: Operation::new(id, path),
            method,
            segments,
            path: whole,
            url: client.base_url.clone(),
            body: None,
        };
        if call.url.cannot_be_a_base() {
            return Err(call.invalid("base_url", "cannot carry a path".to_owned()));
        }
        call.append_literals();
        Ok(call)
    }

    /// Sends the request to this address, which must be of the client's own server, in place of the path's.
    pub(super) fn set_url(&mut self, url: Url) {
        self.url = url;
    }

    /// Puts `value` where the path's next `{…}` stands.
    pub(crate) fn path(&mut self, name: &'static str, value: Argument<String>) -> Result<(), Error> {
        let value = value.map_err(|message| self.invalid(name, message))?;
        check_path_segment(&value).map_err(|reason| self.invalid(name, format!("{value:?} {reason}")))?;
        append_segment(&mut self.path, &value);
        self.append_literals();
        Ok(())
    }

    /// Adds a query parameter; an absent one is left out, a list repeats its name.
    pub(crate) fn query<T: Serialize>(
        &mut self,
        name: &'static str,
        value: Argument<Option<T>>,
    ) -> Result<(), Error> {
        let Some(value) = value.map_err(|message| self.invalid(name, message))? else {
            return Ok(());
        };
        let value = serde_json::to_value(value).map_err(|error| self.invalid(name, error.to_string()))?;
        let items = match &value {
            Value::Array(items) => items.as_slice(),
            single => std::slice::from_ref(single),
        };
        if !items.is_empty() {
            self.url
                .query_pairs_mut()
                .extend_pairs(items.iter().map(|item| (name, text(item))));
        }
        Ok(())
    }

    /// As [`Call::query`], for a number the API bounds.
    pub(crate) fn query_within(
        &mut self,
        name: &'static str,
        value: Argument<Option<u64>>,
        bounds: RangeInclusive<u64>,
    ) -> Result<(), Error> {
        if let Ok(Some(number)) = value
            && !bounds.contains(&number)
        {
            let message = match *bounds.end() {
                u64::MAX => format!(
                    "{number} is below {}, the least that GitHub takes",
                    bounds.start()
                ),
                end => format!("{number} is not between {} and {end}", bounds.start()),
            };
            return Err(self.invalid(name, message));
        }
        self.query(name, value)
    }

    /// Sets the JSON body.
    pub(crate) fn json<T: Serialize>(&mut self, value: Argument<T>) -> Result<(), Error> {
        let value = value.map_err(|message| self.invalid("body", message))?;
        let bytes = serde_json::to_vec(&value).map_err(|error| self.invalid("body", error.to_string()))?;
        self.body = Some(bytes);
        Ok(())
    }

    /// Sends the request and decodes the answer to `T` if its status is one of `success`.
    pub(crate) async fn send<T: DeserializeOwned>(self, success: &[u16]) -> Result<ResponseValue<T>, Error> {
        let body = self.body.map(Bytes::from);
        let request = |url| {
            let mut request = Request::new(self.method.clone(), url);
            if let Some(body) = &body {
                request
                    .headers_mut()
                    .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                *request.body_mut() = Some(body.clone().into());
            }
            request
        };
        let client = self.client;
        let answer = client
            .config
            .send(&client.http, self.url, request, self.operation)
            .await?;
        decode::decode(answer, success).await
    }

    /// Appends the path up to its next `{…}`. The address gets it once, when it is whole, since it parses what it gets.
    fn append_literals(&mut self) {
        for segment in self.segments.by_ref() {
            if segment.starts_with('{') {
                return; // its value comes with the next call
            }
            append_segment(&mut self.path, segment);
        }
        self.url.set_path(&self.path);
    }

    fn invalid(&self, argument: &'static str, message: String) -> Error {
        let message = match message.as_str() {
            "" => format!("is not set; call `.{argument}(…)`"),
            _ => message,
        };
        Error::InvalidRequest(InvalidRequest::new(self.operation.id(), argument, message))
    }
}

/// Appends a segment in which nothing that has a meaning in an address is left. The address encodes all the rest.
fn append_segment(path: &mut String, segment: &str) {
    path.push('/');
    if is_plain(segment) {
        return path.push_str(segment);
    }
    for character in segment.chars() {
        match character {
            '%' => path.push_str("%25"),
            '/' => path.push_str("%2F"),
            '\\' => path.push_str("%5C"),
            '?' => path.push_str("%3F"),
            '#' => path.push_str("%23"),
            plain => path.push(plain),
        }
    }
}

/// A JSON scalar as it stands in a query string.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
