//! The totals that come with each page, and what they reveal.

/// How many tasks there were when a page was read, as far as GitHub says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Totals {
    pub(crate) active: Option<i64>,
    pub(crate) archived: Option<i64>,
}

impl Totals {
    /// How many tasks left a list between these totals and later ones, at least.
    ///
    /// Tasks that enter at the same time hide tasks that leave. But a task that leaves the active list is usually archived,
    /// and few tasks ever leave the archive.
    pub(super) fn removed_until(self, later: Self, archived: bool) -> u64 {
        let grown = |from: Option<i64>, to: Option<i64>| {
            let grown = to.zip(from).map(|(to, from)| to.saturating_sub(from));
            grown.and_then(|grown| u64::try_from(grown).ok()).unwrap_or(0)
        };
        if archived {
            grown(later.archived, self.archived)
        } else {
            grown(self.archived, later.archived).max(grown(later.active, self.active))
        }
    }

    /// These totals, or the other ones where GitHub sent none.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            active: self.active.or(other.active),
            archived: self.archived.or(other.archived),
        }
    }

    /// The last page that the list can have. Filters only reduce it.
    pub(super) fn last_page(self, archived: bool, per_page: u64) -> Option<u64> {
        let total = if archived { self.archived } else { self.active };
        Some(u64::try_from(total?).ok()?.div_ceil(per_page.max(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn totals(active: impl Into<Option<i64>>, archived: impl Into<Option<i64>>) -> Totals {
        Totals {
            active: active.into(),
            archived: archived.into(),
        }
    }

    #[test]
    fn either_total_reveals_removed_tasks() {
        for (then, now, active, archived) in [
            (totals(50, 5), totals(50, 5), 0, 0),
            (totals(50, 5), totals(51, 5), 0, 0),
            (totals(50, 5), totals(48, 7), 2, 0),
            (totals(50, 5), totals(60, 7), 2, 0),
            (totals(50, 5), totals(49, 5), 1, 0),
            (totals(50, 5), totals(51, 4), 0, 1),
            (totals(50, None), totals(49, 9), 1, 0),
            (totals(None, None), totals(1, 1), 0, 0),
            (
                totals(0, i64::MIN),
                totals(0, i64::MAX),
                i64::MAX.unsigned_abs(),
                0,
            ),
        ] {
            let yielded = (then.removed_until(now, false), then.removed_until(now, true));
            assert_eq!(yielded, (active, archived), "{then:?} {now:?}");
        }
    }

    #[test]
    fn the_total_bounds_the_last_page() {
        for (totals, archived, last) in [
            (totals(200, 7), false, Some(2)),
            (totals(201, 7), false, Some(3)),
            (totals(200, 7), true, Some(1)),
            (totals(0, None), false, Some(0)),
            (totals(None, -1), true, None),
            (totals(None, 7), false, None),
        ] {
            assert_eq!(totals.last_page(archived, 100), last, "{totals:?}");
        }
    }
}
