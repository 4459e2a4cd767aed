//! What the environment says: the token and the server.
use std::ffi::OsString;

use crate::error::Error;

/// Where a token is looked for, in this order.
const TOKENS: [&str; 3] = ["COPILOT_GITHUB_TOKEN", "GH_TOKEN", "GITHUB_TOKEN"];

/// What the environment says.
pub(super) struct Environment {
    pub(super) token: String,
    pub(super) api_url: Option<String>,
}

impl Environment {
    /// Takes what `read` knows of the variables.
    pub(super) fn read(read: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let mut token = None;
        for name in TOKENS {
            if token.is_none() {
                token = variable(&read, name)?;
            }
        }
        let api_url = match variable(&read, "GITHUB_API_URL")? {
            Some(url) => Some(url),
            None => variable(&read, "GH_HOST")?.as_deref().map(api_url).transpose()?,
        };
        Ok(Self {
            token: token.ok_or_else(|| Error::invalid("no token: set GH_TOKEN or GITHUB_TOKEN"))?,
            api_url,
        })
    }
}

/// The API's address on a host as GitHub's tools read it from `GH_HOST`: github.com, or with data residency
/// `SUBDOMAIN.ghe.com`.
pub(super) fn api_url(host: &str) -> Result<String, Error> {
    let host = host.to_ascii_lowercase();
    let is_name = !host.is_empty()
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte));
    let subdomain = host.strip_suffix(".ghe.com");
    match subdomain {
        _ if !is_name => Err(Error::invalid(
            "the GitHub host is not a host name: give it without https:// and path, such as octocorp.ghe.com",
        )),
        _ if host == "github.com" || host == "api.github.com" => Ok("https://api.github.com".to_owned()),
        Some(subdomain) if !subdomain.is_empty() => {
            let subdomain = subdomain.strip_prefix("api.").unwrap_or(subdomain);
            Ok(format!("https://api.{subdomain}.ghe.com"))
        }
        _ => Err(Error::invalid(format!(
            "host {host} has no agent tasks API: GitHub offers it on github.com and SUBDOMAIN.ghe.com, not on Enterprise \
             Server; set GITHUB_API_URL for another address"
        ))),
    }
}

/// A variable without the white space around it; one that is blank counts as not set.
fn variable(read: impl Fn(&str) -> Option<OsString>, name: &str) -> Result<Option<String>, Error> {
    let Some(value) = read(name) else {
        return Ok(None);
    };
    let Some(value) = value.to_str() else {
        return Err(Error::invalid(format!("the variable {name} is not valid UTF-8")));
    };
    let value = value.trim();
    Ok((!value.is_empty()).then(|| value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Result<Environment, Error> {
        Environment::read(|name| Some(variables.iter().find(|(own, _)| *own == name)?.1.into()))
    }

    #[test]
    fn the_first_token_that_is_not_blank_is_taken() {
        for (variables, taken) in [
            (&[("GH_TOKEN", "ghp_a"), ("GITHUB_TOKEN", "ghp_b")][..], "ghp_a"),
            (&[("GH_TOKEN", " \n"), ("GITHUB_TOKEN", "ghp_b\n")], "ghp_b"),
            (&[("GITHUB_TOKEN", "\tghp_b ")], "ghp_b"),
            (
                &[("GH_TOKEN", "ghp_a"), ("COPILOT_GITHUB_TOKEN", "ghp_c")],
                "ghp_c",
            ),
        ] {
            assert_eq!(environment(variables).unwrap().token, taken);
        }
        let error = environment(&[("GH_TOKEN", " "), ("GITHUB_TOKEN", "")])
            .err()
            .unwrap();
        assert!(error.to_string().contains("GH_TOKEN"), "{error}");
    }

    #[test]
    fn the_server_is_read_if_it_is_set() {
        let with = |url| environment(&[("GH_TOKEN", "ghp_a"), ("GITHUB_API_URL", url)]).unwrap();
        assert_eq!(
            with("https://ghe.example/api/v3\n").api_url.as_deref(),
            Some("https://ghe.example/api/v3")
        );
        assert_eq!(with(" ").api_url, None);
    }

    #[test]
    fn the_host_of_githubs_tools_names_the_server() {
        let with = |variables: &[(&str, &str)]| {
            let token = [("GH_TOKEN", "ghp_a")];
            let all: Vec<_> = token.iter().chain(variables).copied().collect();
            environment(&all).map(|environment| environment.api_url)
        };
        let url = |url: &str| Some(url.to_owned());
        for (host, expected) in [
            ("octocorp.ghe.com", url("https://api.octocorp.ghe.com")),
            ("api.octocorp.ghe.com", url("https://api.octocorp.ghe.com")),
            ("OctoCorp.GHE.com", url("https://api.octocorp.ghe.com")),
            ("github.com", url("https://api.github.com")),
            (" ", None),
        ] {
            assert_eq!(with(&[("GH_HOST", host)]).unwrap(), expected, "{host}");
        }
        let both = [
            ("GH_HOST", "octocorp.ghe.com"),
            ("GITHUB_API_URL", "https://x.example"),
        ];
        assert_eq!(with(&both).unwrap(), url("https://x.example"));
        for host in [
            "git.example.com",
            "https://github.com",
            "a.ghe.com/x",
            ".ghe.com",
            "a@b.ghe.com",
        ] {
            assert!(with(&[("GH_HOST", host)]).is_err(), "{host}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_text_is_an_error() {
        use std::os::unix::ffi::OsStringExt;

        let read = |name: &str| (name == "GH_TOKEN").then(|| OsString::from_vec(b"ghp_hunter2\xff".to_vec()));
        let error = Environment::read(read).err().unwrap();
        assert!(error.to_string().contains("GH_TOKEN"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
