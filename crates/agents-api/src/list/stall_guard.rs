//! The guard against lists without an end.
use crate::error::Error;

/// Consecutive pages without anything new to tolerate. Filters can leave some empty, and updates can repeat others.
const MAX_STALLED_PAGES: u32 = 100;

/// Counts consecutive pages without anything new. A server that always names another page, or returns the same page
/// whatever its number, would otherwise be asked for ever.
#[derive(Debug, Default)]
pub(crate) struct StallGuard {
    stalled: u32,
}

impl StallGuard {
    /// Counts a page; `is_new` says whether it had anything new.
    ///
    /// # Errors
    /// When this is the hundredth page in a row without anything new. The count starts again then.
    pub(crate) fn page(&mut self, is_new: bool) -> Result<(), Error> {
        self.stalled = if is_new { 0 } else { self.stalled + 1 };
        if self.stalled < MAX_STALLED_PAGES {
            return Ok(());
        }
        self.stalled = 0;
        Err(Error::unexpected(format!(
            "the list seems to have no end: {MAX_STALLED_PAGES} pages in a row had nothing new; \
             stop here, or continue with the next page"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_consecutive_pages_without_anything_new_are_an_error() {
        let mut guard = StallGuard::default();
        for _ in 0..2 {
            for _ in 1..MAX_STALLED_PAGES {
                assert!(guard.page(false).is_ok());
            }
            assert!(guard.page(true).is_ok());
        }
        let failed = (0..3 * MAX_STALLED_PAGES)
            .filter(|_| guard.page(false).is_err())
            .count();
        assert_eq!(failed, 3, "each continuation gets as many pages again");
    }
}
