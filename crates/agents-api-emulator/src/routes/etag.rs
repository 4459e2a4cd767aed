//! Entity tags and conditional requests.

use http::{HeaderMap, header};

use crate::seeded::mixed;

/// A weak tag of a body and the links beside it, as long as GitHub's. The links count: a page may gain a next one
/// while its own tasks stay as they are.
pub(crate) fn of(body: &[u8], link: &[u8]) -> String {
    let mut parts = [1_u64, 2, 3, 4].map(|part| mixed(part, body.len() as u64));
    for (position, chunk) in body.chunks(8).chain(link.chunks(8)).enumerate() {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        let part = &mut parts[position % 4];
        *part = mixed(*part, u64::from_le_bytes(word));
    }
    // Every part is mixed into every other, so that one changed byte changes the whole tag.
    let all = parts.iter().fold(0, |sum, part| mixed(sum, *part));
    let [a, b, c, d] = parts.map(|part| mixed(part, all));
    format!("W/\"{a:016x}{b:016x}{c:016x}{d:016x}\"")
}

/// Whether `If-None-Match` names the tag (RFC 9110, 13.1.2: weak comparison).
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let mut values = headers
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.any(|value| value.trim() == "*" || value.split(',').any(|known| opaque(known) == opaque(tag)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_anywhere_changes_the_tag() {
        let body = vec![b'x'; 1000];
        let before = of(&body, b"");
        for position in [0, 7, 8, 500, 999] {
            let mut changed = body.clone();
            changed[position] = b'y';
            assert_ne!(of(&changed, b""), before, "{position}");
        }
        assert_eq!(of(&body, b""), before);
        assert_ne!(of(b"x", b""), of(b"x\0", b""));
        assert_ne!(of(b"x", b""), of(b"x", b"y"));
        assert_ne!(of(b"12345678", b""), of(b"", b"12345678"));
    }

    #[test]
    fn tags_are_compared_weakly_and_in_lists() {
        let tag = of(b"{}", b"");
        for value in [
            tag.clone(),
            tag.replace("W/", ""),
            format!("\"a\", {tag}"),
            "*".to_owned(),
        ] {
            let headers = HeaderMap::from_iter([(header::IF_NONE_MATCH, value.parse().expect("a header"))]);
            assert!(is_known(&headers, &tag), "{value}");
        }
        assert!(!is_known(&HeaderMap::new(), &tag));
    }
}
