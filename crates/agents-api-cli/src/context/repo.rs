//! Which repository is meant when none is given.
use std::process::{Command, Stdio};

use crate::failure::{Failure, Result};

/// A repository as people write it: `OWNER/REPO`, or its address.
pub(super) fn parse(text: &str) -> Result<String> {
    from_url(text)
        .or_else(|| full_name(text.trim()))
        .ok_or_else(|| Failure::usage(format!("-R {text:?} is not a repository; write OWNER/REPO")))
}

/// `GH_REPO`, then `GITHUB_REPOSITORY`, then the remote `origin` of the current directory.
pub(super) fn default() -> Result<Option<String>> {
    for name in ["GH_REPO", "GITHUB_REPOSITORY"] {
        if let Ok(value) = std::env::var(name)
            && !value.trim().is_empty()
        {
            let repo = from_url(&value).or_else(|| full_name(value.trim()));
            return repo.map(Some).ok_or_else(|| {
                Failure::usage(format!("{name}: {value:?} is not a repository; write OWNER/REPO"))
            });
        }
    }
    Ok(origin().as_deref().and_then(from_url))
}

fn origin() -> Option<String> {
    let output = Command::new("git")
        .args(["config", "--get", "remote.origin.url"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The repository of an address: `https://HOST/OWNER/REPO.git`, `git@HOST:OWNER/REPO`, `ssh://git@HOST/OWNER/REPO`.
fn from_url(url: &str) -> Option<String> {
    let url = url.trim();
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => url.split_once(':').filter(|(host, _)| host.contains('@'))?.1,
    };
    let path = path.trim_matches('/');
    full_name(path.strip_suffix(".git").unwrap_or(path))
}

fn full_name(text: &str) -> Option<String> {
    let is_name = |name: &str| {
        let known = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !name.is_empty() && name.bytes().all(known) && !matches!(name, "." | "..")
    };
    let text = text.strip_prefix("github.com/").unwrap_or(text);
    let (owner, name) = text.split_once('/')?;
    (is_name(owner) && is_name(name)).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_repositories() {
        for url in [
            "https://github.com/octocat/hello-world.git",
            "https://github.com/octocat/hello-world/",
            "https://user@github.com/octocat/hello-world",
            "git@github.com:octocat/hello-world.git",
            "ssh://git@github.com/octocat/hello-world.git",
            "octocat/hello-world",
            "github.com/octocat/hello-world",
        ] {
            assert_eq!(parse(url).unwrap(), "octocat/hello-world", "{url}");
        }
        for text in [
            "octocat",
            "a/b/c",
            "../x",
            "a/..",
            "",
            "https://github.com/octocat",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
