//! Decoding alone.
use std::path::Path;

use anyhow::Result;

use super::callgrind::{Counts, per_repetition};
use super::document::{Chapter, Goal, Table, ratio, thousands};
use super::server::Server;

/// Who decodes, by their names here and in the programs.
const READERS: [(&str, &str); 4] = [
    ("structs by hand", "by-hand"),
    ("library", "library"),
    ("into `serde_json::Value`", "any JSON"),
    ("nothing kept", "nothing kept"),
];

pub(super) fn measure(programs: &Path) -> Result<Chapter> {
    let server = Server::start(programs, 10_000, 0)?;
    let tasks = server.tasks();
    let mut tables = Vec::new();
    let mut goals = Vec::new();
    for (title, url) in [
        ("a page of 100 tasks", format!("{tasks}?per_page=100")),
        ("a task with 20 sessions", format!("{tasks}/{}", server.twenty)),
        ("a task with one session", format!("{tasks}/{}", server.one)),
    ] {
        let mut table = Table::new([title, "instructions", "ratio", "allocations", "ratio"]);
        let mut counted: Vec<Counts> = Vec::new();
        for (name, reader) in READERS {
            let counts = per_repetition(programs, &["decode", reader, &url], 20)?;
            counted.push(counts);
            let first = counted.first().copied().unwrap_or(counts);
            table.row([
                name.to_owned(),
                thousands(counts.instructions),
                ratio(counts.instructions, first.instructions),
                thousands(counts.allocations),
                ratio(counts.allocations, first.allocations),
            ]);
        }
        tables.push(table);
        if let [by_hand, library, ..] = counted.as_slice() {
            let measured = library.instructions / by_hand.instructions;
            goals.push(Goal {
                wanted: format!("{title} ≤ 0.80 × structs by hand"),
                measured: format!("{measured:.3}"),
                met: measured <= 0.80,
            });
        }
    }
    Ok(Chapter {
        title: "Decoding",
        method: "callgrind counts decoding bytes that the emulator sent and dropping the value, as in the chapter on \
                 calls: `serde_json::from_slice`, and for the library `RawResponse::json`, which is what a call runs. \
                 The generated types keep what the structs by hand lose: unknown fields, unknown states' texts, \
                 artifacts of any form."
            .to_owned(),
        tables,
        goals,
        weak: Vec::new(),
    })
}
