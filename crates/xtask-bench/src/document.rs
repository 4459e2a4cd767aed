//! `BENCHMARKS.md`: chapters that are measured one by one, so that each can be replaced alone.
use std::collections::BTreeMap;

/// What stands above the chapters.
const INTRODUCTION: &str = "\
# Benchmarks

Written by `cargo measure`, which measures all of this anew, or the chapters it is told:
`cargo measure calls decode`. Ratios within one run carry over to other machines, times do not. All requests go to
the emulator in another process on the same machine.

By hand: reqwest and serde structs, without retries, limits, unknown fields or unknown states; it is 1. octocrab: its generic
calls into the same structs. Raw: `agents-api-raw` alone. Library: `agents-api`.
";

/// A table.
#[derive(Debug, Clone)]
pub(super) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new<const N: usize>(head: [&str; N]) -> Self {
        Self {
            head: head.map(str::to_owned).into(),
            rows: Vec::new(),
        }
    }

    pub(super) fn row<const N: usize>(&mut self, cells: [String; N]) {
        self.rows.push(cells.into());
    }

    /// The first column is text, the others are numbers and stand at the right.
    fn render(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rules: Vec<_> = (0..self.head.len())
            .map(|column| if column == 0 { "---" } else { "---:" }.to_owned())
            .collect();
        let rows: String = self.rows.iter().map(|row| line(row)).collect();
        format!("{}{}{rows}", line(&self.head), line(&rules))
    }
}

/// What was aimed at, and what came of it.
#[derive(Debug, Clone)]
pub(super) struct Goal {
    /// What is measured, and how much of it is allowed.
    pub(super) wanted: String,
    /// What was measured.
    pub(super) measured: String,
    pub(super) met: bool,
}

/// A chapter of the report.
#[derive(Debug, Clone, Default)]
pub(super) struct Chapter {
    pub(super) title: &'static str,
    /// How it is measured.
    pub(super) method: String,
    pub(super) tables: Vec<Table>,
    pub(super) goals: Vec<Goal>,
    /// What is not good about the results, or about how they are measured.
    pub(super) weak: Vec<String>,
}

impl Chapter {
    pub(super) fn render(&self) -> String {
        let mut text = format!("## {}\n\n{}\n", self.title, self.method.trim());
        for table in &self.tables {
            text.push('\n');
            text.push_str(&table.render());
        }
        if !self.goals.is_empty() {
            text.push_str("\n| target | measured | |\n| --- | ---: | --- |\n");
        }
        for goal in &self.goals {
            let met = if goal.met { "met" } else { "**missed**" };
            text.push_str(&format!("| {} | {} | {met} |\n", goal.wanted, goal.measured));
        }
        if !self.weak.is_empty() {
            text.push('\n');
        }
        for weak in &self.weak {
            text.push_str(&format!("{NOT_GOOD}{weak}\n"));
        }
        text
    }
}

/// How a line begins that tells what is not good.
const NOT_GOOD: &str = "- Not good: ";

/// The report as it stands in the file: chapters by their names.
#[derive(Debug, Default)]
pub(super) struct Document {
    chapters: BTreeMap<String, String>,
}

impl Document {
    /// Reads what [`Document::render`] wrote.
    pub(super) fn read(text: &str) -> Self {
        let mut chapters = BTreeMap::new();
        let mut rest = text;
        while let Some((_, after)) = rest.split_once("<!-- begin ") {
            let Some((name, after)) = after.split_once(" -->\n") else {
                break;
            };
            let Some((chapter, after)) = after.split_once(&format!("<!-- end {name} -->")) else {
                break;
            };
            chapters.insert(name.to_owned(), chapter.to_owned());
            rest = after;
        }
        Self { chapters }
    }

    /// Puts a chapter in place of the one of that name.
    pub(super) fn put(&mut self, name: &str, chapter: &Chapter, machine: &str) {
        let text = format!("{}\nMeasured {machine}.\n", chapter.render());
        self.chapters.insert(name.to_owned(), text);
    }

