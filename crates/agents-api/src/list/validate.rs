//! Rejects lists that make no sense, and identifies a list by a fingerprint of its settings.
//!
//! GitHub ignores some senseless filters and lists everything, or reports a parameter that the caller never wrote. They
//! are therefore rejected here, before anything is sent.
use chrono::Datelike;

use super::builder::{ListTasks, Start};
use super::position::Fingerprint;
use crate::error::Error;
use agents_api_raw::types::{SortDirection, TaskSort, TaskState};

/// How many concurrent requests GitHub serves a user.
const MAX_CONCURRENCY: usize = 100;

impl ListTasks {
    /// Whether the settings make sense, except for the filter by states.
    pub(super) fn check_settings(&self) -> Result<(), Error> {
        let Self {
            per_page,
            concurrency,
            ..
        } = self;
        if !(1..=100).contains(per_page) {
            return Err(Error::invalid(format!(
                "`per_page` {per_page}: GitHub returns 1 to 100 tasks a page; pass a number in this range"
            )));
        }
        if !(1..=MAX_CONCURRENCY).contains(concurrency) {
            return Err(Error::invalid(format!(
                "`concurrency` {concurrency}: GitHub serves up to {MAX_CONCURRENCY} requests at a time; \
                 pass 1 to {MAX_CONCURRENCY}"
            )));
        }
        let max_in_flight = self.client.executor().max_in_flight();
        if *concurrency > max_in_flight {
            return Err(Error::invalid(format!(
                "`concurrency` {concurrency}: the client sends at most {max_in_flight} requests at a time; \
                 build it with `ClientBuilder::max_in_flight({concurrency})`, or pass {max_in_flight} at most"
            )));
        }
        if let Some(since) = self.since.filter(|since| !(0..=9999).contains(&since.year())) {
            return Err(Error::invalid(format!(
                "`since` in the year {}: GitHub reads only four digits; pass a year from 0 to 9999",
                since.year()
            )));
        }
        if let Some(id) = self.creators.iter().flatten().find(|id| **id <= 0) {
            return Err(Error::invalid(format!(
                "creator {id}: user ids are positive; pass the `id` of a user"
            )));
        }
        match &self.start {
            Start::Page(0) => Err(Error::invalid(
                "`start_page` 0: pages are numbered from 1; pass 1 for the first page",
            )),
            Start::Cursor(cursor) if cursor.list != self.fingerprint() => Err(Error::invalid(
                "the cursor is of another list: repository, filters, order and page size must be the same; \
                 resume with the settings of the list that it comes from",
            )),
            _ => Ok(()),
        }
    }

    /// A fingerprint of the settings: the same for lists that have the same pages, today and in later versions.
    ///
    /// It protects nothing: a collision harms only the caller who made it.
    pub(super) fn fingerprint(&self) -> u64 {
        let mut print = Fingerprint::new();
        match &self.repo {
            // GitHub ignores case here.
            Some(repo) => print.add("repo", [repo.to_string().to_ascii_lowercase()]),
            None => print.add("user", [""]),
        }
        if let Some(states) = &self.states {
            print.add("state", sorted(states.iter().map(TaskState::as_str)));
        }
        if let Some(ids) = &self.creators {
            print.add("creator_id", sorted(ids).map(i64::to_string));
        }
        if let Some(since) = self.since {
            print.add("since", [since.to_rfc3339()]);
        }
        print.add(
            "sort",
            [self.sort.as_ref().unwrap_or(&TaskSort::UpdatedAt).as_str()],
        );
        let direction = self.direction.as_ref().unwrap_or(&SortDirection::Desc);
        print.add("direction", [direction.as_str()]);
        let archive_state = match (self.then_archived, self.is_archived()) {
            (true, _) => "both",
            (false, true) => "archived",
            (false, false) => "active",
        };
        // This name is part of every stored cursor.
        print.add("lane", [archive_state]);
        print.add("per_page", [self.per_page.to_string()]);
        print.0
    }
}

/// Each value once, in its order.
fn sorted<T: Ord>(values: impl IntoIterator<Item = T>) -> impl Iterator<Item = T> {
    std::collections::BTreeSet::from_iter(values).into_iter()
}

impl Fingerprint {
    fn add<T: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        self.bytes(name.as_bytes(), 0x1e);
        for value in values {
            self.bytes(value.as_ref().as_bytes(), 0x1f);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::client::{Client, Repo};

    fn client() -> Client {
        Client::builder().token("ghp_example").build().unwrap()
    }

    fn repo(name: &str) -> Repo {
        client().repo("octocat", name).unwrap()
    }

    #[test]
    fn lists_with_the_same_pages_have_the_same_fingerprint() {
        let list = || repo("hello").list_tasks();
        let idle = TaskState::Unknown("idle".to_owned());
        for (one, other) in [
            (list(), repo("Hello").list_tasks()),
            (
                list(),
                list().sort(TaskSort::UpdatedAt).direction(SortDirection::Desc),
            ),
            (list(), list().concurrency(8).start_page(3)),
            (
                list().including_archived(),
                list().archived().including_archived(),
            ),
            (list().archived(), list().including_archived().archived()),
            (list().creators([2, 1]), list().creators([1, 2, 1])),
            (
                list().states([TaskState::Failed, idle]),
                list().states([TaskState::Idle, TaskState::Failed]),
            ),
        ] {
            assert_eq!(one.fingerprint(), other.fingerprint(), "{one:?}\n{other:?}");
        }
    }

    #[test]
    fn every_setting_that_changes_the_pages_changes_the_fingerprint() {
        let list = || repo("hello").list_tasks();
        let lists = [
            list(),
            client().list_tasks(),
            repo("other").list_tasks(),
            list().states([TaskState::Failed]),
            list().states([TaskState::Idle]),
            list().states([TaskState::Failed, TaskState::Idle]),
            list().sort(TaskSort::CreatedAt),
            list().direction(SortDirection::Asc),
            list().in_creation_order(),
            list().since(DateTime::UNIX_EPOCH),
            list().archived(),
            list().including_archived(),
            list().creators([1]),
            list().creators([12]),
            list().creators([1, 2]),
            list().per_page(99),
        ];
        let prints: std::collections::BTreeSet<_> = lists.iter().map(ListTasks::fingerprint).collect();
        assert_eq!(prints.len(), lists.len());
    }

    /// Stored cursors must stay valid.
    #[test]
    fn the_fingerprint_does_not_change_between_versions() {
        let list = repo("hello-world").list_tasks().states([TaskState::Failed]);
        assert_eq!(
            list.cursor_at(list.first_position(), crate::list::position::PageOffset::start())
                .to_string(),
            "v1.active.1.e42efae26b41d57f.."
        );
    }
}
