//! What a request must look like before anything happens.

mod list;
mod start;

pub(crate) use list::{filter, place};
pub(crate) use start::start;
