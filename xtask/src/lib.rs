//! The maintainer's tools: from GitHub's `OpenAPI` description to the generated crate.
//!
//! Data flows one way: [`input`] reads a description, [`select`] keeps the operations of this client,
//! [`import`] turns them into the resolved spec, [`generate`] turns that into Rust. [`diff`] compares any two
//! descriptions, [`layers`] checks the direction of imports, [`ci`] runs every check, [`mod@bench`] measures.
// Nobody but its readers uses this crate: documentation may lead to private items.
#![allow(rustdoc::private_intra_doc_links)]

pub mod bench;
pub mod ci;
pub mod cli;
mod console;
pub mod diff;
pub mod generate;
pub mod import;
pub mod input;
pub mod layers;
pub mod paths;
pub mod select;
pub mod surface;
