//! Gets one page, and learns from its answer where the list goes on.
use agents_api_raw::bytes::Bytes;
use agents_api_raw::types::TaskList;
use agents_api_raw::{RawResponse, ResponseValue};

use super::builder::ListTasks;
use super::cursor::Place;
use super::link;
use super::pages::Page;
use crate::error::Error;

/// The page after a page: its number, none, or why that is not known.
pub(crate) type Next = Result<Option<u64>, Error>;

/// Gets a page, and the number of the one after it.
///
/// Of a list of both archived and other tasks it is a page of the others.
pub(crate) async fn fetch(list: ListTasks, number: u64) -> Result<(Page, Next), Error> {
    let archived = list.is_archived();
    Ok(read_page(list.page(number).await?, number, archived))
}

/// The page that an answer holds, and the number of the one after it.
pub(crate) fn read_page(answer: ResponseValue<TaskList>, number: u64, archived: bool) -> (Page, Next) {
    let (list, status, headers) = answer.into_parts();
    let page = Page {
        number,
        archived,
        tasks: list.tasks,
        total_active_count: list.total_active_count,
        total_archived_count: list.total_archived_count,
        place: Place::new(archived, number),
    };
    let next = match link::next_page(&headers) {
        Ok(Some(next)) if next <= number => Err(Error::unexpected(format!(
            "GitHub names page {next} as the one after page {number}; the list would have no end"
        ))),
        next => next,
    };
    let next = next.map_err(|error| error.with_response(RawResponse::new(status, headers, Bytes::new())));
    (page, next)
}
