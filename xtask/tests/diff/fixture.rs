//! A description in the shape of GitHub's agent tasks, in words of our own.
use serde_json::{Map, Value, json};

/// Where the operations are, as JSON pointers.
pub(crate) const LIST: &str = "/paths/~1agents~1tasks/get";
pub(crate) const GET: &str = "/paths/~1agents~1tasks~1{task_id}/get";
pub(crate) const START: &str = "/paths/~1agents~1repos~1{owner}~1{repo}~1tasks/post";
/// Where the answer of [`GET`] has the fields that every task has.
pub(crate) const TASK: &str =
    "/paths/~1agents~1tasks~1{task_id}/get/responses/200/content/application~1json/schema/allOf/0";
/// Where the fields of [`START`]'s body are.
pub(crate) const PROMPT: &str =
    "/paths/~1agents~1repos~1{owner}~1{repo}~1tasks/post/requestBody/content/application~1json/schema";

/// Everything inlined, as GitHub writes it.
pub(crate) fn inlined() -> Value {
    Builder { components: None }.description()
}

/// The same with named components, as the resolved spec has it.
pub(crate) fn named() -> Value {
    Builder {
        components: Some(Map::new()),
    }
    .description()
}

/// `inlined` with something done to the value at a pointer.
pub(crate) fn edited(pointer: &str, edit: impl FnOnce(&mut Value)) -> Value {
    let mut description = inlined();
    edit(at(&mut description, pointer));
    description
}

/// The value at a pointer that has to exist.
pub(crate) fn at<'v>(value: &'v mut Value, pointer: &str) -> &'v mut Value {
    value
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("the fixture has nothing at {pointer}"))
}

struct Builder {
    components: Option<Map<String, Value>>,
}

impl Builder {
    fn description(mut self) -> Value {
        let paths = json!({
            "/agents/tasks": { "get": self.list() },
            "/agents/tasks/{task_id}": { "get": self.get() },
            "/agents/repos/{owner}/{repo}/tasks": { "post": self.start() },
        });
        let mut description = json!({
            "openapi": "3.0.3",
            "info": { "title": "Agent tasks", "version": "1" },
            "servers": [{ "url": "https://api.example.com" }],
            "paths": paths,
        });
        if let Some(schemas) = self.components {
            description["components"] = json!({ "schemas": schemas });
        }
        description
    }

