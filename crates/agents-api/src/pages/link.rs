//! The `Link` header, of which only the number of the next page is used.
use reqwest::Url;
use reqwest::header::{HeaderMap, LINK};

use crate::Error;

/// The page that `rel="next"` names, if there is one.
pub(super) fn next_page(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    for value in headers
        .get_all(LINK)
        .iter()
        .filter_map(|value| value.to_str().ok())
    {
        // Split at the brackets, not at commas: a list of states puts commas into the address.
        for (target, parameters) in value.split('<').skip(1).filter_map(|link| link.split_once('>')) {
            if is_next(parameters) {
                let number = page(target);
                let number = number.ok_or_else(|| {
                    Error::unexpected("GitHub says that there is a next page, but not its number")
                })?;
                return Ok(Some(number));
            }
        }
    }
    Ok(None)
}

fn is_next(parameters: &str) -> bool {
    parameters.split([';', ',']).any(|parameter| {
        let relation = parameter.trim().to_ascii_lowercase();
        let relation = relation
            .strip_prefix("rel=")
            .unwrap_or_default()
            .trim_matches('"')
            .to_owned();
        relation.split_whitespace().any(|word| word == "next")
    })
}

/// The number in the address; it may be relative, since where it leads does not matter.
fn page(target: &str) -> Option<u64> {
    let url = Url::parse("https://localhost").ok()?.join(target).ok()?;
    url.query_pairs().find(|(name, _)| name == "page")?.1.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn read(header: &'static str) -> Result<Option<u64>, Error> {
        let mut headers = HeaderMap::new();
        headers.insert(LINK, HeaderValue::from_static(header));
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
    fn a_next_page_without_a_number_does_not_end_the_list_silently() {
        for header in [
            "<https://x/?page=two>; rel=\"next\"",
            "<https://x/?after=abc>; rel=\"next\"",
        ] {
            assert!(read(header).is_err(), "{header}");
        }
    }
}
