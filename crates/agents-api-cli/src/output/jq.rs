//! `--jq`: an expression of the jq language, evaluated by jaq.
use jaq_core::load::{Arena, File, Loader};
use jaq_core::{Compiler, Ctx, Vars, data, unwrap_valr};
use jaq_json::{Val, read};
use serde_json::Value;

use crate::exit::Exit;
use crate::failure::{Failure, Result};

type Filter = jaq_core::compile::Filter<jaq_core::Native<data::JustLut<Val>>>;

/// What the expression gives for the value, a line each. Strings are without their quotes.
pub(super) fn lines(expression: &str, value: &Value) -> Result<Vec<String>> {
    let filter = compile(expression)?;
    let failed = |error: String| Failure::new(Exit::Usage, format!("--jq: {error}"));
    let input =
        read::parse_single(value.to_string().as_bytes()).map_err(|error| failed(error.to_string()))?;
    let context = Ctx::<data::JustLut<Val>>::new(&filter.lut, Vars::new([]));
    let results = filter.id.run((context, input)).map(unwrap_valr);
    let text = |result: std::result::Result<Val, _>| match result {
        Ok(Val::TStr(text)) => Ok(String::from_utf8_lossy(&text).into_owned()),
        Ok(value) => Ok(value.to_string()),
        Err(error) => Err(failed(jaq_core::Error::<Val>::to_string(&error))),
    };
    results.map(text).collect()
}

/// Whether the expression can be read.
pub(super) fn check(expression: &str) -> Result<()> {
    compile(expression).map(drop)
}

fn compile(expression: &str) -> Result<Filter> {
    let unreadable = || {
        Failure::usage(format!("--jq: {expression:?} is not an expression of jq"))
            .hint("try --jq '.[].id', or see https://jqlang.org/manual")
    };
    let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
    let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
    let arena = Arena::default();
    let program = File {
        code: expression,
        path: (),
    };
    let modules = Loader::new(definitions)
        .load(&arena, program)
        .map_err(|_| unreadable())?;
    Compiler::default()
        .with_funs(functions)
        .compile(modules)
        .map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn strings_are_raw_and_long_numbers_whole() {
        let value =
            json!([{"id": "a", "amount": 12_345_678_901_234_567_890_u64}, {"id": "b\nc", "amount": 1}]);
        assert_eq!(lines(".[].id", &value).unwrap(), ["a", "b\nc"]);
        assert_eq!(lines(".[0].amount", &value).unwrap(), ["12345678901234567890"]);
        assert_eq!(lines("map({id}) | first", &value).unwrap(), [r#"{"id":"a"}"#]);
    }

    #[test]
    fn what_is_no_expression_is_a_usage_error() {
        for expression in [".[", "nope", "$x"] {
            assert_eq!(lines(expression, &json!({})).unwrap_err().exit, Exit::Usage);
        }
        assert_eq!(lines("error(\"x\")", &json!({})).unwrap_err().exit, Exit::Usage);
    }
}
