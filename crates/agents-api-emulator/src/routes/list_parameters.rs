//! The parameters of the two lists.

use chrono::{DateTime, Utc};

use super::query::{One, Query, Value};
use crate::model::TaskState;
use crate::response::{FieldError, Refusal};
use crate::world::list::Filter;
use crate::world::task_index::{Direction, Sort};

/// Maximum number of tasks in a page.
const MAX_PER_PAGE: u64 = 100;

/// Parses the parameters of a list.
///
/// # Errors
///
/// Every parameter that is invalid.
///
/// Only the list of a repository knows `creator_id`; the other ignores it, as GitHub ignores what it does not know.
pub(crate) fn filter(query: &Query<'_>, knows_creators: bool) -> Result<Filter, Refusal> {
    let mut check = Check {
        query,
        errors: Vec::new(),
    };
    let defaults = Filter::default();
    let per_page = check.one("per_page", per_page).unwrap_or(defaults.per_page);
    let filter = Filter {
        per_page,
        page: check.one("page", page).unwrap_or(defaults.page),
        sort: check.one("sort", sort).unwrap_or_default(),
        direction: check.one("direction", direction).unwrap_or_default(),
        // An empty text is a list of no states, and filters nothing.
        states: check.one("state", states).filter(|states| !states.is_empty()),
        archived: check.one("is_archived", boolean).unwrap_or(false),
        since: check.one("since", since),
        born_by: None,
        creators: if knows_creators { check.creators() } else { None },
    };
    if check.errors.is_empty() {
        Ok(filter)
    } else {
        Err(Refusal::invalid(check.errors))
    }
}

/// Reads the page and its size alone, for lists that know none of the rest.
pub(crate) fn place(query: &Query<'_>) -> Result<Filter, Refusal> {
    let mut check = Check {
        query,
        errors: Vec::new(),
    };
    let defaults = Filter::default();
    let per_page = check.one("per_page", per_page).unwrap_or(defaults.per_page);
    let page = check.one("page", page).unwrap_or(defaults.page);
    if check.errors.is_empty() {
        Ok(Filter {
            per_page,
            page,
            ..defaults
        })
    } else {
        Err(Refusal::invalid(check.errors))
    }
}

struct Check<'q> {
    query: &'q Query<'q>,
    errors: Vec<FieldError>,
}

impl Check<'_> {
    fn one<T>(
        &mut self,
        name: &'static str,
        read: fn(&'static str, &str) -> Result<T, FieldError>,
    ) -> Option<T> {
        let value = match self.query.one(name) {
            One::Absent => return None,
            One::Text(text) => read(name, text),
            One::Unusable => Err(FieldError::invalid(name)),
        };
        value.map_err(|error| self.errors.push(error)).ok()
    }

    fn creators(&mut self) -> Option<Vec<i64>> {
        let values = self.query.many("creator_id")?;
        let ids = values.into_iter().map(|value| match value {
            Value::Text(text) => text.split(',').map(user_id).collect(),
            Value::NotText => None,
        });
        let ids: Option<Vec<Vec<i64>>> = ids.collect();
        if ids.is_none() {
            self.errors.push(FieldError::invalid("creator_id"));
        }
        ids.map(|ids| ids.concat())
    }
}

/// Any integer. One too large for an id belongs to nobody.
fn user_id(text: &str) -> Option<i64> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_integer.then(|| text.parse().unwrap_or(-1))
}

fn number(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| plain)
}

fn per_page(name: &'static str, text: &str) -> Result<usize, FieldError> {
    match number(text) {
        Some(count @ 1..=MAX_PER_PAGE) => usize::try_from(count).map_err(|_| FieldError::invalid(name)),
        _ => Err(FieldError::custom(
            name,
            "per_page must be an integer from 1 to 100",
        )),
    }
}

fn page(name: &'static str, text: &str) -> Result<u64, FieldError> {
    // The largest page that fits a signed 64-bit integer: what is larger is no number to GitHub's services.
    let page = number(text).filter(|page| (1..=i64::MAX.unsigned_abs()).contains(page));
    page.ok_or_else(|| FieldError::custom(name, "page must be a positive 64-bit integer"))
}

fn sort(name: &'static str, text: &str) -> Result<Sort, FieldError> {
    match text {
        "updated_at" => Ok(Sort::Updated),
        "created_at" => Ok(Sort::Created),
        _ => Err(FieldError::custom(
            name,
            "sort must be one of: updated_at, created_at",
        )),
    }
}

fn direction(name: &'static str, text: &str) -> Result<Direction, FieldError> {
    match text {
        "asc" => Ok(Direction::Ascending),
        "desc" => Ok(Direction::Descending),
        _ => Err(FieldError::custom(name, "direction must be one of: asc, desc")),
    }
}

