//! What Ctrl-C has to say: which tasks go on, and which command follows them again.
use std::sync::{Arc, Mutex, PoisonError};

use crate::exit::Exit;
use crate::failure::Failure;
use crate::global::Global;

/// What the command is doing with tasks at the moment.
#[derive(Clone, Default)]
pub(crate) struct Following(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// Ids of started or followed tasks that have not been seen to end.
    tasks: Vec<String>,
    /// What to run to learn what became of the start in flight.
    start: Option<String>,
    /// Whether the tasks end with this process.
    embedded: bool,
}

impl Following {
    pub(super) fn new(global: &Global) -> Self {
        let state = State {
            embedded: global.emulator,
            ..State::default()
        };
        Self(Arc::new(Mutex::new(state)))
    }

    /// A start is in flight; `recover` is the hint about what finds out what became of it.
    pub(crate) fn sending(&self, recover: String) {
        self.with(|state| state.start = Some(recover));
    }

    /// The start in flight was answered.
    pub(crate) fn answered(&self) {
        self.with(|state| state.start = None);
    }

    /// A task is followed.
    pub(crate) fn task(&self, id: &str) {
        self.with(|state| {
            if !state.tasks.iter().any(|own| own == id) {
                state.tasks.push(id.to_owned());
            }
        });
    }

    /// A task is followed no more.
    pub(crate) fn done(&self, id: &str) {
        self.with(|state| state.tasks.retain(|own| own != id));
    }

    /// The failure that Ctrl-C is.
    pub(crate) fn interrupted(&self) -> Failure {
        self.with(|state| {
            let ids = state.tasks.join(" ");
            let message = match state.tasks.len() {
                _ if state.embedded => "the emulator and its tasks end with this process".to_owned(),
                0 => String::from("nothing was changed"),
                1 => format!("task {ids} goes on"),
                count => format!("{count} tasks go on"),
            };
            let message = match &state.start {
                Some(_) => "a task may be running: the start was under way".to_owned(),
                None => message,
            };
            let mut failure = Failure::new(Exit::Interrupted, message);
            failure.hints.extend(state.start.clone());
            if !state.embedded && !state.tasks.is_empty() {
                let all = if state.tasks.len() > 1 { " --all" } else { "" };
                failure = failure.hint(format!("follow again with: agents wait{all} {ids}"));
            }
            failure
        })
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
