//! A position in a list: the page to read next, and which of its tasks were yielded already.
use super::totals::Totals;
use agents_api_raw::types::Task;

/// A page of one of GitHub's two lists: the archived tasks, or the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PageRef {
    pub(crate) archived: bool,
    /// From 1.
    pub(crate) page: u64,
}

/// The page to read next, and the totals that the page before came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Position {
    pub(crate) page_ref: PageRef,
    /// The totals when the page before was read. Tasks that left the list since then moved others to that page.
    pub(crate) before: Totals,
}

impl Position {
    pub(crate) fn new(archived: bool, page: u64) -> Self {
        let page_ref = PageRef { archived, page };
        let before = Totals::default();
        Self { page_ref, before }
    }

    /// How many tasks left the list since the page before was read, at least.
    pub(super) fn removed_until(&self, now: Totals) -> u64 {
        self.before.removed_until(now, self.page_ref.archived)
    }
}

/// FNV-1a with 64 bits. It is written out because a stored cursor must mean the same in every version.
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

/// The tasks at the front of a page that were yielded already: their number, and a fingerprint of their ids to see
/// whether the same ones are still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct PageOffset {
    pub(crate) count: usize,
    pub(crate) ids: Fingerprint,
}

impl PageOffset {
    pub(crate) fn start() -> Self {
        let ids = Fingerprint::new();
        Self { count: 0, ids }
    }

    /// With one more task.
    pub(super) fn and(mut self, task: &Task) -> Self {
        self.count += 1;
        self.ids.bytes(task.id.as_bytes(), 0x1f);
        self
    }

    /// After all of these tasks.
    pub(super) fn after(tasks: &[Task]) -> Self {
        tasks.iter().fold(Self::start(), Self::and)
    }

    /// The tasks of the page that were yielded before: none, if any of them is not where it was.
    pub(super) fn yielded(self, page: &[Task]) -> &[Task] {
        match page.get(..self.count) {
            Some(front) if Self::after(front) == self => front,
            _ => &[],
        }
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
    fn yielded_tasks_are_recognized_only_where_they_were() {
        let offset = PageOffset::after(&tasks(&["a", "b"]));
        for (page, count) in [
            (&["a", "b", "c"][..], 2),
            (&["a", "b"], 2),
            (&["b", "a", "c"], 0),
            (&["z", "a", "b"], 0),
            (&["ab", "c", "d"], 0),
            (&["a"], 0),
            (&[], 0),
        ] {
            assert_eq!(offset.yielded(&tasks(page)).len(), count, "{page:?}");
        }
        assert!(PageOffset::start().yielded(&tasks(&["a"])).is_empty());
    }
}
