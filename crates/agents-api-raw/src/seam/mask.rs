//! Hides GitHub's tokens in text that is shown: a debugging proxy may echo the request it refused.
use std::borrow::Cow;

/// How GitHub's tokens begin.
const BEGINNINGS: [&str; 6] = ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"];

/// The text with every token cut to its beginning.
pub(super) fn mask(text: &str) -> Cow<'_, str> {
    let mut rest = text;
    let mut out = String::new();
    while let Some((at, beginning)) = next_token(rest) {
        let end = at + beginning.len();
        out.push_str(&rest[..end]);
        out.push('…');
        rest = rest[end..].trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Where the first token begins, and how.
fn next_token(text: &str) -> Option<(usize, &'static str)> {
    BEGINNINGS
        .iter()
        .filter_map(|beginning| Some((text.find(beginning)?, *beginning)))
        .min()
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[test]
    fn tokens_are_cut_and_nothing_else() {
        for (text, masked) in [
            ("Bearer ghp_abc123 was refused", "Bearer ghp_… was refused"),
            ("github_pat_11A_xyz", "github_pat_…"),
            ("a ghs_x, b gho_y!", "a ghs_…, b gho_…!"),
            ("ghp_", "ghp_…"),
            ("nothing here: gh_x", "nothing here: gh_x"),
            ("", ""),
        ] {
            assert_eq!(mask(text), masked);
        }
    }
}
