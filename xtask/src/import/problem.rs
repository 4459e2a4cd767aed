//! What is wrong with an input, where, and what to write about it.
use std::fmt::Write as _;

/// One thing that keeps the import from succeeding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Problem {
    /// JSON pointers into the input; an empty one when the overlay alone is to blame.
    pub(crate) places: Vec<String>,
    /// What is wrong and, when no stanza says it, what to do.
    pub(crate) message: String,
    /// Overlay actions that cure it, ready to be appended to the overlay.
    pub(crate) stanza: Option<String>,
}

impl Problem {
    /// A problem at one place.
    pub(crate) fn at(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            places: vec![place.into()],
            message: message.into(),
            stanza: None,
        }
    }

    /// A problem shared by several places.
    pub(crate) fn among(mut places: Vec<String>, message: impl Into<String>) -> Self {
        places.sort();
        places.dedup();
        Self {
            places,
            message: message.into(),
            stanza: None,
        }
    }

    /// The same problem with its cure.
    pub(crate) fn cured_by(mut self, stanza: impl Into<String>) -> Self {
        self.stanza = Some(stanza.into());
        self
    }
}

/// At most this many further places of one problem are listed; a shape repeated in every operation has dozens.
const PLACES_SHOWN: usize = 6;

/// Every problem found in one run, in an order that depends on the input's content only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    /// The problems in their stable order.
    pub(crate) fn of(mut problems: Vec<Problem>) -> Self {
        problems.sort();
        problems.dedup();
        Self(problems)
    }

    /// These problems and others.
    pub(crate) fn and(mut self, others: Vec<Problem>) -> Self {
        self.0.extend(others);
        Self::of(self.0)
    }

    /// Nothing, or the problems.
    pub(crate) fn check(problems: Vec<Problem>) -> Result<(), Self> {
        if problems.is_empty() {
            Ok(())
        } else {
            Err(Self::of(problems))
        }
    }

    /// Whether some of them have a cure.
    pub(crate) fn are_curable(&self) -> bool {
        self.0.iter().any(|problem| problem.stanza.is_some())
    }

    /// The overlay actions that cure them, one behind the other.
    pub(crate) fn stanzas(&self) -> String {
        self.0
            .iter()
            .filter_map(|problem| problem.stanza.as_deref())
            .collect()
    }

    /// The text for people. `prose` looks up what the input itself says about a place.
    pub(crate) fn render(&self, prose: impl Fn(&str) -> Option<String>) -> String {
        let count = self.0.len();
        let mut text = format!("found {count} problem{}\n", if count == 1 { "" } else { "s" });
        for (number, problem) in self.0.iter().enumerate() {
            let first = problem.places.first().map_or("", String::as_str);
            let first = if first.is_empty() {
                "in spec/overlay.yaml".to_owned()
            } else {
                format!("at {first}")
            };
            let _ = writeln!(text, "\n{}. {first}", number + 1);
            for place in problem.places.iter().skip(1).take(PLACES_SHOWN) {
                let _ = writeln!(text, "   and {place}");
            }
            let hidden = problem.places.len().saturating_sub(1 + PLACES_SHOWN);
            if hidden > 0 {
                let _ = writeln!(text, "   and {hidden} more");
            }
            for line in problem.message.lines() {
                let _ = writeln!(text, "   {line}");
            }
            if let Some(stanza) = &problem.stanza {
                if let Some(said) = problem.places.iter().find_map(|place| prose(place)) {
                    let _ = writeln!(text, "   the input says (context only, not to be copied): {said}");
                }
                let _ = writeln!(text, "   append to spec/overlay.yaml:\n{}", stanza.trim_end());
            }
        }
        let mut stanzas = self
            .0
            .iter()
            .filter_map(|problem| problem.stanza.as_ref())
            .peekable();
        if stanzas.peek().is_some() {
            text.push_str(if stanzas.any(|stanza| stanza.contains("<what ")) {
                "\nWrite a sentence of your own in place of each <what …>, then run the same command again.\n"
            } else {
                "\nThen run the same command again.\n"
            });
        }
        text
    }
}
