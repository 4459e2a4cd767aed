//! Takes tokens out of what the log keeps.
//!
//! A client may put its token where none belongs: into the query, another header, the body of a request. What begins
//! like one of GitHub's tokens is hidden wherever it stands, and so is every secret the emulator knows.

/// What stands in the log in place of a token.
pub(crate) const HIDDEN: &str = "[hidden]";

/// How GitHub's tokens begin.
const PREFIXES: [&str; 6] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"];

/// How much must follow such a prefix: a prompt may speak of `ghp_` tokens.
const SHORTEST: usize = 8;

/// Hides tokens in texts.
#[derive(Debug, Default)]
pub(crate) struct Hider {
    secrets: Vec<String>,
}

impl Hider {
    /// Hides these secrets as well. One that is too short to be a token would hide half of every text, and is left out.
    pub(crate) fn new<'s>(secrets: impl Iterator<Item = &'s str>) -> Self {
        // What looks like a token is found without being known.
        let secrets = secrets.filter(|secret| secret.len() >= SHORTEST && !is_token(secret));
        let mut secrets: Vec<String> = secrets.map(str::to_owned).collect();
        // The longest first: one may be the beginning of another.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self { secrets }
    }

    pub(crate) fn hide(&self, text: String) -> String {
        let mut text = text;
        for secret in &self.secrets {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), HIDDEN);
            }
        }
        if PREFIXES.iter().any(|prefix| text.contains(prefix)) {
            text = without_tokens(&text);
        }
        text
    }
}

/// The text without the words that look like tokens.
fn without_tokens(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let inside = is_of_a_word(first);
        let end = rest
            .find(|character| is_of_a_word(character) != inside)
            .unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        kept.push_str(if is_token(piece) { HIDDEN } else { piece });
        rest = after;
    }
    kept
}

fn is_of_a_word(character: char) -> bool {
    character == '_' || character.is_ascii_alphanumeric()
}

fn is_token(word: &str) -> bool {
    let after = PREFIXES.iter().find_map(|prefix| word.strip_prefix(prefix));
    after.is_some_and(|after| after.len() >= SHORTEST && after.chars().all(is_of_a_word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_hidden_wherever_they_stand() {
        let hider = Hider::new(["my own secret", "x"].into_iter());
        for (text, kept) in [
            (
                "access_token=ghp_0123456789&page=1",
                "access_token=[hidden]&page=1",
            ),
            (
                r#"{"prompt":"use github_pat_11AAAA_bbbb"}"#,
                r#"{"prompt":"use [hidden]"}"#,
            ),
            ("/agents/tasks/my own secret", "/agents/tasks/[hidden]"),
            ("rotate ghp_ tokens, ghs_fix", "rotate ghp_ tokens, ghs_fix"),
            ("x and weighp_0123456789", "x and weighp_0123456789"),
            ("\u{e4}ghp_0123456789\u{e4}", "\u{e4}[hidden]\u{e4}"),
        ] {
            assert_eq!(hider.hide(text.to_owned()), kept);
        }
    }
}