    /// `schema` itself, or a reference to it.
    fn schema(&mut self, name: &str, schema: Value) -> Value {
        let Some(components) = &mut self.components else {
            return schema;
        };
        components.insert(name.to_owned(), schema);
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    fn list(&mut self) -> Value {
        let page = json!({
            "type": "object",
            "required": ["tasks"],
            "properties": {
                "tasks": { "type": "array", "items": self.task() },
                "total_active_count": { "type": "integer", "format": "int32" },
            },
        });
        let page = self.schema("TaskList", page);
        json!({
            "operationId": "tasks/list",
            "summary": "List tasks",
            "description": "One page of the tasks that the user started.",
            "parameters": [
                { "name": "per_page", "in": "query", "description": "How many tasks a page holds.",
                  "schema": { "type": "integer", "default": 30, "minimum": 1, "maximum": 100 } },
                { "name": "sort", "in": "query",
                  "schema": { "type": "string", "default": "updated_at", "enum": ["updated_at", "created_at"] } },
                { "name": "since", "in": "query", "schema": { "type": "string", "format": "date-time" } },
                { "name": "creator_id", "in": "query",
                  "schema": { "type": "array", "items": { "type": "integer" } } },
            ],
            "responses": {
                "200": {
                    "description": "A page.",
                    "headers": { "Link": { "description": "Other pages.", "schema": { "type": "string" } } },
                    "content": { "application/json": { "schema": page } },
                },
                "400": self.error(), "401": self.error(), "403": self.error(), "422": self.error(),
            },
        })
    }

    fn get(&mut self) -> Value {
        let sessions = json!({
            "type": "object",
            "properties": { "sessions": { "type": "array", "items": self.session() } },
        });
        let task = json!({ "allOf": [self.task(), sessions] });
        let task = self.schema("TaskWithSessions", task);
        json!({
            "operationId": "tasks/get",
            "summary": "Get a task",
            "parameters": [
                { "name": "task_id", "in": "path", "required": true, "schema": { "type": "string" } },
            ],
            "responses": {
                "200": { "description": "The task.", "content": { "application/json": { "schema": task } } },
                "404": self.error(),
            },
        })
    }

    fn start(&mut self) -> Value {
        let body = json!({
            "type": "object",
            "required": ["prompt"],
            "properties": {
                "prompt": { "type": "string", "description": "What to do.", "maxLength": 5000 },
                "model": { "type": "string", "enum": ["small", "large"] },
                "create_pull_request": { "type": "boolean", "default": false },
            },
        });
        let body = self.schema("StartTask", body);
        json!({
            "operationId": "tasks/start",
            "summary": "Start a task",
            "parameters": [
                { "name": "owner", "in": "path", "required": true, "schema": { "type": "string" } },
                { "name": "repo", "in": "path", "required": true, "schema": { "type": "string" } },
            ],
            "requestBody": { "required": true, "content": { "application/json": { "schema": body } } },
            "responses": {
                "201": { "description": "Started.", "content": { "application/json": { "schema": self.task() } } },
                "422": self.error(),
            },
        })
    }

    fn task(&mut self) -> Value {
        let creator = self.user();
        let task = json!({
            "type": "object",
            "required": ["id", "state"],
            "properties": {
                "id": { "type": "string", "description": "Names the task." },
                "name": { "type": "string" },
                "creator": { "oneOf": [creator] },
                "state": self.state(),
                "session_count": { "type": "integer", "format": "int32" },
                "archived_at": { "type": "string", "format": "date-time", "nullable": true },
                "artifacts": { "type": "array", "items": self.artifact() },
            },
        });
        self.schema("Task", task)
    }

    fn session(&mut self) -> Value {
        let session = json!({
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": { "type": "string" },
                "state": self.state(),
                "usage": {
                    "type": "object",
                    "required": ["amount"],
                    "properties": { "amount": { "type": "number", "format": "double", "minimum": 0 } },
                },
            },
        });
        self.schema("Session", session)
    }

    fn state(&mut self) -> Value {
        self.schema(
            "State",
            json!({ "type": "string", "enum": ["queued", "completed", "idle"] }),
        )
    }

    fn user(&mut self) -> Value {
        let id = json!({ "type": "integer", "format": "int64" });
        self.schema("User", json!({ "type": "object", "properties": { "id": id } }))
    }

    fn artifact(&mut self) -> Value {
        let resource = json!({
            "type": "object",
            "required": ["id"],
            "properties": { "id": { "type": "integer" }, "global_id": { "type": "string" } },
        });
        let branch = json!({
            "type": "object",
            "required": ["head_ref"],
            "properties": { "head_ref": { "type": "string" }, "base_ref": { "type": "string" } },
        });
        let variants = [self.schema("Resource", resource), self.schema("Branch", branch)];
        let artifact = json!({
            "type": "object",
            "required": ["type", "data"],
            "properties": { "type": { "type": "string" }, "data": { "oneOf": variants } },
        });
        self.schema("Artifact", artifact)
    }

    fn error(&mut self) -> Value {
        let error = json!({
            "type": "object",
            "required": ["message"],
            "properties": {
                "message": { "type": "string" },
                "errors": { "type": "array", "items": { "type": "object", "properties": { "code": { "type": "string" } } } },
            },
        });
        let error = self.schema("ErrorBody", error);
        json!({ "description": "Refused.", "content": { "application/json": { "schema": error } } })
    }
}
