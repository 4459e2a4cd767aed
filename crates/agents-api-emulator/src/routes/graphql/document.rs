//! Parses GraphQL documents with `apollo-parser` into the small tree that the executor walks.

use std::collections::HashMap;

use apollo_parser::{Parser, cst};
use serde_json::{Map, Value, json};

use super::error::error;

/// Maximum nesting of selection sets, lists and object literals. Above any depth that GitHub accepts, below any stack.
const MAX_NESTING: usize = 64;

/// Maximum number of tokens, whitespace included, in a document.
const MAX_TOKENS: usize = 250_000;

/// A parsed document.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) operations: Vec<Operation>,
    pub(super) fragments: HashMap<String, Fragment>,
}

/// A query, or another operation that only has a name here.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) kind: OperationKind,
    pub(super) name: Option<String>,
    /// The declared variables with their default values.
    pub(super) variables: HashMap<String, Option<Argument>>,
    pub(super) selections: Vec<Selection>,
}

/// Which root type an operation starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OperationKind {
    Query,
    Mutation,
    Subscription,
}

/// A named fragment.
#[derive(Debug)]
pub(super) struct Fragment {
    pub(super) on: String,
    pub(super) selections: Vec<Selection>,
}

/// One entry of a selection set.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) kind: SelectionKind,
    pub(super) directives: Vec<Directive>,
}

/// What a selection selects.
#[derive(Debug)]
pub(super) enum SelectionKind {
    Field(Field),
    /// An inline fragment, with its type condition if it has one.
    Inline(Option<String>, Vec<Selection>),
    /// The named fragment to insert.
    Spread(String),
}

/// A selected field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) alias: Option<String>,
    pub(super) name: String,
    pub(super) arguments: Vec<(String, Argument)>,
    pub(super) selections: Vec<Selection>,
}

impl Field {
    /// The key of the field in the response.
    pub(super) fn key(&self) -> &str {
        self.alias.as_ref().unwrap_or(&self.name)
    }
}

/// `@include`, `@skip`, or a directive that the schema does not define.
#[derive(Debug)]
pub(super) struct Directive {
    pub(super) name: String,
    pub(super) arguments: Vec<(String, Argument)>,
}

/// The value of an argument.
#[derive(Debug, Clone)]
pub(super) enum Argument {
    Literal(Value),
    Variable(String),
    List(Vec<Argument>),
    Object(Vec<(String, Argument)>),
}

/// Parses a document.
///
/// # Errors
///
/// The GraphQL error to respond with: for a syntax error it names the line and column; for a document that is too deep
/// or too long it is the message of GitHub's own parser.
pub(super) fn parse(text: &str) -> Result<Document, Value> {
    let tree = Parser::new(text)
        .recursion_limit(MAX_NESTING)
        .token_limit(MAX_TOKENS)
        .parse();
    let mut errors = tree.errors();
    if let Some(first) = errors.next() {
        if first.is_limit() || errors.any(apollo_parser::Error::is_limit) {
            return Err(error("This query is too large to execute."));
        }
        return Err(syntax_error(text, first));
    }
    let mut document = Document::default();
    for definition in tree.document().definitions() {
        match definition {
            cst::Definition::OperationDefinition(definition) => {
                document.operations.push(operation(&definition));
            }
            cst::Definition::FragmentDefinition(definition) => {
                let name = definition.fragment_name().and_then(|name| name.name());
                document
                    .fragments
                    .extend(text_of(name).zip(fragment(&definition)));
            }
            other => {
                let message = format!(
                    "Parse error: unexpected {}; only operations and fragments can be executed",
                    other.kind()
                );
                return Err(error(&message));
            }
        }
    }
    if document.operations.is_empty() {
        return Err(error("Parse error: the document has no operation"));
    }
    Ok(document)
}

