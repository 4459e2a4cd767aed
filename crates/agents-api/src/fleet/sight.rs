//! What one page of a list tells.
use agents_api_raw::types::Task;

/// How many tasks a page has.
const PER_PAGE: u64 = 100;

/// GitHub lists either what is archived or what is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lane {
    Active,
    Archived,
}

/// One page as it was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageSight<'a> {
    pub(super) tasks: &'a [Task],
    pub(super) next: Option<u64>,
    pub(super) totals: Totals,
    /// Otherwise GitHub said that nothing changed since the last look at this page.
    pub(super) fresh: bool,
}

/// How many tasks a list says there are, if it does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) active: Option<i64>,
    pub(super) archived: Option<i64>,
}

impl Totals {
    /// How many pages a lane has, if that is known.
    pub(super) fn pages(self, lane: Lane) -> Option<u64> {
        self.pages_of(lane, PER_PAGE)
    }

    pub(super) fn pages_of(self, lane: Lane, per_page: u64) -> Option<u64> {
        let total = match lane {
            Lane::Active => self.active,
            Lane::Archived => self.archived,
        };
        let total = u64::try_from(total?).unwrap_or_default();
        Some(total.div_ceil(per_page.max(1)).max(1))
    }

    /// Whether tasks may have left the list between two pages, which pulls others to a page that was read already.
    pub(super) fn shrank_to(self, later: Self) -> bool {
        later.active < self.active || later.archived > self.archived
    }
}
