//! Makes server text safe to display in a log or a terminal: short, on one line, without tokens.
//!
//! The text may contain escape sequences that rewrite a terminal, marks that reverse characters, line breaks that forge a
//! log line, or the request with its token, echoed by a debugging proxy. The work is proportional to what is shown, not to
//! the length of the text.
use std::borrow::Cow;

/// Characters to show at most.
const MAX_CHARS: usize = 200;

/// Bytes to read at most: a character has up to four, and white space is folded.
pub(super) const MAX_INPUT: usize = MAX_CHARS * 8;

/// The prefixes of GitHub's tokens.
const TOKEN_PREFIXES: [&str; 6] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"];

/// Words that precede a token of any other form.
const SCHEMES: [&str; 3] = ["bearer", "token", "basic"];

/// The shortest word after a scheme to treat as a token, if it contains a digit.
const MIN_TOKEN_LEN: usize = 16;

/// Returns the beginning of a text, safe to display: at most 200 characters on one line, without control characters and
/// direction marks, and with tokens cut to their prefix.
///
/// Messages of this crate's errors apply it to the server's text. Use it for values that you display as received, such as
/// the name of a task or the title of a pull request.
///
/// ```
/// use agents_api_raw::sanitize_for_display;
///
/// assert_eq!(sanitize_for_display("done\u{1b}[2J\r\n  ghp_secret"), "done [2J ghp_…");
/// ```
pub fn sanitize_for_display(text: &str) -> String {
    let mut end = text.len().min(MAX_INPUT);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let head = &text[..end];
    let mut line = String::with_capacity(head.len());
    let mut secret_follows = false;
    for word in head.split(|c: char| c.is_whitespace() || c.is_control()) {
        let word: String = word.chars().filter(|c| !is_invisible(*c)).collect();
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        let word = mask(&word);
        line.push_str(if secret_follows {
            without_token(&word)
        } else {
            &word
        });
        if secret_follows && without_token(&word).len() < word.len() {
            line.push('…');
        }
        secret_follows = ends_in_scheme(&word);
    }
    match line.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => line.truncate(end),
        None if head.len() == text.len() => return line,
        None => {}
    }
    line.push('…');
    line
}

/// Invisible characters that change how others are shown: direction marks, joiners, tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// Cuts every GitHub token to its prefix. Since April 2026 tokens may contain dots and dashes (`ghs_APPID_JWT`).
fn mask(text: &str) -> Cow<'_, str> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = next_token(rest) {
        out.push_str(before);
        out.push('…');
        rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_-.".contains(c));
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The text up to the prefix of the first token, and what follows.
fn next_token(text: &str) -> Option<(&str, &str)> {
    text.match_indices('g').find_map(|(at, _)| {
        let prefix = TOKEN_PREFIXES
            .iter()
            .find(|prefix| text[at..].starts_with(**prefix))?;
        Some(text.split_at(at + prefix.len()))
    })
}

/// The word, or nothing if it starts with a token of an unknown form.
fn without_token(word: &str) -> &str {
    let end = word
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-._~+/=".contains(c)))
        .unwrap_or(word.len());
    let is_token = end >= MIN_TOKEN_LEN && word[..end].contains(|c: char| c.is_ascii_digit());
    if is_token { "" } else { word }
}

fn ends_in_scheme(word: &str) -> bool {
    let word = word.trim_end_matches(':').as_bytes();
    SCHEMES.iter().any(|scheme| {
        word.len() >= scheme.len()
            && word[word.len() - scheme.len()..].eq_ignore_ascii_case(scheme.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use super::sanitize_for_display;

    #[test]
    fn tokens_are_cut_to_their_prefix() {
        for (text, shown) in [
            ("Bearer ghp_abc123 was refused", "Bearer ghp_… was refused"),
            ("github_pat_11A_xyz", "github_pat_…"),
            ("ghs_16_eyJhb-x.eyJz.SIG_-9, next", "ghs_…, next"),
            ("a ghs_x, b gho_y!", "a ghs_…, b gho_…!"),
            ("ghp_", "ghp_…"),
            ("nothing here: gh_x", "nothing here: gh_x"),
            ("", ""),
            ("ghp_\u{200b}hunter2", "ghp_…"),
            (
                "authorization: Bearer 0123456789abcdef0123456789abcdef01234567 x",
                "authorization: Bearer … x",
            ),
            (
                "{\"authorization\":\"token 0123456789abcdef\"}",
                "{\"authorization\":\"token …",
            ),
            ("Bearer authentication-required", "Bearer authentication-required"),
            ("token expired: 2026-01-01", "token expired: 2026-01-01"),
        ] {
            assert_eq!(sanitize_for_display(text), shown);
        }
    }

    #[test]
    fn characters_that_act_on_a_terminal_are_removed() {
        for (text, shown) in [
            ("\u{1b}[2J\u{1b}]0;x\u{7}y", "[2J ]0;x y"),
            ("\u{9b}31mred", "31mred"),
            ("a\r\nINFO forged", "a INFO forged"),
            ("a\u{2028}b\u{85}c", "a b c"),
            ("abc\u{202e}fed\u{2066}", "abcfed"),
            ("\u{0}\u{8}\u{7f}", ""),
        ] {
            assert_eq!(sanitize_for_display(text), shown, "{text:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_at_constant_cost() {
        let bomb = "ghp_ ".repeat(200_000);
        assert_eq!(sanitize_for_display(&bomb).chars().count(), 201);
        assert_eq!(
            sanitize_for_display(&"ü".repeat(201)),
            format!("{}…", "ü".repeat(200))
        );
        assert_eq!(sanitize_for_display(&"ü".repeat(200)), "ü".repeat(200));
        assert_eq!(sanitize_for_display(&" ".repeat(5000)), "…");
    }
}
