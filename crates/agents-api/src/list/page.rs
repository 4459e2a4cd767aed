//! One page of a list, read from its response.
use agents_api_raw::bytes::Bytes;
use agents_api_raw::types::{Task, TaskList};
use agents_api_raw::{RawResponse, ResponseValue};
use serde::Serialize;

use super::link;
use super::position::Position;
use super::totals::Totals;
use crate::error::Error;

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Page {
    /// The page's number, from 1.
    pub number: u64,
    /// Whether it is a page of the archived tasks. Their pages are numbered from 1 again.
    pub archived: bool,
    /// The tasks on it. A page may be empty although others follow.
    pub tasks: Vec<Task>,
    /// How many tasks there are that are not archived, on all pages. Whether filters apply is not documented: do not take
    /// it for the number of tasks that match.
    pub total_active_count: Option<i64>,
    /// How many tasks there are that are archived, likewise.
    pub total_archived_count: Option<i64>,
    /// Where to resume so that this page comes again.
    #[serde(skip)]
    pub(super) position: Position,
}

/// The page after a page: its number, none, or why it is not known.
pub(crate) type NextPage = Result<Option<u64>, Error>;

impl Page {
    /// A page of active tasks, for the tests of what reads pages.
    #[cfg(test)]
    pub(crate) fn for_tests(tasks: Vec<Task>, active: Option<i64>, archived: Option<i64>) -> Self {
        Self {
            number: 1,
            archived: false,
            tasks,
            total_active_count: active,
            total_archived_count: archived,
            position: Position::new(false, 1),
        }
    }

    /// The page of a response, and the number of the one after it.
    pub(super) fn read(response: ResponseValue<TaskList>, number: u64, archived: bool) -> (Self, NextPage) {
        let (list, status, headers) = response.into_parts();
        let page = Self {
            number,
            archived,
            tasks: list.tasks,
            total_active_count: list.total_active_count,
            total_archived_count: list.total_archived_count,
            position: Position::new(archived, number),
        };
        let next = match link::next_page(&headers) {
            Ok(Some(next)) if next <= number => Err(Error::unexpected(format!(
                "the list has no end: the response for page {number} names page {next} as the next one; \
                 report this, and list fewer pages until then"
            ))),
            next => next,
        };
        let next = next.map_err(|error| error.with_response(RawResponse::new(status, headers, Bytes::new())));
        (page, next)
    }

    /// The totals that the page came with.
    pub(super) fn totals(&self) -> Totals {
        Totals {
            active: self.total_active_count,
            archived: self.total_archived_count,
        }
    }
}
