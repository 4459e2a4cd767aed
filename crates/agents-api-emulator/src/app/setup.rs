//! The state an emulator starts with, and returns to when it is reset.

use crate::faults::Fault;
use crate::life::{Scenario, Script};
use crate::limits::Limits;
use crate::model::RepoName;
use crate::settings::Settings;
use crate::world::World;
use crate::world::account::Token;

/// The state an emulator starts with.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    /// The first token is that of `octocat`.
    pub(crate) tokens: Vec<Token>,
    pub(crate) repositories: Vec<RepoName>,
    pub(crate) tasks: u32,
    pub(crate) scenario: Scenario,
    pub(crate) scripts: Vec<Script>,
    pub(crate) limits: Limits,
    pub(crate) faults: Vec<Fault>,
    /// The seed of the faults, if it is not that of everything else.
    pub(crate) fault_seed: Option<u64>,
    pub(crate) settings: Settings,
}

impl Setup {
    /// The world as it is at the start.
    pub(crate) fn world(&self, now: i64) -> World {
        let mut world = World::new(self.settings.seed, self.scenario.clone(), self.scripts.clone());
        world.user_named("octocat");
        let default = [RepoName::default()];
        let repositories = if self.repositories.is_empty() {
            default.as_slice()
        } else {
            &self.repositories
        };
        for repo in repositories {
            world.add_repo(&repo.owner, &repo.name);
        }
        for token in &self.tokens {
            world.add_token(token);
        }
        world.seed_tasks(self.tasks, now);
        world
    }

    pub(crate) fn fault_seed(&self) -> u64 {
        self.fault_seed.unwrap_or(self.settings.seed)
    }
}
