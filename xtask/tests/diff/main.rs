//! `cargo xtask diff`, from the library and from the command line.
mod changes;
mod command;
mod fixture;
mod reports;
mod sweep;
mod unchanged;
mod unusable;
