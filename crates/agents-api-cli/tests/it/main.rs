//! The program as it is used: run against an emulator, off a terminal and on one.

mod actions;
mod campaign;
mod exit_codes;
mod migration;
mod receiver;
mod server;
mod streams;
mod watch;
