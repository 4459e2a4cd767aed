//! What must hold whatever a server sends: each function takes any bytes and panics if something does not.
//!
//! The fuzz targets below `fuzz/` call these functions; so do the tests here, on the targets' seeds, on seeds with a few
//! bytes changed, and on any bytes. The module is compiled for them alone.
use std::fmt;

use agents_api_raw as raw;
use agents_api_raw::RawResponse;
use agents_api_raw::bytes::Bytes;
use agents_api_raw::types::TaskList;
use reqwest::StatusCode;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use serde_json::Value;

use crate::error::Error;
use crate::state::Phase;
use crate::usage::Usage;
use agents_api_raw::types::Task;

mod limits;
mod list;
mod pulls;

pub use limits::limits;
pub use list::link;
pub use pulls::graphql;

/// No message is longer, in characters.
const LONGEST_MESSAGE: usize = 1000;

/// A page of a list.
pub fn list_body(data: &[u8]) {
    if let Ok(list) = serde_json::from_slice::<TaskList>(data) {
        list.tasks.iter().for_each(task);
    }
}

/// A task.
pub fn task_body(data: &[u8]) {
    if let Ok(read) = serde_json::from_slice(data) {
        task(&read);
    }
}

/// A refusal: its first byte chooses the status, the rest of the first line is where it points to, then comes the body.
pub fn error_body(data: &[u8]) {
    const STATUSES: [u16; 12] = [400, 401, 403, 404, 408, 422, 429, 500, 502, 503, 301, 200];
    let (head, body) = first_line(data);
    let status = STATUSES[usize::from(head.first().copied().unwrap_or_default()) % STATUSES.len()];
    let location = head.get(1..).and_then(|text| HeaderValue::from_bytes(text).ok());
    let echo = HeaderName::from_static("x-echo");
    let headers: HeaderMap = location
        .into_iter()
        .flat_map(|value| [(LOCATION, value.clone()), (echo.clone(), value)])
        .collect();
    let answer = RawResponse::new(
        StatusCode::from_u16(status).unwrap(),
        headers,
        Bytes::copy_from_slice(body),
    );
    for error in [
        raw::Error::Status(Box::new(answer.clone())),
        raw::Error::Body {
            response: Box::new(answer.clone()),
            source: "it broke off".into(),
        },
    ] {
        quiet(&error.to_string());
        let error = Error::from(error).after("get_task", 2);
        shown(&error);
        let _ = (
            error.kind(),
            error.delivery(),
            error.is_retryable(),
            error.rate_limit(),
            error.message(),
        );
        let _ = (
            error.field_errors(),
            error.documentation_url(),
            error.retry_after(),
        );
    }
    let Err(source) = answer.json::<Task>() else {
        return;
    };
    quiet(&source.to_string());
}

/// A task is the same after it was written and read again, and can be asked everything.
pub(crate) fn task(read: &Task) {
    let written = serde_json::to_vec(read).unwrap();
    let again: Task = serde_json::from_slice(&written).unwrap_or_else(|error| panic!("{error}: {read:?}"));
    let values = [read, &again].map(|task| serde_json::to_value(task).unwrap());
    assert!(same(&values[0], &values[1]), "{} became {}", values[0], values[1]);
    let _ = Phase::of(&read.state);
    if let Some(usage) = Usage::from_task(read) {
        quiet(&(usage.clone() + usage).to_string());
    }
    pulls::plan(read);
}

/// Whether two values are the same, but for the last digit of fractions: JSON numbers are read fast, not exactly.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .zip(other)
                    .all(|(one, other)| one.0 == other.0 && same(one.1, other.1))
        }
        (Value::Number(one), Value::Number(other)) if one.is_f64() && other.is_f64() => {
            let (one, other) = (one.as_f64().unwrap(), other.as_f64().unwrap());
            (one - other).abs() <= one.abs() * 1e-14
        }
        _ => one == other,
    }
}

/// What an error shows can be printed.
pub(crate) fn shown(error: &(impl fmt::Display + fmt::Debug)) {
    let message = error.to_string();
    quiet(&message);
    assert!(
        message.chars().count() <= LONGEST_MESSAGE,
        "{} characters",
        message.chars().count()
    );
    quiet(&format!("{error:?}"));
}

/// The text is on one line, acts on no terminal, and holds no token of GitHub's.
fn quiet(text: &str) {
    let bad = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    assert!(!text.contains(bad), "{text:?}");
    for begun in ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"] {
        for (at, _) in text.match_indices(begun) {
            let next = text[at + begun.len()..].chars().next();
            assert!(!next.is_some_and(|c| c.is_ascii_alphanumeric()), "{text:?}");
        }
    }
}

fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    match data.iter().position(|byte| *byte == b'\n') {
        Some(end) => (&data[..end], &data[end + 1..]),
        None => (&[], data),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;

    type Target = (&'static str, fn(&[u8]));

    const TARGETS: [Target; 6] = [
        ("link", link),
        ("limits", limits),
        ("error_body", error_body),
        ("task_body", task_body),
        ("list_body", list_body),
        ("graphql", graphql),
    ];

    /// The seeds of a target; none in a package without the workspace.
    fn seeds(target: &str) -> Vec<Vec<u8>> {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fuzz/corpus")
            .join(target);
        let Ok(files) = fs::read_dir(corpus) else {
            return Vec::new();
        };
        let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|path| fs::read(path).unwrap()).collect()
    }

    #[test]
    fn the_seeds_of_the_fuzz_targets_pass() {
        for (name, target) in TARGETS {
            for seed in seeds(name) {
                target(&seed);
            }
        }
    }

    /// Cuts, doubles and overwrites parts of a seed.
    fn mutated(mut seed: Vec<u8>, edits: &[(u8, usize, u8)]) -> Vec<u8> {
        for (kind, at, byte) in edits {
            let at = at % (seed.len() + 1);
            match kind % 4 {
                0 => seed.insert(at, *byte),
                1 if at < seed.len() => seed[at] = *byte,
                2 => seed.truncate(seed.len().max(8) - at.min(8)),
                _ => seed.extend_from_within(at..(at + usize::from(*byte)).min(seed.len())),
            }
        }
        seed
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn seeds_with_a_few_changes_pass(
            pick in any::<prop::sample::Index>(),
            edits in prop::collection::vec(any::<(u8, usize, u8)>(), 1..8),
        ) {
            for (name, target) in TARGETS {
                let seeds = seeds(name);
                if !seeds.is_empty() {
                    target(&mutated(seeds[pick.index(seeds.len())].clone(), &edits));
                }
            }
        }

        #[test]
        fn any_bytes_pass(data in prop::collection::vec(any::<u8>(), 0..200)) {
            for (_, target) in TARGETS {
                target(&data);
            }
        }

        #[test]
        fn any_text_passes(text in "\\PC{0,60}(ghp_)?[ -~\n]{0,60}") {
            for (_, target) in TARGETS {
                target(text.as_bytes());
            }
        }
    }
}
