//! What a fault does. One type serves the library, fault files and the control API.

use std::time::Duration;

use http::{HeaderValue, Uri};
use serde::{Deserialize, Serialize};

use crate::limits::RateLimitResponse;
use crate::operation::Operation;

/// What happens to a request or its response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Effect {
    /// The response comes later.
    Latency {
        /// The delay, in real time. As data: `ms`, a number of milliseconds.
        #[serde(rename = "ms", with = "millis")]
        #[cfg_attr(feature = "schema", schemars(with = "u64"))]
        delay: Duration,
    },
    /// The connection is reset without a response.
    Reset,
    /// The connection is closed properly, without a response.
    Close,
    /// No response ever comes; the connection stays open.
    Hang,
    /// `Content-Length` promises the whole body, but the connection closes in the middle of it.
    Truncate {
        /// Number of bytes of the body that are sent. Default: half of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<usize>,
    },
    /// A chunked body that ends in the middle, without the last chunk.
    CutChunks {
        /// Number of bytes of the body that are sent. Default: half of them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<usize>,
    },
    /// A proxy's page: HTML, without GitHub's headers.
    Html {
        /// The status. Default: 502.
        #[serde(default = "bad_gateway")]
        status: u16,
    },
    /// The right status and headers, but no body.
    EmptyBody,
    /// The right body cut to something that is not JSON, complete as far as HTTP can tell.
    BrokenJson,
    /// The right body under another `Content-Type`.
    ContentType {
        /// The value of the header; an empty text omits the header.
        value: String,
    },
    /// An error of GitHub's own.
    Status {
        /// The status, from 400 to 599. Default: 500.
        #[serde(default = "internal_server_error")]
        status: u16,
    },
    /// The response to a token out of quota.
    PrimaryLimit(RateLimitResponse),
    /// The response to a request beyond a secondary limit.
    SecondaryLimit(RateLimitResponse),
    /// The first task of the response, and its latest session, are in this state.
    State {
        /// Any text.
        value: String,
    },
    /// The first task of the response has an artifact of this type, with data of an unknown shape.
    ArtifactType {
        /// Any text.
        value: String,
    },
    /// A field is missing from the response, from each of its tasks, and from each session.
    DropField {
        /// The name of the field.
        field: String,
    },
    /// A field is null in the response, in each of its tasks, and in each session.
    NullField {
        /// The name of the field.
        field: String,
    },
    /// After the response, the last tasks of the list are updated and move to its front: a client that lists by updated
    /// time sees some tasks twice, and misses those that moved.
    MoveItems {
        /// Number of tasks that move. Default: 1.
        #[serde(default = "one")]
        count: u32,
    },
    /// The page is empty, yet links to a next one.
    EmptyPage,
    /// The `next` link of a list points to the page itself.
    NextToSelf,
    /// The `next` link of a list points to another origin.
    NextToHost {
        /// The origin, like `http://127.0.0.1:9`.
        to: String,
    },
    /// A redirect.
    Redirect {
        /// A whole URL, a path, or an origin to which the path of the request is added.
        to: String,
        /// The status. Default: 307.
        #[serde(default = "temporary_redirect")]
        status: u16,
    },
}

fn bad_gateway() -> u16 {
    502
}

fn internal_server_error() -> u16 {
    500
}

fn temporary_redirect() -> u16 {
    307
}

fn one() -> u32 {
    1
}

/// Durations as a number of milliseconds.
mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(delay: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(delay.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

impl Effect {
    /// The name in fault files, logs and the control API.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Latency { .. } => "latency",
            Self::Reset => "reset",
            Self::Close => "close",
            Self::Hang => "hang",
            Self::Truncate { .. } => "truncate",
            Self::CutChunks { .. } => "cut-chunks",
            Self::Html { .. } => "html",
            Self::EmptyBody => "empty-body",
            Self::BrokenJson => "broken-json",
            Self::ContentType { .. } => "content-type",
            Self::Status { .. } => "status",
            Self::PrimaryLimit(_) => "primary-limit",
            Self::SecondaryLimit(_) => "secondary-limit",
            Self::State { .. } => "state",
            Self::ArtifactType { .. } => "artifact-type",
            Self::DropField { .. } => "drop-field",
            Self::NullField { .. } => "null-field",
            Self::MoveItems { .. } => "move-items",
            Self::EmptyPage => "empty-page",
            Self::NextToSelf => "next-to-self",
            Self::NextToHost { .. } => "next-to-host",
            Self::Redirect { .. } => "redirect",
        }
    }

    /// Whether it replaces the response, so that the request can be kept from being applied.
    pub fn replaces_response(&self) -> bool {
        matches!(
            self,
            Self::Reset
                | Self::Close
                | Self::Hang
                | Self::Html { .. }
                | Self::Status { .. }
                | Self::PrimaryLimit(_)
                | Self::SecondaryLimit(_)
                | Self::Redirect { .. }
        )
    }

    /// Whether it has no parameter. serde ignores unknown fields beside the tag of such a variant.
    pub(crate) fn is_bare(&self) -> bool {
        matches!(
            self,
            Self::Reset
                | Self::Close
                | Self::Hang
                | Self::EmptyBody
                | Self::BrokenJson
                | Self::EmptyPage
                | Self::NextToSelf
        )
    }

    /// Whether it can change anything about an operation: effects on tasks and on lists need some.
    pub(crate) fn concerns(&self, operation: Operation) -> bool {
        match self {
            Self::MoveItems { .. } | Self::EmptyPage | Self::NextToSelf | Self::NextToHost { .. } => {
                operation.is_task_list()
            }
            Self::State { .. } | Self::ArtifactType { .. } => operation.is_about_tasks(),
            _ => true,
        }
    }

    /// Checks the values of the parameters.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_url =
            |to: &str| (to.starts_with("http://") || to.starts_with("https://")) && to.parse::<Uri>().is_ok();
        let status = |status: u16, low: u16, high: u16| match status {
            status if (low..=high).contains(&status) => Ok(()),
            _ => Err(format!("`status`: {status} is out of range; use {low} to {high}")),
        };
        match self {
            Self::Html { status: given } => status(*given, 200, 599),
            Self::Status { status: given } => status(*given, 400, 599),
            Self::Redirect { status: given, to } => {
                let is_path = to.starts_with('/') && to.parse::<Uri>().is_ok();
                if is_path || is_url(to) {
                    status(*given, 300, 399)
                } else {
                    Err(format!(
                        "`to`: {to:?} is not a URL; write it like http://127.0.0.1:9"
                    ))
                }
            }
            Self::NextToHost { to } if !is_url(to) => Err(format!(
                "`to`: {to:?} is not a URL; write it like http://127.0.0.1:9"
            )),
            Self::ContentType { value } if HeaderValue::from_str(value).is_err() => Err(format!(
                "`value`: {value:?} is not a header value; use visible ASCII characters"
            )),
            Self::MoveItems { count: 0 } => Err("`count`: 0 would move nothing; use 1 or more".to_owned()),
            _ => Ok(()),
        }
    }
}
