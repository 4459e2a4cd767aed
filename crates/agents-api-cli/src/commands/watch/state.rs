//! `--state`: what was delivered, so that a restart loses nothing and repeats at most the last event.
//!
//! The file is a checkpoint of the fleets, written as a whole now and then. Beside it stands a journal: a line for each
//! event that was delivered since. After a restart the fleets begin at the checkpoint; what the journal has is not
//! delivered again. So the cost of an event does not grow with the number of tasks.
use std::collections::{BTreeMap, HashSet};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use agents_api::fleet::Checkpoint;
use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// The form of the file.
const VERSION: u32 = 1;

/// Saving takes at most this share of the time.
const SHARE: u32 = 20;

/// Where the fleet of each scope stands; `None` is the scope of the user's own tasks.
type Checkpoints = Vec<(Option<String>, Checkpoint)>;

/// What was delivered.
pub(super) struct State {
    path: PathBuf,
    checkpoints: BTreeMap<String, Checkpoint>,
    /// What the journal had, to be skipped.
    known: HashSet<String>,
    journal: File,
    next_save: Instant,
}

#[derive(Serialize, Deserialize)]
struct Saved {
    version: u32,
    checkpoints: BTreeMap<String, Checkpoint>,
}

impl State {
    /// What the file says; nothing yet if it does not exist.
    ///
    /// # Errors
    /// When it cannot be read or written, or is not a file of this program.
    pub(super) fn load(path: PathBuf) -> Result<Self> {
        let failed = |why: String| Failure::usage(format!("--state {}: {why}", path.display()));
        let checkpoints = match fs::read(&path) {
            Ok(bytes) => {
                let saved: Saved = serde_json::from_slice(&bytes)
                    .map_err(|error| failed(format!("not a file of agents watch: {error}")))?;
                if saved.version != VERSION {
                    return Err(failed(format!(
                        "version {} is not known to this program",
                        saved.version
                    )));
                }
                saved.checkpoints
            }
            Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(failed(error.to_string())),
        };
        let journal = beside(&path, "journal");
        let known = fs::read_to_string(&journal).unwrap_or_default();
        // The last line of a process that was killed may be torn.
        let known = known
            .split_inclusive('\n')
            .filter_map(|line| line.strip_suffix('\n'));
        let known: HashSet<String> = known.map(str::to_owned).collect();
        let opened = File::options().create(true).append(true).open(&journal);
        let mut journal = opened.map_err(|error| failed(error.to_string()))?;
        // Ends a torn line, so that the next one is whole.
        journal
            .write_all(b"\n")
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            journal,
            path,
            checkpoints,
            known,
            next_save: Instant::now(),
        })
    }

    /// Where the fleet of a scope stood.
    pub(super) fn checkpoint(&self, scope: Option<&str>) -> Option<&Checkpoint> {
        self.checkpoints.get(scope.unwrap_or_default())
    }

    /// Whether an earlier process has delivered the event. It is asked once for each.
    pub(super) fn was_delivered(&mut self, digest: &str) -> bool {
        self.known.remove(digest)
    }

    /// Remembers that an event was delivered.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn delivered(
        &mut self,
        digest: &str,
        checkpoints: impl FnOnce() -> Checkpoints,
    ) -> Result<()> {
        self.journal
            .write_all(format!("{digest}\n").as_bytes())
            .map_err(|error| failed(&self.path, &error))?;
        // While events of before are skipped, the checkpoint must stay before them.
        if self.known.is_empty() && Instant::now() >= self.next_save {
            self.save(checkpoints())?;
        }
        Ok(())
    }

    /// Writes the checkpoint, and begins a new journal.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn save(&mut self, checkpoints: Checkpoints) -> Result<()> {
        let begun = Instant::now();
        let checkpoints = checkpoints.into_iter();
        let checkpoints = checkpoints.map(|(scope, checkpoint)| (scope.unwrap_or_default(), checkpoint));
        // Scopes that this watch does not follow stay as they are.
        self.checkpoints.extend(checkpoints);
        let written = self.write();
        written.map_err(|error| failed(&self.path, &error))?;
        let took = begun.elapsed();
        self.next_save = Instant::now() + (took * SHARE).min(Duration::from_secs(60));
        Ok(())
    }

    fn write(&mut self) -> std::io::Result<()> {
        let saved = Saved {
            version: VERSION,
            checkpoints: std::mem::take(&mut self.checkpoints),
        };
        let bytes = serde_json::to_vec(&saved);
        self.checkpoints = saved.checkpoints;
        let new = beside(&self.path, "new");
        let mut file = File::create(&new)?;
        file.write_all(&bytes?)?;
        file.sync_all()?;
        fs::rename(&new, &self.path)?;
        self.known.clear();
        self.journal.set_len(0)
    }
}

fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(extension);
    name.into()
}

fn failed(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Ended, format!("--state {}: {error}", path.display()))
}
