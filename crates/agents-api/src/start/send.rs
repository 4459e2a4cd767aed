//! Sends a start: the one place that does.
use std::time::Duration;

use agents_api_raw::types::{Task, builder};

use super::fallback::{Fallback, Fallbacks};
use super::key::Key;
use super::outcome::Started;
use super::request::StartRequest;
use crate::client::Repo;
use crate::client::start_registry::PromptKey;
use crate::error::Error;
use crate::transport::Operation;

/// What to send, where, and what to try if GitHub refuses a part of it.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) repo: Repo,
    pub(super) request: StartRequest,
    pub(super) fallbacks: Fallbacks,
    pub(super) timeout: Option<Duration>,
}

/// A start that failed.
pub(super) struct Failed {
    pub(super) error: Error,
    /// What was changed before the request that failed.
    pub(super) fallbacks: Vec<Fallback>,
}

impl Sender {
    /// Sends the start until a fallback is accepted or none is left. Each refusal started nothing.
    pub(super) async fn send_with_fallbacks(&self, key: Option<&Key>) -> Result<Started, Failed> {
        let mut request = self.request.clone();
        let mut left = self.fallbacks.clone();
        let mut fallbacks = Vec::new();
        loop {
            match self.send(request.body(key)).await {
                Ok((task, attempts)) => {
                    let registry = self.repo.client().starts();
                    registry.note_answered(&task.id);
                    let noted = match key {
                        Some(key) => PromptKey(Some(key.as_str().to_owned())),
                        None => Key::noted_in(&request.prompt),
                    };
                    registry.note_prompt_key(&task.id, noted);
                    return Ok(Started::created(task, request.model, fallbacks, attempts));
                }
                Err(error) => match left.next(&mut request, &error) {
                    Some(changes) => fallbacks.extend(changes),
                    None => return Err(Failed { error, fallbacks }),
                },
            }
        }
    }

    /// What is asked for whichever fallbacks are needed.
    pub(super) fn certain(&self) -> StartRequest {
        let mut request = self.request.clone();
        request.model.take_if(|_| !self.fallbacks.models.is_empty());
        request
            .custom_agent
            .take_if(|_| self.fallbacks.without_custom_agent);
        request
    }

    /// The new task, and how many requests it took.
    async fn send(&self, body: builder::StartTask) -> Result<(Task, u32), Error> {
        let executor = self.repo.client().executor();
        let response = executor.run_counted(Operation::START_TASK, self.timeout, |client| {
            let body = body.clone();
            async move {
                let start = client
                    .start_task()
                    .owner(self.repo.owner())
                    .repo(self.repo.name());
                start.body(body).send().await
            }
        });
        let executed = response
            .await
            .map_err(|error| error.without_prompt(&self.request.prompt))?;
        Ok((executed.response.into_inner(), executed.requests))
    }
}
