//! Compares two descriptions and classifies every change for a client.
//!
//! The question behind every class: a program was built with this crate from the *old* description, and the server
//! follows the *new* one. **Breaking**: something it sends may be refused or mean something else, or something it
//! relies on may be absent or unreadable. **Additive**: it goes on working. **Documentation**: only words changed.
//!
//! | what changed | in a request | in an answer |
//! |---|---|---|
//! | operation removed, moved (same operation id) | breaking | |
//! | operation added, renamed (same path) | additive | |
//! | field or parameter removed | breaking | breaking |
//! | field or parameter added | required: breaking, else additive | additive |
//! | now required | breaking | additive |
//! | no longer required | additive | breaking |
//! | now nullable | additive | breaking |
//! | no longer nullable | breaking | additive |
//! | type or format | breaking | breaking: int64 does not fit a generated `i32` |
//! | limits tightened; a plain type limited to an enum | breaking | additive |
//! | limits loosened; an enum given up | additive | breaking: generated types check limits and name values |
//! | another pattern or step | breaking | breaking: which allows more cannot be told |
//! | enum value added | additive | additive: enums are open |
//! | enum value removed | breaking | breaking: who waits for it waits for ever |
//! | variant of a choice added | additive | object beside objects: additive, else breaking |
//! | variant of a choice removed | breaking | breaking, as with enum values |
//! | one shape became a choice, or a choice one shape | still among the variants: additive, else breaking | breaking |
//! | `oneOf` became `anyOf` or the reverse | breaking | breaking: the generated type is another |
//! | default set | additive | additive |
//! | default changed, removed | breaking: leaving it out means something else | additive: no type knows it |
//! | discriminator or a value of it added / removed, changed | additive / breaking | additive / breaking |
//! | unlisted fields: forbidden / allowed | breaking / additive | additive / additive: unknown fields are tolerated |
//! | body or media type removed, changed | breaking | breaking |
//! | body or media type added | required body: breaking, else additive | additive |
//! | success status added, removed, changed | | breaking: an undocumented success is an error to the client |
//! | error status added, removed | | additive: an undocumented error is an error all the same |
//! | header removed / added | (a parameter) | breaking / additive |
//! | parameter style; `explode` of an array or object | breaking | breaking |
//! | `explode` of a single value; name of a path's placeholder | additive: the request stays the same | |
//! | server or way to authenticate added / removed | additive / breaking (the first way, the last way: reverse) | |
//! | single value of a query parameter became a list of it, each with the key | additive | |
//! | `deprecated` | additive: an announcement, and no mere wording | additive |
//! | summary, description, meaning of an enum value | documentation | documentation |
//!
//! A choice between objects can grow because this client's choices end in a variant that keeps any object. A schema
//! used in both directions is judged in each. A field that is `readOnly` does not exist in requests, one that is
//! `writeOnly` not in answers.
//!
//! No change at all: order of keys, parameters, statuses, enum values, variants; inlining or `$ref`; `allOf` written out;
//! a choice of one; a `type` that the keywords beside it imply; names of components; `x-` keys; titles, tags, examples, links, callbacks, `info`.
//!
//! Words and operation ids are compared only when they are of the same author, see [`Report::note`]: the resolved spec
//! has ours, GitHub's description has GitHub's, and `spec/upstream.json` has none.
//!
//! An input with none of the selected operations is unusable rather than a removal of all of them: it is far more often
//! the wrong file, and a report of five removals would hide that.
use serde_json::Value;

mod bounds;
mod document;
mod engine;
mod error;
mod merge;
mod model;
mod prose;
mod render;
mod report;
mod says;
mod schema;

use document::Document;
pub use error::{Error, Which};
pub use render::Format;
pub use report::{Change, Class, Place, Report};

/// Compares two `OpenAPI` 3.0 descriptions.
///
/// # Errors
/// When one of them is not an `OpenAPI` 3.0 description or refers to something it does not contain.
pub fn compare(old: &Value, new: &Value) -> Result<Report, Error> {
    engine::documents(Document::open(old, Which::Old)?, Document::open(new, Which::New)?)
}
