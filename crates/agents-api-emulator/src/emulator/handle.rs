//! A task of a running emulator.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::app::state::App;
use crate::life::{Change, Script};
use crate::model::{Index, TaskState};
use crate::routes::view::{self, View};
use crate::world::task::Task;

/// A task of a running emulator, read and changed without a request.
///
/// Changes happen at the current time of the emulator's clock; clients see whole seconds of it.
#[derive(Clone)]
pub struct TaskHandle {
    app: Arc<App>,
    index: Index,
}

impl TaskHandle {
    pub(super) fn new(app: Arc<App>, index: Index) -> Self {
        Self { app, index }
    }

    fn read<T: Default>(&self, read: impl FnOnce(&Task) -> T) -> T {
        self.app
            .world
            .lock()
            .task(self.index)
            .map(read)
            .unwrap_or_default()
    }

    /// The id that stands in URLs.
    pub fn id(&self) -> String {
        self.read(|task| task.id.to_string())
    }

    /// Its state: that of its latest session.
    pub fn state(&self) -> TaskState {
        self.app
            .world
            .lock()
            .task(self.index)
            .map_or(TaskState::Queued, Task::state)
    }

    /// When it last changed, in whole seconds as on GitHub.
    pub fn updated_at(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.read(|task| task.updated)).unwrap_or_default()
    }

    /// How many sessions it has.
    pub fn session_count(&self) -> usize {
        self.read(|task| task.sessions.len())
    }

    /// Whether it is in the archive.
    pub fn is_archived(&self) -> bool {
        self.read(Task::is_archived)
    }

    /// The number of its pull request, once it has one. The artifact carries the database id instead.
    pub fn pull_request_number(&self) -> Option<u32> {
        let world = self.app.world.lock();
        let pull = world.task(self.index)?.pull()?;
        world.pull(pull).map(|pull| pull.number)
    }

    /// Exactly what a get responds, with URLs on the emulator's own address.
    pub fn json(&self) -> Value {
        let settings = self.app.settings();
        let view = View {
            origin: &format!("http://{}", settings.local),
            empty_global_ids: settings.realism.empty_global_ids,
        };
        let world = self.app.world.lock();
        serde_json::to_value(view::task(&world, view, self.index, true)).unwrap_or(Value::Null)
    }

    /// Applies one change to the task now. Its script continues.
    pub fn apply(&self, change: &Change) {
        let now = self.app.clock.millis();
        self.app.world.lock().change(self.index, change, now);
    }

    /// Puts its latest session, and with it the task, into a state.
    pub fn set_state(&self, state: TaskState) {
        self.apply(&Change::State(state));
    }

    /// Lets its user follow up with a prompt: a new session is queued.
    pub fn follow_up(&self, prompt: impl Into<String>) {
        self.apply(&Change::FollowUp(prompt.into()));
    }

    /// Moves it into the archive.
    pub fn archive(&self) {
        self.apply(&Change::Archive);
    }

    /// Takes it out of the archive.
    pub fn unarchive(&self) {
        self.apply(&Change::Unarchive);
    }

    /// Gives it this life from now on, in place of the one it had.
    pub fn run(&self, script: Script) {
        let now = self.app.clock.millis();
        self.app.world.lock().run(self.index, script, now);
    }

    /// Ends its script: it stays as it is.
    pub fn freeze(&self) {
        self.app.world.lock().stop(self.index);
    }
}

impl fmt::Debug for TaskHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskHandle")
            .field("id", &self.id())
            .field("state", &self.state())
            .finish_non_exhaustive()
    }
}
