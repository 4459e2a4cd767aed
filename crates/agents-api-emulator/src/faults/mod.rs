//! Everything that can go wrong between a client and GitHub, on request.
//!
//! A [`Fault`] says on which requests something happens, how often, and what. Faults are counted and drawn per rule
//! and operation, so the same seed and the same sequence of requests always meet the same faults.

mod edit;
mod engine;
mod plan;

use std::time::Duration;

use crate::limits::Refused;
use crate::operation::Operation;
pub(crate) use edit::{page_links, shape};
pub(crate) use engine::{Drawn, Engine};
pub use plan::{FaultPlan, PlanError};

/// Which requests a fault looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target {
    /// Every request, also those to unknown paths.
    Any,
    /// Both lists of tasks.
    Lists,
    /// Both ways to get a task.
    Gets,
    /// One operation.
    Only(Operation),
}

impl From<Operation> for Target {
    fn from(operation: Operation) -> Self {
        Self::Only(operation)
    }
}

impl Target {
    pub(crate) fn covers(self, operation: Option<Operation>) -> bool {
        match (self, operation) {
            (Self::Any, _) => true,
            (Self::Lists, Some(operation)) => operation.is_task_list(),
            (Self::Gets, Some(operation)) => matches!(operation, Operation::GetTask | Operation::GetRepoTask),
            (Self::Only(only), Some(operation)) => only == operation,
            (_, None) => false,
        }
    }
}

/// Which of the requests a fault looks at it strikes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum When {
    Always,
    /// Counted from 1.
    Nth(Vec<u64>),
    Every(u64),
    Chance(f64),
}

/// What happens.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Effect {
    /// The answer comes later, by this much real time.
    Latency(Duration),
    /// The connection is reset without an answer.
    Reset,
    /// The connection is closed in good order, without an answer.
    Close,
    /// No answer ever comes; the connection stays open.
    Hang,
    /// `Content-Length` promises the whole body, and the connection closes after so many bytes of it (`None`: half).
    Truncate(Option<usize>),
    /// A chunked body that ends in the middle, without the last chunk, after so many bytes (`None`: half).
    CutChunks(Option<usize>),
    /// A proxy's page: HTML, this status, none of GitHub's headers.
    Html(u16),
    /// The right status and headers, and no body.
    EmptyBody,
    /// The right body cut to something that is no JSON, complete as far as HTTP can tell.
    BrokenJson,
    /// The right body under another `Content-Type`; an empty text leaves the header out.
    ContentType(String),
    /// An error of GitHub's own with this status.
    Status(u16),
    /// The refusal of a token out of quota.
    PrimaryLimit(Refused),
    /// The refusal of haste.
    SecondaryLimit(Refused),
    /// The first task of the answer, and its latest session, are in this state.
    State(String),
    /// The first task of the answer has an artifact of this type, with data of an unknown shape.
    ArtifactType(String),
    /// Every task of the answer, every session, and the answer itself lack this field.
    DropField(String),
    /// In every task of the answer, every session, and the answer itself this field is null.
    NullField(String),
    /// After the answer, so many tasks from the far end of the list are updated and move to its front: a client that
    /// walks by updated time sees some tasks twice, and those that moved not at all.
    MoveItems(u32),
    /// The page is empty, yet links to a next one.
    EmptyPage,
    /// The `next` link of a list points at the page itself.
    NextToSelf,
    /// The `next` link of a list points at this origin, like `http://127.0.0.1:9`.
    NextToHost(String),
    /// A redirect with this status to this place: a whole URL, or an origin to which the path is added.
    Redirect(u16, String),
}

impl Effect {
    /// The name used in fault files and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Latency(_) => "latency",
            Self::Reset => "reset",
            Self::Close => "close",
            Self::Hang => "hang",
            Self::Truncate(_) => "truncate",
            Self::CutChunks(_) => "cut-chunks",
            Self::Html(_) => "html",
            Self::EmptyBody => "empty-body",
            Self::BrokenJson => "broken-json",
            Self::ContentType(_) => "content-type",
            Self::Status(_) => "status",
            Self::PrimaryLimit(_) => "primary-limit",
            Self::SecondaryLimit(_) => "secondary-limit",
            Self::State(_) => "state",
            Self::ArtifactType(_) => "artifact-type",
            Self::DropField(_) => "drop-field",
            Self::NullField(_) => "null-field",
            Self::MoveItems(_) => "move-items",
            Self::EmptyPage => "empty-page",
            Self::NextToSelf => "next-to-self",
            Self::NextToHost(_) => "next-to-host",
            Self::Redirect(..) => "redirect",
        }
    }

    /// Whether it stands in place of the answer, so that one can ask whether the request was applied before it.
    pub fn replaces_the_answer(&self) -> bool {
        matches!(
            self,
            Self::Reset
                | Self::Close
                | Self::Hang
                | Self::Html(_)
                | Self::Status(_)
                | Self::PrimaryLimit(_)
                | Self::SecondaryLimit(_)
                | Self::Redirect(..)
        )
    }
}

/// A rule: which requests, which of them, and what happens.
///
/// ```
/// use agents_api_emulator::{Effect, Fault, Operation, Target};
///
/// // The second start is applied, and its answer is lost with the connection.
/// let lost_answer = Fault::on(Operation::StartTask, Effect::Reset).nth(2).after_applied();
/// // One list in ten comes from a proxy that cannot reach GitHub.
/// let bad_gateway = Fault::on(Target::Lists, Effect::Html(502)).chance(0.1);
/// # let _ = (lost_answer, bad_gateway);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Fault {
    pub(crate) target: Target,
    pub(crate) when: When,
    pub(crate) times: Option<u64>,
    pub(crate) after_applied: bool,
    pub(crate) effect: Effect,
}

impl Fault {
    /// Strikes every request of the target.
    pub fn on(target: impl Into<Target>, effect: Effect) -> Self {
        Self {
            target: target.into(),
            when: When::Always,
            times: None,
            after_applied: false,
            effect,
        }
    }

    /// Strikes the n-th request of the target only, counted from 1 since the fault was added. Called again, further
    /// ones too.
    pub fn nth(mut self, n: u64) -> Self {
        match &mut self.when {
            When::Nth(list) => list.push(n),
            other => *other = When::Nth(vec![n]),
        }
        self
    }

    /// Strikes every n-th request of the target.
    pub fn every(mut self, n: u64) -> Self {
        self.when = When::Every(n);
        self
    }

    /// Strikes with this probability, from 0 to 1, drawn from the seed.
    pub fn chance(mut self, probability: f64) -> Self {
        self.when = When::Chance(probability);
        self
    }

    /// Strikes at most so often. Default: no bound.
    pub fn times(mut self, most: u64) -> Self {
        self.times = Some(most);
        self
    }

    /// Lets the request take effect first. By default a fault that stands in place of the answer keeps the request
    /// from being applied; the others always shape the answer of an applied request.
    pub fn after_applied(mut self) -> Self {
        self.after_applied = true;
        self
    }
}
