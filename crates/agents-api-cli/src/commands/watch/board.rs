//! A watch on a terminal: a table, latest change first, of which only what changed is drawn.
use std::time::Duration;

use agents_api::{FleetEvent, Task, TaskStateExt as _};

use super::super::list;
use crate::failure::Result;
use crate::output::screen::Screen;
use crate::output::table;

/// Lines beside the tasks: headings, the summary, the cursor.
const OTHER_LINES: usize = 3;

/// The table, and what goes on besides.
pub(super) struct Board {
    screen: Screen,
    trouble: Option<String>,
    is_synced: bool,
}

impl Board {
    pub(super) fn new() -> Self {
        Self {
            screen: Screen::new(),
            trouble: None,
            is_synced: false,
        }
    }

    /// Notes what an event says of the watch.
    pub(super) fn note(&mut self, event: &FleetEvent) {
        match event {
            FleetEvent::Degraded { error, retry_in, .. } => {
                let retry_in = humantime::format_duration(Duration::from_secs(retry_in.as_secs()));
                self.trouble = Some(format!("{error}; next try in {retry_in}"));
            }
            FleetEvent::Recovered => self.trouble = None,
            FleetEvent::Synced { .. } => self.is_synced = true,
            _ => {}
        }
    }

    /// Draws what changed.
    pub(super) fn draw<'t>(&mut self, tasks: impl Iterator<Item = &'t Task>) -> Result<()> {
        let (height, width) = self.screen.size();
        let lines = self.lines(tasks, height.saturating_sub(OTHER_LINES).max(1), width);
        self.screen.draw(lines)
    }

    fn lines<'t>(&self, tasks: impl Iterator<Item = &'t Task>, most: usize, width: usize) -> Vec<String> {
        let mut tasks: Vec<&Task> = tasks.collect();
        tasks.sort_by(|a, b| {
            let key = |task: &Task| (task.updated_at, task.created_at);
            key(b).cmp(&key(a)).then_with(|| a.id.cmp(&b.id))
        });
        let ended = tasks.iter().filter(|task| task.state.has_ended()).count();
        let (columns, rows) = list::rows(tasks.iter().take(most).copied());
        let mut lines = table::draw(&columns, &rows, width);
        let hidden = tasks.len().saturating_sub(most);
        let mut summary = match (&self.trouble, self.is_synced) {
            (Some(trouble), _) => trouble.clone(),
            (None, false) => "fetching…".to_owned(),
            (None, true) => format!("{ended} of {} tasks have ended", tasks.len()),
        };
        if hidden > 0 {
            summary.push_str(&format!(", {hidden} not shown"));
        }
        lines.push(console::truncate_str(&summary, width, "…").into_owned());
        lines
    }
}
