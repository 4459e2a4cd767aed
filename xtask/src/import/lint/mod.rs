//! Refuses whatever the generator would get wrong without saying so.
//!
//! Each rule is a fact learned from the generator (progenitor 0.15 with typify 0.8) fed with GitHub's description: it
//! ignores keywords it does not know, gives unnamed bodies one name, and renames colliding names as it sees fit. So
//! the rules are lists of what is allowed; a keyword nobody has looked at is refused, not passed on.
mod bodies;
pub(crate) mod casing;
mod collector;
mod members;
mod operations;
mod parameters;
mod schemas;

pub(crate) use collector::Lint;

/// Keywords that become a check in the generated type, and so an error when GitHub sends something new.
pub(crate) const TOO_STRICT: [&str; 4] = ["pattern", "minLength", "maxLength", "uniqueItems"];

/// Applies every rule.
pub(crate) fn rules(lint: &mut Lint<'_>) {
    operations::check(lint);
    schemas::check(lint);
}
