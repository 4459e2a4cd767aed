//! What stands at each position of an `OpenAPI` 3.0 document.
//!
//! The same word is a keyword in one position and somebody's name in the next: `description` describes a schema, but a
//! field of that name is data that must survive. Every walk over a document therefore asks this table what a child
//! is, and none of them guesses from the word alone.

/// The kind of node at a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The whole document.
    Document,
    /// The `info` object.
    Info,
    /// The map from path to path item.
    Paths,
    /// One path.
    PathItem,
    /// One operation.
    Operation,
    /// A list of parameters.
    ParameterList,
    /// The map of parameter components.
    ParameterMap,
    /// One parameter.
    Parameter,
    /// The map of request body components.
    RequestBodies,
    /// One request body.
    RequestBody,
    /// The map from media type to its description.
    Content,
    /// One media type.
    MediaType,
    /// The map from status (or component name) to response.
    Responses,
    /// One response.
    Response,
    /// The map from header name to header.
    Headers,
    /// One header.
    Header,
    /// The map from property (or component name) to schema.
    Schemas,
    /// The list of an `allOf`, `oneOf` or `anyOf`.
    SchemaList,
    /// One schema.
    Schema,
    /// The map from name to example.
    Examples,
    /// One named example, which holds a payload under `value`.
    Example,
    /// The `components` object.
    Components,
    /// The list of servers.
    Servers,
    /// One server.
    Server,
    /// The map of a server's variables.
    ServerVariables,
    /// One variable of a server.
    ServerVariable,
    /// The map from name to callback.
    Callbacks,
    /// The map from name to link.
    Links,
    /// One link.
    Link,
    /// The map of security scheme components.
    SecuritySchemes,
    /// One security scheme.
    SecurityScheme,
    /// A payload, a default, a list of names, an extension: nothing in it is a keyword.
    Data,
}

/// The keys of a path item that hold an operation.
pub const METHODS: [&str; 8] = [
    "get", "put", "post", "delete", "options", "head", "patch", "trace",
];

impl Kind {
    /// What stands under `key`, or under any index when this is a list.
    #[must_use]
    pub fn child(self, key: &str) -> Self {
        match self {
            Self::Paths | Self::Callbacks | Self::Responses if key.starts_with("x-") => Self::Data,
            Self::Document => match key {
                "info" => Self::Info,
                "paths" => Self::Paths,
                "components" => Self::Components,
                "servers" => Self::Servers,
                _ => Self::Data,
            },
            Self::Paths => Self::PathItem,
            Self::PathItem => match key {
                "parameters" => Self::ParameterList,
                "servers" => Self::Servers,
                method if METHODS.contains(&method) => Self::Operation,
                _ => Self::Data,
            },
            Self::Operation => match key {
                "parameters" => Self::ParameterList,
                "requestBody" => Self::RequestBody,
                "responses" => Self::Responses,
                "callbacks" => Self::Callbacks,
                "servers" => Self::Servers,
                _ => Self::Data,
            },
            Self::ParameterList | Self::ParameterMap => Self::Parameter,
            Self::Parameter | Self::Header => match key {
                "schema" => Self::Schema,
                "content" => Self::Content,
                "examples" => Self::Examples,
                _ => Self::Data,
            },
            Self::RequestBodies => Self::RequestBody,
            Self::RequestBody if key == "content" => Self::Content,
            Self::Content => Self::MediaType,
            Self::MediaType => match key {
                "schema" => Self::Schema,
                "examples" => Self::Examples,
                _ => Self::Data,
            },
            Self::Responses => Self::Response,
            Self::Response => match key {
                "headers" => Self::Headers,
                "content" => Self::Content,
                "links" => Self::Links,
                _ => Self::Data,
            },
            Self::Headers => Self::Header,
            Self::Schemas | Self::SchemaList => Self::Schema,
            Self::Schema => match key {
                "properties" => Self::Schemas,
                "items" | "not" | "additionalProperties" => Self::Schema,
                "allOf" | "oneOf" | "anyOf" => Self::SchemaList,
                _ => Self::Data,
            },
            Self::Examples => Self::Example,
            Self::Components => match key {
                "schemas" => Self::Schemas,
                "parameters" => Self::ParameterMap,
                "responses" => Self::Responses,
                "requestBodies" => Self::RequestBodies,
                "headers" => Self::Headers,
                "examples" => Self::Examples,
                "callbacks" => Self::Callbacks,
                "links" => Self::Links,
                "securitySchemes" => Self::SecuritySchemes,
                _ => Self::Data,
            },
            Self::Servers => Self::Server,
            Self::Server if key == "variables" => Self::ServerVariables,
            Self::ServerVariables => Self::ServerVariable,
            Self::Callbacks => Self::Paths,
            Self::Links => Self::Link,
            Self::SecuritySchemes => Self::SecurityScheme,
            _ => Self::Data,
        }
    }

    /// What stands at this place of a document.
    #[must_use]
    pub fn at(tokens: &[String]) -> Self {
        tokens
            .iter()
            .fold(Self::Document, |kind, token| kind.child(token))
    }

    /// Whether an object here may be `{"$ref": …}` instead of the thing itself.
    pub fn may_refer(self) -> bool {
        matches!(
            self,
            Self::PathItem
                | Self::Parameter
                | Self::RequestBody
                | Self::Response
                | Self::Header
                | Self::Schema
                | Self::Example
                | Self::Link
                | Self::SecurityScheme
        )
    }

    /// Whether the keys of this node are names somebody chose, so that none of them is a keyword.
    pub fn is_map(self) -> bool {
        matches!(
            self,
            Self::Paths
                | Self::ParameterMap
                | Self::RequestBodies
                | Self::Content
                | Self::Responses
                | Self::Headers
                | Self::Schemas
                | Self::Examples
                | Self::ServerVariables
                | Self::Callbacks
                | Self::Links
                | Self::SecuritySchemes
        )
    }
}
