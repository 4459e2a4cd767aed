//! Draws the faults of each request.

use std::sync::{Mutex, PoisonError};

use super::{Effect, Fault, When};
use crate::operation::Operation;
use crate::seeded::{mixed, unit};

#[derive(Debug)]
pub(crate) struct Engine {
    seed: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How many requests have come at all.
    arrived: u64,
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    fault: Fault,
    /// How many requests of the target have come.
    seen: u64,
    /// How many of them it struck.
    struck: u64,
}

/// The faults that strike one request.
#[derive(Debug, Default)]
pub(crate) struct Drawn(pub(crate) Vec<Fault>);

impl Engine {
    pub(crate) fn new(seed: u64, faults: Vec<Fault>) -> Self {
        let engine = Self {
            seed,
            state: Mutex::default(),
        };
        for fault in faults {
            engine.add(fault);
        }
        engine
    }

    pub(crate) fn add(&self, fault: Fault) {
        self.state().rules.push(Rule {
            fault,
            seen: 0,
            struck: 0,
        });
    }

    pub(crate) fn clear(&self) {
        self.state().rules.clear();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Numbers a request in order of arrival, from 1 on, and draws its faults: both at once, so that the log shows the
    /// order in which the rules counted.
    pub(crate) fn draw(&self, operation: Option<Operation>) -> (u64, Drawn) {
        let mut drawn = Drawn::default();
        let mut state = self.state();
        state.arrived += 1;
        let number = state.arrived;
        for (position, rule) in state.rules.iter_mut().enumerate() {
            if !rule.fault.target.covers(operation) {
                continue;
            }
            rule.seen += 1;
            let stream = mixed(self.seed, position as u64);
            let strikes = match &rule.fault.when {
                When::Always => true,
                When::Nth(list) => list.contains(&rule.seen),
                When::Every(n) => *n > 0 && rule.seen.is_multiple_of(*n),
                When::Chance(probability) => unit(mixed(stream, rule.seen)) < *probability,
            };
            if strikes && rule.fault.times.is_none_or(|most| rule.struck < most) {
                rule.struck += 1;
                drawn.0.push(rule.fault.clone());
            }
        }
        (number, drawn)
    }
}

impl Drawn {
    /// How long the answer is held back.
    pub(crate) fn latency(&self) -> std::time::Duration {
        self.effects()
            .fold(std::time::Duration::ZERO, |total, effect| match effect {
                Effect::Latency(latency) => total.saturating_add(*latency),
                _ => total,
            })
    }

    /// The fault that stands in place of the answer: of several, the first.
    pub(crate) fn instead(&self) -> Option<&Fault> {
        self.0.iter().find(|fault| fault.effect.replaces_the_answer())
    }

    pub(crate) fn effects(&self) -> impl Iterator<Item = &Effect> {
        self.0.iter().map(|fault| &fault.effect)
    }

    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.effects().map(Effect::name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::faults::Target;

    fn struck(engine: &Engine, requests: usize) -> Vec<usize> {
        (1..=requests)
            .filter(|_| !engine.draw(Some(Operation::GetTask)).1.0.is_empty())
            .collect()
    }

    #[test]
    fn the_nth_request_is_counted_a_rule_and_target() {
        let engine = Engine::new(
            1,
            vec![Fault::on(Operation::GetTask, Effect::Reset).nth(2).nth(4)],
        );
        assert!(engine.draw(Some(Operation::StartTask)).1.0.is_empty());
        assert_eq!(struck(&engine, 5), [2, 4]);
    }

    #[test]
    fn every_third_but_at_most_twice() {
        let engine = Engine::new(1, vec![Fault::on(Target::Gets, Effect::Reset).every(3).times(2)]);
        assert_eq!(struck(&engine, 12), [3, 6]);
    }

    #[test]
    fn the_same_seed_strikes_the_same_requests() {
        let strikes = |seed| {
            struck(
                &Engine::new(seed, vec![Fault::on(Target::Any, Effect::Reset).chance(0.3)]),
                200,
            )
        };
        assert_eq!(strikes(5), strikes(5));
        assert_ne!(strikes(5), strikes(6));
        assert!((30..90).contains(&strikes(5).len()));
    }

    #[test]
    fn certainty_and_impossibility_are_exact() {
        let strikes = |p| {
            struck(
                &Engine::new(9, vec![Fault::on(Target::Any, Effect::Reset).chance(p)]),
                50,
            )
            .len()
        };
        assert_eq!((strikes(0.0), strikes(1.0)), (0, 50));
    }
}
