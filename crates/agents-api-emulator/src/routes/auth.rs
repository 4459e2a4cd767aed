//! Authentication: who sends a request, and whether GitHub would serve it.

use http::{HeaderMap, StatusCode, header};

use crate::model::Access;
use crate::response::Refusal;
use crate::world::World;
use crate::world::account::Account;

/// The API versions GitHub supports.
pub(crate) const API_VERSIONS: [&str; 2] = ["2026-03-10", "2022-11-28"];

/// The version of a request that names none.
pub(crate) const DEFAULT_API_VERSION: &str = "2022-11-28";

/// The prefix of a server-to-server token, which includes the one GitHub Actions hands a job.
const SERVER_TOKEN: &str = "ghs_";

/// The secret of an `Authorization` header in either of the forms GitHub takes, `Bearer` and `token`.
pub(crate) fn secret(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().unwrap_or_default();
    let (scheme, secret) = value.split_once(' ').unwrap_or((value, ""));
    let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
    Some(if known { secret.trim() } else { "" })
}

/// The account of a request.
pub(crate) fn account<'w>(world: &'w World, headers: &HeaderMap) -> Result<&'w Account, Refusal> {
    let unauthorized = |message: &str| Refusal::new(StatusCode::UNAUTHORIZED, message);
    let secret = secret(headers).ok_or_else(|| unauthorized("Requires authentication"))?;
    if secret.starts_with(SERVER_TOKEN) {
        return Err(Refusal::forbidden("Resource not accessible by integration"));
    }
    world
        .account(secret)
        .ok_or_else(|| unauthorized("Bad credentials"))
}

/// Refuses a token whose permission is too small.
pub(crate) fn permit(account: &Account, headers: &HeaderMap, needed: Access) -> Result<(), Refusal> {
    if account.access >= needed {
        return Ok(());
    }
    // GitHub calls a GitHub App's user token an integration, and everything else a personal access token.
    let is_app = secret(headers).is_some_and(|secret| secret.starts_with("ghu_"));
    let kind = if is_app {
        "integration"
    } else {
        "personal access token"
    };
    Err(Refusal::forbidden(format!("Resource not accessible by {kind}")))
}

/// Refuses a request without `User-Agent`, as GitHub does.
pub(crate) fn require_user_agent(headers: &HeaderMap) -> Result<(), Refusal> {
    let present = headers
        .get(header::USER_AGENT)
        .is_some_and(|value| !value.as_bytes().trim_ascii().is_empty());
    let docs = "https://docs.github.com/rest/using-the-rest-api/getting-started-with-the-rest-api#user-agent";
    let message =
        "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.";
    if present {
        Ok(())
    } else {
        Err(Refusal::forbidden(message).documented_at(docs))
    }
}

/// The API version of a request.
pub(crate) fn api_version(headers: &HeaderMap) -> Result<&'static str, Refusal> {
    let Some(value) = headers.get("x-github-api-version") else {
        return Ok(DEFAULT_API_VERSION);
    };
    let requested = String::from_utf8_lossy(value.as_bytes());
    API_VERSIONS
        .into_iter()
        .find(|known| *known == requested.trim())
        .ok_or_else(|| {
            let docs = "https://docs.github.com/rest/about-the-rest-api/api-versions";
            let known = API_VERSIONS.join(", ");
            Refusal::bad_request(format!(
                "\"{requested}\" is not a supported API version. Supported versions: {known}"
            ))
            .documented_at(docs)
        })
}

/// Refuses a request that accepts nothing the API can send.
pub(crate) fn accepts_json(headers: &HeaderMap) -> Result<(), Refusal> {
    let mut ranges = headers
        .get_all(header::ACCEPT)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    let takes = |range: &str| {
        let range = range
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        let github = range.starts_with("application/vnd.github");
        github || matches!(range.as_str(), "" | "*/*" | "application/*" | "application/json")
    };
    let none = headers.get(header::ACCEPT).is_none();
    if none || ranges.any(|value| value.split(',').any(takes)) {
        return Ok(());
    }
    let requested = headers
        .get(header::ACCEPT)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let message = format!(
        "Unsupported 'Accept' header: '{}'. Must accept 'application/json'.",
        requested.unwrap_or_default()
    );
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn one(name: &'static str, value: &str) -> HeaderMap {
        let value = HeaderValue::from_str(value).expect("a header value");
        HeaderMap::from_iter([(HeaderName::from_static(name), value)])
    }

    #[test]
    fn both_schemes_are_taken_in_any_case() {
        for value in ["Bearer x", "bearer x", "token x", "Token x"] {
            assert_eq!(secret(&one("authorization", value)), Some("x"), "{value}");
        }
        assert_eq!(secret(&one("authorization", "Basic eDp5")), Some(""));
        assert_eq!(secret(&HeaderMap::new()), None);
    }

    #[test]
    fn github_s_media_types_are_taken() {
        for value in [
            "application/vnd.github+json",
            "application/vnd.github.v3+json",
            "application/json; charset=utf-8",
            "text/html, */*;q=0.1",
        ] {
            assert_eq!(accepts_json(&one("accept", value)), Ok(()), "{value}");
        }
        assert_eq!(
            accepts_json(&one("accept", "text/html")).map_err(|refusal| refusal.status.as_u16()),
            Err(415)
        );
    }
}
