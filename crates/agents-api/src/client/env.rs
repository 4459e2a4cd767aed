//! What the environment says: the token and the server.
use std::ffi::OsString;

use super::ClientBuilder;
use crate::Error;

/// Sets up a client from variables that `read` knows.
pub(super) fn builder(read: impl Fn(&str) -> Option<OsString>) -> Result<ClientBuilder, Error> {
    let token = match variable(&read, "GH_TOKEN")? {
        Some(token) => Some(token),
        None => variable(&read, "GITHUB_TOKEN")?,
    };
    let token = token.ok_or_else(|| Error::invalid("no token: set GH_TOKEN or GITHUB_TOKEN"))?;
    let builder = ClientBuilder::default().token(token);
    Ok(match variable(&read, "GITHUB_API_URL")? {
        Some(url) => builder.base_url(url),
        None => builder,
    })
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
    use crate::Client;

    fn client(variables: &[(&str, &str)]) -> Result<Client, Error> {
        builder(|name| Some(variables.iter().find(|(own, _)| *own == name)?.1.into()))?.build()
    }

    fn token(client: &Client) -> String {
        let headers = client.raw().request_config().headers();
        headers["authorization"].to_str().unwrap().to_owned()
    }

    #[test]
    fn the_first_token_that_is_not_blank_is_taken() {
        for (variables, taken) in [
            (
                &[("GH_TOKEN", "ghp_a"), ("GITHUB_TOKEN", "ghp_b")][..],
                "Bearer ghp_a",
            ),
            (
                &[("GH_TOKEN", " \n"), ("GITHUB_TOKEN", "ghp_b\n")],
                "Bearer ghp_b",
            ),
            (&[("GITHUB_TOKEN", "\tghp_b ")], "Bearer ghp_b"),
        ] {
            assert_eq!(token(&client(variables).unwrap()), taken);
        }
        let error = client(&[("GH_TOKEN", " "), ("GITHUB_TOKEN", "")]).unwrap_err();
        assert!(error.to_string().contains("GH_TOKEN"), "{error}");
    }

    #[test]
    fn the_server_is_taken_if_it_is_said() {
        let with = |url| client(&[("GH_TOKEN", "ghp_a"), ("GITHUB_API_URL", url)]).unwrap();
        assert_eq!(
            with("https://ghe.example/api/v3\n").raw().base_url().host_str(),
            Some("ghe.example")
        );
        assert_eq!(with(" ").raw().base_url().host_str(), Some("api.github.com"));
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_text_is_an_error() {
        use std::os::unix::ffi::OsStringExt;

        let read = |name: &str| (name == "GH_TOKEN").then(|| OsString::from_vec(b"ghp_hunter2\xff".to_vec()));
        let error = builder(read).unwrap_err();
        assert!(error.to_string().contains("GH_TOKEN"), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}
