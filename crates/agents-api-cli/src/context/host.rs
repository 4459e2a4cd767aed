//! Which GitHub: github.com, a data-residency host, or the server an environment names.
use crate::failure::{Failure, Result};

const GITHUB: &str = "github.com";

/// A GitHub host and where its API is.
pub(crate) struct Host {
    name: String,
    api_url: String,
    from: &'static str,
}

impl Host {
    /// The host: `--hostname`, then `GH_HOST`, then `GITHUB_API_URL`, then github.com.
    ///
    /// # Errors
    /// When the name is not one of a host that has this API.
    pub(crate) fn find(flag: Option<&str>) -> Result<Self> {
        let variable = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
        if let Some(name) = flag {
            return Self::named(name, "--hostname");
        }
        if let Some(name) = variable("GH_HOST") {
            return Self::named(&name, "GH_HOST");
        }
        match variable("GITHUB_API_URL") {
            Some(url) => Ok(Self::at(url.trim())),
            None => Self::named(GITHUB, "the default"),
        }
    }

    fn named(name: &str, from: &'static str) -> Result<Self> {
        let name = name.trim().trim_end_matches('/').to_ascii_lowercase();
        let is_residency = name
            .strip_suffix(".ghe.com")
            .is_some_and(|subdomain| !subdomain.is_empty() && !subdomain.contains(['.', '/', ':', '@']));
        if name != GITHUB && !is_residency {
            return Err(Failure::usage(format!(
                "{from}: {name:?} is not github.com or SUBDOMAIN.ghe.com; GitHub Enterprise Server has no agent tasks"
            )));
        }
        Ok(Self {
            api_url: format!("https://api.{name}"),
            name,
            from,
        })
    }

    fn at(url: &str) -> Self {
        let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
        let authority = authority.split(['/', '?', '#']).next().unwrap_or_default();
        Self {
            name: authority.strip_prefix("api.").unwrap_or(authority).to_owned(),
            api_url: url.to_owned(),
            from: "GITHUB_API_URL",
        }
    }

    /// The name of the host, as `gh` knows it.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The address of its API.
    pub(crate) fn api_url(&self) -> &str {
        &self.api_url
    }

    /// What named it.
    pub(crate) fn from(&self) -> &'static str {
        self.from
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_its_api() {
        for (name, url) in [
            ("github.com", "https://api.github.com"),
            ("Octocorp.ghe.com", "https://api.octocorp.ghe.com"),
        ] {
            assert_eq!(Host::named(name, "--hostname").unwrap().api_url(), url);
        }
        for name in [
            "ghe.com",
            "github.example.com",
            "a.b.ghe.com",
            "x@evil.ghe.com",
            "",
        ] {
            assert!(Host::named(name, "--hostname").is_err(), "{name}");
        }
        assert_eq!(Host::at("http://127.0.0.1:8080/api/v3").name(), "127.0.0.1:8080");
        assert_eq!(Host::at("https://api.github.com").name(), GITHUB);
    }
}
