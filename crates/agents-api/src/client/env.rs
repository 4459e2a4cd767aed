//! What the environment says: the token and the server.
use std::ffi::OsString;

use crate::error::Error;

/// What the environment says.
pub(super) struct Environment {
    pub(super) token: String,
    pub(super) api_url: Option<String>,
}

impl Environment {
    /// Takes what `read` knows of the variables.
    pub(super) fn read(read: impl Fn(&str) -> Option<OsString>) -> Result<Self, Error> {
        let token = match variable(&read, "GH_TOKEN")? {
            Some(token) => Some(token),
            None => variable(&read, "GITHUB_TOKEN")?,
        };
        Ok(Self {
            token: token.ok_or_else(|| Error::invalid("no token: set GH_TOKEN or GITHUB_TOKEN"))?,
            api_url: variable(&read, "GITHUB_API_URL")?,
        })
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
