//! What is waited for.
use std::fmt;

use agents_api_raw::types::Task;

/// What a condition says of a task, as it is now.
///
/// Every value but `Met` means "not now"; they differ in what may still come. How they combine:
///
/// | a | b | `a.and(b)` | `a.or(b)` |
/// |---|---|---|---|
/// | `Met` | `Met` | `Met` | `Met` |
/// | `Met` | `NotYet` | `NotYet` | `Met` |
/// | `Met` | `Unknown` | `Unknown` | `Met` |
/// | `Met` | `Never` | `Never` | `Met` |
/// | `NotYet` | `NotYet` or `Unknown` | `NotYet` | as b |
/// | `Unknown` | `Unknown` | `Unknown` | `Unknown` |
/// | `Never` | `NotYet` or `Unknown` | `Never` | as b |
/// | `Never` | `Never` | `Never` | `Never`, with both reasons |
///
/// `not` makes `Met` of `NotYet` and of `Never`, `NotYet` of `Met`, and leaves `Unknown`. So `until::succeeded().not()`
/// is met by a task that failed, and by one that still runs; for "it ended without success" write
/// `until::ended().and(until::succeeded().not())`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The condition is met; the wait ends.
    Met,
    /// Not yet.
    NotYet,
    /// It cannot be told, since the task is in a state that this version of the crate does not know. The wait goes on, as
    /// if not yet; but the contrary is not met either.
    Unknown,
    /// Not, and it will not be met any more without a follow-up, for this reason. The wait ends with
    /// [`WaitErrorKind::Never`](super::WaitErrorKind::Never).
    Never(String),
}

/// A condition on a task. Closures that return `bool` are conditions: `true` is [`Progress::Met`], `false` is
/// [`Progress::NotYet`], in whatever state the task is.
///
/// It is checked once for every look that answered, in order, whatever the other conditions it is combined with say.
///
/// The conditions of this crate have `and`, `or`, `not` and `boxed` as methods of their own; bring the trait in, which
/// is also `agents_api::Condition`, to call them on a closure or on a condition of yours.
///
/// ```
/// use agents_api::{Task, until};
///
/// let several = |task: &Task| task.session_count.is_some_and(|count| count > 1);
/// let condition = until::needs_user().or(until::ended()).and(several);
/// # let _ = condition;
/// ```
pub trait Condition: Send + 'static {
    /// Looks at the task as it is now.
    fn check(&mut self, task: &Task) -> Progress;

    /// Met when both are; never met when either never is.
    fn and<C: Condition>(self, other: C) -> And<Self, C>
    where
        Self: Sized,
    {
        And(self, other)
    }

    /// Met when either is; never met when neither ever is.
    fn or<C: Condition>(self, other: C) -> Or<Self, C>
    where
        Self: Sized,
    {
        Or(self, other)
    }

    /// Met when this one is not, whether or not it may still be; see [`Progress`](Progress).
    fn not(self) -> Not<Self>
    where
        Self: Sized,
    {
        Not(self)
    }

    /// The same condition without its type, so that one can be chosen at run time.
    ///
    /// ```
    /// use agents_api::until;
    ///
    /// # let stop_at_pauses = true;
    /// let condition = if stop_at_pauses { until::settled().boxed() } else { until::succeeded().not().boxed() };
    /// # let _ = condition;
    /// ```
    fn boxed(self) -> BoxCondition
    where
        Self: Sized,
    {
        BoxCondition(Box::new(self))
    }
}

/// Gives a type the combinators of [`Condition`] as methods of its own, so that nobody needs to import the trait.
macro_rules! combinators {
    ($name:ident $(<$($parameter:ident),+>)?) => {
        impl $(<$($parameter: $crate::wait::Condition),+>)? $name $(<$($parameter),+>)? {
            /// Met when both are; never met when either never is.
            pub fn and<Other: $crate::wait::Condition>(self, other: Other) -> $crate::wait::And<Self, Other> {
                $crate::wait::Condition::and(self, other)
            }

            /// Met when either is; never met when neither ever is.
            pub fn or<Other: $crate::wait::Condition>(self, other: Other) -> $crate::wait::Or<Self, Other> {
                $crate::wait::Condition::or(self, other)
            }

            /// Met when this one is not, whether or not it may still be; see [`Progress`]($crate::wait::Progress).
            #[expect(clippy::should_implement_trait, reason = "the combinator's name in every library")]
            pub fn not(self) -> $crate::wait::Not<Self> {
                $crate::wait::Condition::not(self)
            }

            /// The same condition without its type, so that one can be chosen at run time.
            #[must_use]
            pub fn boxed(self) -> $crate::wait::BoxCondition {
                $crate::wait::Condition::boxed(self)
            }
        }
    };
}
pub(super) use combinators;

combinators!(And<A, B>);
combinators!(Or<A, B>);
combinators!(Not<C>);

