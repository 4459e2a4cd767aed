//! Operations as the comparison sees them: parameters, bodies and answers, with references followed.
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::Document;
use super::error::Error;
use super::schema::{Node, squeezed};

const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

/// One operation.
#[derive(Debug, Clone)]
pub(super) struct Operation<'a> {
    /// In capitals.
    pub(super) method: String,
    pub(super) path: &'a str,
    pub(super) id: Option<&'a str>,
    pub(super) summary: Option<String>,
    pub(super) description: Option<String>,
    pub(super) deprecated: bool,
    pub(super) parameters: Vec<Parameter<'a>>,
    pub(super) body: Option<Body<'a>>,
    /// By status: `200`, `4XX`, `default`.
    pub(super) responses: BTreeMap<String, Response<'a>>,
    pub(super) servers: BTreeSet<String>,
    /// The accepted ways to authenticate, each as text; none when nothing is said.
    pub(super) security: BTreeSet<String>,
}

impl Operation<'_> {
    /// Such as `GET /agents/tasks`.
    pub(super) fn title(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Method and path with nameless placeholders: what the server sees.
    pub(super) fn route(&self) -> (String, String) {
        (self.method.clone(), template(self.path).0)
    }

    /// The names of the placeholders, in order.
    pub(super) fn placeholders(&self) -> Vec<&str> {
        template(self.path).1
    }
}

/// Splits a path template into the path with nameless placeholders and the names. A slash at the end says nothing.
fn template(path: &str) -> (String, Vec<&str>) {
    let (mut bare, mut names) = (String::new(), Vec::new());
    let mut rest = path.strip_suffix('/').unwrap_or(path);
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, tail)) = after.split_once('}') else {
            break;
        };
        bare.push_str(before);
        bare.push_str("{}");
        names.push(name);
        rest = tail;
    }
    bare.push_str(rest);
    (bare, names)
}

/// A parameter or a response header.
#[derive(Debug, Clone)]
pub(super) struct Parameter<'a> {
    /// `path`, `query`, `header` or `cookie`.
    pub(super) place: &'a str,
    pub(super) name: &'a str,
    pub(super) required: bool,
    pub(super) deprecated: bool,
    pub(super) description: Option<String>,
    /// How the value is written, with the standard's defaults filled in.
    pub(super) style: Style,
    pub(super) schema: Node<'a>,
}

/// How a parameter's value is written into the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Style {
    /// `form`, `simple`, …, or the media type of `content`.
    pub(super) name: String,
    pub(super) explode: bool,
    pub(super) reserved: bool,
    pub(super) empty: bool,
}

/// A request body.
#[derive(Debug, Clone)]
pub(super) struct Body<'a> {
    pub(super) required: bool,
    pub(super) description: Option<String>,
    pub(super) content: Content<'a>,
}

/// An answer.
#[derive(Debug, Clone)]
pub(super) struct Response<'a> {
    pub(super) description: Option<String>,
    /// By name in lower case.
    pub(super) headers: BTreeMap<String, Parameter<'a>>,
    pub(super) content: Content<'a>,
}

/// Schemas by media type.
pub(super) type Content<'a> = BTreeMap<String, Node<'a>>;

