//! The maintainer's tools: from GitHub's `OpenAPI` description to the generated crate.
//!
//! Data flows one way: [`description`] reads GitHub's description and keeps the operations of this client, [`import`]
//! turns them into the resolved spec, [`generate`] turns that into Rust. [`diff`] shows what [`compare`] finds between
//! two descriptions, [`layers`] checks the direction of imports, [`ci`] runs every check, [`update`] runs the others in their order. Each command is a folder that
//! knows no other command; what two of them share stands below both (`xtask/layers.toml`).
// Nobody but its readers uses this crate: documentation may lead to private items.
#![allow(rustdoc::private_intra_doc_links)]

pub mod ci;
pub mod compare;
mod console;
pub mod description;
pub mod diff;
pub mod generate;
pub mod import;
pub mod layers;
pub mod paths;
pub mod published;
pub mod surface;
pub mod update;
