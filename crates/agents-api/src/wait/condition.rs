//! The condition a wait ends with: a shared closure from a task to a status.
use std::fmt;
use std::sync::Arc;

use agents_api_raw::types::Task;

/// The status of a [`Condition`] for a task as it is now.
///
/// Every value but `Met` means "not now"; they differ in what may still happen. How they combine:
///
/// | a | b | `a.and(b)` | `a.or(b)` |
/// |---|---|---|---|
/// | `Met` | `Met` | `Met` | `Met` |
/// | `Met` | `Pending` | `Pending` | `Met` |
/// | `Met` | `Unknown` | `Unknown` | `Met` |
/// | `Met` | `Unreachable` | `Unreachable` | `Met` |
/// | `Pending` | `Pending` or `Unknown` | `Pending` | as b |
/// | `Unknown` | `Unknown` | `Unknown` | `Unknown` |
/// | `Unreachable` | `Pending` or `Unknown` | `Unreachable` | as b |
/// | `Unreachable` | `Unreachable` | `Unreachable` | `Unreachable`, with both reasons |
///
/// `not` turns `Pending` and `Unreachable` into `Met`, `Met` into `Pending`, and leaves `Unknown`. So
/// `until::succeeded().not()` is met by a task that failed, and by one that still runs; for "it ended without success"
/// write `until::ended().and(until::succeeded().not())`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConditionStatus {
    /// The condition is met; the wait ends.
    Met,
    /// The condition is not met yet; the wait continues.
    Pending,
    /// The task is in a state that this version of the crate does not know. The wait continues as if pending, and the
    /// negated condition is not met either.
    Unknown,
    /// The condition is not met and cannot be met without a follow-up, for this reason. The wait ends with
    /// [`WaitErrorKind::Unreachable`](super::WaitErrorKind::Unreachable).
    Unreachable(String),
}

impl ConditionStatus {
    /// Whether the condition is met.
    pub fn is_met(&self) -> bool {
        *self == Self::Met
    }

    /// Whether the condition cannot be met any more.
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(_))
    }
}

/// A condition on a task: what a wait waits for.
///
/// Ready-made conditions are in [`until`](super::until). A closure from `&Task` to `bool` converts into one: `true` is
/// [`ConditionStatus::Met`], `false` is [`ConditionStatus::Pending`], in whatever state the task is. [`Condition::new`]
/// takes a closure that returns a [`ConditionStatus`], for a condition that can become unreachable.
///
/// A clone is cheap and shares the closure. Every poll that returns the task evaluates the condition once; both sides of
/// `and` and `or` are always evaluated.
///
/// ```
/// use agents_api::{Condition, Task, until};
///
/// let several = |task: &Task| task.session_count.is_some_and(|count| count > 1);
/// let condition = until::needs_user().or(until::ended()).and(several);
///
/// // One of several conditions, chosen at run time: they all have the same type.
/// let stop_at_pauses = true;
/// let condition = if stop_at_pauses { until::settled() } else { condition };
/// # let _ = condition;
///
/// // A closure gets the combinators by converting it first.
/// let single = Condition::from(several).not();
/// # let _ = single;
/// ```
#[derive(Clone)]
pub struct Condition(Arc<dyn Fn(&Task) -> ConditionStatus + Send + Sync>);

impl Condition {
    /// A condition from a closure that returns a status.
    ///
    /// ```
    /// use agents_api::Condition;
    /// use agents_api::wait::ConditionStatus;
    ///
    /// let single_session = Condition::new(|task| match task.session_count {
    ///     None => ConditionStatus::Unknown,
    ///     Some(0) => ConditionStatus::Pending,
    ///     Some(1) => ConditionStatus::Met,
    ///     Some(count) => ConditionStatus::Unreachable(format!("the task has {count} sessions")),
    /// });
    /// # let _ = single_session;
    /// ```
    pub fn new(status: impl Fn(&Task) -> ConditionStatus + Send + Sync + 'static) -> Self {
        Self(Arc::new(status))
    }

    /// Evaluates the condition for the task as it is now.
    pub fn status(&self, task: &Task) -> ConditionStatus {
        (self.0)(task)
    }

