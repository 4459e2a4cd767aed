//! Idempotency keys in files, for the processes of one machine.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use fs4::{FileExt, TryLockError};
use serde::{Deserialize, Serialize};

use super::key_store::{Claim, KeyStore, Lease, StoreKey};
use crate::error::BoxError;
use crate::future::BoxFuture;

/// Keys in a directory, one file each, for the processes of one machine. Feature `file-key-store`.
///
/// A key's file is locked (`flock`, or `LockFileEx` on Windows) from the claim to the end of the start, and the claim is
/// written and synced before the start is sent. The operating system ends the lock of a process that dies, also by
/// `kill -9`, and what that process had written tells the next one to search for its task.
///
/// Clones and other stores of the same directory share the keys. The directory must be on a local disk: network file
/// systems may ignore locks. Files are never removed; each holds a few lines of JSON. Reading and syncing them blocks the thread
/// for the time the disk takes.
///
/// ```
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let github = agents_api_emulator::Emulator::start().await?;
/// # let (base_url, token) = (github.base_url(), github.token());
/// # let directory = std::env::temp_dir().join(format!("agents-api-keys-{}", std::process::id()));
/// use agents_api::start::FileKeyStore;
///
/// let keys = FileKeyStore::open(&directory)?;
/// let client = agents_api::Client::builder().base_url(base_url).token(token).key_store(keys).build()?;
/// let repo = client.repo("octocat", "hello-world")?;
/// let started = repo.start_task("Fix issue 17").idempotency_key("issue-17").await?;
/// println!("{}", started.id);
/// # std::fs::remove_dir_all(directory)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FileKeyStore {
    directory: PathBuf,
}

/// A line of a key's file. What counts is what the complete lines say together; a line without its end was cut off by a
/// crash.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    /// Which key the file is of: the first line.
    Key { repo: String, key: String },
    /// A start may be sent from now on.
    Claimed(DateTime<Utc>),
    /// Nothing was started.
    Released(DateTime<Utc>),
    /// The key has started this task.
    Task(String),
}

/// What a file says of its key.
#[derive(Debug, Default)]
struct State {
    is_named: bool,
    /// The first claim that was neither released nor recorded.
    claimed: Option<DateTime<Utc>>,
    task: Option<String>,
    /// How many bytes the complete lines take.
    length: usize,
}

impl FileKeyStore {
    /// The keys in this directory, which is created if it is not there.
    ///
    /// # Errors
    /// When the directory cannot be created.
    pub fn open(directory: impl Into<PathBuf>) -> io::Result<Self> {
        let directory = directory.into();
        fs::create_dir_all(&directory)?;
        Ok(Self { directory })
    }

    fn path(&self, key: &StoreKey) -> PathBuf {
        let name = format!("{}-{}", key.repo(), key.key());
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
        let readable: String = name
            .chars()
            .map(|c| if fits(c) { c } else { '_' })
            .take(80)
            .collect();
        // A readable name may be that of another key, and a digest of one, hardly ever: the first line tells.
        let digest = digest([key.repo(), "\n", key.key()].concat().as_bytes());
        self.directory.join(format!("{readable}-{digest:016x}.jsonl"))
    }

    fn claim_now(&self, key: &StoreKey) -> Result<Claim, BoxError> {
        let path = self.path(key);
        let mut options = OpenOptions::new();
        let mut file = options.read(true).append(true).create(true).open(&path)?;
        match FileExt::try_lock(&file) {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(Claim::InProgress),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        let state = State::read(&mut file, key, &path)?;
        if let Some(task_id) = state.task {
            return Ok(Claim::done(task_id));
        }
        // What a crash left of a line.
        file.set_len(u64::try_from(state.length)?)?;
        if !state.is_named {
            let (repo, key) = (key.repo().to_owned(), key.key().to_owned());
            write(&mut file, &Line::Key { repo, key })?;
        }
        let Some(since) = state.claimed else {
            write(&mut file, &Line::Claimed(now()))?;
            file.sync_all()?;
            sync_directory(&self.directory)?;
            return Ok(Claim::New(Lease::new("").with_guard(file)));
        };
        file.sync_all()?;
        Ok(Claim::abandoned(Lease::new("").with_guard(file), since))
    }
}

impl KeyStore for FileKeyStore {
    fn claim(&self, key: StoreKey) -> BoxFuture<Result<Claim, BoxError>> {
        let claim = self.claim_now(&key).map_err(|error| {
            let path = self.path(&key);
            format!("{}: {error}", path.display()).into()
        });
        Box::pin(std::future::ready(claim))
    }

    fn record(&self, _: StoreKey, lease: Lease, task_id: String) -> BoxFuture<Result<(), BoxError>> {
        Box::pin(std::future::ready(end(lease, &Line::Task(task_id))))
    }

