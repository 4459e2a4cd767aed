//! Everything about an emulator that can be chosen before it starts.

use std::fmt;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::Mutex;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::{DEFAULT_TOKEN, Emulator, Error, server};
use crate::clock::Clock;
use crate::faults::{Engine, Fault, FaultPlan};
use crate::life::Life;
use crate::limits::{Limiter, Limits};
use crate::log::{KEPT, Log};
use crate::routes::{App, Settings};
use crate::world::{Token, World};

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

/// The largest request body by default: a megabyte, far above any prompt.
const BODY_LIMIT: usize = 1 << 20;

/// Builds an emulator.
///
/// ```
/// use agents_api_emulator::{Emulator, Life, Limits, Script};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// let github = Emulator::builder()
///     .repository("acme", "shop")
///     .life(Life::Script(Script::fails()))
///     .limits(Limits::default().quota(100))
///     .speed(60.0)
///     .start()
///     .await?;
/// # drop(github);
/// # Ok::<(), agents_api_emulator::Error>(())
/// # }).unwrap();
/// ```
#[must_use]
pub struct Builder {
    host: IpAddr,
    port: u16,
    seed: u64,
    clock: Clock,
    token: String,
    tokens: Vec<Token>,
    repositories: Vec<(String, String)>,
    tasks: u32,
    life: Life,
    limits: Limits,
    faults: Vec<Fault>,
    fault_seed: Option<u64>,
    models: Vec<String>,
    pulls_by_default: bool,
    body_limit: usize,
    log_capacity: usize,
    log_to: Option<Box<dyn Write + Send>>,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            seed: 0,
            clock: Clock::default(),
            token: DEFAULT_TOKEN.to_owned(),
            tokens: Vec::new(),
            repositories: Vec::new(),
            tasks: 0,
            life: Life::default(),
            limits: Limits::default(),
            faults: Vec::new(),
            fault_seed: None,
            models: MODELS.map(str::to_owned).to_vec(),
            pulls_by_default: false,
            body_limit: BODY_LIMIT,
            log_capacity: KEPT,
            log_to: None,
        }
    }
}

impl Builder {
    /// The address to bind. Default: 127.0.0.1, which no other machine reaches.
    pub fn host(mut self, host: IpAddr) -> Self {
        self.host = host;
        self
    }

    /// The port to bind; 0 picks a free one. Default: 0.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Where ids, random lives and random faults come from. Default: 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
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
        self.tokens.push(token);
        self
    }

    /// Adds a repository. The first one given takes the place of the default, `octocat/hello-world`.
    pub fn repository(mut self, owner: impl Into<String>, repo: impl Into<String>) -> Self {
        self.repositories.push((owner.into(), repo.into()));
        self
    }

    /// Seeds so many tasks with random pasts, as [`Emulator::seed_tasks`] does. Default: none.
    pub fn tasks(mut self, count: u32) -> Self {
        self.tasks = count;
        self
    }

    /// How started tasks live. Default: every one is a [quick success](crate::Script::quick_success).
    pub fn life(mut self, life: Life) -> Self {
        self.life = life;
        self
    }

    /// The rate limits. Default: 5,000 requests an hour, no secondary limits.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Adds a fault.
    pub fn fault(mut self, fault: Fault) -> Self {
        self.faults.push(fault);
        self
    }

    /// Adds the faults of a plan, and takes its seed for them if it has one.
    pub fn fault_plan(mut self, plan: FaultPlan) -> Self {
        self.fault_seed = plan.seed.or(self.fault_seed);
        self.faults.extend(plan.faults);
        self
    }

    /// The models a start may name. Default: the seven GitHub documents.
    pub fn models<M: Into<String>>(mut self, models: impl IntoIterator<Item = M>) -> Self {
        self.models = models.into_iter().map(Into::into).collect();
        self
    }

    /// Opens a pull request also for starts that do not mention one. GitHub documents the opposite, which is the
    /// default here, and was seen to behave like this.
    pub fn pull_requests_by_default(mut self) -> Self {
        self.pulls_by_default = true;
        self
    }

    /// The largest request body in bytes; a larger one answers 413. Default: 1 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.body_limit = bytes;
        self
    }

    /// How many requests the log keeps, the latest ones. Default: 100,000.
    pub fn log_capacity(mut self, requests: usize) -> Self {
        self.log_capacity = requests;
        self
    }

    /// Writes every finished request as a line of JSON. A sink that fails is dropped.
    pub fn log_to(mut self, sink: impl Write + Send + 'static) -> Self {
        self.log_to = Some(Box::new(sink));
        self
    }

    /// Binds the port and begins to serve on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// When the address cannot be bound.
    pub async fn start(self) -> Result<Emulator, Error> {
        let address = SocketAddr::new(self.host, self.port);
        let bind = |source| Error::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let token = self.token.clone();
        let app = Arc::new(self.app(address));
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(server::run(listener, Arc::clone(&app), stopped));
        Ok(Emulator {
            app,
            address,
            base_url: format!("http://{address}"),
            token,
            stop,
            server,
        })
    }

    fn app(self, address: SocketAddr) -> App {
        let mut world = World::new(self.seed, self.life);
        world.user_named("octocat");
        let default = || vec![("octocat".to_owned(), "hello-world".to_owned())];
        let repositories = if self.repositories.is_empty() {
            default()
        } else {
            self.repositories
        };
        for (owner, repo) in &repositories {
            world.add_repo(owner, repo);
        }
        world.add_token(&Token::new(self.token));
        for token in &self.tokens {
            world.add_token(token);
        }
        world.seed_tasks(self.tasks, self.clock.millis());
        let settings = Settings {
            seed: self.seed,
            local: address.to_string(),
            models: self.models,
            pulls_by_default: self.pulls_by_default,
            body_limit: self.body_limit,
        };
        App {
            world: Mutex::new(world),
            clock: self.clock,
            limiter: Limiter::new(self.limits),
            faults: Engine::new(self.fault_seed.unwrap_or(self.seed), self.faults),
            log: Log::new(self.log_capacity, self.log_to),
            settings,
        }
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The token is a secret, even here.
        f.debug_struct("Builder")
            .field("port", &self.port)
            .field("seed", &self.seed)
            .finish_non_exhaustive()
    }
}
