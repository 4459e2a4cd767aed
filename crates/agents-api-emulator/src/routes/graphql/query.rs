//! A small parser of GraphQL queries: one operation, fragments, arguments with literals and variables.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::token::{Token, shown, tokens};

/// How deep selections and values may nest: beyond any honest query, below any stack.
const DEEPEST: usize = 32;

/// A parsed document.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) root: Vec<Selection>,
    pub(super) fragments: HashMap<String, Vec<Selection>>,
    /// Default values of variables.
    pub(super) defaults: Map<String, Value>,
}

#[derive(Debug)]
pub(super) enum Selection {
    Field(Field),
    /// Selections that apply to one type, or to every type.
    On(Option<String>, Vec<Selection>),
    /// The fragment of this name.
    Spread(String),
}

#[derive(Debug)]
pub(super) struct Field {
    pub(super) alias: String,
    pub(super) name: String,
    pub(super) arguments: Vec<(String, Argument)>,
    pub(super) selections: Vec<Selection>,
}

#[derive(Debug, Clone)]
pub(super) enum Argument {
    Literal(Value),
    Variable(String),
    List(Vec<Argument>),
}

/// Parses a query.
pub(super) fn parse(text: &str) -> Result<Document, String> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        position: 0,
        depth: 0,
    };
    let mut document = Document::default();
    let mut operations = 0;
    while let Some(token) = parser.peek().cloned() {
        match token {
            Token::Mark('{') => document.root = parser.selections()?,
            Token::Name(word) if word == "query" => {
                parser.position += 1;
                if matches!(parser.peek(), Some(Token::Name(_))) {
                    parser.position += 1;
                }
                document.defaults = parser.variables()?;
                document.root = parser.selections()?;
            }
            Token::Name(word) if word == "fragment" => {
                parser.position += 1;
                let name = parser.name()?;
                parser.keyword("on")?;
                parser.name()?;
                let selections = parser.selections()?;
                document.fragments.insert(name, selections);
                continue;
            }
            other => return Err(format!("unexpected {}", shown(Some(&other)))),
        }
        operations += 1;
    }
    if operations == 1 {
        Ok(document)
    } else {
        Err(format!("expected one query, found {operations}"))
    }
}

struct Parser {
    tokens: Vec<Token>,
    position: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.position)
    }

    fn next(&mut self) -> Option<Token> {
        self.position += 1;
        self.tokens.get(self.position - 1).cloned()
    }

    fn takes(&mut self, mark: char) -> bool {
        let found = self.peek() == Some(&Token::Mark(mark));
        self.position += usize::from(found);
        found
    }

    fn expect(&mut self, mark: char) -> Result<(), String> {
        if self.takes(mark) {
            Ok(())
        } else {
            Err(format!("expected {mark}, found {}", shown(self.peek())))
        }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.next() {
            Some(Token::Name(name)) => Ok(name),
            other => Err(format!("expected a name, found {}", shown(other.as_ref()))),
        }
    }

    fn keyword(&mut self, word: &str) -> Result<(), String> {
        let name = self.name()?;
        if name == word {
            Ok(())
        } else {
            Err(format!("expected {word}, found {name}"))
        }
    }

    fn deeper<T>(&mut self, parse: impl FnOnce(&mut Self) -> Result<T, String>) -> Result<T, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("nested more than {DEEPEST} deep"));
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// `($ids: [ID!]!, $n: Int = 1)`: types are skipped, defaults are kept.
    fn variables(&mut self) -> Result<Map<String, Value>, String> {
        let mut defaults = Map::new();
        if !self.takes('(') {
            return Ok(defaults);
        }
        while !self.takes(')') {
            self.expect('$')?;
            let name = self.name()?;
            self.expect(':')?;
            while matches!(self.peek(), Some(Token::Mark('[' | ']' | '!') | Token::Name(_))) {
                self.position += 1;
            }
            if self.takes('=')
                && let Argument::Literal(value) = self.value()?
            {
                defaults.insert(name, value);
            }
        }
        Ok(defaults)
    }

    fn selections(&mut self) -> Result<Vec<Selection>, String> {
        self.deeper(|parser| {
            parser.expect('{')?;
            let mut selections = Vec::new();
            while !parser.takes('}') {
                selections.push(parser.selection()?);
            }
            Ok(selections)
        })
    }

    fn selection(&mut self) -> Result<Selection, String> {
        if self.peek() == Some(&Token::Spread) {
            self.position += 1;
            if self.peek() == Some(&Token::Mark('{')) {
                return Ok(Selection::On(None, self.selections()?));
            }
            let name = self.name()?;
            if name != "on" {
                return Ok(Selection::Spread(name));
            }
            let on = self.name()?;
            return Ok(Selection::On(Some(on), self.selections()?));
        }
        let alias = self.name()?;
        let name = if self.takes(':') {
            self.name()?
        } else {
            alias.clone()
        };
        let mut arguments = Vec::new();
        if self.takes('(') {
            while !self.takes(')') {
                let argument = self.name()?;
                self.expect(':')?;
                arguments.push((argument, self.value()?));
            }
        }
        let has_selections = self.peek() == Some(&Token::Mark('{'));
        let selections = if has_selections {
            self.selections()?
        } else {
            Vec::new()
        };
        Ok(Selection::Field(Field {
            alias,
            name,
            arguments,
            selections,
        }))
    }

    fn value(&mut self) -> Result<Argument, String> {
        if self.takes('$') {
            return Ok(Argument::Variable(self.name()?));
        }
        if self.takes('[') {
            return self.deeper(|parser| {
                let mut list = Vec::new();
                while !parser.takes(']') {
                    list.push(parser.value()?);
                }
                Ok(Argument::List(list))
            });
        }
        Ok(Argument::Literal(match self.next() {
            Some(Token::Text(text)) => text.into(),
            Some(Token::Number(digits)) => {
                serde_json::from_str(&digits).map_err(|error| error.to_string())?
            }
            Some(Token::Name(word)) => match word.as_str() {
                "true" => true.into(),
                "false" => false.into(),
                "null" => Value::Null,
                _ => word.into(),
            },
            other => return Err(format!("expected a value, found {}", shown(other.as_ref()))),
        }))
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
             fragment P on PullRequest { number # comment\n url }",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_query_says_why() {
        for text in [
            "",
            "{",
            "mutation { x }",
            "{ a } { b }",
            "{ a(x: ) }",
            "{ \"a\" }",
            "{ a ¬ }",
            "query($a) { a }",
            "{ a(x: \"b) }",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse(&"{a".repeat(10_000)).is_err());
        assert!(parse(&format!("{{a(x:{})}}", "[".repeat(10_000))).is_err());
    }

    proptest! {
        #[test]
        fn no_text_is_more_than_refused(text in "(query|fragment|on|nodes|[a-z$:(){}\\[\\]!=.,# \"\\\\-]|[0-9]|\\PC){0,60}") {
            let _ = parse(&text);
        }
    }
}
