//! Campaigns against the emulator, on SQLite; on PostgreSQL as well where `TEST_DATABASE_URL` names a server.

mod apply;
mod kills;
mod store;
mod support;
