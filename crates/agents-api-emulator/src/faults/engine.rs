//! Draws the faults of each request.

use std::sync::{Mutex, PoisonError};

use super::Fault;
use super::effect::Effect;
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
    /// How many of them it triggered.
    triggered: u64,
}

/// The faults that trigger one request.
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
            triggered: 0,
        });
    }

    pub(crate) fn clear(&self) {
        self.state().rules.clear();
    }

    /// Begins again with these faults; requests are numbered on.
    pub(crate) fn reset(&self, faults: Vec<Fault>) {
        self.clear();
        for fault in faults {
            self.add(fault);
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The faults, with how often each has triggered, in order.
    pub(crate) fn all(&self) -> Vec<(Fault, u64)> {
        let state = self.state();
        state
            .rules
            .iter()
            .map(|rule| (rule.fault.clone(), rule.triggered))
            .collect()
    }

    /// Numbers a request in order of arrival, from 1 on, and draws its faults: both at once, so that the log shows the
    /// order in which the faults counted.
    pub(crate) fn draw(&self, operation: Option<Operation>, path: &str, body: &[u8]) -> (u64, Drawn) {
        let mut drawn = Drawn::default();
        let mut state = self.state();
        state.arrived += 1;
        let number = state.arrived;
        for (position, rule) in state.rules.iter_mut().enumerate() {
            let fault = &rule.fault;
            let is_concerned = fault.target.covers(operation)
                && fault
                    .path_prefix
                    .as_ref()
                    .is_none_or(|prefix| path.starts_with(prefix.as_str()))
                && fault
                    .body_contains
                    .as_ref()
                    .is_none_or(|text| contains(body, text.as_bytes()));
            if !is_concerned {
                continue;
            }
            rule.seen += 1;
            let stream = mixed(self.seed, position as u64);
            let triggers = if !fault.nth.is_empty() {
                fault.nth.contains(&rule.seen)
            } else if let Some(n) = fault.every {
                n > 0 && rule.seen.is_multiple_of(n)
            } else {
                fault
                    .chance
                    .is_none_or(|probability| unit(mixed(stream, rule.seen)) < probability)
            };
            if triggers && fault.times.is_none_or(|most| rule.triggered < most) {
                drawn.0.push(fault.clone());
                rule.triggered += 1;
            }
        }
        (number, drawn)
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

impl Drawn {
    /// How long the response is delayed.
    pub(crate) fn latency(&self) -> std::time::Duration {
        self.effects()
            .fold(std::time::Duration::ZERO, |total, effect| match effect {
                Effect::Latency { delay } => total.saturating_add(*delay),
                _ => total,
            })
    }

    /// The fault that replaces the response: of several, the first.
    pub(crate) fn replacement(&self) -> Option<&Fault> {
        self.0.iter().find(|fault| fault.effect.replaces_response())
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

    fn triggered(engine: &Engine, requests: usize) -> Vec<usize> {
        (1..=requests)
            .filter(|_| !engine.draw(Some(Operation::GetTask), "/", b"").1.0.is_empty())
            .collect()
    }

    #[test]
    fn the_nth_request_is_counted_a_rule_and_target() {
        let engine = Engine::new(
            1,
            vec![Fault::on(Operation::GetTask, Effect::Reset).nth(2).nth(4)],
        );
        assert!(engine.draw(Some(Operation::StartTask), "/", b"").1.0.is_empty());
        assert_eq!(triggered(&engine, 5), [2, 4]);
    }

    #[test]
    fn every_third_but_at_most_twice() {
        let engine = Engine::new(1, vec![Fault::on(Target::Gets, Effect::Reset).every(3).times(2)]);
        assert_eq!(triggered(&engine, 12), [3, 6]);
    }

    #[test]
    fn the_same_seed_triggers_the_same_requests() {
        let triggers = |seed| {
            triggered(
                &Engine::new(seed, vec![Fault::on(Target::Any, Effect::Reset).chance(0.3)]),
                200,
            )
        };
        assert_eq!(triggers(5), triggers(5));
        assert_ne!(triggers(5), triggers(6));
        assert!((30..90).contains(&triggers(5).len()));
    }

    #[test]
    fn certainty_and_impossibility_are_exact() {
        let triggers = |p| {
            triggered(
                &Engine::new(9, vec![Fault::on(Target::Any, Effect::Reset).chance(p)]),
                50,
            )
            .len()
        };
        assert_eq!((triggers(0.0), triggers(1.0)), (0, 50));
    }
}
