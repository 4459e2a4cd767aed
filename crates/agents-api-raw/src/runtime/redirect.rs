//! Redirects, as GitHub means them: a renamed repository answers 301, 302, 307 or 308, and the same request is to be
//! sent to the new address.
//!
//! HTTP clients turn a redirected POST into a GET and, some of them, carry the token to another host. Here the method
//! and body are kept and another host is never followed: the caller gets the redirect itself.
use std::future::Future;

use reqwest::header::LOCATION;
use reqwest::{Response, Url};

use super::error::Error;

/// More redirects than a rename can cause.
const MOST: usize = 5;

/// Sends a request to `url`, and again for each redirect within its host, up to one that was met before.
pub(super) async fn follow<F>(mut url: Url, send: impl Fn(Url) -> F) -> Result<Response, Error>
where
    F: Future<Output = Result<Response, Error>>,
{
    let mut visited = Vec::new();
    loop {
        let response = send(url.clone()).await?;
        let Some(target) = target(&url, &response) else {
            return Ok(response);
        };
        visited.push(url);
        if visited.len() > MOST || visited.contains(&target) {
            return Ok(response);
        }
        url = target;
    }
}

/// Where `response` sends the request on to, if that is the host it came from.
fn target(from: &Url, response: &Response) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let target = from.join(location).ok()?;
    same_place(from, &target).then_some(target)
}

/// Whether the token may go to `to` as well: same scheme, host and port.
fn same_place(from: &Url, to: &Url) -> bool {
    from.origin() == to.origin() && to.username().is_empty() && to.password().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stays_with_its_host() {
        let from = Url::parse("https://api.github.com/agents/tasks").unwrap();
        for (to, stays) in [
            ("https://api.github.com/repositories/1/x", true),
            ("https://api.github.com:443/x", true),
            ("http://api.github.com/x", false),
            ("https://api.github.com:8443/x", false),
            ("https://api.github.com.evil.example/x", false),
            ("https://user@api.github.com/x", false),
        ] {
            assert_eq!(same_place(&from, &Url::parse(to).unwrap()), stays, "{to}");
        }
    }
}
