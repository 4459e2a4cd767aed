//! Lists: which tasks a caller sees, in which order, from where to where.

use super::lane::Lane;
use super::{Account, Direction, Index, Sort, Task, TaskState, World};
use crate::life::Change;

/// Whose tasks a list shows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Scope {
    Repo(Index),
    Creator(Index),
}

/// What a list was asked for, validated.
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
            creators: None,
        }
    }
}

/// One page.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) tasks: Vec<Index>,
    /// Whether a further page exists.
    pub(crate) more: bool,
    /// What the page was taken from: every active task of the scope, and every archived one.
    pub(crate) active: usize,
    pub(crate) archived: usize,
}

impl World {
    pub(crate) fn list(&self, account: &Account, scope: Scope, filter: &Filter) -> Found {
        let lanes = match scope {
            Scope::Repo(repo) => self.repo_lanes.get(repo as usize),
            Scope::Creator(user) => self.user_lanes.get(user as usize),
        };
        let Some(lanes) = lanes else {
            return Found {
                tasks: Vec::new(),
                more: false,
                active: 0,
                archived: 0,
            };
        };
        // A token that sees everything, or a list of one repository already found visible, needs no look at each task.
        let check_sight = matches!(scope, Scope::Creator(_)) && account.sees.is_some();
        let looked_at = if check_sight { self.repos.as_slice() } else { &[] };
        let seen: Vec<bool> = (0..)
            .zip(looked_at)
            .map(|(repo, _)| self.sees(account, repo))
            .collect();
        let visible = |index: Index| {
            let repo = || self.task(index).map_or(usize::MAX, |task| task.repo as usize);
            !check_sight || seen.get(repo()).copied().unwrap_or(false)
        };
        let every = |lane: &Lane| {
            if check_sight {
                lane.walk(Sort::Created, Direction::Ascending, None)
                    .filter(|index| visible(*index))
                    .count()
            } else {
                lane.len()
            }
        };
        let creators = filter.creators.as_ref().map(|ids| self.users_with(ids));
        let plain = filter.states.is_none()
            && creators.is_none()
            && (filter.since.is_none() || filter.sort == Sort::Updated)
            && !check_sight;
        let fits = |index: &Index| {
            plain
                || (visible(*index)
                    && self
                        .task(*index)
                        .is_some_and(|task| fits(filter, creators.as_deref(), task)))
        };
        let skip = (filter.page - 1).saturating_mul(filter.per_page as u64);
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        let lane = &lanes[usize::from(filter.archived)];
        // Beyond the last page there is nothing to skip over.
        let (tasks, more) = if skip > lane.len() {
            (Vec::new(), false)
        } else {
            let mut rest = lane
                .walk(filter.sort, filter.direction, filter.since)
                .filter(fits)
                .skip(skip);
            let tasks: Vec<_> = rest.by_ref().take(filter.per_page).collect();
            (tasks, rest.next().is_some())
        };
        Found {
            tasks,
            more,
            active: every(&lanes[0]),
            archived: every(&lanes[1]),
        }
    }

    /// Updates the last `count` tasks of a list, which moves them to the front of the newest.
    pub(crate) fn stir(&mut self, account: &Account, scope: Scope, filter: &Filter, count: usize, now: i64) {
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

fn fits(filter: &Filter, creators: Option<&[Index]>, task: &Task) -> bool {
    filter
        .states
        .as_ref()
        .is_none_or(|states| states.contains(&task.state()))
        && filter.since.is_none_or(|since| task.updated >= since)
        && creators.is_none_or(|creators| creators.contains(&task.creator))
}
