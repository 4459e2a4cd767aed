//! Decides which page of a list to fetch and what to yield, without making requests.
//!
//! The pager receives responses as they arrive and decides by its own state alone, so every order of responses can be
//! tested. It yields pages in order. A page fetched ahead of its turn is speculative: it is dropped, with its response or
//! error, when the list turns out not to lead to it.
mod machine;
#[cfg(test)]
mod model;
mod request;
#[cfg(test)]
mod tests;

pub(super) use machine::{Action, Pager, PagerConfig};
pub(super) use request::FetchedPage;
