//! Tables that fit the terminal, and tab-separated lines elsewhere.
use comfy_table::{Attribute, Cell, ColumnConstraint, ContentArrangement, Row, Table, presets};
use console::Term;

use super::streams::Output;
use crate::failure::Result;

/// A column of a table.
pub(crate) struct Column {
    title: &'static str,
    fit: Fit,
}

/// What a column does where the terminal is too narrow for all.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fit {
    /// It stays whole.
    Whole,
    /// It is cut, or left out.
    Cut,
    /// Its text continues on the next line.
    Wrap,
}

impl Column {
    /// A column that is always whole.
    pub(crate) const fn whole(title: &'static str) -> Self {
        let fit = Fit::Whole;
        Self { title, fit }
    }

    /// A column that is cut to the width of the terminal, or left out.
    pub(crate) const fn cut(title: &'static str) -> Self {
        let fit = Fit::Cut;
        Self { title, fit }
    }

    /// A column whose text is wrapped.
    pub(crate) const fn wrapped(title: &'static str) -> Self {
        let fit = Fit::Wrap;
        Self { title, fit }
    }
}

/// Below this width a column that gives way is left out.
const LEAST: usize = 6;

impl Output {
    /// Rows under headings on a terminal, tab-separated lines elsewhere.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub(crate) fn table(&self, columns: &[Column], rows: &[Vec<String>]) -> Result<()> {
        if self.is_terminal() {
            return self.line(draw(columns, rows, terminal_width()).join("\n"));
        }
        rows.iter().try_for_each(|row| {
            let row: Vec<String> = row
                .iter()
                .map(|cell| anstream::adapter::strip_str(cell).to_string())
                .collect();
            self.line(row.join("\t"))
        })
    }

    /// Names and values, one pair a line.
    ///
    /// # Errors
    /// As [`Output::line`].
    pub(crate) fn pairs(&self, pairs: &[(&str, String)]) -> Result<()> {
        if !self.is_terminal() {
            return pairs
                .iter()
                .try_for_each(|(name, value)| self.line(format!("{name}\t{value}")));
        }
        let mut table = plain(terminal_width());
        for (name, value) in pairs {
            table.add_row(vec![
                Cell::new(name).add_attribute(Attribute::Dim),
                Cell::new(value),
            ]);
        }
        pad(&mut table);
        self.line(table.trim_fmt())
    }
}

/// How many columns the terminal has.
pub(crate) fn terminal_width() -> usize {
    Term::stdout().size().1.into()
}

/// The lines of a table no wider than `width`, its headings first.
pub(crate) fn draw(columns: &[Column], rows: &[Vec<String>], width: usize) -> Vec<String> {
    let shown = fitting(columns, rows, width);
    let mut table = plain(width);
    table.set_header(
        shown
            .iter()
            .map(|&column| Cell::new(columns[column].title).add_attribute(Attribute::Bold)),
    );
    let is_wrapped = columns.iter().any(|column| column.fit == Fit::Wrap);
    for row in rows {
        let cells = shown.iter().map(|&column| {
            let cell = Cell::new(row.get(column).map_or("", String::as_str));
            match columns[column].fit {
                // Cut where the column ends, and not where a word does.
                Fit::Cut => cell.set_delimiter('\0'),
                Fit::Whole | Fit::Wrap => cell,
            }
        });
        let mut row = Row::from(cells.collect::<Vec<_>>());
        if !is_wrapped {
            row.max_height(1);
        }
        table.add_row(row);
    }
    pad(&mut table);
    for (place, &column) in shown.iter().enumerate() {
        if columns[column].fit == Fit::Whole
            && let Some(column) = table.column_mut(place)
        {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    table.lines().map(|line| line.trim_end().to_owned()).collect()
}

/// The columns for which there is room.
fn fitting(columns: &[Column], rows: &[Vec<String>], width: usize) -> Vec<usize> {
    let content = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        let cells = cells.map(|cell| console::measure_text_width(cell));
        cells.max().unwrap_or(0).max(columns[column].title.len()) + 2
    };
    let whole: usize = (0..columns.len())
        .filter(|&column| columns[column].fit == Fit::Whole)
        .map(content)
        .sum();
    let mut room = width.saturating_sub(whole);
    (0..columns.len())
        .filter(|&column| {
            if columns[column].fit != Fit::Cut {
                return true;
            }
            let least = content(column).min(LEAST + 2);
            let fits = room >= least;
            room = room.saturating_sub(least);
            fits
        })
        .collect()
}

/// Two spaces between columns, none before the first.
fn pad(table: &mut Table) {
    table.column_iter_mut().for_each(|column| {
        column.set_padding((0, 2));
    });
}

fn plain(width: usize) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(u16::try_from(width).unwrap_or(u16::MAX))
        .set_truncation_indicator("…")
        .enforce_styling();
    table
}

/// A cell of a bar chart: `value` of `most`, at most `width` characters long.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "between zero and the width"
)]
pub(crate) fn bar(value: f64, most: f64, width: usize) -> String {
    let share = if most > 0.0 {
        (value / most).clamp(0.0, 1.0)
    } else {
        0.0
    };
    "█".repeat((share * width as f64).round() as usize)
}
