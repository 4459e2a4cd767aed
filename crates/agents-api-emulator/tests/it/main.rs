//! The emulator over real sockets.

mod access;
mod conformance;
mod control;
mod faults;
mod graphql;
mod life;
mod limits;
mod lists;
mod observation;
mod realism;
mod strange;
mod support;
mod wire;
