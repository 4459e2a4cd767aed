//! The program as it is used: run against an emulator, off a terminal and on one.

mod campaign;
mod exit_codes;
mod server;
