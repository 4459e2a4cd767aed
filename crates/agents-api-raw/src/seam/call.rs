//! One call of one operation: collects what the generated builder holds, and sends it.
use std::ops::RangeInclusive;

use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, Request, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::response::{self, ResponseValue};
use super::segment::check_path_segment;
use super::{Error, InvalidRequest, Operation};
use crate::Client;

/// What a generated builder leaves behind: a value, or why the value given could not be used.
pub(crate) type Argument<T> = Result<T, String>;

/// A request in the making.
///
/// Path arguments come in the order in which they stand in the path.
pub(crate) struct Call<'a> {
    client: &'a Client,
    operation: Operation,
    method: Method,
    segments: std::str::Split<'static, char>,
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
        let mut call = Self {
            client,
            operation: Operation::new(id, path),
            method,
            segments,
            url: client.base_url.clone(),
            body: None,
        };
        call.append_literals(None)?;
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
        self.append_literals(Some(&value))
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
        let mut request = Request::new(self.method, self.url);
        if let Some(body) = self.body {
            request
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            *request.body_mut() = Some(body.into());
        }
        let answer = self
            .client
            .pipeline
            .send(&self.client.http, request, self.operation)
            .await?;
        response::decode(answer, success).await
    }

    /// Appends the path up to its next `{…}`, after `value` has taken the place of the one it stands at.
    fn append_literals(&mut self, value: Option<&str>) -> Result<(), Error> {
        let Ok(mut path) = self.url.path_segments_mut() else {
            return Err(Error::InvalidRequest(InvalidRequest::new(
                self.operation.id(),
                "base_url",
                "cannot carry a path".to_owned(),
            )));
        };
        path.pop_if_empty();
        if let Some(value) = value {
            path.push(value);
        }
        for segment in self.segments.by_ref() {
            if segment.starts_with('{') {
                break; // its value comes with the next call
            }
            path.push(segment);
        }
        Ok(())
    }

    fn invalid(&self, argument: &'static str, message: String) -> Error {
        Error::InvalidRequest(InvalidRequest::new(self.operation.id(), argument, message))
    }
}

/// A JSON scalar as it stands in a query string.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
