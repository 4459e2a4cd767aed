//! The whole import, as a maintainer runs it, in a folder of its own.
#![expect(
    clippy::print_stdout,
    reason = "a failing case of a table is found by what was printed last"
)]
mod additions;
mod contract;
mod corrected;
mod cured;
mod documented;
mod handwritten;
mod messages;
mod refused;
mod stable;
mod support;
mod traps;
mod unreadable;
mod whole;
