//! The `Link` header, of which only the number of the next page is used.
//!
//! Lists end where no next page is named. A header that names one in a form that cannot be read is therefore an error,
//! never the end.
use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};

use crate::error::Error;

/// The page that `rel="next"` names, if there is one.
pub(crate) fn next_page(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    let mut malformed = false;
    for value in headers.get_all(LINK) {
        let value = String::from_utf8_lossy(value.as_bytes());
        match next_target(&value) {
            Ok(Some(target)) => {
                return page_number(target).map(Some).ok_or_else(|| {
                    Error::unexpected(
                        "response without the number of the next page: its Link header names a next page \
                         in another form; report this, and list fewer pages until then",
                    )
                });
            }
            Ok(None) => {}
            Err(Malformed) => malformed |= value.to_ascii_lowercase().contains("next"),
        }
    }
    if malformed {
        return Err(Error::unexpected(
            "response with a malformed Link header: it seems to name a next page; \
             report this, and list fewer pages until then",
        ));
    }
    Ok(None)
}

/// The header departs from its grammar, so its links cannot be told apart.
struct Malformed;

/// The target of the link whose relation is `next`: `<target>; name=value; name="value", …`, with white space between
/// any two parts.
fn next_target(mut rest: &str) -> Result<Option<&str>, Malformed> {
    loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        if rest.is_empty() {
            return Ok(None);
        }
        // Up to the bracket, not to a comma: a list of states puts commas into the address.
        let link = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let (target, after) = link.ok_or(Malformed)?;
        let (parameters, after) = split_unquoted(after, ',')?;
        if is_next(parameters)? {
            return Ok(Some(target));
        }
        rest = after;
    }
}

/// Whether the first `rel` of the parameters has the word `next`.
fn is_next(parameters: &str) -> Result<bool, Malformed> {
    let (before, mut rest) = split_unquoted(parameters, ';')?;
    if !before.trim().is_empty() {
        return Err(Malformed);
    }
    while !rest.is_empty() {
        let (parameter, after) = split_unquoted(rest, ';')?;
        rest = after;
        let Some((name, value)) = parameter.split_once('=') else {
            continue;
        };
        let value = unquote(value.trim())?;
        if name.trim().eq_ignore_ascii_case("rel") {
            let mut words = value.split_whitespace();
            return Ok(words.any(|word| word.eq_ignore_ascii_case("next")));
        }
    }
    Ok(false)
}

/// What stands before and after the first separator outside of quotes. Quotes open only at the beginning of a value.
fn split_unquoted(text: &str, separator: char) -> Result<(&str, &str), Malformed> {
    let (mut quote, mut escaped, mut value_begins) = (None, false, false);
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            None if c == separator => return Ok((&text[..at], &text[at + 1..])),
            None if value_begins && matches!(c, '"' | '\'') => quote = Some(c),
            Some(_) | None => {}
        }
        if !c.is_whitespace() {
            value_begins = c == '=';
        }
    }
    match quote {
        Some(_) => Err(Malformed),
        None => Ok((text, "")),
    }
}

/// The text of a value, without either kind of quotes.
fn unquote(value: &str) -> Result<&str, Malformed> {
    let Some(quote) = value.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let is_token = !value.contains(['"', '<', '>', '=']);
        return is_token.then_some(value).ok_or(Malformed);
    };
    let text = &value[1..];
    let mut escaped = false;
    let end = text.find(|c: char| {
        let closes = c == quote && !escaped;
        escaped = c == '\\' && !escaped;
        closes
    });
    match end {
        Some(end) if end + 1 == text.len() => Ok(&text[..end]),
        _ => Err(Malformed),
    }
}

