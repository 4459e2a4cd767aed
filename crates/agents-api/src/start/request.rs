//! What a start asks for: as it is sent, and as it is looked for later.
use agents_api_raw::types::StartTask as Body;
use agents_api_raw::types::builder;

use super::key::Key;
use crate::error::Error;

/// What a start asks for.
#[derive(Clone)]
pub(crate) struct StartRequest {
    pub(crate) prompt: String,
    pub(crate) model: Option<String>,
    pub(crate) custom_agent: Option<String>,
    pub(crate) base_ref: Option<String>,
    pub(crate) head_ref: Option<String>,
    pub(crate) create_pull_request: bool,
}

impl StartRequest {
    pub(crate) fn new(prompt: String) -> Self {
        Self {
            prompt,
            model: None,
            custom_agent: None,
            base_ref: None,
            head_ref: None,
            create_pull_request: false,
        }
    }

    /// Refuses what GitHub would refuse, or what could not be found again.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.prompt.trim().is_empty() {
            return Err(Error::invalid("the prompt is empty; say what the agent is to do"));
        }
        Ok(())
    }

    /// What is sent. The prompt carries the key, if there is one.
    pub(super) fn body(&self, key: Option<&Key>) -> builder::StartTask {
        let prompt = key.map_or_else(|| self.prompt.clone(), |key| key.marked(&self.prompt));
        // The documented default is false, but the API was seen to act otherwise: it is always sent.
        let mut body = Body::builder()
            .prompt(prompt)
            .create_pull_request(self.create_pull_request);
        if let Some(branch) = &self.base_ref {
            body = body.base_ref(branch.clone());
        }
        if let Some(branch) = &self.head_ref {
            body = body.head_ref(branch.clone());
        }
        if let Some(model) = &self.model {
            body = body.model(model.clone());
        }
        if let Some(agent) = &self.custom_agent {
            body = body.custom_agent(agent.clone());
        }
        body
    }
}
