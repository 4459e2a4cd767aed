//! A position in a list as text, to resume from in another process.
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::position::{Fingerprint, PageOffset, PageRef, Position};
use super::totals::Totals;
use crate::error::Error;

/// A position in a list, to store and to [`resume`](crate::list::ListTasks::resume) from, also in another process.
///
/// Resuming repeats rather than skips: [`Pages`](super::Pages) yields the whole page again, and
/// [`TaskStream`](super::TaskStream) repeats tasks of it only if the page has changed since. A cursor belongs to its list:
/// a list of another repository, or with other filters, another order or page size, rejects it. It holds no token and no
/// task.
///
/// As text, and for serde, it is one word. A later version of this crate reads what an earlier one wrote, or returns an
/// error; nothing else about the word is promised.
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
/// // Later:
/// let cursor: Cursor = stored.ok_or("the list was at its end")?.parse()?;
/// let second = list.resume(cursor).pages().try_next().await?;
/// # assert_eq!(second.map(|page| page.number), Some(2));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Cursor {
    pub(crate) position: Position,
    /// Which tasks of the page were yielded.
    pub(crate) offset: PageOffset,
    /// The fingerprint of the list's settings.
    pub(crate) list: u64,
}

/// The version of the text format.
const VERSION: &str = "v1";

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let PageRef { archived, page } = self.position.page_ref;
        let archive_state = if archived { "archived" } else { "active" };
        write!(f, "{VERSION}.{archive_state}.{page}.{:016x}", self.list)?;
        let Totals { active, archived } = self.position.before;
        for total in [active, archived] {
            f.write_str(".")?;
            total.map_or(Ok(()), |total| write!(f, "{total}"))?;
        }
        if self.offset.count > 0 {
            write!(f, ".{}.{:016x}", self.offset.count, self.offset.ids.0)?;
        }
        Ok(())
    }
}

impl FromStr for Cursor {
    type Err = Error;

    /// # Errors
    /// When the text is not a cursor, or one of another version of this crate.
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
            let page_ref = PageRef { archived, page };
            let position = Position { page_ref, before };
            let offset = match parts.next() {
                None => PageOffset::start(),
                Some(count) => PageOffset {
                    count: count.parse().ok().filter(|count| *count > 0)?,
                    ids: Fingerprint(u64::from_str_radix(parts.next()?, 16).ok()?),
                },
            };
            parts.next().is_none().then_some(Self {
                position,
                offset,
                list,
            })
        };
        let (version, rest) = text.split_once('.').unwrap_or((text, ""));
        if version == VERSION {
            return read(rest).ok_or_else(|| Error::invalid(not_a_cursor(text)));
        }
        Err(Error::invalid(match version.strip_prefix('v') {
            Some(number) if number.parse::<u32>().is_ok() => {
                format!(
                    "cursor {text:?}: it was written by another version of this crate; start the list from its beginning"
                )
            }
            _ => not_a_cursor(text),
        }))
    }
}

fn not_a_cursor(text: &str) -> String {
    format!(
        "{text:?} is not a cursor: it has another form; pass what `Cursor` was written as, or start from the beginning"
    )
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
    fn text_that_is_not_a_cursor_is_rejected() {
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
        fn text_and_json_round_trip(archived: bool, page in 1_u64.., list: u64, totals: [Option<i64>; 2], count in 0..100_usize, ids: u64) {
            let page_ref = PageRef { archived, page };
            let before = Totals { active: totals[0], archived: totals[1] };
            let offset = if count == 0 { PageOffset::start() } else { PageOffset { count, ids: Fingerprint(ids) } };
            let cursor = Cursor { position: Position { page_ref, before }, offset, list };
            prop_assert_eq!(&cursor.to_string().parse::<Cursor>().unwrap(), &cursor);
            let json = serde_json::to_string(&cursor).unwrap();
            prop_assert!(json.starts_with("\"v1."));
            prop_assert_eq!(serde_json::from_str::<Cursor>(&json).unwrap(), cursor);
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,20}|v1(\\.(active|archived|[0-9a-f-]{0,20})){0,8}") {
            let _ = text.parse::<Cursor>();
        }
    }
}
