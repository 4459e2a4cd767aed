//! Lists that span pages: as a stream of pages or of tasks.
//!
//! An error keeps the position: polling again fetches the same page, and resuming repeats rather than skips. Of GitHub's
//! `Link` header only the page number is used, never the address, so it cannot lead a token to another host.
mod builder;
mod cursor;
mod items;
mod link;
mod page;
mod pager;
mod pages;
mod position;
mod requests;
mod seen_ids;
mod stall_guard;
mod totals;
mod validate;

pub use builder::ListTasks;
pub use cursor::Cursor;
pub use items::{Batch, TaskStream};
pub(crate) use link::next_page;
pub use page::Page;
pub use pages::Pages;
