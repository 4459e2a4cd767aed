//! The `Link` header, of which only the number of the next page is used.
//!
//! Lists end where no next page is named, so a header that names one in a form that cannot be read is an error, and
//! never the end.
use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};

use crate::error::Error;

/// The page that `rel="next"` names, if there is one.
pub(crate) fn next_page(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    let mut broken = false;
    for value in headers.get_all(LINK) {
        let value = String::from_utf8_lossy(value.as_bytes());
        let mut links = Links(&value);
        loop {
            match links.next_link() {
                Ok(Some(link)) if link.is_next() => {
                    let number = page(link.target);
                    let number = number.ok_or_else(|| {
                        Error::unexpected("GitHub says that there is a next page, but not its number")
                    })?;
                    return Ok(Some(number));
                }
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(Malformed) => {
                    broken |= value.to_ascii_lowercase().contains("next");
                    break;
                }
            }
        }
    }
    if broken {
        return Err(Error::unexpected(
            "GitHub's Link header seems to name a next page, but cannot be read",
        ));
    }
    Ok(None)
}

/// The header departs from its grammar; what follows cannot be told apart.
struct Malformed;

/// One link: where it leads, and the value of its first `rel`.
struct Link<'a> {
    target: &'a str,
    relation: Option<&'a str>,
}

impl Link<'_> {
    fn is_next(&self) -> bool {
        let mut words = self.relation.unwrap_or_default().split_whitespace();
        words.any(|word| word.eq_ignore_ascii_case("next"))
    }
}

/// The links of a header that are still to be read.
struct Links<'a>(&'a str);

impl<'a> Links<'a> {
    /// `<target>; name=value; name="value", …`; white space may stand between any two parts.
    fn next_link(&mut self) -> Result<Option<Link<'a>>, Malformed> {
        let rest = self.0.trim_start_matches(|c: char| c == ',' || c.is_whitespace());
        if rest.is_empty() {
            return Ok(None);
        }
        // Up to the bracket, not to a comma: a list of states puts commas into the address.
        let (target, rest) = rest
            .strip_prefix('<')
            .and_then(|rest| rest.split_once('>'))
            .ok_or(Malformed)?;
        self.0 = rest;
        let mut relation = None;
        while let Some((name, value)) = self.next_parameter()? {
            if name.eq_ignore_ascii_case("rel") {
                relation = relation.or(value);
            }
        }
        Ok(Some(Link { target, relation }))
    }

    fn next_parameter(&mut self) -> Result<Option<(&'a str, Option<&'a str>)>, Malformed> {
        let rest = self.0.trim_start();
        if rest.is_empty() || rest.starts_with(',') {
            self.0 = rest;
            return Ok(None);
        }
        let rest = rest.strip_prefix(';').ok_or(Malformed)?;
        let end = rest.find(['=', ';', ',']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        let Some(rest) = rest.strip_prefix('=') else {
            self.0 = rest;
            return Ok(Some((name.trim(), None)));
        };
        let (value, rest) = value(rest.trim_start())?;
        self.0 = rest;
        Ok(Some((name.trim(), Some(value))))
    }
}

/// The value of a parameter, in either kind of quotes or none, and what follows it.
fn value(text: &str) -> Result<(&str, &str), Malformed> {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        let end = text.find([';', ',']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        if value.contains(['"', '<', '>', '=']) {
            return Err(Malformed);
        }
        return Ok((value.trim_end(), rest));
    };
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return Ok((&text[1..at], &text[at + 1..])),
            _ => {}
        }
    }
    Err(Malformed)
}

/// The number in the address; it may be relative, since where it leads does not matter.
fn page(target: &str) -> Option<u64> {
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
            ("<https://x/?state=failed,idle&page=3>; rel=\"next\"", Some(3)),
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
