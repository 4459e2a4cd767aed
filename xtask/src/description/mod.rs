//! An `OpenAPI` description as a document: how it is read, what stands where in it, which part of it is ours.
pub mod choice;
pub mod grammar;
mod lower;
pub mod pointer;
mod read;
pub mod reference;
mod selection;
pub mod text;

pub use read::{explained, read};
pub use selection::Selection;
