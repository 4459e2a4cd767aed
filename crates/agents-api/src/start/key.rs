//! Idempotency keys: a marker in the prompt, by which a task is known again.
//!
//! GitHub has no field for such a key, but gives back the prompt of each session. So the key is a line of the prompt.
//! It is a plain line, in the form of a Git trailer, and no HTML comment: hidden text is what filters against prompt
//! injection take out.
use std::fmt;
use std::time::Duration;

use crate::client::start_registry::PromptKey;
use crate::error::Error;

/// What stands before the key in its line.
const LABEL: &str = "Idempotency-Key: ";

/// How long a key may be, in bytes.
const MAX_LENGTH: usize = 128;

/// How far back a task with the key is looked for if nothing else is said.
const LOOKBACK_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// How long a list may take to show a task if nothing else is said.
const VISIBILITY_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest visibility timeout: attempts are remembered for this time.
pub(super) const MAX_VISIBILITY_TIMEOUT: Duration = Duration::from_secs(60 * 60);

/// A key by which a start is known again, however often it is awaited; taken by
/// [`StartTask::idempotency_key`](crate::start::StartTask::idempotency_key), which says what it promises.
///
/// A text becomes one by itself. The rest can be set here:
///
/// ```
/// use std::time::Duration;
/// use agents_api::start::IdempotencyKey;
///
/// let key = IdempotencyKey::new("nightly/2026-11-21").lookback_window(Duration::from_secs(7 * 24 * 60 * 60));
/// ```
///
/// # The key
/// One to 128 ASCII letters, digits and `-`, `_`, `.`, `:`, `/`. It says what the task is *for*: the issue, the night,
/// the row of a table. It is no secret: whoever sees the task sees it.
///
/// In the prompt it stands in a line of its own at the end, after an empty one:
///
/// ```text
/// Fix the login button
///
/// Idempotency-Key: issue-17
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
#[must_use = "give it to `StartTask::idempotency_key`"]
pub struct IdempotencyKey {
    text: String,
    lookback_window: Duration,
    visibility_timeout: Duration,
    creator: Option<i64>,
    accept_mismatch: bool,
}

impl IdempotencyKey {
    /// A key. One that cannot be used is refused when the start is awaited.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            lookback_window: LOOKBACK_WINDOW,
            visibility_timeout: VISIBILITY_TIMEOUT,
            creator: None,
            accept_mismatch: false,
        }
    }

    /// How old a task with this key may be to be found; by default a day. An older one is as if it had never been.
    ///
    /// Each task created within this time in the repository is got once by a client, so a long time costs requests.
    pub fn lookback_window(mut self, time: Duration) -> Self {
        self.lookback_window = time;
        self
    }

    /// How long GitHub's lists may take to show a task that was started; by default a minute, at most an hour.
    ///
    /// So long a task is looked for after an answer was lost, and so much time at least lies between a start whose
    /// fate is not known and the next one this client sends with the key.
    pub fn visibility_timeout(mut self, time: Duration) -> Self {
        self.visibility_timeout = time.min(MAX_VISIBILITY_TIMEOUT);
        self
    }

    /// The id of the user whose token it is. Tasks of others are then not looked at, which saves requests in a busy
    /// repository.
    pub fn creator(mut self, id: i64) -> Self {
        self.creator = Some(id);
        self
    }

    /// Gives the task that the key has started also if it was started with another prompt, model, base branch or custom
    /// agent. By default that is an error of kind [`IdempotencyMismatch`](crate::ErrorKind::IdempotencyMismatch).
    pub fn accept_mismatch(mut self) -> Self {
        self.accept_mismatch = true;
        self
    }

    pub(super) fn accepts_mismatch(&self) -> bool {
        self.accept_mismatch
    }

    pub(crate) fn lookback(&self) -> Duration {
        self.lookback_window
    }

    pub(super) fn visibility(&self) -> Duration {
        self.visibility_timeout
    }

    pub(crate) fn creator_id(&self) -> Option<i64> {
        self.creator
    }

    /// The key, if it can stand in a prompt.
    pub(crate) fn checked(&self) -> Result<Key, Error> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.:/".contains(c);
        if self.text.is_empty() || self.text.len() > MAX_LENGTH || !self.text.chars().all(fits) {
            return Err(Error::invalid(format!(
                "idempotency key {:?} cannot be used; take 1 to {MAX_LENGTH} ASCII letters, digits, -, _, ., : and /",
                self.text
            )));
        }
        Ok(Key(self.text.clone()))
    }
}

