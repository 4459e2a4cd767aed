//! Calls of endpoints that the description does not have, such as GraphQL or a repository's pull requests.
//!
//! They use [`Call`] as the generated ones do: the same headers, transport, redirects and decoding, the same check of path
//! arguments. The URL is always made from the client's own, so that the token cannot be sent to another host.
use std::fmt;

use reqwest::{Method, Url};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::call::Call;
use super::client::Client;
use super::error::{Error, InvalidRequest};
use super::response::ResponseValue;
use super::transport::Operation;

/// The statuses that mean success, where no description names one.
const SUCCESS: [u16; 6] = [200, 201, 202, 203, 204, 206];

impl Client {
    /// Builds a request to an endpoint that this crate was not generated for.
    ///
    /// The operation holds the path template, with parameters in braces; set each of them with [`CustomRequest::path`], in
    /// order.
    ///
    /// ```
    /// use agents_api_raw::{Client, Error, Operation, reqwest::Method, serde_json::Value};
    ///
    /// const LIST_PULLS: Operation = Operation::new("list_pulls", "/repos/{owner}/{repo}/pulls");
    ///
    /// # async fn run(client: Client) -> Result<(), Error> {
    /// let pulls = client
    ///     .request(LIST_PULLS, Method::GET)
    ///     .path("owner", "octocat")
    ///     .path("repo", "hello-world")
    ///     .query("state", "all")
    ///     .query("per_page", 100)
    ///     .send::<Vec<Value>>()
    ///     .await?;
    /// println!("{} pull requests, {:?}", pulls.len(), pulls.headers().get("link"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn request(&self, operation: Operation, method: Method) -> CustomRequest<'_> {
        CustomRequest::new(self, operation, method)
    }

    /// Builds a GraphQL request; transports see it under the name `id`.
    ///
    /// GraphQL reports most errors with status 200: check `errors` in the result of [`CustomRequest::send`].
    ///
    /// The URL is `/graphql` below the base URL, as on `https://api.github.com` and `https://api.SUBDOMAIN.ghe.com`. Where
    /// the base URL ends in `/api/v3`, as on an Enterprise Server, it is `/api/graphql`.
    ///
    /// ```
    /// # async fn run(client: agents_api_raw::Client) -> Result<(), agents_api_raw::Error> {
    /// use agents_api_raw::serde_json::{Value, json};
    ///
    /// let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
    /// let response = client.graphql("nodes", query, json!({ "ids": ["PR_kwDOABCD"] })).send::<Value>().await?;
    /// println!("{} {}", response["data"], response["errors"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn graphql(&self, id: &'static str, query: &str, variables: impl Serialize) -> CustomRequest<'_> {
        let mut request = self.request(Operation::new(id, "/graphql"), Method::POST);
        if let Ok(call) = &mut request.call {
            call.set_url(graphql_url(&self.base_url));
        }
        match serde_json::to_value(variables) {
            Ok(variables) => request.json(json!({ "query": query, "variables": variables })),
            Err(error) => request.fail("variables", error.to_string()),
        }
    }
}

/// The URL of GraphQL on the server whose REST API is at `base`.
fn graphql_url(base: &Url) -> Url {
    let path = base.path().trim_end_matches('/');
    let path = match path.strip_suffix("/api/v3") {
        Some(prefix) => format!("{prefix}/api/graphql"),
        None => format!("{path}/graphql"),
    };
    let mut url = base.clone();
    url.set_path(&path);
    url
}

/// Builder of a request, from [`Client::request`] and [`Client::graphql`].
#[must_use = "nothing is sent until `send` is awaited"]
pub struct CustomRequest<'a> {
    operation: Operation,
    call: Result<Call<'a>, Error>,
    /// The path parameters still to be set, the next one last.
    parameters: Vec<&'static str>,
}

impl<'a> CustomRequest<'a> {
    fn new(client: &'a Client, operation: Operation, method: Method) -> Self {
        let parameter = |segment: &'static str| segment.strip_prefix('{')?.strip_suffix('}');
        Self {
            operation,
            call: Call::new(client, operation.id(), method, operation.path()),
            parameters: operation.path().rsplit('/').filter_map(parameter).collect(),
        }
    }

    /// Sets the next parameter of the path, which must have this name.
    pub fn path(mut self, name: &'static str, value: impl Into<String>) -> Self {
        if self.parameters.pop() != Some(name) {
            let path = self.operation.path();
            return self.fail(name, format!("is not the next parameter of {path}"));
        }
        self.with(|call| call.path(name, Ok::<String, _>(value.into())))
    }

    /// Adds a query parameter: `None` is left out, a list repeats the name.
    pub fn query(self, name: &'static str, value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(Value::Null) => self,
            Ok(value) => self.with(|call| call.query(name, Ok(Some(value)))),
            Err(error) => self.fail(name, error.to_string()),
        }
    }

    /// Sets the JSON body.
    pub fn json(self, body: impl Serialize) -> Self {
        self.with(|call| call.json(Ok(body)))
    }

    /// Sends the request and decodes the response; 200 to 204 and 206 mean success. The value of a 204 is `null`.
    ///
    /// # Errors
    /// Those of the generated calls. [`Error::InvalidRequest`] also when a parameter of the path was not set, or not in
    /// order.
    pub async fn send<T: DeserializeOwned>(self) -> Result<ResponseValue<T>, Error> {
        match self.parameters.last().copied() {
            Some(missing) => self.fail(missing, "is not set; call `.path(…)`".to_owned()).call,
            None => self.call,
        }?
        .send(&SUCCESS)
        .await
    }

    fn with(mut self, step: impl FnOnce(&mut Call<'a>) -> Result<(), Error>) -> Self {
        if let Ok(call) = &mut self.call
            && let Err(error) = step(call)
        {
            self.call = Err(error);
        }
        self
    }

    /// Keeps the first error.
    fn fail(self, argument: &'static str, reason: String) -> Self {
        let id = self.operation.id();
        self.with(|_| Err(Error::InvalidRequest(InvalidRequest::new(id, argument, reason))))
    }
}

impl fmt::Debug for CustomRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The body may contain a prompt, and the query anything.
        f.debug_struct("CustomRequest")
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphql_has_the_url_of_its_kind_of_server() {
        for (base, graphql) in [
            ("https://api.github.com", "https://api.github.com/graphql"),
            ("https://api.acme.ghe.com/", "https://api.acme.ghe.com/graphql"),
            ("https://ghe.example/api/v3", "https://ghe.example/api/graphql"),
            ("https://ghe.example/api/v3/", "https://ghe.example/api/graphql"),
            (
                "https://proxy.example/gh%20e/api/v3",
                "https://proxy.example/gh%20e/api/graphql",
            ),
            (
                "http://127.0.0.1:8080/prefix",
                "http://127.0.0.1:8080/prefix/graphql",
            ),
            (
                "https://ghe.example/my-api/v3",
                "https://ghe.example/my-api/v3/graphql",
            ),
        ] {
            assert_eq!(graphql_url(&Url::parse(base).unwrap()).as_str(), graphql);
        }
    }
}
