//! The handwritten seam under the generated code: what a request carries, who sends it, and what becomes of the answer.
//!
//! Progenitor's own runtime crate is not used. It drops status and headers when a body does not parse, lets a path
//! segment `..` reach another endpoint, sends an `api-version` header GitHub does not know and no `User-Agent`.
//! The generated builders end in [`Call`] instead, which is the one place that makes requests.
mod call;
mod choice;
mod client;
mod custom;
mod error;
mod one_line;
mod open_enum;
mod piece;
mod pipeline;
mod redirect;
mod response;
mod segment;
mod words;

pub(crate) use call::Call;
pub(crate) use choice::Fields;
pub use custom::CustomRequest;
pub use error::{Error, InvalidRequest};
pub use one_line::one_line;
pub(crate) use open_enum::open_enum;
pub use pipeline::{BoxFuture, Operation, Pipeline, Transport};
pub use response::{RawResponse, ResponseValue};
pub use segment::check_path_segment;
