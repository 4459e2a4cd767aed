//! Where a walk stands, also for another process.
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::stall_guard::{Fingerprint, Given};
use super::totals::Totals;
use crate::error::Error;

/// A page of one of the two lists that GitHub keeps: of the archived tasks, or of the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Spot {
    pub(crate) archived: bool,
    /// From 1.
    pub(crate) page: u64,
}

/// The page that a walk reads next, and what has to be known of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Place {
    pub(crate) spot: Spot,
    /// The totals when the page before was read. What has left the list since has pulled tasks over to that page.
    pub(crate) before: Totals,
}

impl Place {
    pub(crate) fn new(archived: bool, page: u64) -> Self {
        let spot = Spot { archived, page };
        let before = Totals::default();
        Self { spot, before }
    }

    /// How many tasks left the list since the page before was read, at least.
    pub(super) fn left_until(&self, now: Totals) -> u64 {
        self.before.left_until(now, self.spot.archived)
    }
}

/// Where a walk stands: to be stored, and to [`resume`](crate::list::ListTasks::resume) with, also in another process.
///
/// It repeats rather than skips: tasks of its page that were given out come again as a page, and as
/// [items](super::TaskStream) if their page has changed since. It belongs to its list: one of
/// another repository, or with other filters, another order or page size, refuses it. It holds no token and no task.
///
/// As text, and for serde, it is one word. A later version of this crate reads what an earlier one wrote, or says that
/// it cannot; nothing else about the word is promised.
///
/// ```
/// # use agents_api_emulator::Emulator;
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let github = Emulator::builder().tasks(60).start().await?;
/// # let client = agents_api::Client::builder().base_url(github.base_url()).token(github.token()).build()?;
/// # let repo = client.repo("octocat", "hello-world")?;
/// use agents_api::list::Cursor;
///
/// let list = repo.list_tasks().in_creation_order().per_page(10);
/// let mut pages = list.clone().pages();
/// let first = pages.try_next().await?;
/// # assert_eq!(first.map(|page| page.number), Some(1));
/// let stored = pages.cursor().map(|cursor| cursor.to_string());
///
/// // Some other day:
/// let cursor: Cursor = stored.ok_or("the list was at its end")?.parse()?;
/// let second = list.resume(cursor).pages().try_next().await?;
/// # assert_eq!(second.map(|page| page.number), Some(2));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    pub(crate) place: Place,
    /// What was given out of the page.
    pub(crate) given: Given,
    /// What the list is, in short.
    pub(crate) list: u64,
}

/// The form of the text; it changes with what the text means.
const VERSION: &str = "v1";

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Spot { archived, page } = self.place.spot;
        let lane = if archived { "archived" } else { "active" };
        write!(f, "{VERSION}.{lane}.{page}.{:016x}", self.list)?;
        let Totals { active, archived } = self.place.before;
        for total in [active, archived] {
            f.write_str(".")?;
            total.map_or(Ok(()), |total| write!(f, "{total}"))?;
        }
        if self.given.count > 0 {
            write!(f, ".{}.{:016x}", self.given.count, self.given.ids.0)?;
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = Error;

    /// # Errors
    /// When the text is no cursor, or one of a later version of this crate.
    fn from_str(text: &str) -> Result<Self, Error> {
        let read = |rest: &str| {
            let mut parts = rest.split('.');
            let archived = match parts.next()? {
                "active" => false,
                "archived" => true,
                _ => return None,
            };
            let page = parts.next()?.parse().ok().filter(|page| *page > 0)?;
            let list = u64::from_str_radix(parts.next()?, 16).ok()?;
            let mut total = || match parts.next()? {
                "" => Some(None),
                total => Some(Some(total.parse().ok()?)),
            };
            let before = Totals {
                active: total()?,
                archived: total()?,
            };
            let spot = Spot { archived, page };
            let place = Place { spot, before };
            let given = match parts.next() {
                None => Given::nothing(),
                Some(count) => Given {
                    count: count.parse().ok().filter(|count| *count > 0)?,
                    ids: Fingerprint(u64::from_str_radix(parts.next()?, 16).ok()?),
                },
            };
            parts.next().is_none().then_some(Self { place, given, list })
        };
        let (version, rest) = text.split_once('.').unwrap_or((text, ""));
        if version == VERSION {
            return read(rest).ok_or_else(|| Error::invalid(format!("{text:?} is not a cursor of a list")));
        }
        Err(Error::invalid(match version.strip_prefix('v') {
            Some(number) if number.parse::<u32>().is_ok() => {
                format!(
                    "the cursor {text:?} was written by another version of this crate; begin the list anew"
                )
            }
            _ => format!("{text:?} is not a cursor of a list"),
        }))
    }
}

impl Serialize for Cursor {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_no_cursor_is_refused() {
        for (text, said) in [
            ("", "is not a cursor"),
            ("7", "is not a cursor"),
            ("v1", "is not a cursor"),
            ("v1.active.0.00", "is not a cursor"),
            ("v1.active.-1.00", "is not a cursor"),
            ("v1.both.1.00", "is not a cursor"),
            ("v1.active.1", "is not a cursor"),
            ("v1.active.1.xyz", "is not a cursor"),
            ("v1.active.1.00", "is not a cursor"),
            ("v1.active.1.00.2", "is not a cursor"),
            ("v1.active.1.00.2.two", "is not a cursor"),
            ("v1.active.1.00.2.3.4", "is not a cursor"),
            ("v1.active.1.00.2.3.0.5", "is not a cursor"),
            ("v1.active.1.00.2.3.4.5.6", "is not a cursor"),
            ("version.active.1.00", "is not a cursor"),
            ("v2.anything", "another version"),
        ] {
            let error = text.parse::<Cursor>().unwrap_err();
            assert_eq!(error.kind(), crate::error::ErrorKind::InvalidInput, "{text}");
            assert!(error.to_string().contains(said), "{error}");
        }
    }

    proptest! {
        #[test]
        fn text_and_json_give_the_cursor_back(archived: bool, page in 1_u64.., list: u64, totals: [Option<i64>; 2], count in 0..100_usize, ids: u64) {
            let spot = Spot { archived, page };
            let before = Totals { active: totals[0], archived: totals[1] };
            let given = if count == 0 { Given::nothing() } else { Given { count, ids: Fingerprint(ids) } };
            let cursor = Cursor { place: Place { spot, before }, given, list };
            prop_assert_eq!(&cursor.to_string().parse::<Cursor>().unwrap(), &cursor);
            let json = serde_json::to_string(&cursor).unwrap();
            prop_assert!(json.starts_with("\"v1."));
            prop_assert_eq!(serde_json::from_str::<Cursor>(&json).unwrap(), cursor);
        }

        #[test]
        fn no_text_is_more_than_refused(text in "\\PC{0,20}|v1(\\.(active|archived|[0-9a-f-]{0,20})){0,8}") {
            let _ = text.parse::<Cursor>();
        }
    }
}
