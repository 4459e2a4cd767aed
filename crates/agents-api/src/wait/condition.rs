//! What is waited for.
use std::fmt;

use crate::Task;

/// What a condition says of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The condition is met; the wait ends.
    Met,
    /// Not yet.
    NotYet,
    /// It will not be met any more, for this reason; the wait ends with [`WaitError::Never`](super::WaitError::Never).
    Never(String),
}

/// A condition on a task. Closures that return `bool` are conditions.
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

    /// Met when this one is not.
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

            /// Met when this one is not.
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
            _ => Progress::NotYet,
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
            _ => Progress::NotYet,
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
    use super::Progress::{Met, NotYet};
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

    #[test]
    fn three_values_combine_as_documented() {
        let task: Task =
            serde_json::from_str(r#"{"id":"t","state":"queued","created_at":"2026-01-01T00:00:00Z"}"#)
                .unwrap();
        for (a, b, and, or) in [
            (Met, Met, Met, Met),
            (Met, NotYet, NotYet, Met),
            (NotYet, NotYet, NotYet, NotYet),
            (Met, never("x"), never("x"), Met),
            (NotYet, never("x"), never("x"), NotYet),
            (never("x"), never("y"), never("x"), never("x; y")),
        ] {
            assert_eq!(
                says(a.clone()).and(says(b.clone())).check(&task),
                and,
                "{a:?} and {b:?}"
            );
            assert_eq!(
                says(a.clone()).or(says(b.clone())).check(&task),
                or,
                "{a:?} or {b:?}"
            );
        }
        for (a, not) in [(Met, NotYet), (NotYet, Met), (never("x"), Met)] {
            assert_eq!(says(a).not().check(&task), not);
        }
    }
}
