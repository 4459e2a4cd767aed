//! The configuration of an emulator.

use std::fmt;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};

use crate::app::setup::Setup;
use crate::clock::Clock;
use crate::faults::Fault;
use crate::faults::plan::FaultPlan;
use crate::life::{Scenario, Script};
use crate::limits::Limits;
use crate::log::{MAX_BYTES, MAX_REQUESTS};
use crate::model::RepoName;
use crate::settings::{Realism, Settings};
use crate::world::account::Token;

/// The models GitHub documents.
const MODELS: [&str; 7] = [
    "claude-sonnet-4.6",
    "claude-opus-4.6",
    "gpt-5.2-codex",
    "gpt-5.3-codex",
    "gpt-5.4",
    "claude-sonnet-4.5",
    "claude-opus-4.5",
];

/// Default maximum size of a request body: a megabyte, far above any prompt.
const BODY_LIMIT: usize = 1 << 20;

/// Default maximum number of tasks.
const MAX_TASKS: u32 = 1_000_000;

/// The token that a new emulator knows: it belongs to `octocat`, may write and sees every repository.
pub const DEFAULT_TOKEN: &str = "ghp_emulatorTokenForTestsOnly00000000000";

/// Builds an emulator.
///
/// ```
/// use agents_api_emulator::{Emulator, Limits, Scenario, Script};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let github = Emulator::builder()
///     .repository("acme", "shop")
///     .scenario(Scenario::Script(Script::fails()))
///     .limits(Limits { quota: 100, ..Limits::default() })
///     .speed(60.0)
///     .start()
///     .await?;
/// # drop(github);
/// # Ok::<(), agents_api_emulator::Error>(())
/// # }).unwrap();
/// ```
#[must_use]
pub struct Builder {
    pub(super) address: (IpAddr, u16),
    pub(super) clock: Clock,
    pub(super) token: String,
    pub(super) setup: Setup,
    pub(super) control: Option<String>,
    pub(super) log_requests: usize,
    pub(super) log_bytes: usize,
    pub(super) log_to: Option<Box<dyn Write + Send>>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            address: (IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            clock: Clock::default(),
            token: DEFAULT_TOKEN.to_owned(),
            setup: Setup {
                tokens: Vec::new(),
                repositories: Vec::new(),
                tasks: 0,
                scenario: Scenario::default(),
                scripts: Vec::new(),
                limits: Limits::default(),
                faults: Vec::new(),
                fault_seed: None,
                settings: Settings {
                    seed: 0,
                    local: String::new(),
                    models: MODELS.map(str::to_owned).to_vec(),
                    body_limit: BODY_LIMIT,
                    max_tasks: MAX_TASKS,
                    realism: Realism::default(),
                },
            },
            control: None,
            log_requests: MAX_REQUESTS,
            log_bytes: MAX_BYTES,
            log_to: None,
        }
    }
}

impl Builder {
    /// The address to bind. Default: 127.0.0.1, which no other machine reaches.
    pub fn host(mut self, host: IpAddr) -> Self {
        self.address.0 = host;
        self
    }

    /// The port to bind; 0 picks a free one. Default: 0.
    pub fn port(mut self, port: u16) -> Self {
        self.address.1 = port;
        self
    }

    /// Where ids, random lives and random faults come from. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.setup.settings.seed = seed;
        self
    }

    /// The clock. Default: [`Clock::manual`].
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Short for a [scaled clock](Clock::scaled): 1 is real time, 60 lets a quick success end within a second.
    pub fn speed(self, speed: f64) -> Self {
        self.clock(Clock::scaled(speed))
    }

    /// The secret of the first token. Default: [`DEFAULT_TOKEN`].
    pub fn token(mut self, secret: impl Into<String>) -> Self {
        self.token = secret.into();
        self
    }

    /// Adds a further token.
    pub fn add_token(mut self, token: Token) -> Self {
        self.setup.tokens.push(token);
        self
    }

    /// Adds a repository. The first one replaces the default, `octocat/hello-world`.
    pub fn repository(mut self, owner: impl Into<String>, repo: impl Into<String>) -> Self {
        self.setup.repositories.push(RepoName::new(owner, repo));
        self
    }

    /// Seeds `count` tasks with random histories, as [`Emulator::seed_tasks`](crate::Emulator::seed_tasks) does. Default: none.
    pub fn tasks(mut self, count: u32) -> Self {
        self.setup.tasks = count;
        self
    }

    /// How started tasks live. Default: every one is a [quick success](crate::Script::quick_success).
    pub fn scenario(mut self, scenario: Scenario) -> Self {
        self.setup.scenario = scenario;
        self
    }

    /// The rate limits. Default: 5,000 requests an hour, no secondary limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.setup.limits = limits;
        self
    }

    /// Adds a script that prompts can name (`script:NAME`), besides the built-in ones.
    pub fn script(mut self, script: Script) -> Self {
        self.setup.scripts.push(script);
        self
    }

    /// Imitates behavior of GitHub that is not documented. Default: none of it.
    pub fn realism(mut self, realism: Realism) -> Self {
        self.setup.settings.realism = realism;
        self
    }

    /// Serves the control API at `/_emulator/`, to clients on this machine that send this token. Default: off.
    pub fn control(mut self, token: impl Into<String>) -> Self {
        self.control = Some(token.into());
        self
    }

    /// Maximum number of tasks: starts and seeds beyond it are refused, a start with 507. Default: 1,000,000.
    pub fn max_tasks(mut self, tasks: u32) -> Self {
        self.setup.settings.max_tasks = tasks;
        self
    }

    /// Adds a fault.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.setup.faults.push(fault);
        self
    }

    /// Adds the faults of a plan, and takes its seed for them if it has one.
    pub fn fault_plan(mut self, plan: FaultPlan) -> Self {
        self.setup.fault_seed = plan.seed.or(self.setup.fault_seed);
        self.setup.faults.extend(plan.faults);
        self
    }

    /// The models a start may name. Default: the seven GitHub documents.
    pub fn models<M: Into<String>>(mut self, models: impl IntoIterator<Item = M>) -> Self {
        self.setup.settings.models = models.into_iter().map(Into::into).collect();
        self
    }

    /// Opens a pull request also for starts that do not mention one. GitHub documents the opposite, which is the
    /// default here, and was seen to behave like this.
    pub fn pull_requests_by_default(mut self) -> Self {
        self.setup.settings.realism.pull_requests_by_default = true;
        self
    }

    /// The largest request body in bytes; a larger one responds 413. Default: 1 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.setup.settings.body_limit = bytes;
        self
    }

    /// How many requests the log keeps, the latest ones. Default: 100,000.
    pub fn log_capacity(mut self, requests: usize) -> Self {
        self.log_requests = requests;
        self
    }

    /// Maximum size of the log in bytes: the oldest requests are dropped. Default: 64 MiB.
    pub fn log_bytes(mut self, bytes: usize) -> Self {
        self.log_bytes = bytes;
        self
    }

    /// Writes every finished request as a line of JSON. A sink that fails is dropped.
    pub fn log_to(mut self, sink: impl Write + Send + 'static) -> Self {
        self.log_to = Some(Box::new(sink));
        self
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token is a secret, even here.
        f.debug_struct("Builder")
            .field("address", &self.address)
            .field("seed", &self.setup.settings.seed)
            .finish_non_exhaustive()
    }
}