    /// The file, with the chapters in the order of `names`.
    pub(super) fn render(&self, names: &[&str]) -> String {
        let mut text = format!("{INTRODUCTION}\n## What is not good\n\n{}", self.not_good(names));
        for name in names {
            text.push('\n');
            match self.chapters.get(*name) {
                Some(chapter) => {
                    text.push_str(&format!("<!-- begin {name} -->\n{chapter}<!-- end {name} -->\n"));
                }
                None => text.push_str(&format!("Not measured yet: `cargo measure {name}`.\n")),
            }
        }
        text
    }

    /// The targets that are missed and the weak points of all chapters, as a list.
    fn not_good(&self, names: &[&str]) -> String {
        let mut list = String::new();
        for name in names {
            let lines = self.chapters.get(*name).map_or("", String::as_str).lines();
            for line in lines {
                if let Some(weak) = line.strip_prefix(NOT_GOOD) {
                    list.push_str(&format!("- {name}: {weak}\n"));
                } else if let Some(missed) = line.strip_suffix(" | **missed** |") {
                    let missed = missed.trim_start_matches("| ").replace(" | ", ", but ");
                    list.push_str(&format!("- {name}: the target is {missed}.\n"));
                }
            }
        }
        if list.is_empty() {
            list.push_str("Nothing that these chapters show.\n");
        }
        list
    }
}

/// A whole number with spaces between its thousands.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts, which are not negative"
)]
pub(super) fn thousands(number: f64) -> String {
    let digits = (number.max(0.0).round() as u64).to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A ratio with two digits.
pub(super) fn ratio(part: f64, whole: f64) -> String {
    format!("{:.2}", part / whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chapter(measured: &str, met: bool) -> Chapter {
        let mut table = Table::new(["who", "count"]);
        table.row(["by hand".to_owned(), thousands(1_234_567.0)]);
        Chapter {
            title: "Calls",
            method: "Counted.".to_owned(),
            tables: vec![table],
            goals: vec![Goal {
                wanted: "a get ≤ 1.10".to_owned(),
                measured: measured.to_owned(),
                met,
            }],
            weak: vec!["slow on Sundays.".to_owned()],
        }
    }

    #[test]
    fn a_chapter_is_a_heading_a_method_and_tables() {
        let text = "\
## Calls

Counted.

| who | count |
| --- | ---: |
| by hand | 1 234 567 |

| target | measured | |
| --- | ---: | --- |
| a get ≤ 1.10 | 1.20 | **missed** |

- Not good: slow on Sundays.
";
        assert_eq!(chapter("1.20", false).render(), text);
    }

    #[test]
    fn a_chapter_replaces_the_old_one_and_leaves_the_others() {
        let names = ["calls", "walk", "build"];
        let mut document = Document::default();
        document.put("calls", &chapter("1.20", false), "here");
        document.put("walk", &chapter("1.00", true), "there");
        let text = document.render(&names);
        let mut document = Document::read(&text);
        assert_eq!(document.render(&names), text);
        document.put("calls", &chapter("1.05", true), "here");
        let text = document.render(&names);
        assert!(
            text.contains("1.05") && text.contains("1.00") && !text.contains("1.20"),
            "{text}"
        );
        assert!(
            text.contains("Not measured yet: `cargo measure build`."),
            "{text}"
        );
    }

    #[test]
    fn what_is_not_good_stands_first() {
        let mut document = Document::default();
        document.put("calls", &chapter("1.20", false), "here");
        let list = "- calls: the target is a get ≤ 1.10, but 1.20.\n- calls: slow on Sundays.\n";
        assert_eq!(document.not_good(&["calls"]), list);
        assert!(Document::default().not_good(&[]).starts_with("Nothing"));
    }

    #[test]
    fn numbers_are_made_to_be_read() {
        assert_eq!(thousands(999.4), "999");
        assert_eq!(thousands(1000.0), "1 000");
        assert_eq!(thousands(-0.2), "0");
        assert_eq!(ratio(11.0, 10.0), "1.10");
    }
}
