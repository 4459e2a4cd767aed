//! Ordered indexes in which a page from the middle costs what the first one does.
//!
//! An index holds what one list can show: the tasks of a repository, or of a creator, archived or not. It keeps them in
//! both orders; ties are broken by the order of creation, so no order ever depends on chance.

use crate::model::Index;

/// Time in milliseconds, then the position of the task in the world.
type Key = (i64, Index);

/// Number of keys at which a chunk is split in two. With 100,000 tasks a position is found among some 300 chunks, and a
/// change moves at most 8 KiB.
const MAX_CHUNK: usize = 512;

/// A sorted list of keys in chunks: changed in place, and entered at any position without walking to it.
#[derive(Debug, Clone, Default)]
struct SortedKeys {
    /// Sorted, and none empty.
    chunks: Vec<Vec<Key>>,
    len: usize,
}

impl SortedKeys {
    /// The first chunk that may hold the key.
    fn chunk_of(&self, key: Key) -> usize {
        self.chunks
            .partition_point(|chunk| chunk.last().is_some_and(|last| *last < key))
    }

    fn insert(&mut self, key: Key) {
        let at = self.chunk_of(key).min(self.chunks.len().saturating_sub(1));
        let Some(chunk) = self.chunks.get_mut(at) else {
            self.chunks.push(vec![key]);
            self.len = 1;
            return;
        };
        if let Err(position) = chunk.binary_search(&key) {
            chunk.insert(position, key);
            self.len += 1;
            if chunk.len() > MAX_CHUNK {
                let second = chunk.split_off(MAX_CHUNK / 2);
                self.chunks.insert(at + 1, second);
            }
        }
    }

    fn remove(&mut self, key: Key) {
        let at = self.chunk_of(key);
        let Some(chunk) = self.chunks.get_mut(at) else {
            return;
        };
        if let Ok(position) = chunk.binary_search(&key) {
            chunk.remove(position);
            self.len -= 1;
            if chunk.is_empty() {
                self.chunks.remove(at);
            }
        }
    }

    /// How many keys are less than this one.
    fn rank(&self, key: Key) -> usize {
        let at = self.chunk_of(key);
        let before: usize = self.chunks[..at].iter().map(Vec::len).sum();
        let within = self
            .chunks
            .get(at)
            .map_or(0, |chunk| chunk.partition_point(|known| *known < key));
        before + within
    }

    /// The keys from a position on, ascending.
    fn from(&self, position: usize) -> impl Iterator<Item = Key> + '_ {
        let mut skip = position;
        let full = self.chunks.iter().take_while(|chunk| {
            let is_skipped = chunk.len() <= skip;
            skip -= if is_skipped { chunk.len() } else { 0 };
            is_skipped
        });
        let first = full.count();
        self.chunks[first..].iter().flatten().skip(skip).copied()
    }

    /// The keys before a position, descending.
    fn before(&self, position: usize) -> impl Iterator<Item = Key> + '_ {
        let mut skip = self.len.saturating_sub(position);
        let full = self.chunks.iter().rev().take_while(|chunk| {
            let is_skipped = chunk.len() <= skip;
            skip -= if is_skipped { chunk.len() } else { 0 };
            is_skipped
        });
        let end = self.chunks.len() - full.count();
        self.chunks[..end]
            .iter()
            .rev()
            .flat_map(|chunk| chunk.iter().rev())
            .skip(skip)
            .copied()
    }
}

/// The tasks that one list can show.
#[derive(Debug, Clone, Default)]
pub(crate) struct TaskIndex {
    by_created: SortedKeys,
    by_updated: SortedKeys,
}

/// Which time a list is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Sort {
    #[default]
    Updated,
    Created,
}

/// Which end a list begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Direction {
    Ascending,
    #[default]
    Descending,
}

impl TaskIndex {
    pub(crate) fn len(&self) -> usize {
        self.by_created.len
    }

    pub(crate) fn insert(&mut self, task: Index, created: i64, updated: i64) {
        self.by_created.insert((created, task));
        self.by_updated.insert((updated, task));
    }

    pub(crate) fn remove(&mut self, task: Index, created: i64, updated: i64) {
        self.by_created.remove((created, task));
        self.by_updated.remove((updated, task));
    }

    /// The tasks in order, without the first `skip`. `since` bounds the updated time, in that order alone.
    pub(crate) fn walk(
        &self,
        sort: Sort,
        direction: Direction,
        since: Option<i64>,
        skip: usize,
    ) -> Box<dyn Iterator<Item = Index> + '_> {
        let (keys, floor) = match (sort, since) {
            (Sort::Updated, Some(since)) => (&self.by_updated, self.by_updated.rank((since, Index::MIN))),
            (Sort::Updated, None) => (&self.by_updated, 0),
            (Sort::Created, _) => (&self.by_created, 0),
        };
        match direction {
            Direction::Ascending => Box::new(keys.from(floor.saturating_add(skip)).map(|(_, task)| task)),
            Direction::Descending => {
                let end = keys.len.saturating_sub(skip);
                let count = end.saturating_sub(floor);
                Box::new(keys.before(end).take(count).map(|(_, task)| task))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ties_keep_the_order_of_creation_and_descending_is_its_mirror() {
        let mut index = TaskIndex::default();
        for task in [3, 1, 2] {
            index.insert(task, 10, 20);
        }
        let up: Vec<_> = index.walk(Sort::Created, Direction::Ascending, None, 0).collect();
        let down: Vec<_> = index
            .walk(Sort::Created, Direction::Descending, None, 0)
            .collect();
        assert_eq!((up, down), (vec![1, 2, 3], vec![3, 2, 1]));
    }

    #[test]
    fn since_is_inclusive() {
        let mut index = TaskIndex::default();
        index.insert(0, 1, 10);
        index.insert(1, 2, 11);
        let walk = |index: &TaskIndex| -> Vec<_> {
            index
                .walk(Sort::Updated, Direction::Ascending, Some(11), 0)
                .collect()
        };
        assert_eq!(walk(&index), [1]);
        index.remove(1, 2, 11);
        assert!(walk(&index).is_empty());
    }

    proptest! {
        #[test]
        fn an_index_is_a_sorted_set(
            changes in prop::collection::vec((any::<bool>(), 0..40_i64, 0..400_u32), 0..3000),
            since in 0..45_i64,
            skip in 0..2000_usize,
        ) {
            let (mut index, mut model) = (TaskIndex::default(), BTreeSet::new());
            for (insert, at, task) in changes {
                if insert {
                    index.insert(task, at, at);
                    model.insert((at, task));
                } else {
                    index.remove(task, at, at);
                    model.remove(&(at, task));
                }
            }
            prop_assert_eq!(index.len(), model.len());
            let up: Vec<_> = model.iter().filter(|(at, _)| *at >= since).skip(skip).map(|(_, task)| *task).collect();
            let down: Vec<_> =
                model.iter().rev().filter(|(at, _)| *at >= since).skip(skip).map(|(_, task)| *task).collect();
            let walk = |direction| -> Vec<_> { index.walk(Sort::Updated, direction, Some(since), skip).collect() };
            prop_assert_eq!(walk(Direction::Ascending), up);
            prop_assert_eq!(walk(Direction::Descending), down);
        }
    }
}
