//! Lists that span pages: as a stream of pages or of tasks.
//!
//! An error keeps the place: asking again asks for the same page, and resuming repeats rather than skips. Of GitHub's
//! `Link` header only the page number is used, never the address, so a token cannot be led to another host.
mod builder;
mod cursor;
mod fetch;
mod items;
mod link;
mod pager;
mod pages;
mod stall_guard;
mod totals;
mod validate;

pub use builder::ListTasks;
pub use cursor::Cursor;
pub use items::{Batch, TaskStream};
pub(crate) use link::next_page;
pub use pages::{Page, Pages};
