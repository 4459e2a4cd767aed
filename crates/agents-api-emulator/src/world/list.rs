//! Lists: which tasks a caller sees, in which order, and which of them a page holds.

use super::World;
use super::account::Account;
use super::task::Task;
use super::task_index::{Direction, Sort, TaskIndex};
use crate::life::Change;
use crate::model::{Index, TaskState};

/// Whose tasks a list shows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    Repo(Index),
    Creator(Index),
}

/// The validated parameters of a list.
#[derive(Debug, Clone)]
pub(crate) struct Filter {
    pub(crate) per_page: usize,
    /// Counted from 1.
    pub(crate) page: u64,
    pub(crate) sort: Sort,
    pub(crate) direction: Direction,
    pub(crate) states: Option<Vec<TaskState>>,
    pub(crate) archived: bool,
    pub(crate) since: Option<i64>,
    /// The latest time of birth, for lists that lag.
    pub(crate) born_by: Option<i64>,
    /// User ids; a number too large for an id matches nobody and is kept as -1.
    pub(crate) creators: Option<Vec<i64>>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            per_page: 30,
            page: 1,
            sort: Sort::default(),
            direction: Direction::default(),
            states: None,
            archived: false,
            since: None,
            born_by: None,
            creators: None,
        }
    }
}

/// One page of a list.
#[derive(Debug, Default)]
pub(crate) struct TaskPage {
    pub(crate) tasks: Vec<Index>,
    /// Whether a further page exists.
    pub(crate) more: bool,
    /// The totals of the scope, whatever the filter.
    pub(crate) active: usize,
    pub(crate) archived: usize,
}

impl World {
    pub(crate) fn list(&self, account: &Account, scope: Scope, filter: &Filter) -> TaskPage {
        let indexes = match scope {
            Scope::Repo(repo) => self.repo_indexes.get(repo as usize),
            Scope::Creator(user) => self.user_indexes.get(user as usize),
        };
        let Some(indexes) = indexes else {
            return TaskPage::default();
        };
        // Tasks are checked one by one only for a token that does not see every repository, in the list of its user.
        let check_visibility = matches!(scope, Scope::Creator(_)) && account.sees.is_some();
        let checked = if check_visibility {
            self.repos.as_slice()
        } else {
            &[]
        };
        let seen: Vec<bool> = (0..)
            .zip(checked)
            .map(|(repo, _)| self.sees(account, repo))
            .collect();
        let visible = |index: Index| {
            let repo = || self.task(index).map_or(usize::MAX, |task| task.repo as usize);
            !check_visibility || seen.get(repo()).copied().unwrap_or(false)
        };
        let total = |index: &TaskIndex| {
            if check_visibility {
                index
                    .walk(Sort::Created, Direction::Ascending, None, 0)
                    .filter(|task| visible(*task))
                    .count()
            } else {
                index.len()
            }
        };
        let creators = filter.creators.as_ref().map(|ids| self.users_with(ids));
        // Every task of the index fits: the page is entered by its position.
        let is_unfiltered = filter.states.is_none()
            && creators.is_none()
            && filter.born_by.is_none()
            && (filter.since.is_none() || filter.sort == Sort::Updated)
            && !check_visibility;
        let matches = |index: &Index| {
            is_unfiltered
                || (visible(*index)
                    && self
                        .task(*index)
                        .is_some_and(|task| matches(filter, creators.as_deref(), task)))
        };
        let skip = (filter.page - 1).saturating_mul(filter.per_page as u64);
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let index = &indexes[usize::from(filter.archived)];
        let (skip_in_index, skip_matching) = if is_unfiltered { (skip, 0) } else { (0, skip) };
        // A page beyond the last has nothing to skip over.
        let (tasks, more) = if skip > index.len() {
            (Vec::new(), false)
        } else {
            let mut rest = index
                .walk(filter.sort, filter.direction, filter.since, skip_in_index)
                .filter(matches)
                .skip(skip_matching);
            let tasks: Vec<_> = rest.by_ref().take(filter.per_page).collect();
            (tasks, rest.next().is_some())
        };
        TaskPage {
            tasks,
            more,
            active: total(&indexes[0]),
            archived: total(&indexes[1]),
        }
    }

    /// Updates the last `count` tasks of a list, which moves them to its front when it is sorted by updated time.
    pub(crate) fn move_to_front(
        &mut self,
        account: &Account,
        scope: Scope,
        filter: &Filter,
        count: usize,
        now: i64,
    ) {
        if count == 0 {
            return;
        }
        let whole = Filter {
            per_page: usize::MAX,
            page: 1,
            ..filter.clone()
        };
        let tasks = self.list(account, scope, &whole).tasks;
        // From the far end inwards: the last becomes the oldest of those that moved.
        for index in tasks.into_iter().rev().take(count) {
            self.change(index, &Change::Touch, now);
        }
    }

    fn users_with(&self, ids: &[i64]) -> Vec<Index> {
        let known = (0_u32..)
            .zip(&self.users)
            .filter(|(_, user)| ids.contains(&user.id));
        known.map(|(index, _)| index).collect()
    }
}

fn matches(filter: &Filter, creators: Option<&[Index]>, task: &Task) -> bool {
    filter
        .states
        .as_ref()
        .is_none_or(|states| states.contains(&task.state()))
        && filter.born_by.is_none_or(|latest| task.born <= latest)
        && filter.since.is_none_or(|since| task.updated >= since)
        && creators.is_none_or(|creators| creators.contains(&task.creator))
}