impl<'a> Document<'a> {
    /// Every operation of the document.
    pub(super) fn operations(&self) -> Result<Vec<Operation<'a>>, Error> {
        let mut operations = Vec::new();
        for (path, item) in self
            .top("paths")
            .into_iter()
            .filter_map(Value::as_object)
            .flatten()
        {
            if path.starts_with("x-") {
                continue;
            }
            let item = self.resolve(item)?;
            self.object(item)?;
            for method in METHODS {
                if let Some(operation) = item.get(method) {
                    operations.push(self.operation(path, method, item, operation)?);
                }
            }
        }
        Ok(operations)
    }

    fn operation(
        &self,
        path: &'a str,
        method: &str,
        item: &'a Value,
        operation: &'a Value,
    ) -> Result<Operation<'a>, Error> {
        self.object(operation)?;
        // An operation's parameter replaces the path's of the same place and name.
        let mut parameters: BTreeMap<(&str, &str), Parameter<'a>> = BTreeMap::new();
        for source in [item, operation] {
            for parameter in self.items(source, "parameters")? {
                let parameter = self.parameter(self.resolve(parameter)?)?;
                parameters.insert((parameter.place, parameter.name), parameter);
            }
        }
        let body = match operation.get("requestBody") {
            Some(body) => Some(self.body(self.resolve(body)?)?),
            None => None,
        };
        let mut responses = BTreeMap::new();
        for (status, response) in self.entries(operation, "responses")? {
            if !status.starts_with("x-") {
                responses.insert(status.to_uppercase(), self.response(self.resolve(response)?)?);
            }
        }
        let root = ["servers", "security"].map(|key| self.top(key));
        let servers = operation.get("servers").or(item.get("servers")).or(root[0]);
        Ok(Operation {
            method: method.to_uppercase(),
            path,
            id: self.text(operation, "operationId")?,
            summary: self.prose(operation, "summary")?,
            description: self.prose(operation, "description")?,
            deprecated: self.flag(operation, "deprecated")?.unwrap_or(false),
            parameters: parameters.into_values().collect(),
            body,
            responses,
            servers: listed(servers)
                .filter_map(|server| Some(server.get("url")?.as_str()?.to_owned()))
                .collect(),
            security: listed(operation.get("security").or(root[1]))
                .map(|way| self.way(way))
                .collect(),
        })
    }

    fn prose(&self, value: &'a Value, key: &str) -> Result<Option<String>, Error> {
        Ok(self
            .text(value, key)?
            .map(squeezed)
            .filter(|text| !text.is_empty()))
    }

    fn parameter(&self, value: &'a Value) -> Result<Parameter<'a>, Error> {
        let (Some(name), Some(place)) = (self.text(value, "name")?, self.text(value, "in")?) else {
            return Err(self.error(value, "is a parameter without `name` and `in`"));
        };
        self.described(value, place, name)
    }

    /// What parameters and headers have in common.
    fn described(&self, value: &'a Value, place: &'a str, name: &'a str) -> Result<Parameter<'a>, Error> {
        self.object(value)?;
        let content = self.content(value)?;
        let given = self.text(value, "style")?;
        let usual = if matches!(place, "query" | "cookie") {
            "form"
        } else {
            "simple"
        };
        let style = given.unwrap_or(usual).to_owned();
        let explode = self.flag(value, "explode")?.unwrap_or(style == "form");
        let (style, schema) = match (value.get("schema"), content.into_iter().next()) {
            (None, Some((media_type, schema))) => (media_type, schema),
            (schema, _) => (style, schema.map(Node::of).unwrap_or_default()),
        };
        Ok(Parameter {
            place,
            name,
            required: self.flag(value, "required")?.unwrap_or(false),
            deprecated: self.flag(value, "deprecated")?.unwrap_or(false),
            description: self.prose(value, "description")?,
            style: Style {
                name: style,
                explode,
                reserved: self.flag(value, "allowReserved")?.unwrap_or(false),
                empty: self.flag(value, "allowEmptyValue")?.unwrap_or(false),
            },
            schema,
        })
    }

    fn body(&self, value: &'a Value) -> Result<Body<'a>, Error> {
        self.object(value)?;
        Ok(Body {
            required: self.flag(value, "required")?.unwrap_or(false),
            description: self.prose(value, "description")?,
            content: self.content(value)?,
        })
    }

    fn response(&self, value: &'a Value) -> Result<Response<'a>, Error> {
        self.object(value)?;
        let mut headers = BTreeMap::new();
        for (name, header) in self.entries(value, "headers")? {
            headers.insert(
                name.to_lowercase(),
                self.described(self.resolve(header)?, "header", name)?,
            );
        }
        Ok(Response {
            description: self.prose(value, "description")?,
            headers,
            content: self.content(value)?,
        })
    }

    /// Media types compare without regard to case and blanks.
    fn content(&self, value: &'a Value) -> Result<Content<'a>, Error> {
        let mut content = BTreeMap::new();
        for (media_type, described) in self.entries(value, "content")? {
            self.object(described)?;
            let media_type: String = media_type.to_lowercase().split_whitespace().collect();
            content.insert(
                media_type,
                described.get("schema").map(Node::of).unwrap_or_default(),
            );
        }
        Ok(content)
    }

    /// One accepted way to authenticate: the schemes that go together, with type and scopes.
    fn way(&self, requirement: &Value) -> String {
        let mut schemes: Vec<String> = Vec::new();
        for (name, scopes) in requirement.as_object().into_iter().flatten() {
            let scheme = self
                .top("components")
                .and_then(|parts| parts.get("securitySchemes")?.get(name));
            let words = ["type", "scheme", "in", "name"];
            let mut parts: Vec<&str> = words
                .iter()
                .filter_map(|key| scheme.and_then(|scheme| scheme.get(key)?.as_str()))
                .collect();
            parts.extend(scopes.as_array().into_iter().flatten().filter_map(Value::as_str));
            schemes.push(format!("{name} ({})", parts.join(" ")));
        }
        schemes.sort_unstable();
        if schemes.is_empty() {
            "no authentication".to_owned()
        } else {
            schemes.join(" with ")
        }
    }
}

fn listed(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}
