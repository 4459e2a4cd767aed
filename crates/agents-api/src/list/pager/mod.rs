//! The walk over the pages of a list, without its requests: which page to ask for, and what to give out.
//!
//! The machine is told of answers as they arrive and decides by its own state alone, so that every order of answers can
//! be tested. Pages are given out in order; those asked for ahead of their turn are guesses, and one that is not led to
//! is dropped with whatever became of it.
mod asked;

use std::collections::VecDeque;

use super::cursor::{Place, Spot};
use super::totals::Totals;
use asked::{Asked, Awaited};

/// How to walk.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) first: Place,
    pub(super) per_page: u64,
    /// How many pages may be asked for, or wait here for their turn, at a time.
    pub(super) width: usize,
    /// Whether the archived tasks follow the others.
    pub(super) then_archived: bool,
    /// Whether to go back for tasks that were pulled over to a page read before.
    pub(super) mends: bool,
}

/// A page that was read.
#[derive(Debug)]
pub(super) struct Read<P, E> {
    pub(super) page: P,
    /// The number of the page after it, none, or why that is not known.
    pub(super) next: Result<Option<u64>, E>,
    pub(super) totals: Totals,
}

/// What to do now.
#[derive(Debug, PartialEq)]
pub(super) enum Step<P, E> {
    /// Ask for this page and go on.
    Ask(Spot),
    /// Give this out, with the place at which to resume what comes after the page before.
    Give(Result<(Place, P), E>),
    /// Wait for an answer.
    Wait,
    /// The list is at its end.
    End,
}

pub(super) struct Walk<P, E> {
    plan: Plan,
    state: State<P, E>,
    /// The page that is next, once it is asked for, and those asked for ahead of their turn, in order.
    window: VecDeque<Asked<P, E>>,
    /// Whether the page that is next was named by the one before: only then is it likely that more follow.
    led: bool,
    /// Those of the page that was given out last.
    totals: Totals,
}

/// Where the walk stands.
enum State<P, E> {
    /// This page is next. Its answer leads to `Ahead` of the one after, `Mending`, `Astray` or `Done`; an error leaves
    /// it next.
    Ahead(Place),
    /// The page of this place was given out, but where it leads is not known. The next step tells so, which leads back to
    /// `Ahead` of it.
    Astray(Place, E),
    /// Tasks left the list before the page of this place was read, so that others now are on pages read before it. Those
    /// are read again, backwards, which leads to what would have followed.
    Mending(Mend<P, E>),
    /// The last page was given out.
    Done,
}

struct Mend<P, E> {
    place: Place,
    /// How many tasks left since the page before the place was read.
    left: u64,
    /// The page that is read again.
    page: u64,
    asked: Option<Asked<P, E>>,
    then: Option<Place>,
}

