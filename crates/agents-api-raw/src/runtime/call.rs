//! One call of one operation: collects the arguments of the generated builder, and sends the request.
use std::borrow::Cow;
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
use super::path_segment::{check_path_segment, is_unreserved};
use super::redirect;
use super::response::ResponseValue;
use super::transport::Operation;

/// An argument as a generated builder keeps it: a value, or why it is invalid. An empty reason: it was not set.
pub(crate) type Argument<T> = Result<T, String>;

/// A request being built. Path arguments are added in the order of the path.
pub(crate) struct Call<'a> {
    client: &'a Client,
    operation: Operation,
    method: Method,
    segments: std::str::Split<'static, char>,
    /// The path up to its next parameter.
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
        segments.next(); // the empty one before the leading slash
        let base = client.base_url.path();
        let mut prefix = String::with_capacity(base.len() + path.len() + 64);
        prefix.push_str(base.strip_suffix('/').unwrap_or(base));
        let mut call = Self {
            client,
            operation: Operation::new(id, path),
            method,
            segments,
            path: prefix,
            url: client.base_url.clone(),
            body: None,
        };
        if call.url.cannot_be_a_base() {
            return Err(call.invalid("base_url", "cannot have a path: use an https:// URL".to_owned()));
        }
        call.append_literals();
        Ok(call)
    }

    /// Replaces the URL made from the path; it must be on the client's own server.
    pub(super) fn set_url(&mut self, url: Url) {
        self.url = url;
    }

    /// Fills the next parameter of the path.
    pub(crate) fn path<T: Serialize>(&mut self, name: &'static str, value: Argument<T>) -> Result<(), Error> {
        let value = self.json_value(name, value)?;
        let value = text(&value);
        check_path_segment(&value).map_err(|reason| self.invalid(name, format!("{value:?} {reason}")))?;
        append_segment(&mut self.path, &value);
        self.append_literals();
        Ok(())
    }

    /// Adds a query parameter: `None` is left out, a list repeats the name.
    pub(crate) fn query<T: Serialize>(
        &mut self,
        name: &'static str,
        value: Argument<Option<T>>,
    ) -> Result<(), Error> {
        let value = self.json_value(name, value)?;
        let items = match &value {
            Value::Null => return Ok(()),
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

    /// Adds a query parameter within documented bounds.
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
                u64::MAX => format!("{number} is below GitHub's minimum of {}", bounds.start()),
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

    /// Sends the request and decodes the response to `T` if its status is one of `success`.
    pub(crate) async fn send<T: DeserializeOwned>(self, success: &[u16]) -> Result<ResponseValue<T>, Error> {
        let body = self.body.map(Bytes::from);
        let Client { http, config, .. } = self.client;
        let send = |url| {
            let mut request = Request::new(self.method.clone(), url);
            let headers = request.headers_mut();
            headers.clone_from(config.headers());
            if let Some(body) = &body {
                let json = HeaderValue::from_static("application/json");
                headers.entry(CONTENT_TYPE).or_insert(json);
                *request.body_mut() = Some(body.clone().into()); // shares the bytes
            }
            config.send(http, request, self.operation)
        };
        let (response, count) = redirect::follow(self.url, &self.method, self.operation, send).await?;
        decode::decode(response, count, success).await
    }

    /// Appends the path up to its next parameter. The URL is set once the path is complete, since it parses what it is set to.
    fn append_literals(&mut self) {
        for segment in self.segments.by_ref() {
            if segment.starts_with('{') {
                return; // the next call of `path` fills it
            }
            append_segment(&mut self.path, segment);
        }
        self.url.set_path(&self.path);
    }

    fn json_value<T: Serialize>(&self, name: &'static str, value: Argument<T>) -> Result<Value, Error> {
        let value = value.map_err(|message| self.invalid(name, message))?;
        serde_json::to_value(value).map_err(|error| self.invalid(name, error.to_string()))
    }

    fn invalid(&self, argument: &'static str, message: String) -> Error {
        let message = match message.as_str() {
            "" => format!("is not set; call `.{argument}(…)`"),
            _ => message,
        };
        Error::InvalidRequest(InvalidRequest::new(self.operation.id(), argument, message))
    }
}

/// Appends a segment, with the characters encoded that have a meaning in a URL. `Url` encodes the others.
fn append_segment(path: &mut String, segment: &str) {
    path.push('/');
    if is_unreserved(segment) {
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

/// A JSON scalar as text for a query string.
fn text(value: &Value) -> Cow<'_, str> {
    match value {
        Value::String(text) => text.into(),
        other => other.to_string().into(),
    }
}
