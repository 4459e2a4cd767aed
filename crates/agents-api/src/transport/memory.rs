//! What a poller remembers of the last answer, so that the next look costs nothing when nothing changed.
use std::sync::Arc;

/// The last answer to a look, with its tag.
#[derive(Debug)]
pub(crate) struct Memory<T> {
    last: Option<Arc<T>>,
}

impl<T> Memory<T> {
    /// Nothing is remembered yet.
    pub(crate) fn new() -> Self {
        Self { last: None }
    }

    pub(crate) fn remember(&mut self, value: T) -> Look<T> {
        let value = Arc::new(value);
        self.last = Some(value.clone());
        Look { value, fresh: true }
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
