//! Every response of a long random run matches the description of the API.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use agents_api_emulator::{Access, Emulator, Limits, Scenario, TaskState, Token};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::support::{Reply, World, reply};

/// The operations of the description: method, path template.
const OPERATIONS: [(&str, &str); 5] = [
    ("get", "/agents/repos/{owner}/{repo}/tasks"),
    ("post", "/agents/repos/{owner}/{repo}/tasks"),
    ("get", "/agents/repos/{owner}/{repo}/tasks/{task_id}"),
    ("get", "/agents/tasks"),
    ("get", "/agents/tasks/{task_id}"),
];

/// The query parameters the emulator heeds, of either list.
const PARAMETERS: [&str; 8] = [
    "creator_id",
    "direction",
    "is_archived",
    "page",
    "per_page",
    "since",
    "sort",
    "state",
];

fn document() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/upstream.json");
    let text = std::fs::read_to_string(path).expect("what GitHub promises");
    serde_json::from_str(&text).expect("JSON")
}

/// An import that adds something here makes this fail until the emulator has it too.
#[test]
fn the_emulator_has_what_the_description_has() {
    let document = document();
    let mut operations = BTreeSet::new();
    let mut parameters = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            operations.insert((method.as_str(), path.as_str()));
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                if parameter["in"] == "query" {
                    parameters.insert(parameter["name"].as_str().expect("a name"));
                }
            }
        }
    }
    assert_eq!(
        operations,
        BTreeSet::from(OPERATIONS),
        "src/operation.rs, src/routes/"
    );
    assert_eq!(parameters, BTreeSet::from(PARAMETERS), "src/validate/list.rs");
    let list = &document["paths"]["/agents/tasks"]["get"]["responses"]["200"]["content"]["application/json"];
    let task = &list["schema"]["properties"]["tasks"]["items"];
    let states = task["properties"]["state"]["enum"]
        .as_array()
        .expect("an enum")
        .iter();
    let states: Vec<_> = states.filter_map(Value::as_str).collect();
    let known: Vec<_> = TaskState::ALL.iter().map(|state| state.as_str()).collect();
    assert_eq!(states, known, "src/world/state.rs");
}

/// A validator for each documented response.
struct Description(BTreeMap<(usize, u16), Validator>);

impl Description {
    fn read() -> Self {
        let mut document = document();
        allow_null(&mut document);
        let mut validators = BTreeMap::new();
        for (number, (method, path)) in OPERATIONS.iter().enumerate() {
            let responses = document["paths"][path][method]["responses"]
                .as_object()
                .expect("responses");
            for (status, response) in responses {
                let schema = &response["content"]["application/json"]["schema"];
                assert!(schema.is_object(), "{method} {path} {status} has a schema");
                let options = jsonschema::draft7::options().should_validate_formats(true);
                let validator = options.build(schema).expect("a schema");
                validators.insert((number, status.parse().expect("a status")), validator);
            }
        }
        Self(validators)
    }

    fn check(&self, operation: usize, reply: &Reply, request: &str) {
        let validator = self.0.get(&(operation, reply.status));
        let validator = validator
            .unwrap_or_else(|| panic!("{request}: {} is not documented: {}", reply.status, reply.body));
        let errors: Vec<_> = validator
            .iter_errors(&reply.body)
            .map(|error| format!("{}: {error}", error.instance_path))
            .collect();
        assert!(errors.is_empty(), "{request}: {errors:?}\n{}", reply.body);
        assert_eq!(
            reply.header("content-type"),
            "application/json; charset=utf-8",
            "{request}"
        );
        for header in [
            "x-ratelimit-limit",
            "x-ratelimit-remaining",
            "x-ratelimit-reset",
            "x-github-request-id",
        ] {
            assert!(!reply.header(header).is_empty(), "{request}: {header}");
        }
    }
}

/// `nullable` of the description in the words of JSON Schema.
fn allow_null(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(allow_null),
        Value::Object(object) => {
            object.values_mut().for_each(allow_null);
            if object.remove("nullable") == Some(json!(true)) {
                let schema = Value::Object(std::mem::take(object));
                object.insert("anyOf".into(), json!([schema, { "type": "null" }]));
            }
        }
        _ => {}
    }
}

