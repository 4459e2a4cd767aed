//! Conditional requests: a poll of something that has not changed costs nothing of the quota.
//!
//! GitHub's responses carry an `ETag`. A request with it gets 304 if nothing changed, which does not count against the
//! quota. Each poller has a cache of its own, which lives as long as the poll: it needs no bound and no eviction, and no
//! other token can be given what is in it.
use std::sync::Arc;

use agents_api_raw::ResponseValue;
use reqwest::header::{ETAG, HeaderValue};

use crate::error::Error;

/// The last response to a poll, with its tag.
#[derive(Clone, Debug)]
pub(crate) struct EtagCache<T> {
    last: Option<(HeaderValue, Arc<T>)>,
}

impl<T> EtagCache<T> {
    pub(crate) const fn new() -> Self {
        Self { last: None }
    }

    /// The tag for the next request.
    pub(crate) fn tag(&self) -> Option<&HeaderValue> {
        Some(&self.last.as_ref()?.0)
    }

    /// Takes the result of a poll: a response, whose value `read` makes, or `None` if nothing changed.
    pub(crate) fn update<R>(
        &mut self,
        response: Option<ResponseValue<R>>,
        read: impl FnOnce(ResponseValue<R>) -> Result<T, Error>,
    ) -> Result<Revalidated<T>, Error> {
        let Some(response) = response else {
            let (_, value) = self.last.as_ref().ok_or_else(|| {
                Error::unexpected("unexpected response 304: the request was not conditional; report this")
            })?;
            return Ok(Revalidated {
                value: value.clone(),
                modified: false,
            });
        };
        let tag = response.headers().get(ETAG).cloned();
        let value = Arc::new(read(response)?);
        self.last = tag.map(|tag| (tag, value.clone()));
        Ok(Revalidated {
            value,
            modified: true,
        })
    }
}

/// A value that is known to be current.
#[derive(Debug)]
pub(crate) struct Revalidated<T> {
    pub(crate) value: Arc<T>,
    /// Whether GitHub sent it; otherwise GitHub said that nothing changed since the last poll.
    pub(crate) modified: bool,
}