    fn release(&self, _: StoreKey, lease: Lease) -> BoxFuture<Result<(), BoxError>> {
        Box::pin(std::future::ready(end(lease, &Line::Released(now()))))
    }
}

impl State {
    fn read(file: &mut File, key: &StoreKey, path: &Path) -> Result<Self, BoxError> {
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        let mut state = Self::default();
        for line in text.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
            state.length += line.len();
            let damaged = |reason: &dyn std::fmt::Display| -> BoxError {
                format!(
                    "{} is damaged: {reason}; see whether its task runs, then remove it",
                    path.display()
                )
                .into()
            };
            match serde_json::from_str(line).map_err(|error| damaged(&error))? {
                Line::Key { repo, key: name } if repo == key.repo() && name == key.key() => {
                    state.is_named = true;
                }
                Line::Key { .. } => return Err(damaged(&"it is of another key")),
                Line::Claimed(at) => state.claimed = state.claimed.or(Some(at)),
                Line::Released(_) => state.claimed = None,
                Line::Task(id) => state.task = Some(id),
            }
        }
        Ok(state)
    }
}

/// Writes the last line of a claim, and ends its lock.
fn end(lease: Lease, line: &Line) -> Result<(), BoxError> {
    let mut file: File = lease.into_guard().ok_or("the lease is of another key store")?;
    write(&mut file, line)?;
    file.sync_all()?;
    Ok(())
}

fn write(file: &mut File, line: &Line) -> Result<(), BoxError> {
    let mut text = serde_json::to_string(line)?;
    text.push('\n');
    file.write_all(text.as_bytes())?;
    Ok(())
}

/// Makes the name of a new file durable. Windows has no such thing.
fn sync_directory(directory: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(directory)?.sync_all()?;
    }
    Ok(())
}

fn now() -> DateTime<Utc> {
    SystemTime::now().into()
}

/// FNV-1a with 64 bits, the same in every version.
fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(name: &str) -> FileKeyStore {
        let directory = std::env::temp_dir().join(format!("agents-api-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        FileKeyStore::open(directory).unwrap()
    }

    fn key() -> StoreKey {
        StoreKey::new("Octocat/Hello-World", "nightly/2026:A")
    }

    fn claim(store: &FileKeyStore) -> Claim {
        store.claim_now(&key()).unwrap()
    }

    #[tokio::test]
    async fn a_key_goes_from_new_to_in_progress_to_done() {
        let store = store("done");
        let Claim::New(lease) = claim(&store) else {
            panic!("not new")
        };
        assert!(matches!(claim(&store.clone()), Claim::InProgress));
        store.record(key(), lease, "t1".to_owned()).await.unwrap();
        let reopened = FileKeyStore::open(&store.directory).unwrap();
        assert!(matches!(claim(&reopened), Claim::Done { task_id } if task_id == "t1"));
        fs::remove_dir_all(store.directory).unwrap();
    }

    #[tokio::test]
    async fn a_dropped_lease_leaves_its_key_abandoned_since_the_first_claim() {
        let store = store("abandoned");
        let before = now();
        drop(claim(&store));
        for _ in 0..2 {
            let Claim::Abandoned { since, .. } = claim(&store) else {
                panic!("not abandoned")
            };
            assert!(since >= before && since <= now());
        }
        let Claim::Abandoned { lease, .. } = claim(&store) else {
            panic!("not abandoned")
        };
        store.release(key(), lease).await.unwrap();
        assert!(matches!(claim(&store), Claim::New(_)));
        fs::remove_dir_all(store.directory).unwrap();
    }

    #[test]
    fn a_file_cut_off_anywhere_is_read_as_far_as_it_goes() {
        let store = store("cut");
        drop(claim(&store));
        let path = store.path(&key());
        let text = fs::read(&path).unwrap();
        let first_line = text.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for length in 0..=text.len() {
            fs::write(&path, &text[..length]).unwrap();
            let claim = claim(&store);
            let is_whole = length == text.len();
            assert!(
                matches!(claim, Claim::Abandoned { .. }) == is_whole,
                "{length} {claim:?}"
            );
            drop(claim);
            let again = String::from_utf8(fs::read(&path).unwrap()).unwrap();
            assert_eq!(again.lines().count(), 2, "{length} of {first_line}: {again}");
        }
        fs::remove_dir_all(store.directory).unwrap();
    }

    #[test]
    fn a_file_that_is_no_keys_file_is_an_error_that_names_it() {
        let store = store("damaged");
        let path = store.path(&key());
        for text in [
            "{\"key\":{\"repo\":\"a/b\",\"key\":\"k\"}}\n",
            "what?\n",
            "{\"moon\":1}\n",
        ] {
            fs::write(&path, text).unwrap();
            let error = store.claim_now(&key()).unwrap_err().to_string();
            assert!(error.contains("damaged") && error.contains(".jsonl"), "{error}");
        }
        fs::remove_dir_all(store.directory).unwrap();
    }

    #[test]
    fn names_of_files_are_short_and_those_of_different_keys_differ() {
        let store = store("names");
        let long = "x".repeat(128);
        let names = [
            "A",
            "a",
            "a/b",
            "a_b",
            "a:b",
            "..",
            &long,
            &format!("{}y", &long[1..]),
        ]
        .map(|key| {
            let path = store.path(&StoreKey::new("o/r", key));
            assert_eq!(path.parent(), Some(store.directory.as_path()));
            let name = path.file_name().unwrap().to_string_lossy().to_lowercase();
            assert!(name.len() < 128, "{name}");
            name
        });
        assert_eq!(
            names.iter().collect::<std::collections::HashSet<_>>().len(),
            names.len()
        );
        fs::remove_dir_all(store.directory).unwrap();
    }
}