/// Draws requests, sensible and senseless.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        // A linear congruential generator (Knuth's constants): its upper bits are random enough for this.
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % end as u64).expect("small")
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    fn repository(&mut self) -> &'static str {
        self.pick(&[
            "octocat/hello-world",
            "octocat/hello-world",
            "acme/shop",
            "ACME/Shop",
            "no/where",
            "%FF/%00",
            "a%2Fb/c",
        ])
    }

    fn query(&mut self) -> String {
        let pieces = [
            "page=1",
            "page=2",
            "page=0",
            "page=x",
            "page=99999999999999999999",
            "per_page=100",
            "per_page=1",
            "per_page=101",
            "sort=created_at",
            "sort=updated_at",
            "sort=",
            "direction=asc",
            "direction=desc",
            "direction=up",
            "state=queued",
            "state=completed,failed",
            "state=waiting_for_user%2Cidle",
            "state=done",
            "is_archived=true",
            "is_archived=false",
            "is_archived=maybe",
            "since=2020-01-01T00:00:00Z",
            "since=2027-01-01+00:00:00%2B02:00",
            "since=soon",
            "creator_id=1",
            "creator_id=1%2C2",
            "creator_id[]=2",
            "creator_id=x",
            "unknown=1",
            "%FF=%FE",
            "state=%FF",
        ];
        let count = self.below(4);
        (0..count)
            .map(|_| self.pick(&pieces))
            .collect::<Vec<_>>()
            .join("&")
    }

    fn body(&mut self) -> String {
        self.pick(&[
            r#"{"prompt":"Fix the login button","base_ref":"main"}"#,
            r#"{"prompt":"Fix the login button","custom_agent":"my-agent","create_pull_request":true}"#,
            r#"{"prompt":"Añade pruebas 🧪","model":"gpt-5.4","head_ref":"x","base_ref":"main","extra":[null]}"#,
            r#"{"prompt":""}"#,
            r#"{"prompt":7,"model":"gpt-1"}"#,
            r#"{"model":null}"#,
            "{",
            "[]",
            "",
        ])
        .to_owned()
    }
}

#[tokio::test]
async fn a_long_random_run_never_leaves_the_description() {
    let description = Description::read();
    let tokens = ["ghp_reader", "ghp_nobody", "ghs_server", "ghp_unknown"];
    let builder = Emulator::builder()
        .seed(11)
        .repository("octocat", "hello-world")
        .repository("acme", "shop")
        .tasks(300)
        .scenario(Scenario::Random)
        .limits(Limits {
            quota: 2500,
            ..Limits::default()
        })
        .add_token(
            Token::new(tokens[0])
                .access(Access::Read)
                .sees("octocat", "hello-world"),
        )
        .add_token(Token::new(tokens[1]).access(Access::None));
    let world = World::with(builder).await;
    let mut dice = Dice(1);
    let mut seen: BTreeMap<(usize, u16), u32> = BTreeMap::new();
    let mut states = BTreeSet::new();
    for _ in 0..4000 {
        let operation = dice.below(OPERATIONS.len());
        let (method, template) = OPERATIONS[operation];
        let tasks = world.github.tasks();
        let id = if dice.below(4) == 0 {
            dice.pick(&["..", "x", "%FF", "%00", "a%2Fb"]).to_owned()
        } else {
            tasks[dice.below(tasks.len())].id()
        };
        let mut path = template
            .replace("{owner}/{repo}", dice.repository())
            .replace("{task_id}", &id.replace("..", "%2E%2E%2E"));
        if method == "get" {
            path = format!("{path}?{}", dice.query());
        }
        let token = if dice.below(8) == 0 {
            tokens[dice.below(4)]
        } else {
            world.github.token()
        };
        let mut request = world.anonymous(&method.to_uppercase(), &path);
        if dice.below(30) > 0 {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        if dice.below(20) == 0 {
            request = request.header(
                "x-github-api-version",
                dice.pick(&["2026-03-10", "2022-11-28", "1999-01-01"]),
            );
        }
        if method == "post" {
            request = request
                .header("content-type", "application/json")
                .body(dice.body());
        }
        let response = reply(request).await;
        description.check(operation, &response, &format!("{method} {path}"));
        states.extend(response.body["state"].as_str().map(str::to_owned));
        *seen.entry((operation, response.status)).or_default() += 1;
        world.github.advance(Duration::from_secs(dice.below(40) as u64));
    }
    for wanted in description.0.keys() {
        // Nothing about the path of a task can be invalid: its 422 is documented and has no cause.
        if !matches!(wanted, (2 | 4, 422)) {
            assert!(seen.contains_key(wanted), "{wanted:?} never occurred: {seen:?}");
        }
    }
    assert_eq!(
        states.len(),
        TaskState::ALL.len(),
        "the run met every state: {states:?}"
    );
}
