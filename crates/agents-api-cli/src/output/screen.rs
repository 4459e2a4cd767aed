//! Lines on a terminal that are drawn again when they change, and only then.
use console::Term;

use crate::exit::Exit;
use crate::failure::{Failure, Result};

/// The lines that were drawn last; the cursor is below them.
pub(crate) struct Screen {
    term: Term,
    lines: Vec<String>,
    size: (u16, u16),
    has_color: bool,
}

impl Screen {
    /// Below what is on the terminal.
    pub(crate) fn new() -> Self {
        let term = Term::buffered_stdout();
        Self {
            size: term.size(),
            term,
            lines: Vec::new(),
            has_color: anstream::AutoStream::choice(&std::io::stdout()) != anstream::ColorChoice::Never,
        }
    }

    /// Height and width of the terminal.
    pub(crate) fn size(&self) -> (usize, usize) {
        let (height, width) = self.term.size();
        (height.into(), width.into())
    }

    /// Makes the terminal show these lines, each no wider than it is.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub(crate) fn draw(&mut self, lines: Vec<String>) -> Result<()> {
        let lines = if self.has_color {
            lines
        } else {
            lines
                .iter()
                .map(|line| anstream::adapter::strip_str(line).to_string())
                .collect()
        };
        self.change(lines)
            .map_err(|error| Failure::new(Exit::Ended, format!("the terminal cannot be written: {error}")))
    }

    fn change(&mut self, lines: Vec<String>) -> std::io::Result<()> {
        let size = self.term.size();
        if size != self.size {
            // The terminal has wrapped or cut what was there.
            self.term.clear_last_lines(self.lines.len())?;
            self.lines.clear();
            self.size = size;
        }
        let kept = self.lines.len().min(lines.len());
        self.term.clear_last_lines(self.lines.len() - kept)?;
        for (index, line) in lines.iter().enumerate().take(kept) {
            if self.lines[index] != *line {
                let up = kept - index;
                self.term.move_cursor_up(up)?;
                self.term.clear_line()?;
                self.term.write_str(line)?;
                self.term.move_cursor_left(size.1.into())?;
                self.term.move_cursor_down(up)?;
            }
        }
        for line in lines.iter().skip(kept) {
            self.term.write_line(line)?;
        }
        self.lines = lines;
        self.term.flush()
    }
}
