//! The requests of a list: one page, once or with retries.
use std::sync::Arc;

use agents_api_raw as raw;
use agents_api_raw::types::{TaskList, TaskState};
use tokio::time::Instant;

use super::builder::ListTasks;
use super::page::{NextPage, Page};
use crate::error::Error;
use crate::transport::{EtagCache, Operation, Revalidated};

impl ListTasks {
    /// Polls one page once: without retries, and waiting for a quota only until `deadline`. Returns the page and the number
    /// of the one after it.
    pub(crate) async fn poll_page(
        &self,
        number: u64,
        cache: &mut EtagCache<(Page, Option<u64>)>,
        deadline: Instant,
    ) -> Result<Revalidated<(Page, Option<u64>)>, Error> {
        let call = self.check()?;
        let executor = self.client.executor();
        let response = executor.poll(call, cache.tag(), deadline, |client| {
            self.clone().request(client, number)
        });
        cache.update(response.await?, |response| {
            let (page, next) = Page::read(response, number, self.is_archived());
            Ok((page, next?))
        })
    }

    /// Fetches one page, and the number of the one after it. Of a list of both archived and other tasks it is a page of
    /// the others.
    pub(super) async fn fetch_page(self, number: u64) -> Result<(Page, NextPage), Error> {
        let archived = self.is_archived();
        Ok(Page::read(self.fetch_response(number).await?, number, archived))
    }

    /// Fetches the response of one page.
    pub(crate) async fn fetch_response(self, number: u64) -> Result<raw::ResponseValue<TaskList>, Error> {
        let call = self.check()?;
        let executor = self.client.executor();
        executor
            .run(call, self.timeout, |client| self.clone().request(client, number))
            .await
    }

    /// The operation that lists this, if the settings are valid.
    fn check(&self) -> Result<Operation, Error> {
        self.check_settings()?;
        self.states.as_deref().map(joined).transpose()?;
        match (&self.repo, &self.creators) {
            (_, Some(creators)) if creators.is_empty() => Err(Error::invalid(
                "filter by creators without a creator: GitHub would list everything; name one, or leave out `creators`",
            )),
            (None, Some(_)) => Err(Error::invalid(
                "filter by creators on the user's list: GitHub has it only for a repository; use `client.repo(…)?.list_tasks()`",
            )),
            (Some(_), _) => Ok(Operation::LIST_TASKS_FOR_REPO),
            (None, None) => Ok(Operation::LIST_TASKS),
        }
    }

    async fn request(
        self,
        client: Arc<raw::Client>,
        number: u64,
    ) -> Result<raw::ResponseValue<TaskList>, raw::Error> {
        let states = self.states.as_deref().and_then(|states| joined(states).ok());
        // The two operations take the same arguments, but their builders are of two types.
        macro_rules! filtered {
            ($call:expr) => {{
                let mut call = $call.per_page(self.per_page).page(number);
                if let Some(states) = states {
                    call = call.state(states);
                }
                if let Some(sort) = self.sort {
                    call = call.sort(sort);
                }
                if let Some(direction) = self.direction {
                    call = call.direction(direction);
                }
                if let Some(since) = self.since {
                    call = call.since(since);
                }
                if let Some(archived) = self.archived {
                    call = call.is_archived(archived);
                }
                call
            }};
        }
        match &self.repo {
            Some(repo) => {
                let mut call = filtered!(client.list_tasks_for_repo().owner(repo.owner()).repo(repo.name()));
                if let Some(creators) = self.creators {
                    call = call.creator_id(creators);
                }
                call.send().await
            }
            None => filtered!(client.list_tasks()).send().await,
        }
    }
}

/// The states in one parameter, separated by commas, as GitHub takes them.
fn joined(states: &[TaskState]) -> Result<String, Error> {
    if states.is_empty() {
        return Err(Error::invalid(
            "filter by states without a state: GitHub would list everything; name one, or leave out `states`",
        ));
    }
    let texts: Vec<_> = states.iter().map(TaskState::as_str).collect();
    match texts
        .iter()
        .find(|text| text.trim().is_empty() || text.contains(','))
    {
        Some(text) => Err(Error::invalid(format!(
            "state {text:?}: GitHub separates states by commas, so it cannot be one state; pass each state by itself"
        ))),
        None => Ok(texts.join(",")),
    }
}
