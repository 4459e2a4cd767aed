//! What must hold of the `Link` header, whatever it is. See [`crate::fuzzing`].
use reqwest::header::{HeaderMap, HeaderValue, LINK};

use crate::list::next_page;

/// Some `Link` headers: each line is one.
pub fn link(data: &[u8]) {
    let lines = data.split(|byte| *byte == b'\n');
    let values: Vec<_> = lines
        .filter_map(|line| HeaderValue::from_bytes(line).ok())
        .collect();
    let named = HeaderValue::from_static("<https://x/?page=9>; rel=\"next\"");
    let read = |values: &[&HeaderValue]| {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(LINK, (*value).clone());
        }
        next_page(&headers)
    };
    let alone: Vec<_> = values.iter().collect();
    if let Ok(Some(number)) = read(&alone) {
        assert!(number > 0, "pages count from 1");
    }
    let after: Vec<_> = values.iter().chain([&named]).collect();
    assert!(
        !matches!(read(&after), Ok(None)),
        "a next page is lost beside {values:?}"
    );
    let before: Vec<_> = [&named].into_iter().chain(&values).collect();
    assert!(matches!(read(&before), Ok(Some(9))), "the first next page counts");
}