impl<P, E> Walk<P, E> {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            state: State::Ahead(plan.first),
            plan,
            window: VecDeque::new(),
            led: false,
            totals: Totals::default(),
        }
    }

    /// The place to resume at; `None` at the end.
    pub(super) fn place(&self) -> Option<Place> {
        match &self.state {
            State::Ahead(place) | State::Astray(place, _) => Some(*place),
            State::Mending(mend) => Some(mend.place),
            State::Done => None,
        }
    }

    /// Whether the answer of this page is still of use.
    pub(super) fn wants(&self, spot: Spot) -> bool {
        self.asked(spot).is_some()
    }

    pub(super) fn answered(&mut self, spot: Spot, answer: Result<Read<P, E>, E>) {
        if let Some(asked) = self.asked_mut(spot) {
            asked.answer = Awaited::Here(answer);
        }
    }

    pub(super) fn step(&mut self) -> Step<P, E> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Ahead(place) => self.ahead(place),
            State::Astray(place, error) => {
                self.state = State::Ahead(place);
                Step::Give(Err(error))
            }
            State::Mending(mend) => self.mend(mend),
            State::Done => Step::End,
        }
    }

    fn asked(&self, spot: Spot) -> Option<&Asked<P, E>> {
        let mending = match &self.state {
            State::Mending(mend) => mend.asked.as_ref(),
            _ => None,
        };
        mending
            .into_iter()
            .chain(&self.window)
            .find(|asked| asked.spot == spot)
    }

    fn asked_mut(&mut self, spot: Spot) -> Option<&mut Asked<P, E>> {
        let mending = match &mut self.state {
            State::Mending(mend) => mend.asked.as_mut(),
            _ => None,
        };
        mending
            .into_iter()
            .chain(&mut self.window)
            .find(|asked| asked.spot == spot)
    }

    /// The page to ask for ahead of its turn, if any; it counts as asked for.
    pub(super) fn guess(&mut self) -> Option<Spot> {
        let State::Ahead(place) = self.state else {
            return None;
        };
        if !self.led || self.plan.width < 2 || self.window.len() >= self.plan.width {
            return None;
        }
        let spot = match self.window.back().map(|asked| asked.spot) {
            None => place.spot,
            Some(Spot { archived, page }) => {
                let page = page.checked_add(1)?;
                let last = self.totals.last_page(archived, self.plan.per_page);
                if last.is_some_and(|last| page > last) {
                    return None;
                }
                Spot { archived, page }
            }
        };
        let ahead = !self.window.is_empty();
        self.window.push_back(Asked::new(spot, ahead));
        Some(spot)
    }

    /// Drops the guesses that the list does not lead to.
    fn drop_before(&mut self, place: Place) {
        while self.window.front().is_some_and(|asked| asked.spot != place.spot) {
            self.window.pop_front();
        }
    }

    fn ahead(&mut self, place: Place) -> Step<P, E> {
        self.state = State::Ahead(place);
        let Some(next) = self.window.front_mut() else {
            self.window.push_back(Asked::new(place.spot, false));
            return Step::Ask(place.spot);
        };
        match std::mem::replace(&mut next.answer, Awaited::Asked) {
            Awaited::Asked => self.guess().map_or(Step::Wait, Step::Ask),
            Awaited::Here(answer) if next.is_current(&answer, self.totals) => match answer {
                Ok(read) => {
                    self.window.pop_front();
                    self.arrived(place, read)
                }
                Err(error) => {
                    next.answer = Awaited::Again;
                    self.failed(error)
                }
            },
            Awaited::Again | Awaited::Here(_) => {
                (next.stale, next.ahead) = (false, false);
                Step::Ask(place.spot)
            }
        }
    }

    fn arrived(&mut self, place: Place, read: Read<P, E>) -> Step<P, E> {
        let Spot { archived, page } = place.spot;
        let then = match read.next {
            Ok(Some(next)) => Some(Place {
                spot: Spot { archived, page: next },
                before: read.totals.or(place.before),
            }),
            Ok(None) if self.plan.then_archived && !archived => Some(Place::new(true, 1)),
            Ok(None) => None,
            Err(error) => {
                self.led = false;
                self.window.clear();
                self.state = State::Astray(place, error);
                return Step::Give(Ok((place, read.page)));
            }
        };
        self.led = then.is_some_and(|then| then.spot.archived == archived);
        self.totals = read.totals;
        match then {
            Some(then) => self.drop_before(then),
            None => self.window.clear(),
        }
        let left = place.left_until(read.totals);
        self.state = if self.plan.mends && left > 0 && page > 1 {
            State::Mending(Mend {
                place,
                left,
                page: page - 1,
                asked: None,
                then,
            })
        } else {
            then.map_or(State::Done, State::Ahead)
        };
        Step::Give(Ok((place, read.page)))
    }

    fn failed(&mut self, error: E) -> Step<P, E> {
        self.led = false;
        for asked in &mut self.window {
            asked.stale = true;
        }
        Step::Give(Err(error))
    }

    fn mend(&mut self, mut mend: Mend<P, E>) -> Step<P, E> {
        let Some(asked) = &mut mend.asked else {
            let archived = mend.place.spot.archived;
            let page = mend.page;
            let spot = Spot { archived, page };
            mend.asked = Some(Asked::new(spot, false));
            self.state = State::Mending(mend);
            return Step::Ask(spot);
        };
        let Awaited::Here(answer) = std::mem::replace(&mut asked.answer, Awaited::Asked) else {
            self.state = State::Mending(mend);
            return Step::Wait;
        };
        mend.asked = None;
        let place = mend.place;
        let read = match answer {
            Ok(read) => read,
            Err(error) => {
                self.state = State::Mending(mend);
                return self.failed(error);
            }
        };
        // Tasks only move forwards here, so what has moved since then is on this page or before.
        mend.left = mend.left.max(place.left_until(read.totals));
        let unread = (place.spot.page - 1)
            .saturating_mul(self.plan.per_page)
            .saturating_sub(mend.left);
        if (mend.page - 1).saturating_mul(self.plan.per_page) > unread {
            mend.page -= 1;
            self.state = State::Mending(mend);
        } else {
            self.state = mend.then.map_or(State::Done, State::Ahead);
        }
        Step::Give(Ok((place, read.page)))
    }
}

#[cfg(test)]
mod moving;
#[cfg(test)]
mod tests;
