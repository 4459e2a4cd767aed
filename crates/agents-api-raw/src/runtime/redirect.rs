//! Redirects as GitHub uses them: a renamed repository answers 301, 302, 307 or 308, and the same request goes to its
//! new location, `/repositories/ID/…` (documented: "API redirects for renamed repositories").
//!
//! HTTP clients turn a redirected POST into a GET, and some carry the token to another host. Here method and body are
//! kept, another host is never followed, and a request that changes something is sent on only to the same endpoint of
//! the renamed repository: a second POST anywhere else could create a second task. The caller gets any other redirect.
use std::future::Future;

use reqwest::header::LOCATION;
use reqwest::{Method, Response, Url};

use super::error::Error;
use super::transport::Operation;

/// Redirects to follow at most. A rename causes one or two.
const MAX_REDIRECTS: u32 = 5;

/// Sends a request to `url`, and again for each redirect that may be followed. Returns the last response and how many
/// requests were sent.
pub(super) async fn follow<F>(
    mut url: Url,
    method: &Method,
    operation: Operation,
    send: impl Fn(Url) -> F,
) -> Result<(Response, u32), Error>
where
    F: Future<Output = Result<Response, Error>>,
{
    let mut visited = Vec::new();
    let mut requests = 0;
    loop {
        let response = send(url.clone()).await.map_err(|source| match requests {
            0 => source,
            _ => Error::AfterRedirect {
                requests_sent: requests + 1,
                source: Box::new(source),
            },
        })?;
        requests += 1;
        let Some(target) = target(&url, &response) else {
            return Ok((response, requests));
        };
        let may_follow = method.is_safe() || is_renamed(operation.path(), &url, &target);
        if !may_follow || requests > MAX_REDIRECTS || target == url || visited.contains(&target) {
            return Ok((response, requests));
        }
        visited.push(std::mem::replace(&mut url, target));
    }
}

/// Where `response` redirects to, if that is on the host it came from.
fn target(from: &Url, response: &Response) -> Option<Url> {
    if !matches!(response.status().as_u16(), 301 | 302 | 307 | 308) {
        return None;
    }
    let location = response.headers().get(LOCATION)?.to_str().ok()?;
    let target = from.join(location).ok()?;
    is_same_origin(from, &target).then_some(target)
}

/// Whether the token may go to `to` as well: same scheme, host and port.
fn is_same_origin(from: &Url, to: &Url) -> bool {
    from.origin() == to.origin() && to.username().is_empty() && to.password().is_none()
}

/// Whether `to` is the endpoint `from`, which has the form `template`, of a repository with another name: nothing but
/// `repos/OWNER/NAME` differs, in whose place `repositories/ID` may stand.
fn is_renamed(template: &str, from: &Url, to: &Url) -> bool {
    let Some((_, endpoint)) = template.split_once("/repos/{owner}/{repo}") else {
        return false;
    };
    let segments = |url: &Url| -> Vec<String> { url.path().split('/').map(str::to_owned).collect() };
    let (from_segments, to_segments) = (segments(from), segments(to));
    let endpoint = endpoint.matches('/').count();
    let Some(start) = from_segments.len().checked_sub(endpoint + 3) else {
        return false;
    };
    let (prefix, rest) = from_segments.split_at(start);
    let moved = to_segments
        .strip_prefix(prefix)
        .and_then(|to| to.strip_suffix(&rest[3..]));
    let is_repository = match moved {
        Some([repos, owner, name]) => repos == "repos" && !owner.is_empty() && !name.is_empty(),
        Some([repositories, id]) => {
            repositories == "repositories" && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit())
        }
        _ => false,
    };
    is_repository && from.query() == to.query()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stays_on_its_host() {
        let from = Url::parse("https://api.github.com/agents/tasks").unwrap();
        for (to, stays) in [
            ("https://api.github.com/repositories/1/x", true),
            ("https://api.github.com:443/x", true),
            ("http://api.github.com/x", false),
            ("https://api.github.com:8443/x", false),
            ("https://api.github.com.evil.example/x", false),
            ("https://user@api.github.com/x", false),
        ] {
            assert_eq!(is_same_origin(&from, &Url::parse(to).unwrap()), stays, "{to}");
        }
    }

    #[test]
    fn a_renamed_repository_has_the_same_endpoint() {
        let template = "/agents/repos/{owner}/{repo}/tasks";
        let from = Url::parse("https://ghe.example/api/v3/agents/repos/o/old/tasks?a=1").unwrap();
        for (to, renamed) in [
            ("/api/v3/agents/repos/o/new/tasks?a=1", true),
            ("/api/v3/agents/repositories/42/tasks?a=1", true),
            ("/api/v3/agents/repositories/42/tasks", false),
            ("/api/v3/agents/repositories/x/tasks?a=1", false),
            ("/api/v3/agents/repositories//tasks?a=1", false),
            ("/api/v3/repositories/42/tasks?a=1", false),
            ("/api/v3/agents/repos/o/new/tasks/t?a=1", false),
            ("/api/v3/agents/repos/o/new/pulls?a=1", false),
            ("/api/v3/agents/tasks?a=1", false),
            ("/agents/repos/o/new/tasks?a=1", false),
            ("/login", false),
        ] {
            assert_eq!(
                is_renamed(template, &from, &from.join(to).unwrap()),
                renamed,
                "{to}"
            );
        }
        let graphql = Url::parse("https://api.github.com/graphql").unwrap();
        assert!(!is_renamed(
            "/graphql",
            &graphql,
            &graphql.join("/graphql2").unwrap()
        ));
    }
}