fn syntax_error(text: &str, cause: &apollo_parser::Error) -> Value {
    let before = text.get(..cause.index()).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    let message = format!("Parse error on line {line}, column {column}: {}", cause.message());
    json!({ "message": message, "locations": [{ "line": line, "column": column }] })
}

// The parser reports a document that lacks one of the following parts, so each `Option` below holds a value.

fn text_of(name: Option<cst::Name>) -> Option<String> {
    name.map(|name| name.text().to_string())
}

fn type_of(condition: Option<cst::TypeCondition>) -> Option<String> {
    text_of(condition?.named_type()?.name())
}

fn operation(definition: &cst::OperationDefinition) -> Operation {
    let kind = match definition.operation_type() {
        Some(kind) if kind.mutation_token().is_some() => OperationKind::Mutation,
        Some(kind) if kind.subscription_token().is_some() => OperationKind::Subscription,
        _ => OperationKind::Query,
    };
    let variables = definition.variable_definitions().into_iter();
    let variables = variables.flat_map(|list| list.variable_definitions());
    Operation {
        kind,
        name: text_of(definition.name()),
        variables: variables
            .filter_map(|variable| {
                let default = variable.default_value().and_then(|default| default.value());
                Some((
                    text_of(variable.variable()?.name())?,
                    default.map(|value| argument(&value)),
                ))
            })
            .collect(),
        selections: selections(definition.selection_set()),
    }
}

fn fragment(definition: &cst::FragmentDefinition) -> Option<Fragment> {
    Some(Fragment {
        on: type_of(definition.type_condition())?,
        selections: selections(definition.selection_set()),
    })
}

fn selections(set: Option<cst::SelectionSet>) -> Vec<Selection> {
    let selections = set.into_iter().flat_map(|set| set.selections());
    selections.filter_map(|selected| selection(&selected)).collect()
}

fn selection(selected: &cst::Selection) -> Option<Selection> {
    let (kind, directives) = match selected {
        cst::Selection::Field(field) => {
            let kind = SelectionKind::Field(Field {
                alias: text_of(field.alias().and_then(|alias| alias.name())),
                name: text_of(field.name())?,
                arguments: arguments(field.arguments()),
                selections: selections(field.selection_set()),
            });
            (kind, field.directives())
        }
        cst::Selection::InlineFragment(inline) => {
            let on = type_of(inline.type_condition());
            let kind = SelectionKind::Inline(on, selections(inline.selection_set()));
            (kind, inline.directives())
        }
        cst::Selection::FragmentSpread(spread) => {
            let name = text_of(spread.fragment_name().and_then(|name| name.name()))?;
            (SelectionKind::Spread(name), spread.directives())
        }
    };
    let directives = directives.into_iter().flat_map(|list| list.directives());
    let directives = directives.filter_map(|directive| {
        Some(Directive {
            name: text_of(directive.name())?,
            arguments: arguments(directive.arguments()),
        })
    });
    Some(Selection {
        kind,
        directives: directives.collect(),
    })
}

fn arguments(list: Option<cst::Arguments>) -> Vec<(String, Argument)> {
    let arguments = list.into_iter().flat_map(|list| list.arguments());
    arguments
        .filter_map(|given| Some((text_of(given.name())?, argument(&given.value()?))))
        .collect()
}

fn argument(value: &cst::Value) -> Argument {
    let number = |text: String| serde_json::from_str(text.trim()).unwrap_or(Value::Null);
    Argument::Literal(match value {
        cst::Value::Variable(variable) => {
            return Argument::Variable(text_of(variable.name()).unwrap_or_default());
        }
        cst::Value::ListValue(list) => {
            return Argument::List(list.values().map(|value| argument(&value)).collect());
        }
        cst::Value::ObjectValue(object) => {
            let fields = object.object_fields();
            let fields = fields.filter_map(|field| Some((text_of(field.name())?, argument(&field.value()?))));
            return Argument::Object(fields.collect());
        }
        cst::Value::StringValue(text) => String::from(text).into(),
        cst::Value::IntValue(int) => number(
            int.int_token()
                .map_or_else(String::new, |token| token.to_string()),
        ),
        cst::Value::FloatValue(float) => number(
            float
                .float_token()
                .map_or_else(String::new, |token| token.to_string()),
        ),
        cst::Value::BooleanValue(boolean) => boolean.true_token().is_some().into(),
        cst::Value::NullValue(_) => Value::Null,
        cst::Value::EnumValue(word) => text_of(word.name()).into(),
    })
}

