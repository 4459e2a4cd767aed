//! The state of the emulated GitHub.
//!
//! `World` holds the facts and keeps them consistent; it knows nothing of HTTP. Time enters through arguments, so the same
//! calls give the same world at any time of day.

pub(crate) mod account;
mod change;
pub(crate) mod list;
pub(crate) mod seed;
pub(crate) mod shared;
pub(crate) mod start;
pub(crate) mod task;
pub(crate) mod task_index;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use uuid::Uuid;

use crate::life::{Scenario, Script};
use crate::model::{Index, RepoName, TaskState, repo_key};
use crate::seeded::parse_id;
use account::{Account, Repo, Token, User};
use task::{Pull, Task};
use task_index::TaskIndex;

/// The family numbers that keep ids of different kinds apart.
const TASK_IDS: u64 = 0x7461_736B;
const SESSION_IDS: u64 = 0x7365_7373;

/// The id of the documentation's example repository.
const FIRST_REPO_ID: i64 = 1_296_269;

/// Where database ids of pull requests begin: far from any number a pull request could have.
const FIRST_PULL_ID: i64 = 2_000_000_000;

#[derive(Debug, Clone)]
pub(crate) struct World {
    seed: u64,
    users: Vec<User>,
    repos: Vec<Repo>,
    repo_by_key: HashMap<String, Index>,
    accounts: HashMap<String, Account>,
    tasks: Vec<Task>,
    by_id: HashMap<Uuid, Index>,
    sessions: u64,
    pulls: Vec<Pull>,
    /// Two indexes a repository and two a user: active, then archived.
    repo_indexes: Vec<[TaskIndex; 2]>,
    user_indexes: Vec<[TaskIndex; 2]>,
    /// The next change of every running task: when, in what order of scheduling, which task.
    due: BTreeSet<(i64, u64, Index)>,
    running: HashMap<Index, Running>,
    scheduled: u64,
    scenario: Scenario,
    /// Scripts that prompts can name besides the built-in ones.
    scripts: Vec<Script>,
    queued_scripts: VecDeque<Script>,
    /// Every change of state since the beginning, in order.
    transitions: Vec<TransitionRecord>,
}

/// A change of state that happened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TransitionRecord {
    pub(crate) at: i64,
    pub(crate) task: Index,
    pub(crate) from: TaskState,
    pub(crate) to: TaskState,
}

/// Where a task is in its script.
#[derive(Debug, Clone)]
struct Running {
    script: Arc<Script>,
    position: usize,
    ticket: u64,
}

impl World {
    pub(crate) fn new(seed: u64, scenario: Scenario, scripts: Vec<Script>) -> Self {
        Self {
            seed,
            users: Vec::new(),
            repos: Vec::new(),
            repo_by_key: HashMap::new(),
            accounts: HashMap::new(),
            tasks: Vec::new(),
            by_id: HashMap::new(),
            sessions: 0,
            pulls: Vec::new(),
            repo_indexes: Vec::new(),
            user_indexes: Vec::new(),
            due: BTreeSet::new(),
            running: HashMap::new(),
            scheduled: 0,
            scenario,
            scripts,
            queued_scripts: VecDeque::new(),
            transitions: Vec::new(),
        }
    }

    /// The user of a login, created if there is none. Ids count from 1, `octocat` being the first.
    pub(crate) fn user_named(&mut self, login: &str) -> Index {
        let known = self
            .users
            .iter()
            .position(|user| user.login.eq_ignore_ascii_case(login));
        let index = known.unwrap_or_else(|| {
            let id = i64::try_from(self.users.len()).unwrap_or(i64::MAX - 1) + 1;
            self.users.push(User {
                id,
                login: login.to_owned(),
            });
            self.user_indexes.push(<[TaskIndex; 2]>::default());
            self.users.len() - 1
        });
        to_index(index)
    }

    /// Adds a repository, and its owner if there is none of that name. Adding it twice changes nothing.
    pub(crate) fn add_repo(&mut self, owner: &str, name: &str) -> Index {
        let key = repo_key(owner, name);
        if let Some(known) = self.repo_by_key.get(&key) {
            return *known;
        }
        let owner_index = self.user_named(owner);
        let owner_id = self.user(owner_index).map_or(0, |user| user.id);
        let index = to_index(self.repos.len());
        let id = FIRST_REPO_ID + i64::from(index);
        let (owner, name) = (owner.to_owned(), name.to_owned());
        self.repos.push(Repo {
            id,
            owner,
            owner_id,
            name,
            next_number: 101,
        });
        self.repo_indexes.push(<[TaskIndex; 2]>::default());
        self.repo_by_key.insert(key, index);
        index
    }

