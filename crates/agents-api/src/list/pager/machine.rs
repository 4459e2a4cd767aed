//! The state machine of a [`Pager`], and its settings.
use std::collections::VecDeque;

use super::request::{FetchedPage, PageRequest, ResponseSlot};
use crate::list::position::{PageRef, Position};
use crate::list::totals::Totals;

/// The settings of a [`Pager`].
#[derive(Clone, Debug)]
pub(in crate::list) struct PagerConfig {
    pub(in crate::list) first: Position,
    pub(in crate::list) per_page: u64,
    /// How many pages may be in flight, or wait here for their turn, at a time.
    pub(in crate::list) concurrency: usize,
    /// The last page to fetch ahead of its turn.
    pub(in crate::list) last_ahead: u64,
    /// Whether the archived tasks follow the others.
    pub(in crate::list) then_archived: bool,
    /// Whether to read pages again when tasks moved to a page that was read before.
    pub(in crate::list) rereads: bool,
}

/// What to do now.
#[derive(Debug, PartialEq)]
pub(in crate::list) enum Action<P, E> {
    /// Fetch this page, and step again.
    Fetch(PageRef),
    /// Yield this, with the position at which to resume after the page before.
    Yield(Result<(Position, P), E>),
    /// Wait for a response.
    Wait,
    /// The list is at its end.
    End,
}

/// The state machine; `P` is a page, `E` an error.
pub(in crate::list) struct Pager<P, E> {
    config: PagerConfig,
    state: State<P, E>,
    /// The next page, once it is requested, and the speculative ones after it, in order.
    window: VecDeque<PageRequest<P, E>>,
    /// Whether the page before named the next one: only then are more pages likely to follow.
    has_next: bool,
    /// The totals of the page that was yielded last.
    totals: Totals,
}

/// What the pager does next.
enum State<P, E> {
    /// This page is next. Its response leads to `Fetching` the page after it, `Rereading`, `BrokenLink` or `Done`; an
    /// error leaves it next.
    Fetching(Position),
    /// The page at this position was yielded, but its link to the next page cannot be read. The next step yields that
    /// error and leads back to `Fetching` the same page.
    BrokenLink(Position, E),
    /// Tasks left the list before the page at this position was read, so others moved to pages read before it. Those are
    /// read again, backwards; then the pager continues with `then`.
    Rereading(Reread<P, E>),
    /// The last page was yielded.
    Done,
}

struct Reread<P, E> {
    position: Position,
    /// How many tasks left the list since the page before the position was read.
    removed: u64,
    /// The page to read again.
    page: u64,
    request: Option<PageRequest<P, E>>,
    then: Option<Position>,
}

impl<P, E> Pager<P, E> {
    pub(in crate::list) fn new(config: PagerConfig) -> Self {
        Self {
            state: State::Fetching(config.first),
            config,
            window: VecDeque::new(),
            has_next: false,
            totals: Totals::default(),
        }
    }

    /// The position to resume at; `None` at the end.
    pub(in crate::list) fn position(&self) -> Option<Position> {
        match &self.state {
            State::Fetching(position) | State::BrokenLink(position, _) => Some(*position),
            State::Rereading(reread) => Some(reread.position),
            State::Done => None,
        }
    }

    /// Whether the response of this page is still needed.
    pub(in crate::list) fn expects(&self, page_ref: PageRef) -> bool {
        self.request(page_ref).is_some()
    }

    pub(in crate::list) fn on_response(&mut self, page_ref: PageRef, response: Result<FetchedPage<P, E>, E>) {
        if let Some(request) = self.request_mut(page_ref) {
            request.response = ResponseSlot::Received(response);
        }
    }

