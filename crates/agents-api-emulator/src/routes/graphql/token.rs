//! The words of GraphQL.

/// A word of a query.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Name(String),
    Text(String),
    Number(String),
    Mark(char),
    Spread,
}

/// A word as an error names it.
pub(super) fn shown(token: Option<&Token>) -> String {
    match token {
        None => "the end of the query".to_owned(),
        Some(Token::Name(text) | Token::Number(text)) => text.clone(),
        Some(Token::Text(text)) => format!("{text:?}"),
        Some(Token::Mark(mark)) => mark.to_string(),
        Some(Token::Spread) => "...".to_owned(),
    }
}

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            // Commas mean nothing in GraphQL.
            ',' | '\u{FEFF}' => first.len_utf8(),
            _ if first.is_whitespace() => first.len_utf8(),
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '.' if rest.starts_with("...") => {
                tokens.push(Token::Spread);
                3
            }
            '"' => {
                let (value, length) = text_literal(rest)?;
                tokens.push(Token::Text(value));
                length
            }
            '{' | '}' | '(' | ')' | '[' | ']' | ':' | '$' | '!' | '=' => {
                tokens.push(Token::Mark(first));
                1
            }
            _ if first == '_' || first.is_ascii_alphabetic() => {
                let end = rest
                    .find(|c: char| c != '_' && !c.is_ascii_alphanumeric())
                    .unwrap_or(rest.len());
                tokens.push(Token::Name(rest[..end].to_owned()));
                end
            }
            _ if first == '-' || first.is_ascii_digit() => {
                let end = rest
                    .find(|c: char| !"+-.eE".contains(c) && !c.is_ascii_digit())
                    .unwrap_or(rest.len());
                tokens.push(Token::Number(rest[..end].to_owned()));
                end
            }
            other => return Err(format!("unexpected character {other:?}")),
        };
        rest = &rest[length..];
    }
    Ok(tokens)
}

/// A quoted text and its length in the source. GraphQL's escapes are JSON's.
fn text_literal(rest: &str) -> Result<(String, usize), String> {
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    match values.next() {
        Some(Ok(text)) => Ok((text, values.byte_offset())),
        _ => Err("a text does not end".to_owned()),
    }
}
