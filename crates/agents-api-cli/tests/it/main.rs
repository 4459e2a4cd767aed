//! The program as it is used: run against an emulator, off a terminal and on one.

mod actions;
mod campaign;
mod exit_codes;
mod receiver;
mod migration;
mod server;
mod streams;
mod watch;