    pub(in crate::list) fn step(&mut self) -> Action<P, E> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Fetching(position) => self.fetch(position),
            State::BrokenLink(position, error) => {
                self.state = State::Fetching(position);
                Action::Yield(Err(error))
            }
            State::Rereading(reread) => self.reread(reread),
            State::Done => Action::End,
        }
    }

    fn request(&self, page_ref: PageRef) -> Option<&PageRequest<P, E>> {
        let rereading = match &self.state {
            State::Rereading(reread) => reread.request.as_ref(),
            _ => None,
        };
        rereading
            .into_iter()
            .chain(&self.window)
            .find(|request| request.page_ref == page_ref)
    }

    fn request_mut(&mut self, page_ref: PageRef) -> Option<&mut PageRequest<P, E>> {
        let rereading = match &mut self.state {
            State::Rereading(reread) => reread.request.as_mut(),
            _ => None,
        };
        rereading
            .into_iter()
            .chain(&mut self.window)
            .find(|request| request.page_ref == page_ref)
    }

    /// The next page to fetch ahead of its turn, if any; it counts as requested.
    pub(in crate::list) fn speculate(&mut self) -> Option<PageRef> {
        let State::Fetching(position) = self.state else {
            return None;
        };
        if !self.has_next || self.config.concurrency < 2 || self.window.len() >= self.config.concurrency {
            return None;
        }
        let page_ref = match self.window.back().map(|request| request.page_ref) {
            None => position.page_ref,
            Some(PageRef { archived, page }) => {
                let page = page.checked_add(1)?;
                let last = self.totals.last_page(archived, self.config.per_page);
                if page > last.unwrap_or(u64::MAX).min(self.config.last_ahead) {
                    return None;
                }
                PageRef { archived, page }
            }
        };
        let ahead = !self.window.is_empty();
        self.window.push_back(PageRequest::new(page_ref, ahead));
        Some(page_ref)
    }

    /// Drops the speculative pages that the list does not lead to.
    fn drop_before(&mut self, position: Position) {
        while self
            .window
            .front()
            .is_some_and(|request| request.page_ref != position.page_ref)
        {
            self.window.pop_front();
        }
    }

    fn fetch(&mut self, position: Position) -> Action<P, E> {
        self.state = State::Fetching(position);
        let Some(next) = self.window.front_mut() else {
            self.window.push_back(PageRequest::new(position.page_ref, false));
            return Action::Fetch(position.page_ref);
        };
        match std::mem::replace(&mut next.response, ResponseSlot::Pending) {
            ResponseSlot::Pending => self.speculate().map_or(Action::Wait, Action::Fetch),
            ResponseSlot::Received(response) if next.is_current(&response, self.totals) => match response {
                Ok(read) => {
                    self.window.pop_front();
                    self.on_page(position, read)
                }
                Err(error) => {
                    next.response = ResponseSlot::Failed;
                    self.on_error(error)
                }
            },
            ResponseSlot::Failed | ResponseSlot::Received(_) => {
                (next.stale, next.ahead) = (false, false);
                Action::Fetch(position.page_ref)
            }
        }
    }

    fn on_page(&mut self, position: Position, read: FetchedPage<P, E>) -> Action<P, E> {
        let PageRef { archived, page } = position.page_ref;
        let then = match read.next {
            Ok(Some(next)) => Some(Position {
                page_ref: PageRef { archived, page: next },
                before: read.totals.or(position.before),
            }),
            Ok(None) if self.config.then_archived && !archived => Some(Position::new(true, 1)),
            Ok(None) => None,
            Err(error) => {
                self.has_next = false;
                self.window.clear();
                self.state = State::BrokenLink(position, error);
                return Action::Yield(Ok((position, read.page)));
            }
        };
        self.has_next = then.is_some_and(|then| then.page_ref.archived == archived);
        self.totals = read.totals;
        match then {
            Some(then) => self.drop_before(then),
            None => self.window.clear(),
        }
        let removed = position.removed_until(read.totals);
        self.state = if self.config.rereads && removed > 0 && page > 1 {
            State::Rereading(Reread {
                position,
                removed,
                page: page - 1,
                request: None,
                then,
            })
        } else {
            then.map_or(State::Done, State::Fetching)
        };
        Action::Yield(Ok((position, read.page)))
    }

    fn on_error(&mut self, error: E) -> Action<P, E> {
        self.has_next = false;
        for request in &mut self.window {
            request.stale = true;
        }
        Action::Yield(Err(error))
    }

    fn reread(&mut self, mut reread: Reread<P, E>) -> Action<P, E> {
        let Some(request) = &mut reread.request else {
            let archived = reread.position.page_ref.archived;
            let page = reread.page;
            let page_ref = PageRef { archived, page };
            reread.request = Some(PageRequest::new(page_ref, false));
            self.state = State::Rereading(reread);
            return Action::Fetch(page_ref);
        };
        let ResponseSlot::Received(response) =
            std::mem::replace(&mut request.response, ResponseSlot::Pending)
        else {
            self.state = State::Rereading(reread);
            return Action::Wait;
        };
        reread.request = None;
        let position = reread.position;
        let read = match response {
            Ok(read) => read,
            Err(error) => {
                self.state = State::Rereading(reread);
                return self.on_error(error);
            }
        };
        // Tasks only move towards the front, so a task that moved since then is on this page or before it.
        reread.removed = reread.removed.max(position.removed_until(read.totals));
        let unread = (position.page_ref.page - 1)
            .saturating_mul(self.config.per_page)
            .saturating_sub(reread.removed);
        if (reread.page - 1).saturating_mul(self.config.per_page) > unread {
            reread.page -= 1;
            self.state = State::Rereading(reread);
        } else {
            self.state = reread.then.map_or(State::Done, State::Fetching);
        }
        Action::Yield(Ok((position, read.page)))
    }
}