    pub(crate) fn repo_named(&self, owner: &str, name: &str) -> Option<Index> {
        self.repo_by_key.get(&repo_key(owner, name)).copied()
    }

    /// Adds a token, or replaces what it may do. Its rate-limit buckets are kept.
    pub(crate) fn add_token(&mut self, token: &Token) {
        let user = self.user_named(&token.login);
        let next = to_index(self.accounts.len());
        let number = self
            .accounts
            .get(&token.secret)
            .map_or(next, |account| account.number);
        let sees = token
            .sees
            .as_ref()
            .map(|list| list.iter().map(RepoName::key).collect());
        let account = Account {
            number,
            user,
            access: token.access,
            sees,
            no_plan: token.no_plan,
        };
        self.accounts.insert(token.secret.clone(), account);
    }

    /// The account of a token. An empty secret is what a request without a usable one has: it opens nothing.
    pub(crate) fn account(&self, secret: &str) -> Option<&Account> {
        self.accounts.get(secret).filter(|_| !secret.is_empty())
    }

    /// The secret of every token.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &str> {
        self.accounts.keys().map(String::as_str)
    }

    pub(crate) fn user(&self, index: Index) -> Option<&User> {
        self.users.get(index as usize)
    }

    pub(crate) fn repo(&self, index: Index) -> Option<&Repo> {
        self.repos.get(index as usize)
    }

    pub(crate) fn task(&self, index: Index) -> Option<&Task> {
        self.tasks.get(index as usize)
    }

    pub(crate) fn pull(&self, index: Index) -> Option<&Pull> {
        self.pulls.get(index as usize)
    }

    pub(crate) fn pulls(&self) -> &[Pull] {
        &self.pulls
    }

    /// The pull request of a GraphQL id. Ids grow with the position, by a fixed step.
    pub(crate) fn pull_with_global_id(&self, id: &str) -> Option<&Pull> {
        let database_id = i64::from_str_radix(id.strip_prefix("PR_kwDO")?, 16).ok()?;
        let position = self
            .pulls
            .binary_search_by_key(&database_id, |pull| pull.database_id)
            .ok()?;
        self.pulls.get(position)
    }

    pub(crate) fn task_with_id(&self, id: &str) -> Option<Index> {
        self.by_id.get(&parse_id(id)?).copied()
    }

    pub(crate) fn task_count(&self) -> Index {
        to_index(self.tasks.len())
    }

    /// Whether an account sees a repository.
    pub(crate) fn sees(&self, account: &Account, repo: Index) -> bool {
        match (&account.sees, self.repo(repo)) {
            (None, Some(_)) => true,
            (Some(list), Some(repo)) => list.contains(&repo_key(&repo.owner, &repo.name)),
            (_, None) => false,
        }
    }

    pub(crate) fn transitions(&self) -> &[TransitionRecord] {
        &self.transitions
    }

    /// Decides how tasks live that are started from now on.
    pub(crate) fn set_scenario(&mut self, scenario: Scenario) {
        self.scenario = scenario;
    }

    /// Adds a script that prompts can name, or replaces the one of the same name.
    pub(crate) fn add_script(&mut self, script: Script) {
        self.scripts.retain(|known| known.name() != script.name());
        self.scripts.push(script);
    }

    /// The scripts that were added, in order.
    pub(crate) fn scripts(&self) -> &[Script] {
        &self.scripts
    }

    pub(crate) fn queue_script(&mut self, script: Script) {
        self.queued_scripts.push_back(script);
    }

    fn add_to_indexes(&mut self, index: Index) {
        self.with_indexes(index, TaskIndex::insert);
    }

    fn remove_from_indexes(&mut self, index: Index) {
        self.with_indexes(index, TaskIndex::remove);
    }

    fn with_indexes(&mut self, index: Index, act: fn(&mut TaskIndex, Index, i64, i64)) {
        let Some(task) = self.tasks.get(index as usize) else {
            return;
        };
        let archived = usize::from(task.is_archived());
        let (created, updated) = (task.created, task.updated);
        let repo = self.repo_indexes.get_mut(task.repo as usize);
        let user = self.user_indexes.get_mut(task.creator as usize);
        for indexes in [repo, user].into_iter().flatten() {
            act(&mut indexes[archived], index, created, updated);
        }
    }
}

/// Positions fit 32 bits: memory ends long before 4,294,967,296 tasks.
fn to_index(position: usize) -> Index {
    Index::try_from(position).unwrap_or(Index::MAX)
}