/// The page number in the address, which may be relative: only the number is used.
fn page_number(target: &str) -> Option<u64> {
    let url = Url::parse("https://localhost").ok()?.join(target.trim()).ok()?;
    let number = url
        .query_pairs()
        .find(|(name, _)| name == "page")?
        .1
        .parse()
        .ok()?;
    (number > 0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn read(header: &str) -> Result<Option<u64>, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(LINK, HeaderValue::from_bytes(header.as_bytes()).unwrap());
        next_page(&headers)
    }

    #[test]
    fn only_the_number_of_the_next_page_is_taken() {
        for (header, page) in [
            (
                "<https://api.github.com/agents/tasks?page=2&per_page=30>; rel=\"next\"",
                Some(2),
            ),
            (
                "<https://x/?page=1>; rel=\"first\", <https://x/?per_page=1&page=7>; rel=\"next\"",
                Some(7),
            ),
            (
                "<https://x/?page=7>; rel=\"next\",<https://x/?page=1>; rel=\"first\"",
                Some(7),
            ),
            ("<https://x/?state=on_error,idle&page=3>; rel=\"next\"", Some(3)),
            ("<https://evil.example/?page=3>; rel=next", Some(3)),
            ("</agents/tasks?page=4>; title=\"x\"; rel=\"next last\"", Some(4)),
            ("<https://x/?page=1>; rel=\"prev\"", None),
            ("nonsense", None),
            ("", None),
        ] {
            assert_eq!(read(header).unwrap(), page, "{header}");
        }
        assert_eq!(next_page(&HeaderMap::new()).unwrap(), None);
    }

    #[test]
    fn spaces_quotes_and_case_do_not_hide_the_next_page() {
        for parameters in [
            "; rel = \"next\"",
            ";rel='next'",
            "  ;  REL=Next ",
            "; rel = next",
            "; rel=\"last next\"",
            "; title=\"a;b,c\\\"d\"; rel=\"next\"",
            "; title; rel=next",
            "; title='é'; rel=\"next\"",
            "; title*=UTF-8''x; rel=next",
            "; rel=next, <https://x/?page=9>; rel=\"last\"",
            "; rel=next;",
            "; rel=next, broken",
        ] {
            assert_eq!(
                read(&format!("<https://x/?page=2>{parameters}")).unwrap(),
                Some(2),
                "{parameters}"
            );
        }
    }

    #[test]
    fn bytes_that_are_no_text_do_not_hide_the_next_page() {
        let mut headers = HeaderMap::new();
        let header = b"<https://x/?q=\xff&page=2>; title=\"\xe9\"; rel=\"next\"";
        headers.insert(LINK, HeaderValue::from_bytes(header).unwrap());
        assert_eq!(next_page(&headers).unwrap(), Some(2));
    }

    #[test]
    fn words_elsewhere_are_no_relation() {
        for parameters in [
            "; title=\"a,rel=next\"; rel=prev",
            "; title='; rel=next'; rel=prev",
            "; rel=prev; rel=next",
            "; rel=\"nexts\"",
            "; xrel=next",
            "; title=next",
            "",
        ] {
            assert_eq!(
                read(&format!("<https://x/?page=2>{parameters}")).unwrap(),
                None,
                "{parameters}"
            );
        }
    }

    #[test]
    fn a_next_page_that_cannot_be_read_does_not_end_the_list_silently() {
        for header in [
            "<https://x/?page=two>; rel=\"next\"",
            "<https://x/?page=0>; rel=\"next\"",
            "<https://x/?page=-1>; rel=\"next\"",
            "<https://x/?page=18446744073709551616>; rel=\"next\"",
            "<https://x/?after=abc>; rel=\"next\"",
            "<https://x/?page=2; rel=\"next\"",
            "https://x/?page=2; rel=\"next\"",
            "<https://x/?page=2>; rel=\"next",
            "<https://x/?page=2>; rel==next",
            "<https://x/?page=2> rel=next",
            "<https://x/?page=2>; rel=\"next\"x\"",
            "<https://x/?page=1>; rel=\"first\" <https://x/?page=2>; rel=\"next\"",
        ] {
            assert!(read(header).is_err(), "{header}");
        }
    }

    #[test]
    fn every_header_of_the_name_is_read() {
        let mut headers = HeaderMap::new();
        headers.append(
            LINK,
            HeaderValue::from_static("<https://x/?page=1>; rel=\"first\""),
        );
        headers.append(
            LINK,
            HeaderValue::from_static("<https://x/?page=2>; rel=\"next\""),
        );
        assert_eq!(next_page(&headers).unwrap(), Some(2));
    }
}
