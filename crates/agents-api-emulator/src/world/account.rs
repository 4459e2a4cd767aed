//! Users, repositories and the tokens that see them.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Access, Index, RepoName};

#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: i64,
    pub(crate) login: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Repo {
    pub(crate) id: i64,
    pub(crate) owner: String,
    pub(crate) owner_id: i64,
    pub(crate) name: String,
    /// Issues and pull requests share one sequence of numbers in a repository.
    pub(crate) next_number: u32,
}

/// A token to be added to the emulator.
///
/// By default it belongs to `octocat`, may write, and sees every repository.
///
/// ```
/// use agents_api_emulator::{Access, Token};
///
/// let reader = Token::new("github_pat_reader").user("monalisa").access(Access::Read).sees("octocat", "hello-world");
/// # let _ = reader;
/// ```
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[must_use]
pub struct Token {
    /// The secret that clients send.
    pub(crate) secret: String,
    /// Whose token it is.
    #[serde(rename = "user", default = "octocat")]
    pub(crate) login: String,
    /// What it may do.
    #[serde(default)]
    pub(crate) access: Access,
    /// The repositories that it sees; absent: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sees: Option<Vec<RepoName>>,
    /// Whether its user lacks a Copilot license, so that GitHub refuses every start.
    #[serde(default)]
    pub(crate) no_plan: bool,
}

fn octocat() -> String {
    "octocat".to_owned()
}

impl Token {
    /// A token with this secret. The prefix decides what it is: `ghs_` is refused by every operation.
    pub fn new(secret: impl Into<String>) -> Self {
        Self {
            secret: secret.into(),
            login: octocat(),
            access: Access::default(),
            sees: None,
            no_plan: false,
        }
    }

    /// Whose token it is. The user is created if there is none of that name. Default: `octocat`.
    pub fn user(mut self, login: impl Into<String>) -> Self {
        self.login = login.into();
        self
    }

    /// What it may do. Default: [`Access::Write`].
    pub fn access(mut self, access: Access) -> Self {
        self.access = access;
        self
    }

    /// Limits the token to repositories named so; may be called repeatedly. Reads of any other respond 404.
    /// Default: no limit.
    pub fn sees(mut self, owner: impl Into<String>, repo: impl Into<String>) -> Self {
        self.sees.get_or_insert_default().push(RepoName::new(owner, repo));
        self
    }

    /// Takes the Copilot license from its user: every start responds 403 `copilot_plan_required`.
    pub fn no_plan(mut self) -> Self {
        self.no_plan = true;
        self
    }

    /// Limits the token to no repository at all; [`sees`](Self::sees) adds to that.
    pub fn sees_nothing(mut self) -> Self {
        self.sees = Some(Vec::new());
        self
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The secret stays one.
        f.debug_struct("Token")
            .field("user", &self.login)
            .field("access", &self.access)
            .field("sees", &self.sees)
            .finish_non_exhaustive()
    }
}

/// A token in the world.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// Which rate-limit buckets it draws from.
    pub(crate) number: Index,
    pub(crate) user: Index,
    pub(crate) access: Access,
    /// Lower-case `owner/name` of what it sees; `None` sees everything.
    pub(crate) sees: Option<Vec<String>>,
    pub(crate) no_plan: bool,
}
