//! Checks a query before it is executed: names, fragments, and how much work it can cause.
//!
//! The messages and codes are those of GitHub's GraphQL server. Each fragment is checked once, however often it is
//! spread, so that the cost of the check is linear in the length of the document.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::document::{Argument, Directive, Document, Field, Operation, Resolved, Selection, SelectionKind};
use super::error::{error, typed_error};
use super::schema::{self, FieldType};

/// Maximum number of ids in one `nodes` field.
const MAX_IDS: usize = 100;

/// Maximum depth of fields. GitHub's limit, observed by its users.
const MAX_DEPTH: u32 = 25;

/// Maximum number of nodes that one query may request. Documented by GitHub.
const MAX_NODES: u64 = 500_000;

/// Maximum number of selections to execute, long keys counted more than once. GitHub does not publish its limit on resources.
const MAX_COST: u64 = 100_000;

/// Maximum nesting of fragments within fragments, fields included.
const MAX_NESTING: u32 = 100;

/// Number of bytes in `errors` after which no further error is reported.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// Checks the selected operation.
///
/// # Errors
///
/// The `errors` of the response.
pub(super) fn validate(
    document: &Document,
    operation: &Operation,
    variables: &Map<String, Value>,
) -> Result<(), Vec<Value>> {
    let mut check = Check {
        document,
        operation,
        variables,
        fragments: HashMap::new(),
        errors: Vec::new(),
        error_bytes: 0,
        is_too_deep: false,
    };
    let weight = check.selections(&operation.selections, Some("Query"), 0);
    if !check.errors.is_empty() {
        return Err(check.errors);
    }
    if check.is_too_deep {
        return Err(vec![resource_limit()]);
    }
    if weight.depth > MAX_DEPTH {
        return Err(vec![error(&format!(
            "Query has depth of {}, which exceeds max depth of {MAX_DEPTH}",
            weight.depth
        ))]);
    }
    if weight.nodes > MAX_NODES {
        let message = format!(
            "This query requests up to {} possible nodes which exceeds the maximum limit of {}.",
            grouped(weight.nodes),
            grouped(MAX_NODES)
        );
        return Err(vec![typed_error("MAX_NODE_LIMIT_EXCEEDED", &message)]);
    }
    if weight.cost > MAX_COST {
        return Err(vec![resource_limit()]);
    }
    Ok(())
}

fn resource_limit() -> Value {
    typed_error(
        "RESOURCE_LIMITS_EXCEEDED",
        "Resource limits for this query exceeded.",
    )
}

/// What executing a selection set can cost at most.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    /// The longest chain of fields.
    depth: u32,
    /// The longest chain of fields and fragments.
    nesting: u32,
    /// How many nodes it requests.
    nodes: u64,
    /// How many selections are visited.
    cost: u64,
}

struct Check<'d> {
    document: &'d Document,
    operation: &'d Operation,
    variables: &'d Map<String, Value>,
    /// The weight of each fragment that was visited; `None` while it is being visited.
    fragments: HashMap<&'d str, Option<Weight>>,
    errors: Vec<Value>,
    error_bytes: usize,
    is_too_deep: bool,
}

impl<'d> Check<'d> {
    /// Checks a selection set on a type. Nothing is known of the fields of a type that the emulated schema lacks.
    fn selections(&mut self, selections: &'d [Selection], on: Option<&'static str>, nesting: u32) -> Weight {
        let mut total = Weight::default();
        if nesting >= MAX_NESTING {
            self.is_too_deep = true;
            return total;
        }
        for selection in selections {
            self.directives(&selection.directives);
            let weight = match &selection.kind {
                SelectionKind::Field(field) => self.field(field, on, nesting),
                SelectionKind::Inline(condition, inner) => {
                    let on = match condition {
                        Some(condition) => schema::type_named(condition),
                        None => on,
                    };
                    self.selections(inner, on, nesting + 1)
                }
                SelectionKind::Spread(name) => self.spread(name, nesting),
            };
            total.depth = total.depth.max(weight.depth);
            total.nesting = total.nesting.max(weight.nesting.saturating_add(1));
            total.nodes = total.nodes.saturating_add(weight.nodes);
            total.cost = total.cost.saturating_add(weight.cost).saturating_add(1);
        }
        total
    }

    fn spread(&mut self, name: &'d str, nesting: u32) -> Weight {
        let Some(fragment) = self.document.fragments.get(name) else {
            let message = format!("Fragment {name} was used, but not defined");
            self.refuse(
                &message,
                json!({ "code": "useAndDefineFragment", "fragmentName": name }),
            );
            return Weight::default();
        };
        match self.fragments.get(name) {
            Some(Some(weight)) => {
                self.is_too_deep |= nesting.saturating_add(weight.nesting) >= MAX_NESTING;
                *weight
            }
            Some(None) => {
                let message = format!("Fragment {name} contains an infinite loop");
                self.refuse(&message, json!({ "code": "infiniteLoop", "fragmentName": name }));
                Weight::default()
            }
            None => {
                self.fragments.insert(name, None);
                let weight = self.selections(
                    &fragment.selections,
                    schema::type_named(&fragment.on),
                    nesting + 1,
                );
                self.fragments.insert(name, Some(weight));
                weight
            }
        }
    }

