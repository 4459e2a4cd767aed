//! What the connections of one emulator share.

use std::fmt;
use std::io::Write;
use std::sync::{Arc, PoisonError, RwLock};

use super::setup::Setup;
use crate::clock::{Clock, Reading};
use crate::faults::Fault;
use crate::faults::engine::Engine;
use crate::limits::Limits;
use crate::limits::limiter::Limiter;
use crate::log::Log;
use crate::model::{Index, RepoName};
use crate::settings::Settings;
use crate::world::World;
use crate::world::seed::TaskSeed;
use crate::world::shared::SharedWorld;

/// Everything that the connections of one emulator share.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) world: SharedWorld,
    pub(crate) clock: Clock,
    pub(crate) limiter: Limiter,
    pub(crate) faults: Engine,
    pub(crate) log: Log,
    settings: RwLock<Arc<Settings>>,
    setup: Setup,
    started: Reading,
}

/// The state of an emulator at a moment: world, clock, limits, faults and settings, but not the log.
#[derive(Debug)]
pub(crate) struct Snapshot {
    world: World,
    clock: Reading,
    limits: Limits,
    faults: Vec<Fault>,
    settings: Arc<Settings>,
}

/// Why a task cannot be put into the world.
#[derive(Debug)]
pub(crate) enum SeedError {
    UnknownRepository(RepoName),
    TooManyTasks(u32),
}

impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownRepository(name) => {
                write!(f, "repository {name}: not found in the emulator; add it first")
            }
            Self::TooManyTasks(max) => {
                write!(
                    f,
                    "tasks: the emulator holds its maximum of {max}; raise max_tasks or reset it"
                )
            }
        }
    }
}

impl App {
    pub(crate) fn new(
        setup: Setup,
        clock: Clock,
        log_requests: usize,
        log_bytes: usize,
        sink: Option<Box<dyn Write + Send>>,
    ) -> Self {
        Self {
            world: SharedWorld::new(setup.world(clock.millis()), clock.clone()),
            started: clock.save(),
            clock,
            limiter: Limiter::new(setup.limits.clone()),
            faults: Engine::new(setup.fault_seed(), setup.faults.clone()),
            log: Log::new(log_requests, log_bytes, sink),
            settings: RwLock::new(Arc::new(setup.settings.clone())),
            setup,
        }
    }

    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the settings of later requests.
    pub(crate) fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.settings.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut settings));
    }

    pub(crate) fn snapshot(&self) -> Snapshot {
        let world = self.world.lock().clone();
        Snapshot {
            world,
            clock: self.clock.save(),
            limits: self.limiter.limits(),
            faults: self.faults.all().into_iter().map(|(fault, _)| fault).collect(),
            settings: self.settings(),
        }
    }

    /// Returns to a snapshot. What was used of quotas is forgotten, and faults count from the beginning.
    pub(crate) fn restore(&self, snapshot: &Snapshot) {
        self.clock.restore(snapshot.clock);
        self.world.replace(snapshot.world.clone());
        self.limiter.reset(snapshot.limits.clone());
        self.faults.reset(snapshot.faults.clone());
        self.change_settings(|settings| settings.clone_from(&snapshot.settings));
    }

    /// Puts a task into the world.
    ///
    /// # Errors
    ///
    /// When its repository does not exist, or the world is full.
    pub(crate) fn seed(&self, seed: TaskSeed) -> Result<Index, SeedError> {
        let max_tasks = self.settings().max_tasks;
        let mut world = self.world.lock();
        if world.task_count() >= max_tasks {
            return Err(SeedError::TooManyTasks(max_tasks));
        }
        let repo = world.repo_named(&seed.repo.owner, &seed.repo.name);
        let repo = repo.ok_or_else(|| SeedError::UnknownRepository(seed.repo.clone()))?;
        Ok(world.seed_task(repo, seed, self.clock.millis()))
    }

    /// Seeds tasks with random histories, up to the capacity of the world.
    pub(crate) fn seed_random(&self, count: u32) {
        let max_tasks = self.settings().max_tasks;
        let mut world = self.world.lock();
        let room = max_tasks.saturating_sub(world.task_count());
        world.seed_tasks(count.min(room), self.clock.millis());
    }

    /// Returns to the start, and empties the log.
    pub(crate) fn reset(&self) {
        self.clock.restore(self.started);
        self.world.replace(self.setup.world(self.clock.millis()));
        self.limiter.reset(self.setup.limits.clone());
        self.faults.reset(self.setup.faults.clone());
        self.change_settings(|settings| settings.clone_from(&self.setup.settings));
        self.log.clear();
    }
}
