//! A page that was asked for, perhaps ahead of its turn, and whether its answer still counts then.
use super::Read;
use crate::list::cursor::Spot;
use crate::list::totals::Totals;

pub(super) struct Asked<P, E> {
    pub(super) spot: Spot,
    /// Whether it was asked for before the page before it was given out. Both may have been read in any order then.
    pub(super) ahead: bool,
    /// Whether an error was given out since it was asked for. One of its own would be old news: it is asked for again.
    pub(super) stale: bool,
    pub(super) answer: Awaited<P, E>,
}

pub(super) enum Awaited<P, E> {
    /// The page failed, and is to be asked for again.
    Again,
    /// The page is asked for.
    Asked,
    Here(Result<Read<P, E>, E>),
}

impl<P, E> Asked<P, E> {
    pub(super) fn new(spot: Spot, ahead: bool) -> Self {
        Self {
            spot,
            ahead,
            stale: false,
            answer: Awaited::Asked,
        }
    }

    /// Whether an answer is as good as one to a request made now, when the page before came with these totals.
    pub(super) fn is_current(&self, answer: &Result<Read<P, E>, E>, totals: Totals) -> bool {
        match answer {
            Ok(read) if read.next.is_ok() => !self.ahead || read.totals == totals,
            _ => !self.stale,
        }
    }
}