    fn field(&mut self, field: &'d Field, on: Option<&'static str>, nesting: u32) -> Weight {
        for (_, argument) in &field.arguments {
            self.declared(argument);
        }
        let (inner, count) = match on {
            None => (None, 1),
            Some(on) => match schema::field_type(on, &field.name) {
                None => {
                    let message = format!("Field '{}' doesn't exist on type '{on}'", field.name);
                    let code = json!({ "code": "undefinedField", "typeName": on, "fieldName": field.name });
                    self.refuse(&message, code);
                    return Weight::default();
                }
                Some(FieldType::Scalar) if field.selections.is_empty() => (None, 1),
                Some(FieldType::Scalar) => {
                    let message = format!(
                        "Selections can't be made on scalars (field '{}' returns a scalar but has selections)",
                        field.name
                    );
                    self.refuse(
                        &message,
                        json!({ "code": "selectionMismatch", "nodeName": field.name }),
                    );
                    return Weight::default();
                }
                Some(FieldType::Composite(inner)) => {
                    if field.selections.is_empty() {
                        let message = format!(
                            "Field must have selections (field '{0}' returns {inner} but has no selections. \
                             Did you mean '{0} {{ ... }}'?)",
                            field.name
                        );
                        self.refuse(
                            &message,
                            json!({ "code": "selectionMismatch", "nodeName": field.name }),
                        );
                    }
                    (Some(inner), self.arguments(field, on))
                }
            },
        };
        let weight = self.selections(&field.selections, inner, nesting + 1);
        let is_node = on.is_some_and(|on| schema::argument_of(on, &field.name).is_some());
        // A key is written once for the field and once in the path of each error below it.
        let key = field.key().len() as u64 / 32;
        Weight {
            depth: weight.depth.saturating_add(1),
            nesting: weight.nesting,
            nodes: weight.nodes.saturating_add(if is_node { count } else { 0 }),
            cost: weight
                .cost
                .saturating_mul(count)
                .saturating_add(key.saturating_mul(count + 1)),
        }
    }

    /// Checks the arguments of a field that leads to objects, and returns how many it leads to.
    fn arguments(&mut self, field: &'d Field, on: &str) -> u64 {
        let known = schema::argument_of(on, &field.name);
        for (name, _) in field.arguments.iter().filter(|(name, _)| known != Some(name)) {
            let message = format!("Field '{}' doesn't accept argument '{name}'", field.name);
            let code = json!({ "code": "argumentNotAccepted", "name": field.name, "typeName": "Field", "argumentName": name });
            self.refuse(&message, code);
        }
        let Some(known) = known else { return 1 };
        let given = field.arguments.iter().find(|(name, _)| name == known);
        match given.map(|(_, argument)| argument.resolve(self.operation, self.variables)) {
            None | Some(Resolved::Other | Resolved::Value(Value::Null)) => {
                let message = format!("Field '{}' is missing required arguments: {known}", field.name);
                let code = json!({ "code": "missingRequiredArguments", "className": "Field", "name": field.name, "arguments": known });
                self.refuse(&message, code);
                1
            }
            Some(Resolved::Value(Value::Array(ids))) if known == "ids" => self.count(field, ids.len()),
            Some(Resolved::List(ids)) if known == "ids" => self.count(field, ids.len()),
            // A single value stands for a list of one (GraphQL, 3.11).
            Some(_) => 1,
        }
    }

    fn count(&mut self, field: &Field, ids: usize) -> u64 {
        if ids > MAX_IDS {
            let message = format!("You may not provide more than {MAX_IDS} node ids; you provided {ids}.");
            let mut error = typed_error("ARGUMENT_LIMIT", &message);
            error["path"] = json!([field.key()]);
            self.report(error);
        }
        ids as u64
    }

    fn directives(&mut self, directives: &'d [Directive]) {
        for directive in directives {
            let name = &directive.name;
            if !matches!(name.as_str(), "include" | "skip") {
                let message = format!("Directive @{name} is not defined");
                self.refuse(
                    &message,
                    json!({ "code": "undefinedDirective", "directiveName": name }),
                );
                continue;
            }
            for (_, argument) in &directive.arguments {
                self.declared(argument);
            }
            let condition = directive.arguments.iter().find(|(argument, _)| argument == "if");
            let condition = condition.map(|(_, argument)| argument.resolve(self.operation, self.variables));
            if !matches!(condition, Some(Resolved::Value(Value::Bool(_)))) {
                let message = format!("Directive '{name}' is missing required arguments: if");
                let code = json!({ "code": "missingRequiredArguments", "className": "Directive", "name": name, "arguments": "if" });
                self.refuse(&message, code);
            }
        }
    }

    fn declared(&mut self, argument: &'d Argument) {
        let mut undeclared = Vec::new();
        argument.visit_variables(&mut |name| {
            if !self.operation.variables.contains_key(name) {
                undeclared.push(name);
            }
        });
        for name in undeclared {
            let by = self.operation.name.as_deref().unwrap_or("anonymous query");
            let message = format!("Variable ${name} is used by {by} but not declared");
            self.refuse(
                &message,
                json!({ "code": "variableNotDefined", "variableName": name }),
            );
        }
    }

    fn refuse(&mut self, message: &str, extensions: Value) {
        let mut error = error(message);
        error["extensions"] = extensions;
        self.report(error);
    }

    /// Adds an error to the response, unless the response is long already: names in a query can be.
    fn report(&mut self, error: Value) {
        if self.errors.len() < 100 && self.error_bytes < MAX_ERROR_BYTES {
            self.error_bytes += error.to_string().len();
            self.errors.push(error);
        }
    }
}

/// A number with a comma between thousands, as GitHub writes it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [7, 1000, 603_360, 1_000_000].map(grouped),
            ["7", "1,000", "603,360", "1,000,000"]
        );
    }
}
