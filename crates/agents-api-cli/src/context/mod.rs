//! What a command works with: the flags, a client, repositories.
mod emulator;
mod following;
mod host;
mod repo;
mod token;

use std::time::Duration;

use agents_api::fleet::Fleet;
use agents_api::{Client, ClientBuilder, Repo};
use agents_api_emulator::Emulator;
use tokio::sync::OnceCell;

use crate::actions::Actions;
use crate::exit::Exit;
use crate::failure::{Failure, Result};
use crate::global::Global;
use crate::output::Output;

pub(crate) use following::Following;
pub(crate) use host::Host;
pub(crate) use token::Token;

/// How often an embedded emulator, where a minute takes a second, is polled.
const EMULATOR_INTERVAL: Duration = Duration::from_millis(200);

/// What a command works with. Nothing is set up before it is needed.
pub(crate) struct Context {
    pub(crate) out: Output,
    pub(crate) global: Global,
    pub(crate) actions: Actions,
    /// What Ctrl-C has to say.
    pub(crate) following: Following,
    connection: OnceCell<Connection>,
}

/// A client, and the emulator it talks to, if it is an embedded one.
struct Connection {
    client: Client,
    /// Serves for as long as it is kept.
    _emulator: Option<Emulator>,
}

impl Context {
    pub(crate) fn new(global: Global, out: Output) -> Result<Self> {
        if global.emulator && (global.hostname.is_some() || global.token_env.is_some()) {
            return Err(Failure::usage(
                "--emulator: it has its own host and token; leave out --hostname and --token-env",
            ));
        }
        Ok(Self {
            following: Following::new(&global),
            actions: Actions::from_env(),
            connection: OnceCell::new(),
            out,
            global,
        })
    }

    /// The client. With `--emulator`, the emulator has the repositories in `repos` beside its own.
    ///
    /// # Errors
    /// When there is no token, or one that this API refuses, or the host cannot be used.
    pub(crate) async fn client(&self, repos: &[String]) -> Result<&Client> {
        let connect = async || -> Result<Connection> {
            if self.global.emulator {
                self.out
                    .note("emulator: nothing reaches GitHub, and a minute takes a second");
                let emulator = emulator::start(repos).await?;
                let client = Client::builder()
                    .base_url(emulator.base_url())
                    .token(emulator.token());
                return Ok(Connection {
                    client: build(client)?,
                    _emulator: Some(emulator),
                });
            }
            let host = Host::find(self.global.hostname.as_deref())?;
            let token = Token::find(self.global.token_env.as_deref(), host.name())?;
            let client = Client::builder().base_url(host.api_url()).token(token.secret());
            let client = build(client).map_err(|failure| token.explain(failure))?;
            Ok(Connection {
                client,
                _emulator: None,
            })
        };
        Ok(&self.connection.get_or_try_init(connect).await?.client)
    }

    /// The repositories of a command: those given, else the one the environment or the current directory means.
    ///
    /// # Errors
    /// When none is meant, or a name cannot be one.
    pub(crate) async fn repos(&self, given: &[String]) -> Result<Vec<Repo>> {
        let Some(names) = self.repo_names(given)? else {
            return Err(Failure::usage(
                "no repository: none was given, and none is meant by the current directory",
            )
            .hint("give one with -R OWNER/REPO, or set GH_REPO"));
        };
        let client = self.client(&names).await?;
        names
            .iter()
            .map(|name| Ok(client.repo_from_full_name(name)?))
            .collect()
    }

    /// The names of the repositories of a command, if any are given or meant.
    ///
    /// # Errors
    /// When a name cannot be one.
    pub(crate) fn repo_names(&self, given: &[String]) -> Result<Option<Vec<String>>> {
        if !given.is_empty() {
            return given
                .iter()
                .map(|name| repo::parse(name))
                .collect::<Result<_>>()
                .map(Some);
        }
        if self.global.emulator {
            return Ok(Some(vec![emulator::REPO.to_owned()]));
        }
        Ok(repo::default()?.map(|name| vec![name]))
    }

    /// How often to poll, where that is not the library's to decide: as `given`, and an embedded emulator's time is
    /// fast.
    pub(crate) fn poll_interval(&self, given: Option<Duration>) -> Option<Duration> {
        given.or_else(|| self.global.emulator.then_some(EMULATOR_INTERVAL))
    }
}

fn build(client: ClientBuilder) -> Result<Client> {
    let client = client.user_agent(concat!("agents/", env!("CARGO_PKG_VERSION")));
    client
        .build()
        .map_err(|error| Failure::new(Exit::Access, error.to_string()))
}

/// A fleet that polls as the command says. An emulator's quota is nobody else's.
pub(crate) fn fleet(context: &Context, fleet: Fleet, interval: Option<Duration>) -> Fleet {
    let fleet = match context.poll_interval(interval) {
        Some(interval) => fleet.poll_interval(interval),
        None => fleet,
    };
    if context.global.emulator {
        fleet.quota_share(1.0)
    } else {
        fleet
    }
}
