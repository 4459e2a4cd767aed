//! Takes the client's own token out of what a server echoes, and the prompt out of messages.
use std::collections::HashSet;

use agents_api_raw as raw;
use agents_api_raw::bytes::Bytes;
use reqwest::header::{HeaderMap, HeaderValue};

/// Shorter texts are no tokens; to replace them would garble what a server says.
const MIN_TOKEN: usize = 8;

/// A text of at least this many characters that stands in both is a quotation of the prompt.
const MIN_QUOTE: usize = 12;

/// Stands for what was taken out.
const REDACTED: &str = "…";

/// The error, without the token wherever its response repeats it.
pub(super) fn without_token(error: raw::Error, token: &str) -> raw::Error {
    if token.len() < MIN_TOKEN {
        return error;
    }
    match error {
        raw::Error::Status(response) => raw::Error::Status(clean(response, token)),
        raw::Error::Body { response, source } => raw::Error::Body {
            response: clean(response, token),
            source,
        },
        raw::Error::Decode { response, source } => raw::Error::Decode {
            response: clean(response, token),
            source,
        },
        other => other,
    }
}

fn clean(response: Box<raw::RawResponse>, token: &str) -> Box<raw::RawResponse> {
    let token = token.as_bytes();
    let echoed = contains(response.body(), token)
        || response
            .headers()
            .values()
            .any(|value| contains(value.as_bytes(), token));
    if !echoed {
        return response;
    }
    let headers: HeaderMap = response
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = HeaderValue::from_bytes(&replace(value.as_bytes(), token));
            (
                name.clone(),
                value.unwrap_or_else(|_| HeaderValue::from_static("")),
            )
        })
        .collect();
    let body = Bytes::from(replace(response.body(), token));
    Box::new(raw::RawResponse::new(response.status(), headers, body))
}

fn contains(text: &[u8], token: &[u8]) -> bool {
    find(text, token).is_some()
}

fn find(text: &[u8], token: &[u8]) -> Option<usize> {
    text.windows(token.len()).position(|window| window == token)
}

fn replace(text: &[u8], token: &[u8]) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some(at) = find(rest, token) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(REDACTED.as_bytes());
        rest = &rest[at + token.len()..];
    }
    out.extend_from_slice(rest);
    out
}

/// The message, without what it quotes of the prompt. White space does not count: messages are on one line.
pub(super) fn without_quotes(message: &str, prompt: &str) -> String {
    let prompt: Vec<char> = prompt
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .chars()
        .collect();
    let length = MIN_QUOTE.min(prompt.len());
    // A prompt of a word or less stands in many messages by chance.
    if length < 4 {
        return message.to_owned();
    }
    let quotes: HashSet<&[char]> = prompt.windows(length).collect();
    let text: Vec<char> = message.chars().collect();
    let mut is_quote = vec![false; text.len()];
    for (at, window) in text.windows(length).enumerate() {
        if quotes.contains(window) {
            is_quote[at..at + length].fill(true);
        }
    }
    let mut out = String::with_capacity(message.len());
    for (at, (character, is_quoted)) in text.iter().zip(&is_quote).enumerate() {
        if !is_quoted {
            out.push(*character);
        } else if at == 0 || !is_quote[at - 1] {
            out.push_str(REDACTED);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_of_the_prompt_are_taken_out() {
        let prompt = "Fix the login\n  button of hunter2";
        for (message, shown) in [
            (
                "prompt \"Fix the login button of hunter2\" is too long",
                "prompt \"…\" is too long",
            ),
            ("near \"login button of hun…\": no", "near \"……\": no"),
            ("no such model", "no such model"),
            ("", ""),
        ] {
            assert_eq!(without_quotes(message, prompt), shown);
        }
        assert_eq!(without_quotes("a fix is due", "fix"), "a fix is due");
        assert_eq!(without_quotes("\"Fix it\" is short", "Fix it"), "\"…\" is short");
    }

    #[test]
    fn the_token_is_taken_out_of_body_and_headers_and_nothing_else() {
        let mut headers = HeaderMap::new();
        headers.insert("x-echo", HeaderValue::from_static("Bearer tok.en-1234!"));
        let body = Bytes::from_static(b"{\"a\":\"tok.en-1234\",\"b\":\"tok.en-1234tok.en-1234x\"}");
        let response = raw::RawResponse::new(reqwest::StatusCode::BAD_REQUEST, headers, body);
        let error = without_token(raw::Error::Status(Box::new(response)), "tok.en-1234");
        let response = error.response().unwrap();
        assert_eq!(response.body(), "{\"a\":\"…\",\"b\":\"……x\"}".as_bytes());
        assert_eq!(response.headers()["x-echo"].as_bytes(), "Bearer …!".as_bytes());
    }
}