impl<F: FnMut(&Task) -> bool + Send + 'static> Condition for F {
    fn check(&mut self, task: &Task) -> Progress {
        if self(task) {
            Progress::Met
        } else {
            Progress::NotYet
        }
    }
}

/// Both conditions; made by [`Condition::and`].
#[derive(Clone, Debug)]
pub struct And<A, B>(A, B);

impl<A: Condition, B: Condition> Condition for And<A, B> {
    fn check(&mut self, task: &Task) -> Progress {
        match (self.0.check(task), self.1.check(task)) {
            (Progress::Met, Progress::Met) => Progress::Met,
            (Progress::Never(reason), _) | (_, Progress::Never(reason)) => Progress::Never(reason),
            (Progress::NotYet, _) | (_, Progress::NotYet) => Progress::NotYet,
            (Progress::Unknown, _) | (_, Progress::Unknown) => Progress::Unknown,
        }
    }
}

/// Either condition; made by [`Condition::or`].
#[derive(Clone, Debug)]
pub struct Or<A, B>(A, B);

impl<A: Condition, B: Condition> Condition for Or<A, B> {
    fn check(&mut self, task: &Task) -> Progress {
        match (self.0.check(task), self.1.check(task)) {
            (Progress::Met, _) | (_, Progress::Met) => Progress::Met,
            (Progress::Never(first), Progress::Never(second)) => {
                Progress::Never(format!("{first}; {second}"))
            }
            (Progress::Unknown, _) | (_, Progress::Unknown) => Progress::Unknown,
            (Progress::NotYet, _) | (_, Progress::NotYet) => Progress::NotYet,
        }
    }
}

/// The contrary; made by [`Condition::not`].
#[derive(Clone, Debug)]
pub struct Not<C>(C);

impl<C: Condition> Condition for Not<C> {
    fn check(&mut self, task: &Task) -> Progress {
        match self.0.check(task) {
            Progress::Met => Progress::NotYet,
            Progress::NotYet | Progress::Never(_) => Progress::Met,
            Progress::Unknown => Progress::Unknown,
        }
    }
}

/// Any condition, without its type; made by [`Condition::boxed`].
pub struct BoxCondition(Box<dyn Condition>);

combinators!(BoxCondition);

impl Condition for BoxCondition {
    fn check(&mut self, task: &Task) -> Progress {
        self.0.check(task)
    }
}

impl fmt::Debug for BoxCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoxCondition").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::Progress::{Met, NotYet, Unknown};
    use super::*;

    /// A condition that always says the same.
    fn says(progress: Progress) -> impl Condition {
        struct Says(Progress);
        impl Condition for Says {
            fn check(&mut self, _: &Task) -> Progress {
                self.0.clone()
            }
        }
        Says(progress)
    }

    fn never(reason: &str) -> Progress {
        Progress::Never(reason.to_owned())
    }

    fn task() -> Task {
        serde_json::from_str(r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z"}"#).unwrap()
    }

    #[test]
    fn values_combine_as_documented() {
        for (a, b, and, or) in [
            (Met, Met, Met, Met),
            (Met, NotYet, NotYet, Met),
            (Met, Unknown, Unknown, Met),
            (Met, never("x"), never("x"), Met),
            (NotYet, NotYet, NotYet, NotYet),
            (NotYet, Unknown, NotYet, Unknown),
            (Unknown, Unknown, Unknown, Unknown),
            (never("x"), NotYet, never("x"), NotYet),
            (never("x"), Unknown, never("x"), Unknown),
            (never("x"), never("x"), never("x"), never("x; x")),
        ] {
            for (a, b) in [(&a, &b), (&b, &a)] {
                assert_eq!(
                    says(a.clone()).and(says(b.clone())).check(&task()),
                    and,
                    "{a:?} and {b:?}"
                );
                assert_eq!(
                    says(a.clone()).or(says(b.clone())).check(&task()),
                    or,
                    "{a:?} or {b:?}"
                );
            }
        }
        for (a, not) in [
            (Met, NotYet),
            (NotYet, Met),
            (never("x"), Met),
            (Unknown, Unknown),
        ] {
            assert_eq!(says(a).not().check(&task()), not);
        }
    }

    #[test]
    fn not_of_both_is_either_not() {
        let all = [Met, NotYet, Unknown, never("x")];
        for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
            let (says_a, says_b) = (|| says(a.clone()), || says(b.clone()));
            let together = says_a().and(says_b()).not().check(&task());
            let apart = says_a().not().or(says_b().not()).check(&task());
            assert_eq!(together, apart, "{a:?} and {b:?}");
            let together = says_a().or(says_b()).not().check(&task());
            let apart = says_a().not().and(says_b().not()).check(&task());
            assert_eq!(together, apart, "{a:?} or {b:?}");
        }
    }
}
