//! What a client is asked about: a repository, a task.
use std::fmt;
use std::sync::Arc;

use agents_api_raw::check_path_segment;

use super::client::Client;
use crate::error::Error;

/// A repository. It is shown as `owner/name`.
#[derive(Clone)]
pub struct Repo {
    client: Client,
    // Shared by all that is made of it: each operation keeps a copy.
    owner: Arc<str>,
    name: Arc<str>,
}

impl Client {
    /// A repository, whose tasks can be started and listed. Nothing is sent yet.
    ///
    /// # Errors
    /// When a name could not stand in a path: empty, `.`, `..`, or with a slash or a control character.
    pub fn repo(&self, owner: impl Into<String>, name: impl Into<String>) -> Result<Repo, Error> {
        Repo::new(self.clone(), owner.into(), name.into())
    }

    /// A repository by both its names, `owner/name`, as Actions jobs find it in `GITHUB_REPOSITORY`.
    ///
    /// ```
    /// # fn main() -> Result<(), agents_api::Error> {
    /// let client = agents_api::Client::builder().token("ghp_example").build()?;
    /// let repo = client.repo_from_full_name("octocat/hello-world")?;
    /// assert_eq!((repo.owner(), repo.name()), ("octocat", "hello-world"));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// When it is not two names with a slash between, or [`Client::repo`] refuses one.
    pub fn repo_from_full_name(&self, full_name: &str) -> Result<Repo, Error> {
        match full_name.split_once('/') {
            Some((owner, name)) if !name.contains('/') => self.repo(owner, name),
            _ => Err(Error::invalid(format!(
                "{full_name:?} does not name a repository; write owner/name"
            ))),
        }
    }

    /// A task by its id, which another process may have started. Nothing is sent yet.
    pub fn task(&self, id: impl Into<String>) -> TaskRef {
        TaskRef::new(self.clone(), id.into())
    }
}

impl Repo {
    pub(super) fn new(client: Client, owner: String, name: String) -> Result<Self, Error> {
        for (what, value) in [("owner", &owner), ("repository", &name)] {
            check_path_segment(value)
                .map_err(|reason| Error::invalid(format!("{what} {value:?} {reason}")))?;
        }
        Ok(Self {
            client,
            owner: owner.into(),
            name: name.into(),
        })
    }

    /// The account that owns the repository.
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The repository's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A task of this repository by its id. Nothing is sent yet.
    pub fn task(&self, id: impl Into<String>) -> TaskRef {
        TaskRef {
            client: self.client.clone(),
            repo: Some(self.clone()),
            id: id.into().into(),
        }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }
}

/// The same repository as GitHub sees it: upper and lower case do not matter. Which client asks is not compared.
impl PartialEq for Repo {
    fn eq(&self, other: &Self) -> bool {
        self.owner.eq_ignore_ascii_case(&other.owner) && self.name.eq_ignore_ascii_case(&other.name)
    }
}

impl Eq for Repo {}

/// `Repo("octocat/hello-world")`.
impl fmt::Debug for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repo({:?})", self.to_string())
    }
}

impl fmt::Display for Repo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.owner, self.name)
    }
}

/// A task by its id, as which it is shown. An id that cannot be one is refused when it is used.
#[derive(Clone)]
pub struct TaskRef {
    client: Client,
    repo: Option<Repo>,
    id: Arc<str>,
}

impl TaskRef {
    pub(super) fn new(client: Client, id: String) -> Self {
        Self {
            client,
            repo: None,
            id: id.into(),
        }
    }

    /// The task's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn repo(&self) -> Option<&Repo> {
        self.repo.as_ref()
    }
}

/// `TaskRef("TASK_ID")`.
impl fmt::Debug for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TaskRef({:?})", self.id())
    }
}

impl fmt::Display for TaskRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.id)
    }
}
