//! One call of a known operation.

use http::HeaderMap;

use super::path::Route;
use crate::faults::engine::Drawn;
use crate::operation::Operation;
use crate::settings::Settings;
use crate::world::account::Account;
use crate::world::shared::SharedWorld;

/// One call of a known operation, by an account that may send requests.
#[derive(Debug)]
pub(crate) struct Call<'r> {
    pub(crate) operation: Operation,
    pub(crate) route: &'r Route,
    pub(crate) path: &'r str,
    pub(crate) query: Option<&'r str>,
    pub(crate) headers: &'r HeaderMap,
    pub(crate) body: &'r [u8],
    pub(crate) origin: &'r str,
    pub(crate) now: i64,
    pub(crate) drawn: &'r Drawn,
    pub(crate) settings: &'r Settings,
    pub(crate) world: &'r SharedWorld,
    pub(crate) account: &'r Account,
}
