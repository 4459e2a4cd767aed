//! The ordered indexes that make a page from the middle cheap.
//!
//! A lane is what one list can show: the tasks of a repository, or of a creator, archived or not. Each keeps its tasks
//! in both orders; ties are broken by the order of creation, so no order ever depends on chance.

use std::collections::BTreeSet;
use std::ops::Bound;

use super::Index;

/// Time in milliseconds, then the position of the task in the world.
type Key = (i64, Index);

#[derive(Debug, Default)]
pub(crate) struct Lane {
    by_created: BTreeSet<Key>,
    by_updated: BTreeSet<Key>,
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

impl Lane {
    pub(crate) fn len(&self) -> usize {
        self.by_created.len()
    }

    pub(crate) fn insert(&mut self, task: Index, created: i64, updated: i64) {
        self.by_created.insert((created, task));
        self.by_updated.insert((updated, task));
    }

    pub(crate) fn remove(&mut self, task: Index, created: i64, updated: i64) {
        self.by_created.remove(&(created, task));
        self.by_updated.remove(&(updated, task));
    }

    /// The tasks in order. `since` bounds the updated time and is only cheap in that order.
    pub(crate) fn walk(
        &self,
        sort: Sort,
        direction: Direction,
        since: Option<i64>,
    ) -> Box<dyn Iterator<Item = Index> + '_> {
        let (set, from) = match (sort, since) {
            (Sort::Updated, Some(since)) => (&self.by_updated, Bound::Included((since, Index::MIN))),
            (Sort::Updated, None) => (&self.by_updated, Bound::Unbounded),
            (Sort::Created, _) => (&self.by_created, Bound::Unbounded),
        };
        let keys = set.range((from, Bound::Unbounded)).map(|(_, task)| *task);
        match direction {
            Direction::Ascending => Box::new(keys),
            Direction::Descending => Box::new(keys.rev()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_keep_the_order_of_creation_and_descending_is_its_mirror() {
        let mut lane = Lane::default();
        for task in [3, 1, 2] {
            lane.insert(task, 10, 20);
        }
        let up: Vec<_> = lane.walk(Sort::Created, Direction::Ascending, None).collect();
        let down: Vec<_> = lane.walk(Sort::Created, Direction::Descending, None).collect();
        assert_eq!((up, down), (vec![1, 2, 3], vec![3, 2, 1]));
    }

    #[test]
    fn since_is_inclusive() {
        let mut lane = Lane::default();
        lane.insert(0, 1, 10);
        lane.insert(1, 2, 11);
        let seen: Vec<_> = lane.walk(Sort::Updated, Direction::Ascending, Some(11)).collect();
        assert_eq!(seen, [1]);
        lane.remove(1, 2, 11);
        assert_eq!(
            lane.walk(Sort::Updated, Direction::Ascending, Some(11)).count(),
            0
        );
    }
}