/// An argument with its variable looked up. Nothing is copied: one large variable may be used in many places.
#[derive(Debug, Clone, Copy)]
pub(super) enum Resolved<'q> {
    Value(&'q Value),
    List(&'q [Argument]),
    /// An object literal, or a variable that is absent.
    Other,
}

impl Argument {
    /// The value, with a variable taken from the request, then from its default.
    pub(super) fn resolve<'q>(
        &'q self,
        operation: &'q Operation,
        variables: &'q Map<String, Value>,
    ) -> Resolved<'q> {
        match self {
            Self::Literal(value) => Resolved::Value(value),
            Self::List(list) => Resolved::List(list),
            Self::Object(_) => Resolved::Other,
            Self::Variable(name) => match (variables.get(name), operation.variables.get(name)) {
                (Some(given), _) => Resolved::Value(given),
                // The default of a variable is a constant: it cannot refer to another variable.
                (None, Some(Some(Self::Literal(default)))) => Resolved::Value(default),
                (None, Some(Some(Self::List(defaults)))) => Resolved::List(defaults),
                _ => Resolved::Other,
            },
        }
    }

    /// Calls `visit` with the name of every variable in the value.
    pub(super) fn visit_variables<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Self::Literal(_) => {}
            Self::Variable(name) => visit(name),
            Self::List(list) => list.iter().for_each(|item| item.visit_variables(visit)),
            Self::Object(fields) => fields.iter().for_each(|(_, value)| value.visit_variables(visit)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn queries_of_every_style_are_parsed() {
        for text in [
            "{ viewer { login } }",
            "query { nodes(ids: [\"a\", \"b\"]) { ... on PullRequest { number } } }",
            "query Q($ids: [ID!]!, $n: Int = 3) { a: nodes(ids: $ids) { id ...P ... { __typename } } }\n\
             fragment P on PullRequest { number # comment\n url @include(if: true) }",
            "query A { a } query B { b }",
            "{ a(x: {y: [1, -2.5e3, null, WORD, \"\"\"block\"\"\"]}) }",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_syntax_error_names_its_line_and_column() {
        let error = parse("{\n  nodes(ids: ) { id }\n}").expect_err("no value");
        assert_eq!(error["locations"][0]["line"], 2, "{error}");
        for text in [
            "",
            "{",
            "{ a(x: ) }",
            "{ \"a\" }",
            "{ a ¬ }",
            "query($a) { a }",
            "{ a(x: \"b) }",
            "type A { b: C }",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_document_that_is_too_deep_or_too_long_is_refused() {
        let deep_object = format!("{{ a(x: {} 1 {}) }}", "{x:".repeat(10_000), "}".repeat(10_000));
        for text in [
            "{a".repeat(10_000),
            format!("{{a(x:{}", "[".repeat(10_000)),
            deep_object,
            format!("query($a: {}", "[".repeat(10_000)),
            format!("{{{}}}", "a ".repeat(MAX_TOKENS)),
        ] {
            let error = parse(&text).expect_err("a limit");
            assert_eq!(error["message"], "This query is too large to execute.");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_parsed_or_refused(text in "(query|fragment|on|nodes|\\\\u|d8[0-9]|[a-z$:(){}\\[\\]!=.,# \"\\\\-]|[0-9]|\\PC){0,60}") {
            let _ = parse(&text);
            let _ = parse(&format!("{{ a(x: \"{text}\") }}"));
        }
    }
}