impl From<&str> for IdempotencyKey {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for IdempotencyKey {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IdempotencyKey").field(&self.text).finish()
    }
}

/// A key that can stand in a prompt.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The prompt with the key.
    pub(super) fn marked(&self, prompt: &str) -> String {
        format!("{}\n\n{LABEL}{}", prompt.trim_end(), self.0)
    }

    /// What to remember of a prompt.
    pub(super) fn noted_in(prompt: &str) -> PromptKey {
        PromptKey(Self::in_prompt(prompt).map(|key| key.0))
    }

    /// The prompt without the line of its key, and what stands after that.
    pub(super) fn removed_from(prompt: &str) -> &str {
        let at = prompt.match_indices(LABEL).filter(|(at, _)| {
            let line = prompt[..*at].rsplit(['\n', '\r']).next();
            line.is_some_and(|before| before.trim().is_empty()) && Self::in_prompt(&prompt[*at..]).is_some()
        });
        at.last().map_or(prompt, |(at, _)| &prompt[..at])
    }

    /// The key in a prompt. Should several lines look like one, the last counts: it is the one that was added.
    ///
    /// White space around the line does no harm, nor does text that a server puts after it.
    pub(crate) fn in_prompt(prompt: &str) -> Option<Self> {
        let mut lines = prompt.lines().rev();
        lines.find_map(|line| {
            let key = IdempotencyKey::new(line.trim().strip_prefix(LABEL)?.trim());
            key.checked().ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(text: &str) -> Key {
        IdempotencyKey::new(text).checked().unwrap()
    }

    #[test]
    fn a_marked_prompt_ends_in_the_key() {
        assert_eq!(
            key("issue-17").marked("Fix it\n\n"),
            "Fix it\n\nIdempotency-Key: issue-17"
        );
    }

    #[test]
    fn what_cannot_be_a_key_is_refused() {
        let long = "x".repeat(MAX_LENGTH + 1);
        for text in ["", " ", "a b", "a\n", "é", "a,b", "<a>", "@octocat", "#7", &long] {
            let error = IdempotencyKey::new(text).checked().unwrap_err();
            assert_eq!(error.kind(), crate::error::ErrorKind::InvalidInput, "{text:?}");
        }
        assert!(IdempotencyKey::new(&long[1..]).checked().is_ok());
    }

    #[test]
    fn the_last_key_counts() {
        let quoted = "Do as in:\nIdempotency-Key: other\nIdempotency-Key: a b";
        assert_eq!(Key::in_prompt(quoted), Some(key("other")));
        assert_eq!(Key::in_prompt(&key("mine").marked(quoted)), Some(key("mine")));
        assert_eq!(Key::in_prompt("say Idempotency-Key: x"), None);
    }

    proptest! {
        #[test]
        fn a_key_is_found_whatever_is_trimmed_or_added(
            prompt in "\\PC{0,20}(\n\\PC{0,20}){0,3}",
            text in "[A-Za-z0-9._:/-]{1,128}",
            after in "(\r?\n| |\t){0,4}",
        ) {
            let sent = key(&text).marked(&prompt);
            for echoed in [
                sent.clone(),
                sent.trim().to_owned(),
                sent.replace('\n', "\r\n"),
                format!("{sent}{after}"),
                format!("{sent}\n\nSome words of the server's."),
            ] {
                prop_assert_eq!(Key::in_prompt(&echoed), Some(key(&text)));
            }
        }
    }
}