fn states(name: &'static str, text: &str) -> Result<Vec<TaskState>, FieldError> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let states: Option<Vec<_>> = text
        .split(',')
        .map(|word| TaskState::from_wire(word.trim()))
        .collect();
    states.ok_or_else(|| {
        let known: Vec<_> = TaskState::ALL.iter().map(|state| state.as_str()).collect();
        let known = known.join(", ");
        FieldError::custom(name, format!("state must be a comma-separated list of: {known}"))
    })
}

fn boolean(name: &'static str, text: &str) -> Result<bool, FieldError> {
    match text {
        // Python clients that format booleans without thought send a capital.
        "true" | "True" => Ok(true),
        "false" | "False" => Ok(false),
        _ => Err(FieldError::invalid(name)),
    }
}

/// An RFC 3339 timestamp. A space may stand for the `T`, and for a `+` that was not percent-encoded.
fn since(name: &'static str, text: &str) -> Result<i64, FieldError> {
    let mut text = text.to_owned();
    let sign = text
        .len()
        .checked_sub(6)
        .filter(|sign| *sign > 10 && text.as_bytes()[*sign] == b' ');
    if let Some(sign) = sign {
        text.replace_range(sign..=sign, "+");
    }
    let parsed = DateTime::parse_from_rfc3339(&text);
    let at = parsed.map_err(|_| {
        FieldError::custom(
            name,
            "since must be an ISO 8601 timestamp, like 2026-01-31T00:00:00Z",
        )
    })?;
    // Compared with whole milliseconds: a fraction of one still lies after the millisecond it began in.
    let utc = at.with_timezone(&Utc);
    Ok(utc.timestamp_millis() + i64::from(utc.timestamp_subsec_nanos() % 1_000_000 != 0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(raw: &str) -> Result<Filter, Refusal> {
        filter(&Query::parse(Some(raw)), true)
    }

    #[test]
    fn every_wrong_value_is_named() {
        for (raw, field) in [
            ("page=0", "page"),
            ("page=-1", "page"),
            ("page=1.0", "page"),
            ("page=%2B1", "page"),
            ("page=", "page"),
            ("page=99999999999999999999", "page"),
            ("page=1&page=2", "page"),
            ("per_page=101", "per_page"),
            ("per_page=0", "per_page"),
            ("sort=name", "sort"),
            ("sort=", "sort"),
            ("direction=up", "direction"),
            ("state=done", "state"),
            ("state=queued,", "state"),
            ("state=%FF", "state"),
            ("is_archived=1", "is_archived"),
            ("since=yesterday", "since"),
            ("since=2026-01-01", "since"),
            ("since=2026-02-30T00:00:00Z", "since"),
            ("creator_id=octocat", "creator_id"),
            ("creator_id=1,,2", "creator_id"),
            ("creator_id=", "creator_id"),
        ] {
            let refusal = read(raw).expect_err(raw);
            assert_eq!(refusal.status, 422, "{raw}");
            let body: serde_json::Value =
                serde_json::from_slice(&refusal.into_reply(None).body).expect("JSON");
            assert_eq!(body["errors"][0]["field"], field, "{raw}");
        }
    }

    #[test]
    fn an_empty_state_filters_nothing() {
        for blank in ["state=", "state=%20", "state=+"] {
            assert!(read(blank).expect("valid").states.is_none(), "{blank}");
        }
    }

    #[test]
    fn several_wrong_values_are_named_together() {
        assert_eq!(
            read("page=0&per_page=0&sort=x").expect_err("three").errors.len(),
            3
        );
    }

    #[test]
    fn every_spelling_of_creators_is_read() {
        for raw in [
            "creator_id=1&creator_id=2",
            "creator_id=1%2C2",
            "creator_id[]=1&creator_id[]=2",
        ] {
            assert_eq!(read(raw).expect(raw).creators, Some(vec![1, 2]), "{raw}");
        }
        let huge = read("creator_id=123456789012345678901234567890").expect("an integer");
        assert_eq!(huge.creators, Some(vec![-1]));
    }

    #[test]
    fn dates_are_read_as_clients_write_them() {
        for raw in [
            "2026-01-31T12:00:00Z",
            "2026-01-31T12:00:00.000Z",
            "2026-01-31%2012:00:00%2B00:00",
            "2026-01-31+12:00:00+00:00",
            "2026-01-31T14:00:00%2B02:00",
            "2026-01-31t12:00:00z",
        ] {
            let filter = read(&format!("since={raw}")).expect(raw);
            assert_eq!(filter.since, Some(1_769_860_800_000), "{raw}");
        }
    }

    #[test]
    fn creators_mean_nothing_to_the_other_list() {
        let filter = filter(&Query::parse(Some("creator_id=octocat&unknown=1")), false);
        assert!(filter.expect("ignored").creators.is_none());
    }

    proptest! {
        #[test]
        fn no_query_is_more_than_refused(raw in "[a-z_%+&=,:.0-9TZ -]{0,60}|(since|page|state|creator_id)=\\PC{0,30}") {
            let _ = filter(&Query::parse(Some(&raw)), true);
        }
    }
}
