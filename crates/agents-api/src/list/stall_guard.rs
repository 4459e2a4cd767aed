//! What was given out of a page, and whether a list gets anywhere.
use crate::error::Error;
use agents_api_raw::types::Task;

/// FNV-1a with 64 bits: written out, because what is stored has to mean the same in every version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Fingerprint(pub(crate) u64);

impl Fingerprint {
    pub(crate) fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8], end: u8) {
        for byte in bytes.iter().chain([&end]) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

/// The tasks at the front of a page that were given out, in short: enough to know whether the same ones stand there still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Given {
    pub(crate) count: usize,
    pub(crate) ids: Fingerprint,
}

impl Given {
    pub(crate) fn nothing() -> Self {
        let ids = Fingerprint::new();
        Self { count: 0, ids }
    }

    /// With one more task.
    pub(super) fn and(mut self, task: &Task) -> Self {
        self.count += 1;
        self.ids.bytes(task.id.as_bytes(), 0x1f);
        self
    }

    /// All of these tasks.
    pub(super) fn all(tasks: &[Task]) -> Self {
        tasks.iter().fold(Self::nothing(), Self::and)
    }

    /// Those of a page's tasks that were given out before: none of them, if anything among them has changed its place.
    pub(super) fn known(self, page: &[Task]) -> &[Task] {
        match page.get(..self.count) {
            Some(front) if Self::all(front) == self => front,
            _ => &[],
        }
    }
}

/// So many pages in a row may have nothing new. Filters can leave some empty, and updates can bring some a second time.
const MOST_BARREN: u32 = 100;

/// Counts pages that have nothing new. A server that names one after the other for ever, or gives the same page
/// whichever is asked for, would be asked for ever.
#[derive(Debug, Default)]
pub(super) struct Progress {
    barren: u32,
}

impl Progress {
    /// A page had something new, or not.
    pub(super) fn page(&mut self, has_news: bool) -> Result<(), Error> {
        self.barren = if has_news { 0 } else { self.barren + 1 };
        if self.barren < MOST_BARREN {
            return Ok(());
        }
        self.barren = 0;
        Err(Error::unexpected(format!(
            "GitHub named {MOST_BARREN} pages in a row that have nothing new; the list seems to have no end"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tasks(ids: &[&str]) -> Vec<Task> {
        let task = |id: &&str| {
            let json = format!(r#"{{"id":"{id}","state":"queued","created_at":"2026-01-01T00:00:00Z"}}"#);
            serde_json::from_str(&json).unwrap()
        };
        ids.iter().map(task).collect()
    }

    #[test]
    fn what_was_given_out_is_known_while_it_stands_where_it_stood() {
        let given = Given::all(&tasks(&["a", "b"]));
        for (page, known) in [
            (&["a", "b", "c"][..], 2),
            (&["a", "b"], 2),
            (&["b", "a", "c"], 0),
            (&["z", "a", "b"], 0),
            (&["ab", "c", "d"], 0),
            (&["a"], 0),
            (&[], 0),
        ] {
            assert_eq!(given.known(&tasks(page)).len(), known, "{page:?}");
        }
        assert!(Given::nothing().known(&tasks(&["a"])).is_empty());
    }

    #[test]
    fn only_pages_in_a_row_without_news_are_an_error() {
        let mut progress = Progress::default();
        for _ in 0..2 {
            for _ in 1..MOST_BARREN {
                assert!(progress.page(false).is_ok());
            }
            assert!(progress.page(true).is_ok());
        }
        let failed = (0..3 * MOST_BARREN)
            .filter(|_| progress.page(false).is_err())
            .count();
        assert_eq!(failed, 3, "each time it is asked again, it goes on so far again");
    }
}
