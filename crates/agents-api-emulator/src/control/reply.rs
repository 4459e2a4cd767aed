//! Responses of the control API.

// Every arm of the router is an outcome.
#![allow(clippy::unnecessary_wraps)]

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::types::ErrorBody;
use crate::response::ResponseBody;

/// A response, or a refusal with its status and message.
pub(super) type Outcome = Result<Response<ResponseBody>, (StatusCode, String)>;

/// A response with a JSON body. No header allows other origins to read it.
pub(super) fn json(status: StatusCode, body: &impl Serialize) -> Response<ResponseBody> {
    let bytes = serde_json::to_vec(body).unwrap_or_default();
    let mut response = Response::new(ResponseBody::Whole(bytes.into()));
    *response.status_mut() = status;
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

pub(super) fn ok(body: &impl Serialize) -> Outcome {
    Ok(json(StatusCode::OK, body))
}

pub(super) fn created(body: &impl Serialize) -> Outcome {
    Ok(json(StatusCode::CREATED, body))
}

/// The response to a change that has nothing to show.
pub(super) fn done() -> Outcome {
    let mut response = Response::new(ResponseBody::Whole(Bytes::new()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}

pub(super) fn refused(status: StatusCode, message: impl Into<String>) -> Response<ResponseBody> {
    json(
        status,
        &ErrorBody {
            message: message.into(),
        },
    )
}

/// Reads a body.
pub(super) fn read<T: DeserializeOwned>(body: &Bytes) -> Result<T, (StatusCode, String)> {
    serde_json::from_slice(body).map_err(|error| unreadable(&error.to_string()))
}

/// Reads a body that is one value or a list of them.
pub(super) fn read_several<T: DeserializeOwned>(body: &Bytes) -> Result<Vec<T>, (StatusCode, String)> {
    let values = match read(body)? {
        Value::Array(values) => values,
        one => vec![one],
    };
    let values = values.into_iter().enumerate().map(|(position, value)| {
        serde_json::from_value(value).map_err(|error| unreadable(&format!("entry {position}: {error}")))
    });
    values.collect()
}

fn unreadable(why: &str) -> (StatusCode, String) {
    let message = format!("request body: {why}; see /_emulator/openapi.json");
    (StatusCode::UNPROCESSABLE_ENTITY, message)
}