    /// Met when both are met; unreachable when either is.
    #[must_use]
    pub fn and(self, other: impl Into<Self>) -> Self {
        use ConditionStatus::{Met, Pending, Unknown, Unreachable};
        let other = other.into();
        Self::new(move |task| match (self.status(task), other.status(task)) {
            (Met, Met) => Met,
            (Unreachable(reason), _) | (_, Unreachable(reason)) => Unreachable(reason),
            (Pending, _) | (_, Pending) => Pending,
            (Unknown, _) | (_, Unknown) => Unknown,
        })
    }

    /// Met when either is met; unreachable when both are.
    #[must_use]
    pub fn or(self, other: impl Into<Self>) -> Self {
        use ConditionStatus::{Met, Pending, Unknown, Unreachable};
        let other = other.into();
        Self::new(move |task| match (self.status(task), other.status(task)) {
            (Met, _) | (_, Met) => Met,
            (Unreachable(first), Unreachable(second)) => Unreachable(format!("{first}; {second}")),
            (Unknown, _) | (_, Unknown) => Unknown,
            (Pending, _) | (_, Pending) => Pending,
        })
    }

    /// Met when this one is not, whether it is pending or unreachable; see [`ConditionStatus`].
    #[must_use]
    #[expect(
        clippy::should_implement_trait,
        reason = "the combinator's name in every library"
    )]
    pub fn not(self) -> Self {
        use ConditionStatus::{Met, Pending, Unknown, Unreachable};
        Self::new(move |task| match self.status(task) {
            Met => Pending,
            Pending | Unreachable(_) => Met,
            Unknown => Unknown,
        })
    }
}

impl<F: Fn(&Task) -> bool + Send + Sync + 'static> From<F> for Condition {
    fn from(is_met: F) -> Self {
        Self::new(move |task| {
            if is_met(task) {
                ConditionStatus::Met
            } else {
                ConditionStatus::Pending
            }
        })
    }
}

impl fmt::Debug for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condition").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::ConditionStatus::{Met, Pending, Unknown};
    use super::*;

    /// A condition that always has the same status.
    fn constant(status: &ConditionStatus) -> Condition {
        let status = status.clone();
        Condition::new(move |_| status.clone())
    }

    fn unreachable(reason: &str) -> ConditionStatus {
        ConditionStatus::Unreachable(reason.to_owned())
    }

    fn task() -> Task {
        serde_json::from_str(r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z"}"#).unwrap()
    }

    #[test]
    fn statuses_combine_as_documented() {
        for (a, b, and, or) in [
            (Met, Met, Met, Met),
            (Met, Pending, Pending, Met),
            (Met, Unknown, Unknown, Met),
            (Met, unreachable("x"), unreachable("x"), Met),
            (Pending, Pending, Pending, Pending),
            (Pending, Unknown, Pending, Unknown),
            (Unknown, Unknown, Unknown, Unknown),
            (unreachable("x"), Pending, unreachable("x"), Pending),
            (unreachable("x"), Unknown, unreachable("x"), Unknown),
            (
                unreachable("x"),
                unreachable("x"),
                unreachable("x"),
                unreachable("x; x"),
            ),
        ] {
            for (a, b) in [(&a, &b), (&b, &a)] {
                let both = constant(a).and(constant(b));
                assert_eq!(both.status(&task()), and, "{a:?} and {b:?}");
                let either = constant(a).or(constant(b));
                assert_eq!(either.status(&task()), or, "{a:?} or {b:?}");
            }
        }
        for (a, not) in [
            (Met, Pending),
            (Pending, Met),
            (unreachable("x"), Met),
            (Unknown, Unknown),
        ] {
            assert_eq!(constant(&a).not().status(&task()), not);
        }
    }

    #[test]
    fn de_morgans_laws_hold() {
        let all = [Met, Pending, Unknown, unreachable("x")];
        for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
            let together = constant(a).and(constant(b)).not().status(&task());
            let apart = constant(a).not().or(constant(b).not()).status(&task());
            assert_eq!(together, apart, "{a:?} and {b:?}");
            let together = constant(a).or(constant(b)).not().status(&task());
            let apart = constant(a).not().and(constant(b).not()).status(&task());
            assert_eq!(together, apart, "{a:?} or {b:?}");
        }
    }

    #[test]
    fn closures_are_conditions() {
        let queued = |task: &Task| task.state == "queued".into();
        assert_eq!(Condition::from(queued).status(&task()), Met);
        assert_eq!(constant(&Met).and(|_: &Task| false).status(&task()), Pending);
    }
}
