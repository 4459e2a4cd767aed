//! One call: what it costs the client.
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use super::callgrind::{Counts, per_repetition};
use super::document::{Chapter, Goal, Table, ratio, thousands};
use super::process::{median, run};
use super::server::Server;

/// The peers by their names here and in the programs.
const PEERS: [(&str, &str); 4] = [
    ("by hand", "by-hand"),
    ("octocrab", "octocrab"),
    ("raw", "raw"),
    ("library", "library"),
];

/// The calls, and how often each is made: twice that often, and the difference counts.
const CALLS: [(&str, &str, u32); 3] = [
    ("get", "get", 50),
    ("list page of 100", "page", 10),
    // The last one, since it fills the first page with tasks that have nothing yet.
    ("start", "start", 5),
];

/// How often each count is repeated.
const ROUNDS: usize = 3;

pub(super) fn measure(programs: &Path) -> Result<Chapter> {
    let server = Server::start(programs, 10_000, 0)?;
    let mut tables = Vec::new();
    let mut goals = Vec::new();
    for (title, call, times) in CALLS {
        let mut table = Table::new([title, "instructions", "ratio", "allocations", "ratio"]);
        let mut counted = Vec::new();
        for (name, peer) in PEERS {
            let counts = count(programs, &server, peer, call, times)?;
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
        if let ("get", [by_hand, octocrab, _, library]) = (call, counted.as_slice()) {
            let measured = library.instructions / by_hand.instructions;
            goals.push(Goal {
                wanted: "a get through the library ≤ 1.03 × by hand".to_owned(),
                measured: format!("{measured:.3}"),
                met: measured <= 1.03,
            });
            goals.push(Goal {
                wanted: "a get through the library < octocrab's".to_owned(),
                measured: format!(
                    "{} × octocrab",
                    ratio(library.instructions, octocrab.instructions)
                ),
                met: library.instructions < octocrab.instructions,
            });
        }
    }
    Ok(Chapter {
        title: "Calls: instructions and allocations of the client",
        method: format!(
            "callgrind counts a client that makes N calls, and one that makes 2 N, one after the other over one warm \
             connection, in a runtime of one thread; the difference is N calls. The middle one of {ROUNDS} counts. The \
             emulator is another process and not counted. Allocations are calls of malloc and its like. The library \
             waits a second between two starts, which costs a timer.\n\noctocrab's own types for agent tasks, on the \
             emulator's answers, which have the documented form: {}",
            typed(programs, &server)
        ),
        tables,
        goals,
        weak: Vec::new(),
    })
}

fn count(programs: &Path, server: &Server, peer: &str, call: &str, times: u32) -> Result<Counts> {
    let arguments = ["call", peer, call, &server.base, &server.one];
    let rounds = (0..ROUNDS).map(|_| per_repetition(programs, &arguments, times));
    let rounds = rounds.collect::<Result<Vec<_>>>()?;
    let middle = |of: fn(&Counts) -> f64| median(rounds.iter().map(of).collect());
    Ok(Counts {
        instructions: middle(|counts| counts.instructions).context("nothing was counted")?,
        allocations: middle(|counts| counts.allocations).context("nothing was counted")?,
    })
}

/// What becomes of a get with octocrab's typed call.
fn typed(programs: &Path, server: &Server) -> String {
    let mut command = Command::new(programs);
    command.args(["call", "octocrab-typed", "get", &server.base, &server.one, "1"]);
    match run(&mut command, Duration::from_secs(60)) {
        Ok(_) => "they decode.".to_owned(),
        Err(error) => {
            let text = error.to_string();
            let error = text.split("error: ").last().unwrap_or_default().trim();
            let error = error.split(" at line").next().unwrap_or_default();
            format!("`{error}`; they are not measured.")
        }
    }
}
