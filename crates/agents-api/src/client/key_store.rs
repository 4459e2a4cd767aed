//! Where idempotency keys are kept, so that they never expire and two processes cannot use one at the same moment.
use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};

use crate::error::BoxError;
use crate::future::BoxFuture;

/// Remembers which idempotency keys were used, and for which task: a file, a database, or memory.
///
/// With a store ([`ClientBuilder::key_store`](crate::ClientBuilder::key_store)) a key is claimed *before* its start is
/// sent. A key then never expires, of two processes that use one at the same moment exactly one sends a start, and
/// no search of GitHub's lists is needed: a start with a key takes one request.
///
/// [`MemoryKeyStore`] serves one process. `FileKeyStore` (feature `file-key-store`) serves the processes of one machine
/// and survives a crash. To use a database, implement the trait:
///
/// | method | in a table `(repo, key) primary key, claimed_at, lease_until, token, task_id` |
/// |---|---|
/// | [`claim`](Self::claim) | insert the row, or take it over if `lease_until` has passed and `task_id` is null |
/// | [`renew`](Self::renew) | set `lease_until` where `token` is still this one |
/// | [`record`](Self::record) | set `task_id` |
/// | [`release`](Self::release) | delete the row where `token` is still this one and `task_id` is null |
///
/// # What an implementation must guarantee
/// - A key has at most one holder at a time. `claim` returns only after the claim is durable.
/// - A key with a recorded task is [`Claim::Done`] forever, or for as long as the key must not start a second task.
/// - A lease that ends without `record` or `release` (the process died, the [`Lease`] was dropped, or it was not renewed in
///   time) leaves the key *abandoned*: a start may have been sent. The next claim is [`Claim::Abandoned`], with the time
///   of the first claim that was neither recorded nor released.
///
/// # Errors
/// When the store cannot be reached. If `claim` fails, nothing is sent, and the start fails with
/// [`ErrorKind::KeyStore`](crate::ErrorKind::KeyStore). If `record` or `release` fails, the result of the start counts, and
/// the key is left as if abandoned: the next start with it finds the task by a search.
pub trait KeyStore: Send + Sync + 'static {
    /// Claims a key for a start.
    fn claim(&self, key: StoreKey) -> BoxFuture<Result<Claim, BoxError>>;

    /// Records the task that the start made, and ends the lease.
    fn record(&self, key: StoreKey, lease: Lease, task_id: String) -> BoxFuture<Result<(), BoxError>>;

    /// Gives the key back because nothing was started, and ends the lease. If the key was abandoned before this claim,
    /// this says that the search for its task has found none.
    fn release(&self, key: StoreKey, lease: Lease) -> BoxFuture<Result<(), BoxError>>;

    /// Extends a lease that has a [`renewal interval`](Lease::renew_every). Called at this interval from the claim to the
    /// end of the start, searches for its task included. An error means that the lease is lost: a start that was not sent
    /// yet is not sent; one under way is given up, and counts as one whose response was lost. By default it does nothing.
    fn renew(&self, key: StoreKey, token: String) -> BoxFuture<Result<(), BoxError>> {
        let _ = (key, token);
        Box::pin(std::future::ready(Ok(())))
    }
}

impl<S: KeyStore + ?Sized> KeyStore for Arc<S> {
    fn claim(&self, key: StoreKey) -> BoxFuture<Result<Claim, BoxError>> {
        (**self).claim(key)
    }

    fn record(&self, key: StoreKey, lease: Lease, task_id: String) -> BoxFuture<Result<(), BoxError>> {
        (**self).record(key, lease, task_id)
    }

    fn release(&self, key: StoreKey, lease: Lease) -> BoxFuture<Result<(), BoxError>> {
        (**self).release(key, lease)
    }

    fn renew(&self, key: StoreKey, token: String) -> BoxFuture<Result<(), BoxError>> {
        (**self).renew(key, token)
    }
}

/// What a [`KeyStore`] keeps an entry for: an idempotency key in a repository.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoreKey {
    repo: String,
    key: String,
}

impl StoreKey {
    /// An entry for a key in a repository, `owner/name`, whose case does not matter.
    pub fn new(repo: impl AsRef<str>, key: impl Into<String>) -> Self {
        Self {
            repo: repo.as_ref().to_lowercase(),
            key: key.into(),
        }
    }

    /// The repository: `owner/name` in lower case, since GitHub's names are case-insensitive.
    pub fn repo(&self) -> &str {
        &self.repo
    }

    /// The idempotency key: 1 to 128 ASCII letters, digits and `-`, `_`, `.`, `:`, `/`.
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// What came of [`KeyStore::claim`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Claim {
    /// The key was free. The caller holds it now.
    New(Lease),
    /// An earlier holder is gone without having recorded or released the key. The caller holds it now, and looks for a
    /// task with the key before it sends a start.
    #[non_exhaustive]
    Abandoned {
        /// The caller's hold on the key.
        lease: Lease,
        /// When the key was claimed by the first of those that left it open: no task with the key is older.
        since: DateTime<Utc>,
    },
    /// Another holds the key. The caller claims it again a moment later.
    InProgress,
    /// The key has started this task.
    #[non_exhaustive]
    Done {
        /// The id of the task.
        task_id: String,
    },
}

