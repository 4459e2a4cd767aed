//! The totals that come with each page, and what can be told from them.

/// How many tasks there were when a page was read, as far as GitHub tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Totals {
    pub(super) active: Option<i64>,
    pub(super) archived: Option<i64>,
}

impl Totals {
    /// How many tasks had left a list, counted from anywhere.
    pub(super) fn left(self, archived: bool) -> Option<i64> {
        // What leaves the archive makes it smaller; what enters it in the same moment hides that.
        if archived {
            self.archived?.checked_neg()
        } else {
            self.archived
        }
    }

    /// The page of a list beyond which there can be none. Filters only make it fewer.
    pub(super) fn last_page(self, archived: bool, per_page: u64) -> Option<u64> {
        let total = if archived { self.archived } else { self.active };
        Some(u64::try_from(total?).ok()?.div_ceil(per_page.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_tell_what_left_and_where_a_list_ends_at_the_latest() {
        let totals = |active, archived| Totals { active, archived };
        for (totals, archived, left, last) in [
            (totals(Some(200), Some(7)), false, Some(7), Some(2)),
            (totals(Some(201), Some(7)), false, Some(7), Some(3)),
            (totals(Some(200), Some(7)), true, Some(-7), Some(1)),
            (totals(Some(0), None), false, None, Some(0)),
            (totals(None, Some(i64::MIN)), true, None, None),
            (totals(Some(-1), None), false, None, None),
            (totals(None, None), false, None, None),
        ] {
            assert_eq!(
                (totals.left(archived), totals.last_page(archived, 100)),
                (left, last),
                "{totals:?}"
            );
        }
    }
}
