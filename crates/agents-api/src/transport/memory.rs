//! What a poller remembers of the last answer, so that the next look costs nothing when nothing changed.
//!
//! GitHub's answers carry an `ETag`; asked with it, GitHub answers 304 when nothing changed, which does not count
//! against the quota. The memory is the poller's own: it lives as long as the poll, and no other request reads it.
use std::sync::Arc;

use agents_api_raw::ResponseValue;
use reqwest::header::{ETAG, HeaderValue};

use crate::error::Error;

/// The last answer to a look, with its tag.
#[derive(Clone, Debug)]
pub(crate) struct Memory<T> {
    last: Option<(HeaderValue, Arc<T>)>,
}

impl<T> Memory<T> {
    /// Nothing is remembered yet.
    pub(crate) const fn new() -> Self {
        Self { last: None }
    }

    /// The tag to ask with.
    pub(crate) fn tag(&self) -> Option<&HeaderValue> {
        Some(&self.last.as_ref()?.0)
    }

    /// Takes in what a look brought: an answer, of which `read` makes the value, or that nothing changed.
    pub(crate) fn take<A>(
        &mut self,
        answer: Option<ResponseValue<A>>,
        read: impl FnOnce(ResponseValue<A>) -> Result<T, Error>,
    ) -> Result<Look<T>, Error> {
        let Some(answer) = answer else {
            let (_, value) = self.last.as_ref().ok_or_else(|| {
                Error::unexpected("GitHub says that nothing changed, but was not asked that")
            })?;
            return Ok(Look {
                value: value.clone(),
                fresh: false,
            });
        };
        let tag = answer.headers().get(ETAG).cloned();
        let value = Arc::new(read(answer)?);
        self.last = tag.map(|tag| (tag, value.clone()));
        Ok(Look { value, fresh: true })
    }
}

/// What a look has seen.
#[derive(Debug)]
pub(crate) struct Look<T> {
    /// What is there now.
    pub(crate) value: Arc<T>,
    /// Whether GitHub sent it; otherwise it said that nothing changed since the last look.
    pub(crate) fresh: bool,
}
