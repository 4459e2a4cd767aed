//! Every kind of change, seeded one at a time: its class, its location, its words.
#![expect(clippy::too_many_lines, reason = "the tests are tables, one row a change")]
mod answers;
mod choices;
mod operations;
mod parameters;
mod places;
mod requests;

use serde_json::Value;
use xtask::compare::{Change, compare};

use crate::fixture::{GET, LIST, PROMPT, START, TASK, edited, inlined};

/// The only change between the fixture and `new`.
fn only(new: &Value) -> Change {
    let mut report = compare(&inlined(), new).unwrap();
    assert_eq!(
        report.changes.len(),
        1,
        "{}",
        report.render(xtask::compare::Format::Text)
    );
    report.changes.remove(0)
}

type Edit = fn(&mut Value);

/// Pointer, edit, class, location and message of each change.
type Case = (String, Edit, &'static str, &'static str, &'static str);

fn check(cases: Vec<Case>) {
    for (pointer, edit, class, location, message) in cases {
        let change = only(&edited(&pointer, edit));
        let seen = (
            change.class.as_str(),
            change.location.as_str(),
            change.message.as_str(),
        );
        assert_eq!(seen, (class, location, message), "after an edit at {pointer}");
    }
}

fn remove(value: &mut Value, key: &str) {
    value
        .as_object_mut()
        .unwrap()
        .remove(key)
        .unwrap_or_else(|| panic!("no {key} to remove"));
}

fn task(field: &str) -> String {
    format!("{TASK}{field}")
}

fn prompt(field: &str) -> String {
    format!("{PROMPT}{field}")
}

fn list(part: &str) -> String {
    format!("{LIST}{part}")
}

fn get(part: &str) -> String {
    format!("{GET}{part}")
}

fn start(part: &str) -> String {
    format!("{START}{part}")
}