impl Claim {
    /// The claim of a key that was abandoned.
    pub fn abandoned(lease: Lease, since: DateTime<Utc>) -> Self {
        Self::Abandoned { lease, since }
    }

    /// The claim of a key that has started a task.
    pub fn done(task_id: impl Into<String>) -> Self {
        Self::Done {
            task_id: task_id.into(),
        }
    }
}

/// The hold on a key between [`KeyStore::claim`] and [`KeyStore::record`] or [`KeyStore::release`].
///
/// A lease that is dropped gives up the hold and leaves open whether the start was applied.
#[must_use = "a lease that is dropped leaves its key abandoned"]
pub struct Lease {
    token: String,
    renew_every: Option<Duration>,
    guard: Option<Box<dyn Any + Send + Sync>>,
}

impl Lease {
    /// A lease. The token tells this claim from earlier and later ones of the same key (a fencing token); it may be empty
    /// where the guard suffices.
    pub fn new(token: impl Into<String>) -> Self {
        Self {
            token: token.into(),
            renew_every: None,
            guard: None,
        }
    }

    /// How often to call [`KeyStore::renew`] while the start is under way: a third of the time after which the lease
    /// ends. By default never.
    pub fn renew_every(mut self, interval: Duration) -> Self {
        self.renew_every = Some(interval);
        self
    }

    /// Drops this value together with the lease, such as a lock on a file.
    pub fn with_guard(mut self, guard: impl Send + Sync + 'static) -> Self {
        self.guard = Some(Box::new(guard));
        self
    }

    /// The token that tells this claim from others.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// The guard of this type that was given to the lease.
    pub fn into_guard<G: 'static>(self) -> Option<G> {
        self.guard?.downcast().ok().map(|guard| *guard)
    }

    pub(crate) fn renewal_interval(&self) -> Option<Duration> {
        self.renew_every
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("token", &self.token)
            .field("renew_every", &self.renew_every)
            .finish_non_exhaustive()
    }
}

/// Keys in memory, for the clients of one process. Clones share them.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let github = agents_api_emulator::Emulator::start().await?;
/// use agents_api::start::{MemoryKeyStore, StartOrigin};
///
/// let keys = MemoryKeyStore::new();
/// let client = || {
///     let builder = agents_api::Client::builder().base_url(github.base_url()).token(github.token());
///     builder.key_store(keys.clone()).build()
/// };
/// let first = client()?.repo("octocat", "hello-world")?.start_task("Fix it").idempotency_key("issue-17").await?;
/// let again = client()?.repo("octocat", "hello-world")?.start_task("Fix it").idempotency_key("issue-17").await?;
/// assert_eq!((again.origin, &again.id), (StartOrigin::Existing, &first.id));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct MemoryKeyStore(Arc<Mutex<HashMap<StoreKey, Entry>>>);

#[derive(Debug)]
enum Entry {
    /// A start is under way. Leads to `Abandoned` when its lease is dropped, to `Done`, or to no entry.
    Held { since: DateTime<Utc> },
    /// A start may have been sent. Leads to `Held` with the same time.
    Abandoned { since: DateTime<Utc> },
    /// The final state.
    Done { task_id: String },
}

impl MemoryKeyStore {
    /// A store without keys.
    pub fn new() -> Self {
        Self::default()
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<StoreKey, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lease(&self, key: StoreKey) -> Lease {
        Lease::new("").with_guard(Hold {
            store: self.clone(),
            key,
            ended: false,
        })
    }

    /// Ends a hold, whose key is the caller's to change before another can claim it.
    fn end(lease: Lease) {
        if let Some(mut hold) = lease.into_guard::<Hold>() {
            hold.ended = true;
        }
    }
}

/// Leaves the key abandoned when it is dropped, unless its entry says more by then.
struct Hold {
    store: MemoryKeyStore,
    key: StoreKey,
    ended: bool,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if !self.ended
            && let Some(entry) = self.store.entries().get_mut(&self.key)
            && let Entry::Held { since } = *entry
        {
            *entry = Entry::Abandoned { since };
        }
    }
}

impl KeyStore for MemoryKeyStore {
    fn claim(&self, key: StoreKey) -> BoxFuture<Result<Claim, BoxError>> {
        let mut entries = self.entries();
        let claim = match entries.get(&key) {
            None => {
                let since = SystemTime::now().into();
                entries.insert(key.clone(), Entry::Held { since });
                Claim::New(self.lease(key))
            }
            Some(Entry::Abandoned { since }) => {
                let since = *since;
                entries.insert(key.clone(), Entry::Held { since });
                Claim::abandoned(self.lease(key), since)
            }
            Some(Entry::Held { .. }) => Claim::InProgress,
            Some(Entry::Done { task_id }) => Claim::done(task_id),
        };
        drop(entries);
        Box::pin(std::future::ready(Ok(claim)))
    }

    fn record(&self, key: StoreKey, lease: Lease, task_id: String) -> BoxFuture<Result<(), BoxError>> {
        Self::end(lease);
        self.entries().insert(key, Entry::Done { task_id });
        Box::pin(std::future::ready(Ok(())))
    }

    fn release(&self, key: StoreKey, lease: Lease) -> BoxFuture<Result<(), BoxError>> {
        Self::end(lease);
        self.entries().remove(&key);
        Box::pin(std::future::ready(Ok(())))
    }
}
