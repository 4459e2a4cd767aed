//! Redacts tokens in everything that the log keeps.
//!
//! A client may put its token anywhere: into the query, another header, the body of a request. Text that begins like one
//! of GitHub's tokens is redacted wherever it stands, and so is every secret that the emulator knows.

/// Replaces a token in the log.
pub(crate) const REDACTED: &str = "[redacted]";

/// The prefixes of GitHub's tokens.
const PREFIXES: [&str; 6] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"];

/// Minimum length of what follows a prefix, so that a prompt may mention `ghp_` tokens.
const MIN_LENGTH: usize = 8;

/// Redacts tokens in texts.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    secrets: Vec<String>,
}

impl Redactor {
    /// Redacts these secrets as well. A secret that is too short to be a token is left out: it would match ordinary text.
    pub(crate) fn new<'s>(secrets: impl Iterator<Item = &'s str>) -> Self {
        // A secret with a known prefix is found by its prefix.
        let secrets = secrets.filter(|secret| secret.len() >= MIN_LENGTH && !is_token(secret));
        let mut secrets: Vec<String> = secrets.map(str::to_owned).collect();
        // The longest first: one secret may be the beginning of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    pub(crate) fn redact(&self, text: String) -> String {
        let mut text = text;
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), REDACTED);
            }
        }
        if PREFIXES.iter().any(|prefix| text.contains(prefix)) {
            text = without_tokens(&text);
        }
        text
    }
}

/// The text without words that look like tokens.
fn without_tokens(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let inside = is_word_character(first);
        let end = rest
            .find(|character| is_word_character(character) != inside)
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        kept.push_str(if is_token(piece) { REDACTED } else { piece });
        rest = after;
    }
    kept
}

fn is_word_character(character: char) -> bool {
    character == '_' || character.is_ascii_alphanumeric()
}

fn is_token(word: &str) -> bool {
    let after = PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix));
    after.is_some_and(|after| after.len() >= MIN_LENGTH && after.chars().all(is_word_character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_redacted_anywhere_in_a_text() {
        let redactor = Redactor::new(["my own secret", "x"].into_iter());
        for (text, kept) in [
            (
                "access_token=ghp_0123456789&page=1",
                "access_token=[redacted]&page=1",
            ),
            (
                r#"{"prompt":"use github_pat_11AAAA_bbbb"}"#,
                r#"{"prompt":"use [redacted]"}"#,
            ),
            ("/agents/tasks/my own secret", "/agents/tasks/[redacted]"),
            ("rotate ghp_ tokens, ghs_fix", "rotate ghp_ tokens, ghs_fix"),
            ("x and weighp_0123456789", "x and weighp_0123456789"),
            ("\u{e4}ghp_0123456789\u{e4}", "\u{e4}[redacted]\u{e4}"),
        ] {
            assert_eq!(redactor.redact(text.to_owned()), kept);
        }
    }
}
